import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../ingest/intake/redaction/redactor.ts";
import { TOKEN_RULES } from "../../../ingest/intake/redaction/rules.ts";
import { accepted, action, actionText, judge, refused } from "./harness.ts";
import { IN_CONTEXT, MIXED, made, TOKENS } from "./secret-examples.ts";

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

  it.each(TOKENS)(
    "is found after a line end, a tab and any other escape, in JSON within JSON too (%s)",
    (kind, secret) => {
      for (const before of ["\\n", "\\t", "\\u000a", "\\u00e9", "\\\\n", "\\\\u000a"]) {
        const event = accepted(actionText(`"details":"A=1${before}${JSON.stringify(secret).slice(1, -1)}"`));
        expect(event.raw).toContain(`[redacted:${kind}]"`);
        expect(event.raw).not.toContain(secret.slice(-12));
      }
    },
  );

  it.each(["\\nBearer ", "Bearer\\t", "\\nbasic\\n", "password\\t= ", "password\\u0009:\\n"])(
    "is found where its context has escaped white space (%s)",
    (before) => {
      const secret = made("dXNlcjpwYXNz", "d29yZDEyMzQ1Njc4");
      const event = accepted(actionText(`"details":"A=1 ${before}${secret}"`));
      expect(event.raw).not.toContain(secret);
    },
  );

  it("leaves ids apart that were two secrets, and one id the same", () => {
    const ids = ["a", "b", "a"].map((last) => made("ghp", "_", MIXED, last));
    const [first, other, again] = ids.map((id) => accepted(action({ id })).id);
    expect(first).toMatch(/^\[redacted:github_token\]~[0-9a-f]{8}$/);
    expect([first === other, first === again]).toEqual([false, true]);
  });

  it("is taken out of a reason whole, however long, and a reason holds no control characters", () => {
    const jwt = [made("eyJ", "hbGciOiJIUzI1NiJ9"), made("eyJ", "a".repeat(300)), "b".repeat(20)].join(".");
    expect(refused(actionText(`"${jwt}":1,"${jwt}":2`)).reason).toBe(
      'the key "[redacted:jwt]" occurs twice in one object',
    );
    expect(refused(actionText(`"${jwt}":1e999`)).reason).toMatch(/^"\[redacted:jwt\]" is a number/);
    expect(refused(actionText('"\\u001b[31m\u202e":{"a":1e999}')).reason).toMatch(/^"\\u001b\[31m\\u202e\.a" is/);
    expect(refused(actionText('"\u202e":1,"\u202e":2')).reason).toMatch(/^the key "\\u202e" occurs/);
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
