/** Order of use in constant time: which member was touched longest ago. */
export interface RecencyNode {
  newer: RecencyNode | undefined;
  older: RecencyNode | undefined;
}

/** A doubly linked list through the members themselves. */
export class RecencyList<Node extends RecencyNode> {
  #newest: RecencyNode | undefined;
  #oldest: RecencyNode | undefined;

  /** The member touched longest ago. */
  get oldest(): Node | undefined {
    return this.#oldest as Node | undefined;
  }

  /** Makes a member the newest; adds it when it is new here. */
  touch(node: Node): void {
    if (this.#newest === node) return;
    this.remove(node);
    node.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = node;
    this.#newest = node;
    this.#oldest ??= node;
  }

  /** Adds a member that was never active: the first to go. */
  addOldest(node: Node): void {
    node.newer = this.#oldest;
    if (this.#oldest !== undefined) this.#oldest.older = node;
    this.#oldest = node;
    this.#newest ??= node;
  }

  remove(node: Node): void {
    if (node.newer !== undefined) node.newer.older = node.older;
    if (node.older !== undefined) node.older.newer = node.newer;
    if (this.#newest === node) this.#newest = node.older;
    if (this.#oldest === node) this.#oldest = node.newer;
    node.newer = undefined;
    node.older = undefined;
  }
}
