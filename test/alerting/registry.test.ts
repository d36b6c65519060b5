import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createSinks } from "../../alerting/sinks/registry.ts";
import { configSchema } from "../../schemas/config.ts";
import { incidentOf } from "./sample.ts";

function streamOf(isTTY: boolean) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}

const config = configSchema.parse({ agents: { competitor_monitor: { timezone: "Europe/Berlin" } } });
const ESCAPE = String.fromCodePoint(27);

async function shown(isTTY: boolean, noColor: boolean): Promise<string> {
  const { stream, text } = streamOf(isTTY);
  const { sinks } = createSinks({ config, stream, noColor });
  const incident = incidentOf();
  const tag = { incidents: { [incident.id]: 1 }, step: "opened" } as const;
  const content = { kind: "incident", incident } as const;
  await sinks[0]?.deliver({ action: "post", channel: "terminal", content, tag }, "full");
  return text();
}

describe("the configured sinks", () => {
  it("are the terminal while there is no Slack token, and Slack with the terminal to fall back on", () => {
    const { stream } = streamOf(false);
    const without = createSinks({ config, stream, noColor: false, slackToken: "" });
    expect([without.sinks.map(({ name }) => name), without.fallback]).toEqual([["terminal"], undefined]);
    const slack = createSinks({ config, stream, noColor: false, slackToken: "xoxb-1", slackApiUrl: undefined });
    expect([slack.sinks.map(({ name }) => name), slack.fallback?.name]).toEqual([["slack"], "terminal"]);
  });

  it("colour only a terminal that wants it, and show times in the agent's zone", async () => {
    expect(await shown(true, false)).toContain(ESCAPE);
    expect(await shown(true, true)).not.toContain(ESCAPE);
    expect(await shown(false, false)).not.toContain(ESCAPE);
    expect(await shown(false, false)).toContain("14:32:15 web_search");
  });
});
