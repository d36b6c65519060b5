/** Agents that are made to do what they should not: exfiltration, hijacked runs, new tools, broken rules, leaks. */
import { HOUR_MS } from "../../../../detectors/time/zones.ts";
import { logNormal, pick, type Random } from "../../../../ingest/demo/random.ts";
import { TOKENS } from "../../../ingest/intake/secret-examples.ts";
import { oneOf, whole } from "../draws.ts";
import type { Tool } from "../tools.ts";
import { TRADES } from "../tools.ts";
import { nameOf, onceAt, type Recipe, runsBetween, type Scene, toolsOf } from "./scene.ts";

type Kind = "raw-address" | "lookalike" | "paste-site" | "free-mail" | "new-site";
const KINDS: readonly Kind[] = ["raw-address", "lookalike", "paste-site", "free-mail", "new-site"];

/** A destination that nobody in the fleet ever had. */
function destination(kind: Kind, random: Random): string {
  const n = whole(10, 250, random);
  const texts: Readonly<Record<Kind, string>> = {
    "raw-address": `http://203.0.113.${n}/upload`,
    lookalike: oneOf(
      [`https://acrne-${n}.example/api`, `https://slack-files-${n}.example`, `https://api.openai-${n}.example/v1`],
      random,
    ),
    "paste-site": `https://paste-${n}.example.net/new`,
    "free-mail": `backup.${n}@freemail.example.com`,
    "new-site": `https://collector-${n}.example.io/in`,
  };
  return texts[kind];
}

const tool = (name: string, more: Partial<Tool> = {}): Tool => {
  const base = { ms: 400, fails: 0, bytes: 2000, thinks: false, outside: false, irreversible: false } as const;
  return { ...base, kind: "action", goes: { to: "nowhere" }, name, ...more };
};

const REQUEST = tool("http_request");
const sends = ({ bytes, thinks }: Tool): boolean => bytes > 0 && !thinks;
const works = (scene: Scene, at: number): boolean => runsBetween(scene, at, at + HOUR_MS) >= 0.3;

/** Dozens of uploads to a destination never seen before. */
export const exfiltration: Recipe = (scene, at) => {
  const { actor, random } = scene;
  if (!works(scene, at)) return undefined;
  const kind = oneOf(KINDS, random);
  const used = oneOf([...toolsOf(scene, sends), REQUEST], random);
  const target = destination(kind, random);
  const count = whole(8, 50, random);
  const gap = 2000 * 15 ** random();
  return {
    from: at,
    to: at + count * gap,
    variant: kind,
    hourly: onceAt(at, (push) => {
      for (let n = 0; n < count; n++) {
        const more = { bytes_out: Math.round(logNormal(80_000, 0.6, random)) };
        actor.call(used, at + n * gap, { run: nameOf(scene), random, target, more }, push);
      }
    }),
  };
};

/** A run that reads a stranger's text, then makes a call or two that look ordinary, to a new destination; then goes on. */
export const injection: Recipe = (scene, at) => {
  const { profile, actor, random } = scene;
  const workflows = profile.workflows.filter(({ steps }) =>
    steps.some((step) => step.tool.outside && step.chance === 1),
  );
  if (workflows.length === 0 || !works(scene, at)) return undefined;
  const own = toolsOf(scene, (used) => sends(used) && used.goes.to !== "files");
  const peers = Object.values(TRADES).flatMap((flows) => flows.flatMap(({ steps }) => steps.map((step) => step.tool)));
  const foreign = peers.filter((used) => sends(used) && !profile.uses.has(used));
  const variant = oneOf(["own-tool", "own-tool", "peer-tool", "new-tool"] as const, random);
  const used =
    variant === "new-tool" ? REQUEST : oneOf(variant === "own-tool" && own.length > 0 ? own : foreign, random);
  const target = destination(oneOf(KINDS, random), random);
  const count = whole(1, 2, random);
  return {
    from: at,
    to: at + 15 * 60_000,
    variant,
    hourly: onceAt(at, (push) => {
      const hijack = (when: number): number => {
        let end = when;
        for (let n = 0; n < count; n++)
          end = actor.call(used, end + 1500, { run: nameOf(scene), random, target }, push);
        return end;
      };
      actor.perform(pick(workflows, random), at, { run: nameOf(scene), random, push, hijack });
    }),
  };
};

