import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { keepCoordinator } from "../../../ingest/kafka/keep-coordinator.ts";

interface Cluster {
  findGroupCoordinator(question: { groupId: string; coordinatorType: number }): Promise<{ nodeId: number }>;
}

const [OF_GROUPS, OF_TRANSACTIONS] = [0, 1];

/** kafkajs's cluster without its connections; counts what it asks the brokers. */
function createCluster() {
  keepCoordinator();
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/cluster/index.js") as { prototype: object };
  const state = { asked: 0, node: 1, isReachable: true };
  const cluster = Object.assign(Object.create(prototype) as Cluster, {
    retrier: <T>(work: (bail: (error: unknown) => never) => Promise<T>) =>
      work((error) => {
        throw error;
      }),
    async findGroupCoordinatorMetadata() {
      state.asked += 1;
      return { coordinator: { nodeId: state.node } };
    },
    async findBroker({ nodeId }: { readonly nodeId: number }) {
      if (!state.isReachable) throw new Error("not reachable");
      return { nodeId };
    },
  });
  return { cluster, state };
}

describe("where the coordinator is", () => {
  it("is asked once by a producer with transactions, for itself and for its group", async () => {
    const { cluster, state } = createCluster();
    for (let round = 0; round < 5; round += 1) {
      await cluster.findGroupCoordinator({ groupId: "store-3", coordinatorType: OF_TRANSACTIONS });
      await cluster.findGroupCoordinator({ groupId: "store", coordinatorType: OF_GROUPS });
    }
    expect(state.asked).toBe(2);
  });

  it("is asked every time by everybody else", async () => {
    const { cluster, state } = createCluster();
    for (let round = 0; round < 3; round += 1) {
      await cluster.findGroupCoordinator({ groupId: "store", coordinatorType: OF_GROUPS });
    }
    expect(state.asked).toBe(3);
  });

  it("is asked again when the one that is known cannot be reached", async () => {
    const { cluster, state } = createCluster();
    const find = () => cluster.findGroupCoordinator({ groupId: "store-3", coordinatorType: OF_TRANSACTIONS });
    await find();
    state.isReachable = false;
    await expect(find()).rejects.toThrow("not reachable");
    Object.assign(state, { isReachable: true, node: 2 });
    expect((await find()).nodeId).toBe(2);
    expect(state.asked).toBe(3);
  });
});
