/** A Dockerfile read as its instructions, and built in a folder: what a builder would do, without images. */
import { spawn } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";

interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** The image it begins with. */
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { from: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") {
      const [from = "", , as = String(stages.length)] = rest.split(/\s+/);
      stages.push({ from, name: as, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text: rest.trim() });
  }
  return stages;
}

/** Text of the instructions of one name. */
export function all({ instructions }: Stage, name: string): string[] {
  return instructions.filter((one) => one.name === name).map(({ text }) => text);
}

export interface BuiltStage {
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where an absolute path of the image is. */
  path(absolute: string): string;
}

export interface BuildOptions {
  readonly stages: readonly Stage[];
  /** The build context: what .dockerignore lets through. */
  readonly context: string;
  /** The root of each stage becomes a folder in here. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs every stage; the last one is what the image holds. @throws with a command's output when it fails. */
export async function buildStages({ stages, context, directory, env }: BuildOptions): Promise<BuiltStage> {
  const built = new Map<string, BuiltStage>();
  for (const stage of stages) {
    const root = join(directory, stage.name);
    const path = (absolute: string) => join(root, absolute);
    const variables: Record<string, string> = {};
    let workdir = root;
    await mkdir(root, { recursive: true });
    for (const { name, text } of stage.instructions) {
      if (name === "WORKDIR") {
        workdir = path(text);
        await mkdir(workdir, { recursive: true });
      } else if (name === "ARG" || name === "ENV") {
        const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(text) ?? [];
        variables[key] = value;
      } else if (name === "COPY") {
        await copy(text, { context, workdir, path, stage: (other) => built.get(other) });
      } else if (name === "RUN") {
        await shell(text, workdir, { ...env, ...variables });
      }
    }
    built.set(stage.name, { workdir, env: variables, path });
  }
  return built.get(stages.at(-1)?.name ?? "") as BuiltStage;
}

interface Copying {
  readonly context: string;
  readonly workdir: string;
  path(absolute: string): string;
  stage(name: string): BuiltStage | undefined;
}

/** Sources into a target: a folder's content into the folder of that name, files into a folder or onto a file. */
async function copy(text: string, { context, workdir, path, stage }: Copying): Promise<void> {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  const paths = words.filter((word) => !word.startsWith("--"));
  const target = paths.pop() ?? "";
  const into = target.startsWith("/") ? path(target) : join(workdir, target);
  for (const source of paths) {
    const real = from === undefined ? join(context, source) : (stage(from)?.path(source) ?? "");
    const name = source.split("/").at(-1) ?? "";
    await cp(real, target.endsWith("/") ? join(into, name) : into, { recursive: true, verbatimSymlinks: true });
  }
}

/** As a builder runs it: `sh -c`. */
function shell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`RUN ${command}: ${code}\n${output}`))));
  });
}
