/**
 * What a secret looks like by itself. Patterns run on decoded text (no JSON escapes), joined into one alternation;
 * hints run on the raw line, joined into one prefilter, so that a clean line costs one pass. A hint must match
 * wherever its pattern could: behind an escape such as \\n too, so it has no edges. Every quantifier is bounded, and patterns start only at the edge of a word, so that
 * hostile text costs time in proportion to its length.
 */
export interface SecretRule {
  /** Lower case, words joined by underscores; shown in place of the secret and counted in metrics. */
  readonly kind: string;
  /** Regular expression source, without capturing groups. */
  readonly pattern: string;
  readonly hint: string;
}

/** What follows ends no escape: in JSON within JSON a line end before a key is "\\nsk-…", whose n is no part of a word. */
const NO_ESCAPE = "(?<!\\\\)(?<!\\\\u[0-9A-Fa-f]{3})";

/** Not inside a word. */
export const EDGE = `(?<!${NO_ESCAPE}[A-Za-z0-9])`;

export const TOKEN_RULES: readonly SecretRule[] = [
  { kind: "anthropic_key", pattern: `${EDGE}sk-ant-[A-Za-z0-9_-]{16,255}`, hint: "sk-ant-" },
  {
    // The bare form needs a digit or much length: class names such as sk-toggleable are no keys.
    kind: "openai_key",
    pattern: `${EDGE}sk-(?:(?:proj|svcacct|admin|None|or-v1|live|test|prod)-[A-Za-z0-9_-]{16,255}|(?=[A-Za-z]{0,47}\\d)[A-Za-z0-9]{16,255}|[A-Za-z]{24,255})`,
    hint: "sk-(?:[A-Za-z0-9]{16}|(?:proj|svcacct|admin|None|or-v1|live|test|prod)-)",
  },
  {
    kind: "aws_key_id",
    pattern: `${EDGE}A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])`,
    hint: "A(?:KIA|SIA|BIA|CCA)[A-Z0-9]",
  },
  {
    kind: "github_token",
    pattern: `${EDGE}(?:gh[oprsu]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{16,255})`,
    hint: "gh[oprsu]_[A-Za-z0-9]|github_pat_",
  },
  {
    kind: "gitlab_token",
    pattern: `${EDGE}gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|soat|agent)-[A-Za-z0-9_-]{16,255}`,
    hint: "gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|soat|agent)-",
  },
  {
    kind: "slack_token",
    pattern: `${EDGE}(?:xox[abceoprs]-[A-Za-z0-9-]{10,255}|xapp-\\d-[A-Za-z0-9-]{10,255})`,
    hint: "xox[abceoprs]-|xapp-\\d",
  },
  {
    kind: "slack_webhook",
    pattern: "hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{16,160}",
    hint: "hooks\\.slack\\.com",
  },
  {
    kind: "google_key",
    pattern: `${EDGE}(?:AIza[A-Za-z0-9_-]{30,64}|GOCSPX-[A-Za-z0-9_-]{20,64}|ya29\\.[A-Za-z0-9_-]{20,255})`,
    hint: "AIza|GOCSPX-|ya29\\.",
  },
  {
    kind: "stripe_key",
    pattern: `${EDGE}(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,255}`,
    hint: "[sr]k_(?:live|test)_|whsec_",
  },
  { kind: "npm_token", pattern: `${EDGE}npm_[A-Za-z0-9]{30,64}`, hint: "npm_[A-Za-z0-9]{30}" },
  { kind: "huggingface_token", pattern: `${EDGE}hf_[A-Za-z0-9]{20,64}`, hint: "hf_[A-Za-z0-9]{20}" },
  {
    kind: "sendgrid_key",
    pattern: `${EDGE}SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,128}`,
    hint: "SG\\.[A-Za-z0-9_-]{16}",
  },
  { kind: "twilio_key", pattern: `${EDGE}SK[0-9a-f]{32}(?![A-Za-z0-9])`, hint: "SK[0-9a-f]{32}" },
  { kind: "telegram_token", pattern: `${EDGE}\\d{8,10}:AA[A-Za-z0-9_-]{30,40}`, hint: ":AA[A-Za-z0-9_-]{30}" },
  {
    kind: "ai_provider_key",
    pattern: `${EDGE}(?:gsk_|xai-|pplx-|r8_)[A-Za-z0-9]{24,255}`,
    hint: "(?:gsk_|xai-|pplx-|r8_)[A-Za-z0-9]{24}",
  },
  {
    kind: "jwt",
    pattern: `(?<!${NO_ESCAPE}[A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,4096}\\.eyJ[A-Za-z0-9_-]{6,16384}\\.[A-Za-z0-9_-]{8,4096}`,
    hint: "eyJ[A-Za-z0-9_-]{6}",
  },
  {
    // Up to the next line of five dashes, so that a key that was cut off is taken out too.
    kind: "private_key",
    pattern:
      "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]{0,65536}(?:-(?!----)[^-]{0,4096}){0,64}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
    hint: "-----BEGIN",
  },
];
