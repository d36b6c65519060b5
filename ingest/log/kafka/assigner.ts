/**
 * Who owns which partitions of a group: partition p of every topic goes to the same member, because its records, its
 * state and its incidents belong together. Members keep what they have where that is fair.
 *
 * Protocol: kafkajs' `partitionAssigners`; what a member owns travels as the user data of its subscription
 * (Kafka protocol guide, "Consumer Protocol").
 */
import kafkajs from "kafkajs";
import { unavailable } from "./errors.ts";

const { AssignerProtocol } = kafkajs;
const NAME = "watchkeeper-together";
const VERSION = 1;

interface Claim {
  readonly member: string;
  /** Partitions that it owned in its last generation. */
  readonly owned: readonly number[];
}

/** Partitions 0 to `count` - 1 by member, sizes at most one apart; a partition stays with a member that claims it. */
export function spread(claims: readonly Claim[], count: number): Map<string, number[]> {
  const members = [...claims].sort((a, b) => b.owned.length - a.owned.length || (a.member < b.member ? -1 : 1));
  const shares = new Map<string, number[]>(members.map(({ member }) => [member, []]));
  const [least, over] = [Math.floor(count / members.length), count % members.length];
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  for (const [index, { member, owned }] of members.entries()) {
    const size = least + (index < over ? 1 : 0);
    const share = shares.get(member) as number[];
    for (const partition of owned) if (share.length < size && free.delete(partition)) share.push(partition);
  }
  const left = [...free];
  for (const [index, { member }] of members.entries()) {
    const share = shares.get(member) as number[];
    share.push(...left.splice(0, least + (index < over ? 1 : 0) - share.length));
    share.sort((a, b) => a - b);
  }
  return shares;
}

function readOwned(userData: Buffer | undefined): number[] {
  try {
    const owned: unknown = JSON.parse(userData?.toString() ?? "[]");
    return Array.isArray(owned) ? owned.filter((partition) => Number.isInteger(partition)) : [];
  } catch {
    return [];
  }
}

/** The assigner of one member. `owned`: the partitions that it has now, asked whenever it asks to join. */
export function createAssigner(owned: () => readonly number[]): kafkajs.PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    async assign({ members, topics }) {
      const claims = members.map(({ memberId, memberMetadata }) => ({
        member: memberId,
        owned: readOwned(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData),
      }));
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length] as const));
      // Nobody would own it until the next rebalance.
      const unknown = topics.find((topic) => counts.get(topic) === 0);
      if (unknown !== undefined) throw unavailable(`Kafka: the partitions of ${unknown} are not known yet.`);
      return [...spread(claims, Math.max(...counts.values()))].map(([memberId, share]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(
            topics.map((topic) => [topic, share.filter((partition) => partition < (counts.get(topic) as number))]),
          ),
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(owned())),
      }),
    }),
  });
}
