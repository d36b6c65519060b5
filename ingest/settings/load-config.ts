/** `watchkeeper.yaml` to the typed configuration. */
import { type Config, configSchema } from "../../schemas/config.ts";
import { configRules } from "./config-rules.ts";
import { explainIssues, type LocatedIssue, pathOf } from "./explain-issue.ts";
import { deepFreeze } from "./freeze.ts";
import { SettingsError } from "./issue.ts";
import { parseWhatIsValid } from "./partial-config.ts";
import { FILE_BYTES, type ReadFile } from "./read-file.ts";
import { readYaml, type YamlFile } from "./read-yaml.ts";

/** The file that is read when nothing else is named: in the working directory, if it exists. */
const DEFAULT_CONFIG_FILE = "watchkeeper.yaml";

/** The configuration with its origin. */
export interface LoadedConfig {
  /** Every default filled in; frozen. */
  readonly config: Config;
  /** The file it came from; undefined when there is none and the defaults hold. */
  readonly path: string | undefined;
  /** What a person wrote, before defaults; undefined for an empty or absent file. */
  readonly written: unknown;
}

/**
 * Reads and checks the configuration. A named file must exist; the default one may be absent. Throws SettingsError
 * with every mistake at once: keys, types, and rules across keys.
 */
export function loadConfig(path: string | undefined, readFile: ReadFile): LoadedConfig {
  const text = readFile(path ?? DEFAULT_CONFIG_FILE);
  if (text === undefined) {
    if (path === undefined) return { config: parseConfig(undefined), path: undefined, written: undefined };
    throw new SettingsError([{ path: "WATCHKEEPER_CONFIG", message: `the file ${path} does not exist` }]);
  }
  if (text.length > FILE_BYTES) throw new SettingsError([{ path: "", message: "the file is larger than 1 MiB" }]);
  const yaml = readYaml(text);
  return { config: parseConfig(yaml.value, yaml), path: path ?? DEFAULT_CONFIG_FILE, written: yaml.value };
}

/** Checks a configuration that is already plain values; throws like `loadConfig`. */
export function parseConfig(written: unknown, yaml?: YamlFile): Config {
  const parsed = configSchema.safeParse(written === undefined ? {} : written);
  const mistakes: LocatedIssue[] = parsed.success ? [] : explainIssues(parsed.error.issues, written);
  // The rules run over what is valid, so that one wrong key does not hide the mistakes elsewhere.
  const valid = parsed.success ? parsed.data : parseWhatIsValid(written);
  if (valid !== undefined) mistakes.push(...configRules(valid));
  if (mistakes.length > 0 || !parsed.success) {
    throw new SettingsError(
      mistakes.map((mistake) => {
        const line = yaml?.lineOf(mistake.at);
        return { path: pathOf(mistake), message: mistake.message, ...(line === undefined ? {} : { line }) };
      }),
    );
  }
  return deepFreeze(parsed.data);
}
