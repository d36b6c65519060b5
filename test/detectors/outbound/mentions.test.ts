import { describe, expect, it } from "vitest";
import { mentionsIn, mentionsInOutcome } from "../../../detectors/outbound/mentions.ts";
import { keyOfPlace, type Place, placeIn } from "../../../detectors/outbound/place.ts";
import { event, type Harness, harness } from "../events.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5, 9);
const keyOf = (text: string): number => keyOfPlace(placeIn(text) as Place);

describe("destinations that a text mentions", () => {
  it("are its mailboxes, addresses and accounts, as a call would name them", () => {
    const text = "Pay DE89370400440532013000, tell ann@x.test; see https://y.test/a?b=c, www.z.test. Or not.";
    expect(mentionsIn(text)).toEqual(
      ["DE89370400440532013000", "ann@x.test", "https://y.test/", "www.z.test"].map(keyOf),
    );
    expect(mentionsIn("nothing here, 1.5 of 20 on 2026-01-05")).toEqual([]);
  });

  it("are read from what came of a call, not from its arguments", () => {
    const raw = JSON.stringify({ action: "read", details: { to: "a@x.test" }, result: { rows: ["b@x.test"] } });
    expect(mentionsInOutcome(event(0, { raw }))).toEqual([keyOf("b@x.test")]);
  });

  it("are at most 24, in time that grows with the text only", () => {
    const many = Array.from({ length: 100 }, (_, index) => `a${index}@x.test`).join(" ");
    expect(mentionsIn(many)).toHaveLength(24);
    expect(mentionsIn("a".repeat(60_000))).toEqual([]);
  });
});

describe("a new destination", () => {
  let runs = 0;
  /** Reads a mail, then sends one; asked for by `trigger`. */
  function run({ takeAll }: Harness, at: number, to: string, read: string, trigger: string) {
    const call = (tool: string, fields: object, later: number) =>
      event(at + later, { run: `r${runs}`, tool, trigger, raw: JSON.stringify({ action: tool, ...fields }) });
    runs++;
    const mail = call("read_email", { result: `hello from ${read}` }, 0);
    return takeAll([mail, call("send_email", { details: { recipients: [to] } }, 5000)]);
  }

  function known(): Harness {
    const made = harness();
    for (let n = 0; n < 60; n++) {
      const to = `person-${n % 6}@acme.test`;
      run(made, START + (n / 20) * DAY_MS, to, "ann@acme.test", `answer ${to}`);
    }
    return made;
  }

  it("is a page where it stands in what the run read, and a note where somebody asked for it", () => {
    const later = START + 4 * DAY_MS;
    const talked = run(known(), later, "x@gmail.com", "x@gmail.com", "answer person-1@acme.test");
    expect(talked.at(-1)).toMatchObject({ severity: "warning", reason: "evidence_together" });
    expect(JSON.stringify(talked.at(-1))).toContain("it stands in what read_email read");
    const asked = run(known(), later, "x@gmail.com", "x@gmail.com", "answer x@gmail.com");
    expect(asked.filter(({ severity }) => severity !== "info")).toEqual([]);
  });
});
