/** The shape of the repository: who may import whom, how large a file may be, and that words and tests keep up. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const ROOMS = ["schemas", "ingest", "detectors", "alerting", "dashboards"] as const;
const AT_THE_ROOT = ["main.ts", "app.ts"];

/** Files of a folder and below, as paths from the root with forward slashes. */
function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).replaceAll("\\", "/"))
    .filter((file) => file.endsWith(ending) && !file.includes("node_modules"))
    .sort();
}

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const sources = [
  ...ROOMS.flatMap((room) => filesIn(room, ".ts")),
  ...AT_THE_ROOT.filter((f) => existsSync(join(ROOT, f))),
];
const tests = filesIn("test", ".ts");
const isGenerated = (file: string) => file.includes("/generated/");

/** What a file imports: paths from the root for our own files, names for packages. */
function importsOf(file: string): string[] {
  const statement = /^import\s+"([^"]+)"|^(?:import|export)\s[^"'`;=]*?\sfrom\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...read(file).matchAll(statement)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    return specifier.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
  });
}

const roomOf = (file: string) => (AT_THE_ROOT.includes(file) ? "the root" : (file.split("/")[0] ?? ""));
const isOurs = (path: string) => existsSync(join(ROOT, path)) && !path.startsWith("node:");

/** Why a file must not import this; undefined when it may. */
function broken(file: string, imported: string): string | undefined {
  const [from, to] = [roomOf(file), roomOf(imported)];
  if (!isOurs(imported)) {
    const isAllowed = from !== "schemas" || imported === "zod" || imported.startsWith("node:");
    return isAllowed ? undefined : `${file} imports ${imported}: schemas import zod only`;
  }
  if (from === "the root") return file === "app.ts" && imported === "main.ts" ? "app.ts imports main.ts" : undefined;
  if (to === from || to === "schemas") return undefined;
  return `${file} imports ${imported}: ${from} may import ${from === "schemas" ? "zod only" : "schemas only"}`;
}