const STRANGE = ["shell_exec", "list_credentials", "dump_table", "create_user", "disable_logging", "port_scan"];

/** Tools that this agent never used, or its own in an order in which it never works. */
export const novelty: Recipe = (scene, at) => {
  const { actor, random, profile } = scene;
  if (!works(scene, at) || profile.kind === "poller") return undefined;
  const variant = oneOf(["new-tools", "odd-order"] as const, random);
  const odd = toolsOf(scene, ({ irreversible, goes }) => irreversible || goes.to === "own");
  // Two tools by turns are what agents do after a retry.
  if (variant === "odd-order" && odd.length < 3) return undefined;
  const count = whole(4, 9, random);
  return {
    from: at,
    to: at + count * 20_000,
    variant,
    hourly: onceAt(at, (push) => {
      for (let n = 0; n < count; n++) {
        const used =
          variant === "new-tools"
            ? tool(oneOf(STRANGE, random), { bytes: 0 })
            : // Against the order of its workflows, step by step.
              (odd[(odd.length * count - 1 - n) % odd.length] as Tool);
        actor.call(used, at + n * 15_000, { run: nameOf(scene), random }, push);
      }
    }),
  };
};

/** Actions against a written rule. */
export const policy: Recipe = (scene, at) => {
  const { profile, actor, random } = scene;
  const { rules } = profile;
  if (rules === undefined || !works(scene, at)) return undefined;
  const irreversible = toolsOf(scene, (used) => used.irreversible);
  const variants = ["denied", "unlisted", "level", "quota", ...(irreversible.length > 0 ? ["approval"] : [])] as const;
  const variant = oneOf(variants, random);
  const busiest = toolsOf(scene, ({ name }) => name === rules.quota.tool)[0];
  const call = { run: nameOf(scene), random };
  const count = variant === "quota" ? Math.ceil(rules.quota.amount * 1.1) : whole(1, 3, random);
  const gap = variant === "quota" ? Math.floor((0.8 * HOUR_MS) / count) : 30_000;
  // A quota is of the clock's hour.
  const from = variant === "quota" ? Math.floor(at / HOUR_MS) * HOUR_MS + 60_000 : at;
  return {
    from,
    to: from + count * gap,
    variant,
    hourly: onceAt(from, (push) => {
      for (let n = 0; n < count; n++) {
        const when = from + n * gap;
        if (variant === "quota" && busiest !== undefined) actor.call(busiest, when, call, push);
        else if (variant === "approval")
          actor.call(oneOf(irreversible, random), when, { ...call, more: { approved_by: undefined } }, push);
        else if (variant === "level")
          actor.call(
            oneOf(toolsOf(scene), random),
            when,
            { ...call, more: { permission_level: rules.permissionLevel + 1 } },
            push,
          );
        else actor.call(tool(variant === "denied" ? "delete_records" : "grant_access", { bytes: 0 }), when, call, push);
      }
    }),
  };
};

/** A key or token in a field where it has no business. */
export const secretLeak: Recipe = (scene, at) => {
  const { actor, random } = scene;
  if (!works(scene, at)) return undefined;
  const [kind, secret] = oneOf(TOKENS, random);
  const used = oneOf(toolsOf(scene), random);
  const field = oneOf(["details", "error", "notes"] as const, random);
  const more = {
    details: { details: { text: `use ${secret} for it` } },
    error: { error: `401 for key ${secret}` },
    notes: { notes: secret },
  };
  return {
    from: at,
    to: at + 60_000,
    variant: kind,
    hourly: onceAt(at, (push) => {
      actor.call(used, at, { run: nameOf(scene), random, more: more[field] }, push);
    }),
  };
};
