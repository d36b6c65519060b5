import { describe, expect, it } from "vitest";
import { decideSend } from "../../alerting/send/decide-send.ts";
import type { Sent } from "../../alerting/send/sent.ts";
import type { Incident } from "../../schemas/incident.ts";
import { incidentOf } from "./sample.ts";

const NOW = 1_000_000;
const HOUR = 3_600_000;

const sent = (changes: Partial<Sent> = {}): Sent => ({
  channel: "#a",
  place: { channel: "C1", ts: "1.1" },
  line: false,
  revision: 1,
  posted: 1,
  spokeAt: NOW,
  reminders: 0,
  gone: false,
  ...changes,
});

const incident = (
  revision: number,
  steps: readonly [Incident["posts"][number]["step"], number][],
  more: Partial<Incident> = {},
) => ({
  ...incidentOf(),
  revision,
  posts: steps.map(([step, at]) => ({ step, revision: at, at: NOW })),
  ...more,
});

const opened: [["opened", number]] = [["opened", 1]];

describe("from → to: effect", () => {
  it.each([
    ["nothing told → open: posted", undefined, incident(1, opened), "post first"],
    [
      "nothing told → resolved: posted all the same",
      undefined,
      incident(2, opened, { state: "resolved" }),
      "post first",
    ],
    ["nothing told → hidden: nothing", undefined, incident(1, opened, { hiddenBy: "x" }), "none hidden"],
    ["nothing told → information: a note", undefined, incident(1, opened, { severity: "info" }), "none note"],
    [
      "a note → raised: posted",
      undefined,
      incident(2, [...opened, ["raised", 2]], { severity: "warning" }),
      "post first",
    ],
    ["told → the same: nothing", sent(), incident(1, opened), "none unchanged"],
    ["told → changed: edited", sent(), incident(2, opened), "update changed"],
    ["told → raised: a reply", sent(), incident(2, [...opened, ["raised", 2]]), "reply raised"],
    ["told → limit: a reply", sent(), incident(2, [...opened, ["limit", 2]]), "reply limit"],
    ["told → reopened: a reply", sent({ revision: 2 }), incident(3, [...opened, ["reopened", 3]]), "reply reopened"],
    [
      "told → raised, then the limit: one reply",
      sent(),
      incident(3, [...opened, ["raised", 2], ["limit", 3]]),
      "reply limit",
    ],
    [
      "replied → still shown as before: edited",
      sent({ posted: 2 }),
      incident(2, [...opened, ["raised", 2]]),
      "update changed",
    ],
    ["told → resolved: edited", sent(), incident(2, opened, { state: "resolved" }), "update resolved"],
    [
      "told → hidden and raised: edited only",
      sent(),
      incident(2, [...opened, ["raised", 2]], { hiddenBy: "x" }),
      "update hidden",
    ],
    ["open for long: a reminder", sent({ spokeAt: NOW - 4 * HOUR }), incident(1, opened), "reply reminder"],
    [
      "acknowledged for long: nothing",
      sent({ spokeAt: 0 }),
      incident(1, opened, { state: "acknowledged" }),
      "none unchanged",
    ],
    ["removed by somebody → changed: nothing", sent({ gone: true }), incident(2, opened), "none unchanged"],
    [
      "removed by somebody → raised: posted anew",
      sent({ gone: true }),
      incident(2, [...opened, ["raised", 2]]),
      "post raised",
    ],
  ] as const)("%s", (_name, before, now, effect) => {
    const { action, reason } = decideSend(before, now as Incident, NOW, 4 * HOUR);
    expect(`${action} ${reason}`).toBe(effect);
  });

  it("says when to look again for a reminder, and never with reminders off", () => {
    expect(decideSend(sent(), incident(1, opened), NOW, HOUR)).toMatchObject({ lookAgainAt: NOW + HOUR });
    expect(decideSend(sent({ spokeAt: 0 }), incident(1, opened), NOW, 0)).toEqual({
      action: "none",
      reason: "unchanged",
    });
  });
});
