/** The JDK and Maven of this machine, and Apache Kafka's own programs run with them. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = join(HERE, "..", "..", "node_modules", ".cache", "watchkeeper-kafka");
/** A lock whose holder has not touched it for so long is of a process that died. */
const LOCK_STALE_MS = 5_000;

export interface KafkaTools {
  /** The command `java`; `keytool` stands beside it. */
  readonly java: string;
  readonly maven: string;
}

/** What this machine has for a broker of its own; undefined where Java or Maven is missing. */
export function kafkaTools(): KafkaTools | undefined {
  const runs = (command: string, argument: string) => spawnSync(command, [argument], { stdio: "ignore" }).status === 0;
  const java = process.env.JAVA_HOME === undefined ? "java" : join(process.env.JAVA_HOME, "bin", "java");
  return runs(java, "-version") && runs("mvn", "--version") ? { java, maven: "mvn" } : undefined;
}

/** Said wherever something needs a broker and the machine cannot start one. */
export const NO_TOOLS =
  "Apache Kafka cannot be started here: Java 17 or later (a JDK) and Maven are needed on the PATH.";

/** @throws when Java or Maven is missing */
function neededTools(): KafkaTools {
  const tools = kafkaTools();
  if (tools === undefined) throw new Error(NO_TOOLS);
  return tools;
}

/**
 * The folder with Kafka's jars, resolved by Maven on first use and kept below `node_modules/.cache` under the hash of
 * the pom. Any number of processes may ask at once: one resolves, the others wait for it.
 */
async function kafkaLibraries(tools: KafkaTools): Promise<string> {
  const pom = await readFile(join(HERE, "pom.xml"));
  const folder = join(CACHE, createHash("sha256").update(pom).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  return await holding(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const fresh = `${folder}.${process.pid}`;
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${fresh}`, "-DincludeScope=runtime"];
    await promisify(execFile)(tools.maven, ["-q", "-B", "-f", join(HERE, "pom.xml"), ...goal]);
    await rename(fresh, folder);
    return folder;
  });
}

/** Runs work while holding a lock folder that other processes wait for. */
async function holding<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await taken(lock))) {
    const touched = await stat(lock).catch(() => undefined);
    if (touched !== undefined && Date.now() - touched.mtimeMs > LOCK_STALE_MS) await rm(lock, { recursive: true });
    await delay(100);
  }
  const alive = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), 1_000);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    await rm(lock, { recursive: true, force: true });
  }
}

const taken = (lock: string) =>
  mkdir(lock).then(
    () => true,
    () => false,
  );

/** Starts a class of Kafka's jars. */
export async function spawnJava(
  main: string,
  args: readonly string[],
  options: { readonly jvm?: readonly string[]; readonly output?: number } = {},
): Promise<ChildProcess> {
  const tools = neededTools();
  const libraries = await kafkaLibraries(tools);
  const log = options.output ?? "pipe";
  return spawn(tools.java, [...(options.jvm ?? QUICK), "-cp", join(libraries, "*"), main, ...args], {
    stdio: ["pipe", log, log],
  });
}

/** For programs that live a second. */
const QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"];

/**
 * Runs a class of Kafka's jars to its end and gives what it printed.
 * @throws with its output when it fails
 */
export async function runJava(main: string, args: readonly string[], input = ""): Promise<string> {
  const child = await spawnJava(main, args);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A program that ends before it has read all its input says why in its output.
  child.stdin?.on("error", () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new Error(`${main} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** A key pair for a broker on this machine: the keystore's file and its certificate, which is its own authority. */
export async function makeCertificate(directory: string, password: string): Promise<{ keystore: string; pem: string }> {
  const keytool = join(dirname(neededTools().java), "keytool");
  const keystore = join(directory, "broker.p12");
  const store = ["-keystore", keystore, "-storetype", "PKCS12", "-storepass", password, "-alias", "broker"];
  const subject = [
    "-dname",
    "CN=localhost",
    "-ext",
    "san=ip:127.0.0.1,dns:localhost",
    "-ext",
    "bc:c",
    "-validity",
    "7",
  ];
  await promisify(execFile)(keytool, ["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", ...subject, ...store]);
  const { stdout } = await promisify(execFile)(keytool, ["-exportcert", "-rfc", ...store]);
  await writeFile(join(directory, "broker.pem"), stdout);
  return { keystore, pem: stdout };
}
