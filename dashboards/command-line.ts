/** How the commands that look are written: their arguments and options, and what reads them. */
import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import type { LookingCommands } from "./commands.ts";
import type { IncidentCommands } from "./incidents.ts";

export interface LookingActions {
  /** Runs one of the commands that look. */
  readonly look: (work: (commands: LookingCommands) => Promise<void>) => Promise<void>;
  /** Runs one of the commands about incidents. */
  readonly incidents: (work: (commands: IncidentCommands) => Promise<void>) => Promise<void>;
  /** Brings dead letters back. */
  readonly replay: (ids: string[], chosen: { source?: string; since?: string }) => Promise<void>;
}

const collect = (value: string, all: string[] = []): string[] => [...all, value];
const format = (choices: string[]): Option => new Option("--format <format>").choices(choices).default(choices[0]);
const said = (command: Command): Command =>
  command
    .argument("<id>", "of the incident")
    .addOption(new Option("--by <name>", "who says so").env("USER").default(account()).makeOptionMandatory());

/** Who runs this, where the environment does not say, as in a container or a timer; undefined: nobody with a name. */
function account(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** The name that the same option has in another command. */
const also = (command: Command, name: string, alias: string): Command =>
  command
    .addOption(new Option(`--${alias} <time>`).hideHelp())
    .on(`option:${alias}`, (value: string) => void command.setOptionValue(name, value));

/** Adds `review`, `events`, `query`, `deadletters` and `incidents`. */
export function addLookingCommands(cli: Command, actions: LookingActions): void {
  cli
    .command("review")
    .description("what the agents did, at what cost, and what was unusual")
    .option("--week <week>", "such as 2026-W47, or last; default: the current one")
    .option("--month <month>", "such as 2026-11, or last")
    .addOption(format(["text", "json"]))
    .action((options) => actions.look((commands) => commands.review(options)));
  const events = cli
    .command("events")
    .description("what one agent did, in order, and what triggered it")
    .requiredOption("--agent <name>", "as in its events")
    .option(
      "--from <time>",
      "ISO 8601 (UTC, unless it names a zone), or now-2h; default: the oldest event; also --since",
    )
    .option("--to <time>", "the first moment left out; default: none; also --until")
    .addOption(format(["text", "json"]))
    .action((options) => actions.look((commands) => commands.events(options)));
  also(events, "from", "since");
  also(events, "to", "until");
  cli
    .command("query")
    .description(
      "a read-only question to the store; - reads it from standard input, @name runs one that comes along, @ lists them",
    )
    .argument("<sql>")
    .option("--param <name=value>", "fills {name:Type}; may be repeated", collect)
    .addOption(format(["table", "json", "csv"]))
    .action((sql, options) => actions.look((commands) => commands.query(sql, options)));
  const deadletters = cli.command("deadletters").description("lines that were refused");
  const list = deadletters
    .command("list")
    .description("newest first, with the reason and what is kept of the line")
    .option("--since <time>", "ISO 8601 (UTC, unless it names a zone), or now-2h; also --from")
    .option("--source <source>", "where they came from, as listed")
    .option("--limit <letters>", "at most", "50")
    .addOption(format(["text", "json"]))
    .action((options) => actions.look((commands) => commands.listDeadLetters(options)));
  const replay = deadletters
    .command("replay")
    .description("post them again to the running `up`; a letter that was brought back before adds nothing")
    .argument("[id...]")
    .option("--since <time>", "all since then; also --from")
    .option("--source <source>", "all from there")
    .action(actions.replay);
  for (const command of [list, replay]) also(command, "since", "from");
  const incidents = cli.command("incidents").description("what was told, and what you say of it");
  incidents
    .command("list", { isDefault: true })
    .description("newest first, with their ids")
    .addOption(new Option("--state <state>").choices(["open", "resolved", "all"]).default("open"))
    .addOption(format(["text", "json"]))
    .action((options) => actions.incidents((commands) => commands.list(options)));
  said(incidents.command("ack").description("you have seen it and see to it")).action((id, options) =>
    actions.incidents((commands) => commands.ack(id, options)),
  );
  said(
    incidents.command("expected").description("it is as it should be: learned as usual, and no news any more"),
  ).action((id, options) => actions.incidents((commands) => commands.expected(id, options)));
}
