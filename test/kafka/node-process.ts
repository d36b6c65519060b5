/** One broker as a process that does not outlive the process that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { spawnJava } from "./tools.ts";

export type NodeSignal = "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT";

export interface NodeProcess {
  readonly pid: number;
  readonly isRunning: boolean;
  /** Signals it; for SIGKILL and SIGTERM resolves when it has ended. */
  kill(signal: NodeSignal): Promise<void>;
  /** SIGTERM, after 15 s SIGKILL. */
  stop(): Promise<void>;
}

const STOP_MS = 15_000;

export async function startNode(options: {
  readonly properties: string;
  readonly log4j: string;
  readonly logFile: string;
  readonly heapMiB: number;
}): Promise<NodeProcess> {
  const output = openSync(options.logFile, "a");
  const jvm = [
    `-Xmx${options.heapMiB}m`,
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    `-Dlog4j2.configurationFile=${options.log4j}`,
  ];
  const child = await spawnJava("kafka.Kafka", [options.properties], { jvm, output });
  closeSync(output);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  if (child.pid === undefined) throw new Error("java did not start");
  const { pid } = child;
  const guard = dieWithParent(pid);
  void ended.then(() => guard.kill("SIGKILL"));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    get isRunning() {
      return isRunning();
    },
    async kill(signal) {
      if (isRunning()) child.kill(signal);
      if (signal === "SIGKILL" || signal === "SIGTERM") await ended;
    },
    async stop() {
      if (!isRunning()) return;
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A shell that kills the broker when its own standard input closes: however the parent dies, the kernel closes it. */
function dieWithParent(pid: number): ChildProcess {
  const guard = spawn("sh", ["-c", `read -r _; kill -9 ${pid}`], { stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  return guard;
}