describe("rooms", () => {
  it("found the sources", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(importsOf("ingest/settings/load-config.ts")).toEqual(
      expect.arrayContaining(["schemas/config.ts", "ingest/settings/config-rules.ts"]),
    );
  });

  it("import along the arrows: only schemas, and only main and app know all", () => {
    expect(sources.flatMap((file) => importsOf(file).flatMap((imported) => broken(file, imported) ?? []))).toEqual([]);
  });

  it("import only files that exist, with their ending", () => {
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .filter((imported) => /^(schemas|ingest|detectors|alerting|dashboards|\.)/.test(imported) && !isOurs(imported))
        .map((imported) => `${file} imports ${imported}, which is not there`),
    );
    expect(missing).toEqual([]);
  });

  it("hold only code: tests stand in test/, and every folder of the source is a room", () => {
    expect(sources.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name)
      .filter((name) => filesIn(name, ".ts").length > 0 && !["node_modules", "coverage"].includes(name));
    const known: readonly string[] = [...ROOMS, "test", "dist", "dist-bench"];
    expect(folders.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("size", () => {
  const lines = (file: string) => read(file).split("\n").length - 1;
  const counted = sources.filter((file) => !isGenerated(file));
  const sorted = counted.map(lines).sort((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;

  it("no source file is over 300 lines", () => {
    const isTable = (file: string) => file.startsWith("schemas/clickhouse/");
    expect(
      counted.filter((file) => lines(file) > 300 && !isTable(file)).map((file) => `${file}: ${lines(file)}`),
    ).toEqual([]);
  });

  it("half of them have at most 90 lines, nine of ten at most 200", () => {
    expect(quantile(0.5)).toBeLessThanOrEqual(90);
    expect(quantile(0.9)).toBeLessThanOrEqual(200);
  });
});

describe("habits", () => {
  /** A statement at the left margin that does something, where only definitions may stand. */
  const WORK =
    /^(?:await\b|new \w|if\b|for\b|while\b|try\b|setInterval|setTimeout|process\.|console\.|[A-Za-z_$][\w$.]*\([^=]*\);?$|(?:export )?let\b|(?:export )?var\b)/;
  /** Files that are started as a program of their own. */
  const PROGRAMS = ["main.ts", "schemas/export.ts", "ingest/engine/engine-main.ts"];

  it("no file works on import: nothing at the left margin but definitions, and no module state", () => {
    const working = sources
      .filter((file) => !PROGRAMS.includes(file))
      .flatMap((file) =>
        withoutTexts(read(file))
          .split("\n")
          .flatMap((line, i) => (WORK.test(line) ? [`${file}:${i + 1}: ${line}`] : [])),
      );
    expect(working).toEqual([]);
  });

  it("mutes nothing", () => {
    const muted = [...sources, ...tests]
      .filter((file) => file !== "test/layout.test.ts")
      .flatMap((file) =>
        read(file)
          .split("\n")
          .flatMap((line, i) =>
            /biome-ignore|@ts-(?:ignore|nocheck|expect-error)|\b(?:it|describe|test)\.(?:skip|only|todo)\b/.test(line)
              ? [`${file}:${i + 1}: ${line.trim()}`]
              : [],
          ),
      );
    expect(muted).toEqual([]);
  });

  it("says in its first comment or its exports' comments what it is for", () => {
    const silent = sources.filter((file) => !/\/\*\*/.test(read(file)));
    expect(silent).toEqual([]);
  });
});

/** Source without comments and template texts, whose lines also begin at the left margin; line numbers stay. */
function withoutTexts(source: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  return source.replace(/\/\*[\s\S]*?\*\/|`(?:\\.|[^`\\])*`/g, blank);
}

describe("words", () => {
  const documents = [...filesIn("docs", ".md"), ...readdirSync(ROOT).filter((file) => file.endsWith(".md"))];

  /** In the built package: JSON Schema for other languages. */
  const MADE_BY_THE_BUILD = "schemas/json";

  it("name only paths that exist", () => {
    const missing = documents.flatMap((document) =>
      [
        ...read(document).matchAll(
          /(?<![\w/.:-])((?:schemas|ingest|detectors|alerting|dashboards|test|docs)\/[\w./*-]*\w)/g,
        ),
      ]
        .map((match) => match[1] as string)
        .filter((path) => !/\*|[A-Z]{3}/.test(path) && path !== MADE_BY_THE_BUILD && !existsSync(join(ROOT, path)))
        .map((path) => `${document} names ${path}, which is not there`),
    );
    expect(missing).toEqual([]);
  });
});

describe("tests", () => {
  /** A file with functions in it; tables, types and constants need no test of their own. */
  const hasLogic = (file: string) =>
    /^(?:export )?(?:async )?function\*? |^(?:export )?class |=> \{$/m.test(read(file));

  /** Programs that a test starts as a process: it names their built file. */
  const started = () => {
    const texts = tests.map(read).join();
    return sources.filter((file) => isProgram(file) && texts.includes(basename(file).replace(/\.ts$/, ".js")));
  };

  /**
   * Files that a test reaches: it imports or starts them, or they are imported by such a file within their room. What
   * the composition imports counts as reached where a test starts the whole program.
   */
  function reached(): Set<string> {
    const found = new Set<string>();
    const queue = [...tests, ...started().flatMap((file) => (file === "main.ts" ? AT_THE_ROOT : file))].flatMap(
      importsOf,
    );
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (found.has(file) || !sources.includes(file)) continue;
      found.add(file);
      queue.push(...importsOf(file).filter((imported) => roomOf(imported) === roomOf(file)));
    }
    return found;
  }

  it("reach every file with logic", () => {
    const seen = reached();
    const unseen = sources.filter((file) => hasLogic(file) && !seen.has(file) && !isProgram(file));
    expect(unseen.map((file) => `no test imports ${file}, nor anything that does`)).toEqual([]);
  });

  it("stand in the room of what they test, and are named for behaviour", () => {
    const odd = tests.filter(
      (file) => /\.test\.ts$/.test(file) && /\/(?:test|misc|fix|issue|helper)[-\d.]*\d?\.test\.ts$/.test(file),
    );
    expect(odd).toEqual([]);
  });
});

/** Started as a process of its own, and tested as one. */
function isProgram(file: string): boolean {
  return AT_THE_ROOT.includes(file) || file.endsWith("-main.ts") || file === "schemas/export.ts";
}
