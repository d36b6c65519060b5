/** What is wrong with the settings, in the words of the person who wrote them. */
import { WatchkeeperError } from "../../schemas/errors.ts";

/** One mistake. */
export interface SettingsIssue {
  /** `agents.name.budgets[0].amount`, or the name of an environment variable; empty for a whole file. */
  readonly path: string;
  readonly message: string;
  /** 1-based line in the configuration file, where it is known. */
  readonly line?: number;
}

/** Every mistake at once. Code `invalid_settings`; exit code 2, except for `check`, which ends with 3. */
export class SettingsError extends WatchkeeperError {
  readonly issues: readonly SettingsIssue[];

  constructor(issues: readonly SettingsIssue[]) {
    super(issues.map(issueText).join("\n"), {
      code: "invalid_settings",
      hint: "`watchkeeper check` lists every mistake without starting anything.",
      exitCode: 2,
    });
    this.issues = issues;
  }
}

/** "agents.bot.timezone (line 7): expected …". */
export function issueText(issue: SettingsIssue): string {
  const line = issue.line === undefined ? "" : `line ${issue.line}`;
  if (issue.path === "") return line === "" ? issue.message : `${line}: ${issue.message}`;
  return `${issue.path}${line === "" ? "" : ` (${line})`}: ${issue.message}`;
}

/** The mistakes behind an error of this folder; empty for any other error. */
export function configIssues(error: unknown): readonly SettingsIssue[] {
  return error instanceof SettingsError ? error.issues : [];
}
