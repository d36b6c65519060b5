/** What was produced, by whom, and what was promised of it. */

/** Ways in. Only a stranger's lines carry no identity: each record of his is an event of its own. */
export const WAYS = ["http", "ship", "recorder", "stranger"] as const;
type Way = (typeof WAYS)[number];

export interface Line {
  /** Unique among all lines, and kept by the store as the event's `endpoint`. */
  readonly serial: string;
  readonly agent: string;
  readonly credential: string;
  /** Thousandths of a dollar. */
  readonly millis: number;
}

export interface Ledger {
  /** A new line of the way in; of this agent, else of any. */
  line(way: Way, agent?: string): Line;
  /** Its JSON text; `id`: an identity of its own. */
  textOf(line: Line, id: boolean): string;
  /** Answered with 200, or acknowledged by Kafka. */
  acknowledge(lines: readonly Line[]): void;
  /** Posted once and not answered with 200: taken or not, as a whole or in part, but no line twice. */
  doubt(lines: readonly Line[]): void;
  readonly made: ReadonlyMap<string, Line>;
  readonly acknowledged: ReadonlySet<string>;
  readonly doubtful: ReadonlySet<string>;
}

const CREDENTIALS = 4;

/** Few agents do most; the spread lets some cross their limits early and others late. */
export function createLedger(agents: readonly string[], random: () => number): Ledger {
  const made = new Map<string, Line>();
  const acknowledged = new Set<string>();
  const doubtful = new Set<string>();
  return {
    made,
    acknowledged,
    doubtful,
    line(way, agent) {
      const line = {
        serial: `/${way}/${made.size}`,
        agent: agent ?? (agents[Math.floor(random() ** 2 * agents.length)] as string),
        credential: `key-${Math.floor(random() * CREDENTIALS)}`,
        millis: 1 + Math.floor(random() * 20),
      };
      made.set(line.serial, line);
      return line;
    },
    textOf: ({ serial, agent, credential, millis }, id) =>
      JSON.stringify({
        ...(id ? { id: serial } : {}),
        ...{ agent, timestamp: new Date().toISOString(), api: "openai", endpoint: serial, credential },
        cost: `$${millis / 1000}`,
      }),
    acknowledge(lines) {
      for (const { serial } of lines) acknowledged.add(serial);
    },
    doubt(lines) {
      for (const { serial } of lines) doubtful.add(serial);
    },
  };
}

/** The way in that a serial names. */
export const wayOf = (serial: string): string => serial.split("/")[1] ?? "";
