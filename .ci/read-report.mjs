// Reads a report of the test runner: `node .ci/read-report.mjs REPORT NAMES` prints "PASSED FAILED" and adds each failed test, with the first lines of why, to the file NAMES.
import { appendFileSync, readFileSync } from "node:fs";

const [report, names] = process.argv.slice(2);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));

const lines = [];
for (const file of testResults) {
  const failed = file.assertionResults.filter((test) => test.status === "failed");
  for (const test of failed) lines.push(told(file.name, test.fullName, test.failureMessages.join("\n")));
  // A file that could not be read, or whose set-up failed, has no failed test of its own.
  if (file.status === "failed" && failed.length === 0) lines.push(told(file.name, "the file itself", file.message));
}
if (lines.length > 0) appendFileSync(names, lines.join(""));
process.stdout.write(`${numPassedTests} ${Math.max(numFailedTests, lines.length)}\n`);

/** One failed test: its file and name, then at most six lines of why. */
function told(file, name, why) {
  const reason = why.split("\n").slice(0, 6).join("\n    ");
  return `- ${file.slice(process.cwd().length + 1)} > ${name}\n    ${reason}\n`;
}
