#!/usr/bin/env node
/** The commands. Reads the environment once, hands everything over, sets the exit code. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Command, CommanderError, Option } from "commander";
import type { Ask } from "./dashboards/ask.ts";
import { addLookingCommands } from "./dashboards/command-line.ts";
import type { LookingCommands, LookingCommandsOptions } from "./dashboards/commands.ts";
import type { IncidentCommands } from "./dashboards/incidents.ts";
import type { IsStored } from "./dashboards/replay-dead-letters.ts";
import type { BacktestChoice } from "./ingest/backtest-files.ts";
import { createLogger } from "./ingest/logger.ts";
import { aborted, patientOut, untilSignal } from "./ingest/process-io.ts";
import { readSmallFile } from "./ingest/settings/read-file.ts";
import { loadSettings, type Settings } from "./ingest/settings/settings.ts";
import type { ShipCommandOptions } from "./ingest/ship/command.ts";
import { messageOf, WatchkeeperError } from "./schemas/errors.ts";

/** SIGTERM ends within ten seconds, whatever hangs. */
const STOP_WITHIN_MS = 9_500;
/** A request that nobody answers may keep a connection open; after a stop in order nothing is lost with it. */
const LINGER_MS = 250;

const now = (): number => Date.now();
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
const settings = (): Settings => loadSettings(process.env, readSmallFile);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const hint = (line: string): void => void process.stderr.write(`${line}\n`);
/** What commander says of a wrong call, in one sentence, and where the right ones are listed. */
const wrongCall = (said: string): string => {
  const [what = "", ...nearest] = said
    .trim()
    .replace(/^error: /, "")
    .split(/\n\(?/);
  const near = nearest.map((one) => `; ${one.replace(/^D/, "d").replace(/\)$/, "")}`).join("");
  return `watchkeeper: ${what}${near}\nSee watchkeeper --help, or watchkeeper COMMAND --help.\n`;
};

const out = patientOut(process.stdout);
const version = (): string => {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
};

async function up(options: { demo?: boolean; roles?: string }): Promise<void> {
  const signal = untilSignal(process);
  const stopping = (): void => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    if (process.stdin.isTTY) hint("\nStopping: what is in hand is finished first, ten seconds at most.");
  };
  signal.addEventListener("abort", stopping, { once: true });
  const { start } = await import("./app.ts");
  const { prepareDemo } = await import("./ingest/demo/prepare-demo.ts");
  const { readRoles } = await import("./ingest/settings/roles.ts");
  const { startText } = await import("./ingest/settings/render-check.ts");
  const logger = createLogger(options.demo === true ? "warn" : "info");
  const demo =
    options.demo === true
      ? prepareDemo({ variables: process.env, stdout: process.stdout, logger, now, sleep })
      : undefined;
  const used = demo?.settings ?? settings();
  const roles = readRoles(options.roles, used.environment.kafka !== undefined);
  const app = await start({ settings: used, roles, terminal: process.stdout, logger, version: version() });
  for (const line of startText(used, roles, app.url)) say(line);
  for (const key of used.withoutEffect) hint(`note: ${key} is accepted and has no effect yet`);
  const told = demo?.tell(app, signal) ?? new Promise<never>(() => undefined);
  try {
    await Promise.race([app.failed, aborted(signal), told]);
  } catch (error) {
    // Said now: what fails to close may end the process before the last word.
    logger.fatal({ error: messageOf(error) }, "a part of the program ended for good; it stops");
    throw error;
  } finally {
    const deadline = setTimeout(() => process.exit(1), STOP_WITHIN_MS);
    await app.stop();
    clearTimeout(deadline);
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

async function ship(files: string[], options: ShipCommandOptions): Promise<void> {
  const command = await import("./ingest/ship/command.ts");
  await command.ship(files, options, settings(), {
    ...{ now, sleep, signal: untilSignal(process), progress: process.stderr },
  });
}

async function checkSettings(options: { roles?: string }): Promise<void> {
  const { check, renderCheck } = await import("./ingest/settings/render-check.ts");
  const result = renderCheck(check(process.env, readSmallFile, options.roles));
  await out.write(result.text);
  process.exitCode = result.exitCode;
}

async function runBacktest(files: BacktestChoice): Promise<void> {
  const { isOfSeries, scoreSeriesFile, withBacktestFiles } = await import("./ingest/backtest-files.ts");
  if (isOfSeries(files)) {
    const { backtestSeries, seriesText } = await import("./detectors/backtest/series.ts");
    const { rows, verdicts } = await scoreSeriesFile(files.series, files.out, backtestSeries);
    return out.write(seriesText(rows, verdicts));
  }
  const { backtest } = await import("./detectors/backtest.ts");
  const { summaryText } = await import("./detectors/backtest/summary.ts");
  const { DETECTORS } = await import("./detectors/registry.ts");
  const { createBacktestWatch } = await import("./alerting/backtest-watch.ts");
  const { watchConfigOf } = await import("./schemas/config.ts");
  const { plain } = await import("./dashboards/plain-text.ts");
  const { momentOf } = await import("./dashboards/query-parameters.ts");
  const used = settings();
  const { config } = used;
  const moment = (option: string, text: string): string => momentOf(option, text, now());
  const began = now();
  let isShown = false;
  const progress = (done: number, at: number): void => {
    isShown ||= now() - began > 2000;
    if (isShown) process.stderr.write(`\r${done.toLocaleString("en-US")} events, ${new Date(at).toISOString()}`);
  };
  const summary = await withBacktestFiles(
    { ...files, settings: used, logger: createLogger("warn"), moment, hint },
    (opened) =>
      backtest({
        ...{ ...opened, detectors: DETECTORS, createWatch: createBacktestWatch, config: watchConfigOf(config) },
        ...{ schedule: config.baselines.schedule, falseAlarmsPerWeek: config.alerts.falseAlarmsPerWeek },
        progress,
      }),
  );
  if (isShown) process.stderr.write("\n");
  await out.write(summaryText(summary, plain));
  if (summary.events === 0 && files.events !== undefined) process.exitCode = 1;
}

/** Opens the store, asks, closes it. */
async function look(work: (ask: Ask, used: Settings) => Promise<void>): Promise<void> {
  const { openToLook } = await import("./ingest/looking.ts");
  const { rowsFromCompact } = await import("./dashboards/ask.ts");
  const used = settings();
  const looking = await openToLook(used, createLogger("warn"));
  if (looking.notStored !== undefined) hint(`note: ${looking.notStored}`);
  try {
    await work((sql, params) => rowsFromCompact(looking.ask(sql, params)), used);
  } finally {
    await looking.close();
  }
}

/** Runs one of the commands that look. */
async function lookWith(work: (commands: LookingCommands) => Promise<void>): Promise<void> {
  const { createLookingCommands } = await import("./dashboards/commands.ts");
  const askWith: LookingCommandsOptions["look"] = (asking) => look((ask, { config }) => asking(ask, config));
  await work(createLookingCommands({ look: askWith, out, stdin: process.stdin, now }));
}

async function bringBack(ids: string[], chosen: { source?: string; since?: string }): Promise<void> {
  const { mustChoose, replayDeadLetters } = await import("./dashboards/replay-dead-letters.ts");
  const { openReplay } = await import("./ingest/dead-letters/open-replay.ts");
  mustChoose(ids, chosen);
  const io = { signal: untilSignal(process), sleep, now };
  await look(async (ask, used) => {
    const open = (isStored: IsStored) => openReplay({ ...io, settings: used, isStored });
    const areBack = await replayDeadLetters({ ids, chosen, ask, out, now: now(), openReplay: open });
    if (!areBack) process.exitCode = 1;
  });
}

async function testAlerts(): Promise<void> {
  const command = await import("./alerting/test-command.ts");
  const { config, environment, slackChannel } = settings();
  const { text, ok } = await command.testAlerts({
    ...{ config, channel: slackChannel, stream: process.stdout, noColor: (process.env.NO_COLOR ?? "") !== "" },
    ...{ slackToken: environment.slack.botToken, slackApiUrl: environment.slack.apiUrl },
  });
  await out.write(text);
  if (!ok) process.exitCode = 1;
}

/** Runs one of the commands about incidents, which the running `up` knows. */
async function withIncidents(work: (commands: IncidentCommands) => Promise<void>): Promise<void> {
  const { createIncidentCommands } = await import("./dashboards/incidents.ts");
  const { askRunningAbout } = await import("./ingest/ask-running.ts");
  const { config, environment } = settings();
  const ask = await askRunningAbout("incidents", environment.dataDir, untilSignal(process));
  await work(createIncidentCommands({ ask, out, timezone: config.timezone }));
}

/** `backup` and `restore`. */
async function keep(name: "backUp" | "restore", directory: string): Promise<void> {
  const commands = await import("./ingest/backup/commands.ts");
  const io = { logger: createLogger("warn"), signal: untilSignal(process), now, sleep };
  await out.write(await commands[name](directory, { settings: settings(), program: version(), ...io }));
}

const rolesOption = (what: string): Option =>
  new Option("--roles <names>", `${what}: of gateway, intake, store, watch, web; fewer than all need KAFKA_BROKERS`);

function program(): Command {
  const cli = new Command("watchkeeper")
    .description("The ship's log and the night watch for AI agents.")
    .version(version());
  cli.exitOverride().configureOutput({ outputError: (text, write) => write(wrongCall(text)) });
  cli
    .command("up")
    .description("take in events, store them, watch, and tell")
    .option("--demo", "with a simulated fleet, in a folder of its own")
    .addOption(rolesOption("what this process does"))
    .action(up);
  cli
    .command("ship")
    .description("follow JSON-lines files into Kafka, or into a gateway")
    .argument("<file...>")
    .option(
      "--to <url>",
      "gateway; default: Kafka with KAFKA_BROKERS, else the running `up`, else WATCHKEEPER_HTTP_HOST and _PORT",
    )
    .option("--checkpoint <file>", "where the position is kept; default: in the data directory, one for each target")
    .option("--backfill", "bring history in: stored and learned from, nothing pages")
    .option("--once", "end at the files' present end instead of following them")
    .action(ship);
  cli
    .command("check")
    .description("validate environment and configuration, name every mistake")
    .addOption(rolesOption("as for `up`"))
    .action(checkSettings);
  cli
    .command("backtest")
    .description("the production detectors over past events, with a fake clock and no sends; or over any series")
    .option("--events <file>", "JSON lines, judged in the order of arrived_at, else of timestamp")
    .option("--from <time>", "instead: stored events that arrived from then on; ISO 8601 (UTC) or now-28d")
    .option("--to <time>", "of stored events the first moment left out; default: now")
    .option("--alerts <file>", "write each message that would have been sent as a JSON line")
    .option("--series <file>", "CSV with columns timestamp and value, oldest first")
    .option("--out <file>", "write its rows with anomaly_score (0 to 1) and flagged (1 or 0)")
    .action(runBacktest);
  addLookingCommands(cli, { look: lookWith, incidents: withIncidents, replay: bringBack });
  cli
    .command("backup")
    .description("everything that is not in Kafka or an outside ClickHouse, also while `up` runs")
    .argument("<dir>", "empty or absent")
    .action((directory: string) => keep("backUp", directory));
  cli
    .command("restore")
    .description("a backup into the data directory (WATCHKEEPER_DATA_DIR), which must be empty or absent")
    .argument("<dir>", "what `backup` wrote")
    .action((directory: string) => keep("restore", directory));
  cli
    .command("alert")
    .description("the way that alerts take")
    .command("test")
    .description("send a test message through every configured sink")
    .action(testAlerts);
  return cli;
}

// The reader of a pipe may leave early: `watchkeeper query … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  hint(`watchkeeper: standard output cannot be written: ${error.message}`);
  process.exit(1);
});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    hint(`watchkeeper: ${messageOf(error)}`);
    if (error instanceof WatchkeeperError && error.hint !== undefined) hint(error.hint);
    process.exitCode = error instanceof WatchkeeperError ? error.exitCode : 1;
  }
}
// What is left open after a failure must not keep the process.
if (process.exitCode !== undefined && process.exitCode !== 0) process.exit();
