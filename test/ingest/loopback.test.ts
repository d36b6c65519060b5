import { describe, expect, it } from "vitest";
import { isLoopback } from "../../ingest/loopback.ts";

describe("isLoopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["[::1]", true],
    ["::ffff:127.0.0.1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["::", false],
    ["127.0.0.1.example.com", false],
    ["192.168.1.1", false],
    ["", false],
  ])("%s: %s", (host, expected) => expect(isLoopback(host)).toBe(expected));
});
