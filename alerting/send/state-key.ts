/** Keys of the outbox in `agent-incidents`. */
export type StateKind = "incident" | "sent";

/** `incident:ID` is the watch's, `sent:ID` the sender's. */
export function stateKey(kind: StateKind, id: string): string {
  return `${kind}:${id}`;
}

/** Undefined for keys that are neither. */
export function parseState(key: string): { readonly kind: StateKind; readonly id: string } | undefined {
  const colon = key.indexOf(":");
  const kind = key.slice(0, colon);
  return kind === "incident" || kind === "sent" ? { kind, id: key.slice(colon + 1) } : undefined;
}
