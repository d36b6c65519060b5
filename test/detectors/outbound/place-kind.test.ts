import { describe, expect, it } from "vitest";
import { likenessOf, skeletonOf } from "../../../detectors/outbound/lookalike.ts";
import { isFileName, type Place, placeIn, placesOf } from "../../../detectors/outbound/place.ts";
import { judgePlace } from "../../../detectors/outbound/place-kind.ts";
import { event } from "../events.ts";

describe("where a call goes", () => {
  it.each([
    ["https://user:secret@Example.com:8443/path?q=a@b", "Example.com", 0],
    ["http://[2001:db8::1]:80/x", "[2001:db8::1]", 0],
    ["api.example.com", "api.example.com", 0],
    ["db.internal:5432", "db.internal", 0],
    ["anna@example.org", "anna@example.org", 1],
    ["Anna Doe<anna@example.org>".replace(" ", "_"), "anna@example.org", 1],
    ["#general", "#general", 2],
    ["DE89370400440532013000", "DE89370400440532013000", 2],
  ])("is read from %s", (text, host, form) => {
    expect(placeIn(text)).toEqual({ form, text: host });
  });

  it("is nowhere in paths, files and long texts", () => {
    expect(placeIn("src/review/part-7.ts")).toBeUndefined();
    expect(placeIn("x".repeat(500))).toBeUndefined();
    expect(isFileName(placeIn("report.pdf") as Place)).toBe(true);
  });

  it("is read from the arguments of an action that names no target, never from a decision", () => {
    const raw = '{"action":"send_money","details":{"amount":5,"recipient":"GB29NWBK60161331926819"}}';
    expect(placesOf(event(0, { raw }))).toEqual([{ form: 2, text: "GB29NWBK60161331926819" }]);
    expect(placesOf(event(0, { raw, kind: "decision" }))).toEqual([]);
  });

  it("is every recipient, at any depth of the arguments, and nobody who stands in the answer", () => {
    const details = { mail: { to: ["a@x.test"], cc: "b@y.test" }, invitees: [{ email: "c@z.test" }], email_id: "34" };
    const raw = JSON.stringify({ action: "send", details, result: [{ sender_email: "d@w.test", to: "e@w.test" }] });
    expect(placesOf(event(0, { raw })).map(({ text }) => text)).toEqual(["a@x.test", "b@y.test", "c@z.test"]);
    const written = JSON.stringify({ action: "pay", input: { arguments: '{"account_number": 12345678}' } });
    expect(placesOf(event(0, { raw: written }))).toEqual([{ form: 2, text: "12345678" }]);
  });
});

describe("the kind of a new destination", () => {
  const kindOf = (text: string, labels: readonly string[] = [], domains: readonly string[] = []): string =>
    judgePlace(placeIn(text) as Place, { labels, isKnownDomain: (domain) => domains.includes(domain) }).kind;

  it("is told by its name", () => {
    expect(kindOf("http://198.51.100.7/in")).toBe("address");
    expect(kindOf("http://10.1.2.3/in")).toBe("same-domain");
    expect(kindOf("someone@gmail.com")).toBe("free-mail");
    expect(kindOf("https://webhook.site/abc")).toBe("drop");
    expect(kindOf("https://abc.ngrok-free.app/")).toBe("drop");
    expect(kindOf("https://new-customer.test/")).toBe("new-domain");
    expect(kindOf("https://eu.example.co.uk/", [], ["example.co.uk"])).toBe("same-domain");
    expect(kindOf("https://xn--pple-43d.com/")).toBe("lookalike");
    for (const account of ["GB29NWBK60161331926819", "DE89 3704 0044 0532 0130 00", "+49 (30) 123456-78", "12345678"])
      expect(kindOf(account)).toBe("account");
    for (const name of ["#general", "anna", "External_0", "room 12"]) expect(kindOf(name)).toBe("name");
  });

  it("is a lookalike when a hurried eye would take it for a known one", () => {
    for (const fake of [
      "https://paypa1.com",
      "https://rnicrosoft.com",
      "https://slack-files.net",
      "https://gihtub.com",
    ])
      expect(kindOf(fake, ["paypal", "microsoft", "slack", "github"])).toMatch(/lookalike|new-domain/);
    expect(kindOf("https://paypa1.com", ["paypal"])).toBe("lookalike");
    expect(kindOf("https://rnicrosoft.com", ["microsoft"])).toBe("lookalike");
    expect(kindOf("https://slack-files.net", ["slack"])).toBe("lookalike");
    expect(kindOf("https://microsfot.com", ["microsoft"])).toBe("lookalike");
  });

  it("is no lookalike for the same name, a series of numbered names, or a short one", () => {
    expect(likenessOf("slack", ["slack"])).toBeUndefined();
    expect(likenessOf("company-12", ["company-13"])).toBeUndefined();
    expect(likenessOf("abd", ["abc"])).toBeUndefined();
    expect(skeletonOf("Раура1")).toBe(skeletonOf("paypal".replace("y", "у")));
  });
});
