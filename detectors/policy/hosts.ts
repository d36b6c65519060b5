/** Hosts that a call goes to, as far as its event tells: the target, the endpoint, and arguments that name one. */
import type { EventRecord } from "../../schemas/journal.ts";

/** Looked at per event. */
const MOST = 8;
const LONGEST = 2048;

export interface Host {
  readonly name: string;
  /** Not sure: a file or a table could be named so. */
  readonly isSure: boolean;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const MAIL = /^(?:mailto:)?[^\s@/:]{1,128}@([^\s@/:?]{1,253})(?:\?.*)?$/i;
const IN_ANGLES = /<([^<>\s]{3,320})>\s*$/;
const BARE =
  /^((?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.){1,16}[\p{L}\p{N}-]{1,63})\.?(:\d{1,5})?([/?#].*)?$/u;
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$/;
/** Ends of names that are hosts far more often than files or tables. */
const USUAL_END =
  /\.(?:com|org|net|edu|gov|mil|int|info|biz|dev|app|cloud|site|online|xyz|top|shop|tech|store|example|internal|local|lan|corp|[a-z]{2})$/;
const FILE_END = /\.(?:ai|cc|cs|gz|go|js|md|mm|pl|pm|ps|py|rb|rs|sh|so|ts|tf|vb)$/;

/** Arguments by these names say where a call goes. */
const ARGUMENTS = ["details", "arguments", "args", "input", "params"] as const;
const NAMES =
  "url|uri|href|link|host|hostname|domain|address|webhook(?:_?url)?|base_?url|to|cc|bcc|recipients?|e?mail(?:_?address)?";
const PLACES = new RegExp(`^(?:${NAMES})$`, "i");
/** Without it a line names no place; an escape may hide a letter of a name. */
const HINT = new RegExp(`"(?:${NAMES})"|\\\\u`, "i");

/** The host of one text; undefined when it names none. */
function hostOf(text: string, isBareTaken: boolean): Host | undefined {
  const whole = text.trim();
  if (whole === "" || whole.length > LONGEST) return undefined;
  const inner = IN_ANGLES.exec(whole)?.[1] ?? whole;
  if (SCHEME.test(inner)) {
    // Reads addresses as a client does: other spellings of one, and names with marks, become the same.
    const name = URL.canParse(inner) ? new URL(inner).hostname : "";
    return name === "" ? undefined : { name: plainHost(name), isSure: true };
  }
  const mail = MAIL.exec(inner)?.[1];
  if (mail !== undefined) return { name: plainHost(mail), isSure: true };
  const [, bare, port, path] = (isBareTaken ? BARE.exec(inner) : null) ?? [];
  if (bare === undefined) return undefined;
  const name = plainHost(bare);
  const isHost = USUAL_END.test(name) && !FILE_END.test(name);
  return { name, isSure: ADDRESS.test(name) || port !== undefined || (isHost && !/\.\w{1,5}$/.test(path ?? "")) };
}

function plainHost(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Texts whose host is kept at hand; an agent calls the same places over and over. */
const CACHED = 256;
const CACHED_LENGTH = 200;

/** All hosts of an event, each once. The line is read only here, for agents with such rules. Keeps nothing but a cache. */
export function createHostReader(): (event: EventRecord) => readonly Host[] {
  const known = new Map<string, Host | undefined>();
  const read = (text: string): Host | undefined => {
    if (text.length > CACHED_LENGTH) return hostOf(text, true);
    if (known.has(text)) return known.get(text);
    if (known.size >= CACHED) known.clear();
    const host = hostOf(text, true);
    known.set(text, host);
    return host;
  };
  return (event) => hostsOf(event, read);
}

function hostsOf({ target, endpoint, raw }: EventRecord, read: (text: string) => Host | undefined): readonly Host[] {
  const found = new Map<string, Host>();
  const add = (text: string, isBareTaken: boolean): void => {
    if (found.size >= MOST) return;
    const host = isBareTaken ? read(text) : hostOf(text, false);
    if (host !== undefined && found.get(host.name)?.isSure !== true) found.set(host.name, host);
  };
  // Methods such as chat.postMessage look like hosts: an endpoint counts with its scheme only.
  if (endpoint !== undefined) add(endpoint, false);
  if (target !== undefined) for (const text of targetsOf(target)) add(text, true);
  for (const text of argumentsOf(raw)) add(text, true);
  return [...found.values()];
}

/** A column that holds a list is joined by ", ", one that holds objects is JSON. */
function targetsOf(target: string): readonly string[] {
  return /^[[{]/.test(target) ? textsOf(parsed(target)) : target.split(/,\s/);
}

function argumentsOf(raw: string): readonly string[] {
  if (!HINT.test(raw)) return [];
  const line = parsed(raw);
  if (typeof line !== "object" || line === null) return [];
  const members = line as Readonly<Record<string, unknown>>;
  const places = ARGUMENTS.flatMap((name) => {
    const value = members[name];
    return typeof value === "object" && value !== null ? Object.entries(value) : [];
  });
  return [...Object.entries(members), ...places].flatMap(([name, value]) => (PLACES.test(name) ? textsOf(value) : []));
}

/** Texts of a value: itself, or what stands directly in it, one level into objects of a list. */
function textsOf(value: unknown, depth = 0): readonly string[] {
  if (typeof value === "string") return depth === 0 ? value.split(/[,;]\s/) : [value];
  if (typeof value !== "object" || value === null || depth > 2) return [];
  return Object.values(value)
    .slice(0, MOST)
    .flatMap((one) => textsOf(one, depth + 1));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
