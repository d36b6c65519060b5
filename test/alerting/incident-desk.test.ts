import { describe, expect, it } from "vitest";
import { createIncidentDesk } from "../../alerting/incident-desk.ts";
import type { Append } from "../../alerting/ports.ts";
import type { Incident } from "../../schemas/incident.ts";
import { AT, finding, incidentOf } from "./sample.ts";

const HOUR = 3_600_000;

function deskOf(...incidents: readonly Incident[]) {
  const appended: Append[] = [];
  const desk = createIncidentDesk({
    incidents: async () => incidents,
    append: async (one) => void appended.push(one),
    learnsExpected: (detector, reason) => detector === "tool-frequency" && reason === "over_baseline",
    now: () => AT + HOUR,
  });
  const records = (): object[] => appended.map(({ value }) => JSON.parse(value) as object);
  return { desk, appended, records };
}

describe("the incident desk", () => {
  it("lists the newest first", async () => {
    const old = { ...incidentOf(), id: "old", openedAt: AT - 1 };
    const { desk } = deskOf(old, { ...incidentOf(), id: "new", openedAt: AT });
    expect(await desk.list("open")).toMatchObject([{ id: "new" }, { id: "old" }]);
    expect(await desk.list("resolved")).toEqual([]);
  });

  it("appends an acknowledgement to the partition of the incident", async () => {
    const one = { ...incidentOf(), agent: "", scope: { kind: "team", name: "sales" } as const };
    const { desk, appended, records } = deskOf(one);
    expect(await desk.say("acknowledged", one.id, "ada")).toMatchObject({ id: one.id });
    expect(appended).toMatchObject([{ topic: "agent-journal", key: "sales" }]);
    const said = { type: "human", act: "acknowledged", at: AT + HOUR, by: "ada", incident: one.id, agent: "" };
    expect(records()).toEqual([{ ...said, revision: 1 }]);
  });

  it("says of what is expected all that was told: since when, until when, and the most of it", async () => {
    const now = finding({ at: AT + 60_000, window: { from: AT - 30_000, to: AT + 60_000 }, observed: 40 });
    const one = { ...incidentOf(), openedAt: AT, observed: 50, finding: now };
    const { desk, records } = deskOf(one);
    await desk.say("expected", one.id, "ada");
    const about = { agent: one.agent, detector: "tool-frequency", subject: "web_search" };
    expect(records()).toMatchObject([
      { act: "expected", ...about, from: AT - 30_000, to: AT + 60_000, observed: 50, expected: 10 },
    ]);
  });

  it("refuses what it does not know, and what nothing is learned from", async () => {
    const rule = { ...incidentOf(), id: "rule", finding: finding({ reason: "written" }) };
    const { desk, appended } = deskOf(rule);
    await expect(desk.say("acknowledged", "other", "ada")).rejects.toMatchObject({ code: "incident_not_found" });
    const over = deskOf({ ...rule, state: "resolved" }).desk;
    await expect(over.say("acknowledged", "rule", "ada")).rejects.toMatchObject({ code: "incident_is_over" });
    await expect(desk.say("expected", "rule", "ada")).rejects.toMatchObject({ code: "nothing_to_learn" });
    expect(appended).toEqual([]);
  });
});
