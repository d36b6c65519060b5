import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../ingest/intake/redaction/redactor.ts";
import { TOKEN_RULES } from "../../../ingest/intake/redaction/rules.ts";
import { accepted, action, actionText, judge, refused } from "./harness.ts";

/** Parts are joined here, so that no scanner of this repository takes an example for a leak. */
function made(...parts: string[]): string {
  return parts.join("");
}
const HEX = "0123456789abcdef0123456789abcdef";
const MIXED = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6";
const JWT = made("eyJ", "hbGciOiJIUzI1NiJ9", ".eyJ", "zdWIiOiIxMjM0NTY3ODkwIn0", ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P");

const TOKENS: [kind: string, secret: string][] = [
  ["openai_key", made("sk-", "proj-", MIXED, "_", MIXED)],
  ["openai_key", made("sk-", MIXED, "abcdefghijkl")],
  ["openai_key", made("sk-", "svcacct-", MIXED)],
  ["openai_key", made("sk-", HEX)],
  ["anthropic_key", made("sk-", "ant-api03-", MIXED, "-", MIXED, "AA")],
  ["aws_key_id", made("AKIA", "IOSFODNN7EXAMPLE")],
  ["aws_key_id", made("ASIA", "Y34FZKBOKMUTVV7A")],
  ["github_token", made("ghp", "_", MIXED)],
  ["github_token", made("gho", "_", MIXED)],
  ["github_token", made("ghs", "_", MIXED)],
  ["github_token", made("github", "_pat_", MIXED, "_", MIXED)],
  ["gitlab_token", made("glpat", "-", MIXED.slice(0, 20))],
  ["slack_token", made("xoxb", "-1234567890-1234567890123-", MIXED.slice(0, 24))],
  ["slack_token", made("xapp", "-1-A0123456789-1234567890123-", HEX)],
  ["slack_webhook", made("hooks.slack", ".com/services/T00000000/B00000000/", MIXED.slice(0, 24))],
  ["google_key", made("AIza", "Sy", MIXED.slice(0, 33))],
  ["stripe_key", made("sk", "_live_", MIXED)],
  ["stripe_key", made("rk", "_live_", MIXED)],
  ["npm_token", made("npm", "_", MIXED)],
  ["huggingface_token", made("hf", "_", MIXED.slice(0, 34))],
  ["sendgrid_key", made("SG", ".", MIXED.slice(0, 22), ".", MIXED, "abcdefg")],
  ["twilio_key", made("SK", HEX)],
  ["telegram_token", made("1234567890", ":AA", MIXED.slice(0, 33))],
  ["ai_provider_key", made("gsk", "_", MIXED)],
  ["jwt", JWT],
  [
    "private_key",
    made(
      "-----BEGIN ",
      "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE",
      MIXED,
      "==\n-----END ",
      "RSA PRIVATE KEY-----",
    ),
  ],
  ["private_key", made("-----BEGIN ", "OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r", MIXED)],
];

/** Text around a secret that must stay, with the secret in the middle. */
const IN_CONTEXT: [kind: string, before: string, secret: string, after: string][] = [
  ["connection_string", "postgres://app:", "s3cr3t!p@ss", "@db.internal:5432/prod"],
  ["connection_string", "mongodb+srv://root:", "Zk9", "@cluster0.example.net"],
  ["connection_string", "redis://:", "hunter22", "@cache:6379/0"],
  ["connection_string", "amqp://guest:", "guest", "@mq"],
  ["connection_string", "see mysql://u:", "p4ssw0rd", "@h/db for more"],
  ["bearer_token", "curl -H 'X: Bearer ", "abc123def456ghi789", "'"],
  ["basic_credentials", "sent Basic ", Buffer.from("user:secretpass").toString("base64"), " to it"],
  ["authorization", "Authorization: Bearer ", "opaque-token-value", ""],
  ["authorization", "authorization: token ", "0a1b2c3d4e5f", ""],
  ["password", "password=", "correcthorse", "&user=eva"],
  ["password", "PASSWORD: ", "hunter2", ", then"],
  ["password", 'db_password: "', "two words", '" ok'],
  ["password", "--passphrase='", "open sesame", "'"],
  ["password", '{"user":"eva","password":"', "hunter2", '"}'],
  ["password", '{\\"password\\":\\"', "hunter2", '\\"}'],
  ["secret", "https://api.example.com/v1?api_key=", "0123456789abcdef", "&q=1"],
  ["secret", "aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""],
  ["secret", "OPENAI_API_KEY=", "some-local-key", " node app.js"],
  ["secret", "clientSecret: '", "abcdefgh", "'"],
  ["token", "access_token=", "0123456789abcdef", "&x=1"],
  ["token", "GITLAB_TOKEN=", "0123456789abcdef", ""],
];

const CLEAN = [
  "sk-learn and sk-toggleable__content with sk-estimator-doc-link",
  "from sklearn import svm # sk-internationalization",
  "many skills, a task-0123456789abcdef0123 and risk-0123456789abcdef",
  "123e4567-e89b-12d3-a456-426614174000",
  "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592",
  `sha512-${"A1b2C3d4".repeat(11)}==`,
  `data:image/png;base64,iVBORw0KGgo${"AAAANSUhEUgAA".repeat(40)}`,
  "01HQZX9K5T3M8N2P4R6S7V8W9Y",
  "https://example.com:8080/users/@me?page=2",
  "http://localhost:3000/a:b@c",
  "mailto:someone@example.com",
  made("postgres://app@db/prod and postgres://app:***@db and postgres://app:$", "{PASSWORD}@db"),
  "password: must be at least 12 characters long",
  "the password is required; password: required",
  "forgot password? reset your password: here",
  "PWD=/home/agent and pwd=/srv OLDPWD=/tmp",
  "password = os.environ['DB_PASSWORD']",
  made("api_key: <your key> or api_key=$", "{API_KEY} or api_key=$API_KEY"),
  "input_tokens: 123456789012, max_tokens=4096 and tokens: 12",
  "next_page_token=abcdef0123456789abcdef",
  "token: expired",
  "authorization: granted by the manager",
  "a bearer of good news, basic authentication, Basic understanding1",
  "the bearer authentication of tokens",
  "npm_config_registry and npm_package_version_is_long_enough_here_0123",
  "hf_hub_download and gsk_model",
  "AKIA is a prefix and so is ASIA",
  "SK-II cream, SG.1, AIza, xoxb-, ghp_, glpat-",
  "eyJ starts a JWT; eyJhbGciOiJIUzI1NiJ9 alone is a header",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
  "12:30:45, 1234567890:AB",
];

describe("a secret that is known by itself", () => {
  it("has an example here for each rule", () => {
    expect(new Set(TOKENS.map(([kind]) => kind))).toEqual(new Set(TOKEN_RULES.map((rule) => rule.kind)));
  });

  it.each(TOKENS)("is taken out wherever it stands (%s)", (kind, secret) => {
    const verdict = judge(
      JSON.stringify(
        action({
          agent: `agent ${secret.replace(/\n/g, "")}`,
          action: `x=${secret}`,
          id: secret.slice(0, 250),
          details: { text: `before ${secret} after`, [secret]: [secret, { deep: `(${secret})` }] },
        }),
      ),
    );
    expect(verdict.kind).toBe("event");
    if (verdict.kind !== "event") return;
    expect(JSON.stringify(verdict.event)).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(verdict.event.agent).toBe(`agent [redacted:${kind}]`);
    expect(verdict.event.raw).toContain(`"deep":"([redacted:${kind}`);
    expect(JSON.parse(verdict.event.raw)).toHaveProperty("details");
    expect(verdict.redacted[kind]).toBeGreaterThanOrEqual(6);
    expect(Object.keys(verdict.redacted)).toEqual([kind]);
  });

  it.each(TOKENS)("is taken out of lines that are refused, and of the reason (%s)", (kind, secret) => {
    const quoted = JSON.stringify(secret).slice(1, -1);
    const letters = [
      refused(`no json ${secret}`),
      refused(actionText(`"x":"${quoted}`)),
      refused(action({ success: secret })),
      refused(action({ timestamp: secret })),
      refused(actionText(`"${quoted}":1,"${quoted}":2`)),
      refused(actionText(`"x":"${quoted} ${"a".repeat(70_000)}"`)),
      refused(actionText(`"x":${"[".repeat(80)}"${quoted}"`)),
    ];
    for (const letter of letters) {
      expect(letter.bytes).toContain(`[redacted:${kind}]`);
      expect(JSON.stringify(letter)).not.toContain(secret.slice(-16));
    }
  });

  it("is taken out of bytes that are not UTF-8, before they are encoded", () => {
    const secret = TOKENS[0]?.[1] ?? "";
    const letter = refused(
      Buffer.concat([Buffer.from(`{"x":"${secret} `), Buffer.from([0xff, 0x00]), Buffer.from('"}')]),
    );
    expect(letter.encoding).toBe("base64");
    expect(Buffer.from(letter.bytes, "base64").toString("latin1")).toContain("[redacted:openai_key]");
    expect(Buffer.from(letter.bytes, "base64").toString("latin1")).not.toContain(secret);
    const wide = Buffer.from(`{"x":"${secret}"}`, "utf16le");
    expect(refused(wide).bytes.replaceAll("\0", "")).not.toContain(secret);
  });

  it("is taken out whole where the kept bytes end", () => {
    const secret = made("ghp", "_", MIXED);
    for (const before of [65_480, 65_500, 65_530, 65_535]) {
      const letter = refused(`${"-".repeat(before)}${secret}${"-".repeat(9000)}`);
      expect(letter.bytes).not.toContain(made("ghp", "_a"));
    }
  });

  it("is found behind JSON escapes, in values, keys and refused lines", () => {
    const secret = made("sk-", "ant-api03-", MIXED);
    const hidden = `\\u0073k\\u002D${secret.slice(3)}`;
    const event = accepted(actionText(`"details":{"a":"${hidden}","${hidden}":1}`));
    expect(event.raw).toContain('"details":{"a":"[redacted:anthropic_key]","[redacted:anthropic_key]":1}');
    expect(refused(`{"a":"${hidden}"`).bytes).toBe('{"a":"[redacted:anthropic_key]"');
    const slashes = accepted(actionText('"details":"postgres:\\/\\/u:s3cr3t@h\\/db"'));
    expect(slashes.raw).toContain("postgres://u:[redacted:connection_string]@h/db");
    const name = accepted(actionText('"details":{"p\\u0061ssword":"hunter2"}'));
    expect(name.raw).toContain("[redacted:password]");
  });
});

describe("a secret that is known by what stands before it", () => {
  it.each(IN_CONTEXT)("is taken out alone (%s: %s)", (kind, before, secret, after) => {
    const verdict = judge(JSON.stringify(action({ details: { text: before + secret + after } })));
    expect(verdict).toMatchObject({
      kind: "event",
      redacted: { [kind]: 1 },
      event: { raw: JSON.stringify(action({ details: { text: `${before}[redacted:${kind}]${after}` } })) },
    });
    const letter = refused(`not json ${before}${secret}${after}`);
    expect(letter.bytes).toBe(`not json ${before}[redacted:${kind}]${after}`);
  });

  it.each([
    ["password", "hunter2", "password"],
    ["db_password", "all of it, with spaces", "password"],
    ["userPassword", "hunter2", "password"],
    ["secret", "abcd", "secret"],
    ["X-Api-Key", "abcd-efgh", "secret"],
    ["OPENAI_API_KEY", "abcd-efgh", "secret"],
    ["aws_secret_access_key", "wJalrXUtnFEMI/K7MDENG", "secret"],
    ["access_token", "0123456789ab", "token"],
    ["token", "0123456789ab", "token"],
    ["Authorization", "Bearer 0123456789ab", "authorization"],
  ])("is the value of the JSON key %s", (key, value, kind) => {
    const line = action({ details: { [key]: value, list: { [key]: [value] } } });
    const masked = `[redacted:${kind}]`;
    expect(accepted(line).raw).toBe(JSON.stringify(action({ details: { [key]: masked, list: { [key]: [masked] } } })));
    expect(refused({ ...line, success: 1 }).bytes).not.toContain(value);
  });

  it("keeps its own kind behind a name", () => {
    const secret = made("sk-", "ant-api03-", MIXED);
    expect(judge(JSON.stringify(action({ details: { api_key: secret, t: `api_key=${secret}` } })))).toMatchObject({
      redacted: { anthropic_key: 2 },
    });
  });
});

describe("a clean line", () => {
  it.each(CLEAN)("is not touched: %s", (text) => {
    const line = JSON.stringify(action({ details: { text, [text]: 1 } }));
    expect(judge(line)).toMatchObject({ kind: "event", redacted: {}, event: { raw: line } });
    const bytes = `not json: ${text}`;
    expect(refused(bytes).bytes).toBe(bytes);
  });

  it.each([
    { password: true, token: 5, secret: null, api_key: "", authorization: "granted" },
    { password: "***", api_key: made("$", "{API_KEY}"), secret: "<hidden>", token: "short" },
    { credential: "openai-production-key-2026", input_tokens: 1_234_567, next_token: "0123456789abcdef" },
    { password_hash: "abcdefgh", api_key_id: "key-0123456789", secretary: "eva lopez", tokenizer: "o200k-base-2024" },
  ])("is not touched: %j", (details) => {
    const line = JSON.stringify(action({ details }));
    expect(accepted(line).raw).toBe(line);
  });

  it("is given back as it is, whatever it says", () => {
    const redactor = createRedactor();
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.boolean(), (json, hidden) => {
        const tally = {};
        expect(redactor.json(json, hidden, tally)).toBe(json);
        expect(tally).toEqual({});
      }),
    );
  });

  it("stays as it is when redacted again", () => {
    const redactor = createRedactor();
    for (const text of [...TOKENS.map(([, secret]) => secret), ...IN_CONTEXT.map(([, a, b, c]) => a + b + c)]) {
      const once = redactor.json(JSON.stringify({ text, password: text }), true, {});
      expect(redactor.json(once, true, {})).toBe(once);
    }
  });
});

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
