/** Runaway loops, and errors that repeat. */
import { HOUR_MS } from "../../../../detectors/time/zones.ts";
import { logNormal } from "../../../../ingest/demo/random.ts";
import { oneOf, shuffled, whole } from "../draws.ts";
import { failureOf, type Tool } from "../tools.ts";
import { changed, type Draft, nameOf, onceAt, type Recipe, runsBetween, type Scene, toolsOf, usesOf } from "./scene.ts";

/** Repeats from which on a loop should be told of. */
const REPEATS = 5;

/** Times of so many repeats, about `gapMs` apart. */
function beat({ random }: Scene, at: number, count: number, gapMs: number): number[] {
  let time = at;
  return Array.from({ length: count }, () => {
    const now = time;
    time += gapMs * logNormal(1, 0.15, random);
    return now;
  });
}

const isPlain = ({ thinks }: Tool): boolean => !thinks;

function argumentsOf(tool: Tool, random: () => number): Readonly<Record<string, unknown>> {
  const number = Math.floor(random() * 1e6);
  const fields = { endpoint: `/v2/${tool.name}/${number}`, input: { question: number } };
  return tool.kind === "api"
    ? { ...fields, target: "acme.example" }
    : { target: `thing-${number}`, details: { item: number } };
}

function drafted(times: readonly number[], variant: string, hourly: Draft["hourly"]): Draft {
  const [from = 0] = times;
  const countsFrom = times[Math.min(REPEATS, times.length - 1)] ?? from;
  return { from, to: times.at(-1) ?? from, variant, countsFrom, ...(hourly === undefined ? {} : { hourly }) };
}

/** The same call, or the same few calls in turn, with the same arguments and the same answer. */
export const loop: Recipe = (scene, at) => {
  const { random, actor, profile } = scene;
  if (runsBetween(scene, at, at + HOUR_MS) < 0.3) return undefined;
  const variant = oneOf(["single", "single", "cycle"] as const, random);
  const size = variant === "single" ? 1 : whole(2, 4, random);
  const tools = shuffled(toolsOf(scene, random() < 0.7 ? isPlain : undefined), random).slice(0, size);
  if (tools.length < size) return undefined;
  const args = tools.map((tool) => argumentsOf(tool, random));
  const gapMs = 400 * 50 ** random() * size;
  const times = beat(scene, at, whole(25, 150, random), gapMs);
  const outcome = (tool: Tool) => (tool.kind === "api" ? { response_code: 200 } : { success: true });
  const cost = (tool: Tool) =>
    tool.thinks ? { input_tokens: Math.round(profile.promptTokens), output_tokens: 200 } : {};
  return drafted(
    times,
    variant,
    onceAt(times[0] ?? at, (push) => {
      for (const time of times) {
        tools.forEach((tool, index) => {
          const more = { ...args[index], ...outcome(tool), ...cost(tool), error: undefined, duration_ms: 100 };
          actor.call(tool, time + (index * gapMs) / size, { run: nameOf(scene), random, more }, push);
        });
      }
    }),
  );
};

/** A poller that asks several times as often as it ever did. */
export const hastyPoller: Recipe = (scene, at, magnitude) => {
  const { profile } = scene;
  const { pollMs, agent } = profile;
  if (pollMs === 0) return undefined;
  const to = at + Math.max(1, Math.ceil((30 * pollMs) / HOUR_MS)) * HOUR_MS;
  const everyMs = pollMs / (magnitude - 1);
  return {
    from: at,
    to,
    variant: "poller",
    normal: (to - at) / pollMs,
    hourly(hour, push) {
      const first = Math.ceil((Math.max(hour, at) - at) / everyMs);
      for (let n = first; at + n * everyMs < Math.min(to, hour + HOUR_MS); n++) {
        const time = Math.round(at + n * everyMs);
        const timestamp = new Date(time).toISOString();
        const call = { api: "get_status", endpoint: "/v1/status", target: `${profile.trade}.acme.example` };
        push({
          at: time,
          agent,
          fields: {
            timestamp,
            agent,
            id: nameOf(scene, `p${n}`),
            run: `${agent}-poll`,
            ...call,
            response_code: 200,
            duration_ms: 60,
            cost: 0,
          },
        });
      }
    },
  };
};

/** The same error again and again, with the same arguments or with others each time. */
export const errorLoop: Recipe = (scene, at) => {
  const { random, actor } = scene;
  if (runsBetween(scene, at, at + HOUR_MS) < 0.3) return undefined;
  const variant = oneOf(["same-call", "other-calls"] as const, random);
  const tool = oneOf(toolsOf(scene, isPlain), random);
  const args = argumentsOf(tool, random);
  const failing = oneOf(
    ["permission denied: role lacks write", "quota exceeded", "invalid token", "schema mismatch"],
    random,
  );
  const times = beat(scene, at, whole(25, 120, random), 1000 * 20 ** random());
  return drafted(
    times,
    variant,
    onceAt(times[0] ?? at, (push) => {
      for (const time of times) {
        const more = variant === "same-call" ? args : {};
        actor.call(tool, time, { run: nameOf(scene), random, failing, more: { ...more, duration_ms: 80 } }, push);
      }
    }),
  );
};

const LEAST_ERRORS = 12;

/** So many times the usual share of calls fail, for some hours. */
export const errorShare: Recipe = (scene, at, magnitude) => {
  const { profile, random } = scene;
  let failing = 0;
  for (const [tool, mean] of profile.uses) failing += mean * failureOf(tool, profile.flakiness);
  const calls = usesOf(scene, () => true);
  const share = failing / calls;
  if (share * magnitude > 0.9) return undefined;
  for (let hours = 3; hours <= 12; hours++) {
    const to = at + hours * HOUR_MS;
    const normal = runsBetween(scene, at, to) * failing;
    if (normal < LEAST_ERRORS) continue;
    const more = ((magnitude - 1) * share) / (1 - share);
    return {
      from: at,
      to,
      variant: "share",
      normal,
      alter(line) {
        const { fields } = line;
        const isFine = fields.error === undefined && (fields.success === true || fields.response_code === 200);
        if (!isFine || random() >= more) return line;
        const error = oneOf(["timeout after 30000 ms", "upstream returned 502", "internal error"], random);
        return changed(line, fields.api === undefined ? { success: false, error } : { response_code: 502, error });
      },
    };
  }
  return undefined;
};
