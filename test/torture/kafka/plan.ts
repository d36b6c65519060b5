/** Who there is, and the limits they cross on their way: some early, some late, some never. */
export const AGENTS: readonly string[] = Array.from({ length: 24 }, (_, n) => `agent_${n}`);
export const PARTITIONS = 6;
export const INLET_PARTITIONS = 4;

const TEAMS = ["red", "blue"];
/** Every third agent has none. */
export const teamOf = (agent: string): string | undefined => TEAMS[Number(agent.split("_")[1]) % 3];

const AMOUNTS = [5, 15, 40, 100, 300];
/** Dollars a month, by scope as `kind:name`. */
export const LIMITS: ReadonlyMap<string, number> = new Map([
  ...AGENTS.map((agent, n) => [`agent:${agent}`, AMOUNTS[n % AMOUNTS.length] as number] as const),
  ["team:red", 100],
  ["team:blue", 1_000],
  ["fleet:fleet", 400],
  ...[0, 1, 2, 3].map((n) => [`credential:key-${n}`, 50 * 4 ** n] as const),
]);
/** Percent of a limit at which somebody is told first. */
export const FIRST_WARNING = 70;

const budget = (scope: string): string =>
  `budgets: [{ amount: ${LIMITS.get(scope)}, unit: usd, period: month, warnAt: [${FIRST_WARNING}, 90, 100] }]`;
const teamLine = (agent: string): string => (teamOf(agent) === undefined ? "" : `team: ${teamOf(agent)}, `);

/** Each incident alone: a group's message is one post for many incidents, which could not be told apart here. */
export const CONFIG = `alerts: { groupFor: 0s }
kafka: { partitions: ${PARTITIONS}, inletPartitions: ${INLET_PARTITIONS} }
agents:
${AGENTS.map((agent) => `  ${agent}: { ${teamLine(agent)}${budget(`agent:${agent}`)} }`).join("\n")}
teams:
${TEAMS.map((team) => `  ${team}: { ${budget(`team:${team}`)} }`).join("\n")}
fleet: { ${budget("fleet:fleet")} }
credentials:
${[0, 1, 2, 3].map((n) => `  key-${n}: { ${budget(`credential:key-${n}`)} }`).join("\n")}
`;
