/** Secrets as they look, all of them made up. */

/** Parts are joined here, so that no scanner of this repository takes an example for a leak. */
export function made(...parts: string[]): string {
  return parts.join("");
}
const HEX = "0123456789abcdef0123456789abcdef";
export const MIXED = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6";
const JWT = made("eyJ", "hbGciOiJIUzI1NiJ9", ".eyJ", "zdWIiOiIxMjM0NTY3ODkwIn0", ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P");

export const TOKENS: [kind: string, secret: string][] = [
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
export const IN_CONTEXT: [kind: string, before: string, secret: string, after: string][] = [
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
