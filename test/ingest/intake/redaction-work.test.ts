import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../ingest/intake/redaction/redactor.ts";
import { IN_CONTEXT, TOKENS } from "./secret-examples.ts";

describe("hostile text", () => {
  const alphabets: [string, string][] = [
    ...TOKENS.map(([kind, secret]): [string, string] => [kind, secret.slice(0, -9)]),
    ...IN_CONTEXT.map(([kind, before]): [string, string] => [`${kind} names`, before]),
    ["one word", "a"],
    ["dashes", "-"],
    ["begins", "-----BEGIN PRIVATE KEY-----"],
    ["headers", "eyJaaaaaaa."],
    ["headers after dashes", "-eyJ"],
    ["bare keys", "sk-"],
    ["schemes", "://a:"],
    ["names", "pwd=/"],
    ["quoted names", 'pwd="/'],
    ["spaces", "token   "],
    ["slashes", "\\"],
    ["escapes", "\\u0061\\/"],
    ["digits", "1234567890:A"],
  ];

  function seconds(run: () => void): number {
    const times = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    });
    return Math.min(...times);
  }

  it.each(alphabets)("costs in proportion to its length (%s)", (_, piece) => {
    const redactor = createRedactor();
    const small = piece.repeat(Math.ceil(16_384 / piece.length)).slice(0, 16_384);
    const large = piece.repeat(Math.ceil(65_536 / piece.length)).slice(0, 65_536);
    for (const run of [
      (text: string) => redactor.text(text, {}),
      (text: string) => redactor.json(JSON.stringify({ text }), true, {}),
    ]) {
      run(small);
      // Four times the text; sixteen times the work would be quadratic. Two milliseconds are below what can be told.
      expect(seconds(() => run(large))).toBeLessThan(
        10 *
          Math.max(
            seconds(() => run(small)),
            0.002,
          ),
      );
    }
  });
});
