/** What kind of destination a new one is, judged by its name and by what the agent knows. */
import { parse } from "tldts";
import { nameText } from "../text/numbers.ts";
import { isDrop, isFreeMail } from "./hosts.ts";
import { likenessOf } from "./lookalike.ts";
import { MAILBOX, NAME, type Place } from "./place.ts";

/**
 * `name`: a person or a channel; `account`: a name of digits, such as an IBAN or a phone; `same-domain`: another host or
 * mailbox of a known domain; `free-mail`, `drop` (paste, request catcher, tunnel), `lookalike` of a known one, raw
 * `address`; `new-domain`: none of these.
 */
export type PlaceKind =
  | "name"
  | "account"
  | "same-domain"
  | "new-domain"
  | "free-mail"
  | "drop"
  | "lookalike"
  | "address";

/** The most that a new place of this kind weighs, in nats: half of it where nobody can be asked whose it is. */
const MOST_OF_KIND: Readonly<Record<PlaceKind, number>> = {
  name: 3,
  account: 5,
  "same-domain": 1,
  "new-domain": 5,
  "free-mail": 5.5,
  drop: 5.5,
  lookalike: 5.5,
  address: 5.5,
};

/** Kinds that peers can vouch for; what collects data, imitates or belongs to anybody stays what it is. */
const VOUCHED: ReadonlySet<PlaceKind> = new Set(["name", "account", "new-domain", "address"]);
/** Agents that must be used to a place before they vouch for it. */
const VOUCHERS = 2;

/** The most that it weighs, given how many peers are used to it: then it is as good as a host of a known domain. */
export function mostOf(kind: PlaceKind, peers: number | undefined): number {
  const isVouched = (peers ?? 0) >= VOUCHERS && VOUCHED.has(kind);
  return isVouched ? Math.min(MOST_OF_KIND[kind], MOST_OF_KIND["same-domain"]) : MOST_OF_KIND[kind];
}

export interface NewPlace {
  readonly kind: PlaceKind;
  /** Registrable domain, lower case; empty where there is none. */
  readonly domain: string;
  /** The domain without its public suffix; empty where there is none. */
  readonly label: string;
  /** "203.0.113.7, a raw address". */
  readonly text: string;
}

const PRIVATE = /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[?(?:::1|f[cd]|fe80))/i;

/** At least six digits, and few letters beside them. */
const ACCOUNT =
  /^(?=(?:\D*\d){6})[+(]?(?:[A-Z]{0,4}[\d\s()./-]+[A-Z]{0,4}){1,4}$|^0x[0-9a-f]{20,}$|^(?:bc1|[13])[a-z0-9]{25,60}$/i;

/** What to ask about the places an agent knows. */
export interface Familiar {
  /** Labels of known domains, such as "slack". */
  readonly labels: readonly string[];
  isKnownDomain(domain: string): boolean;
}

/** The registrable domain and its label of a host or mailbox. */
function domainOf({ form, text }: Place): { host: string; domain: string; label: string; isAddress: boolean } {
  if (form === NAME) return { host: "", domain: "", label: "", isAddress: false };
  const host = (form === MAILBOX ? text.slice(text.lastIndexOf("@") + 1) : text).toLowerCase().replace(/\.$/, "");
  const { domain, domainWithoutSuffix, isIp } = parse(host, { allowPrivateDomains: true });
  if (isIp === true) return { host, domain: "", label: "", isAddress: true };
  return { host, domain: domain ?? host, label: domainWithoutSuffix ?? host.split(".")[0] ?? "", isAddress: false };
}

/** Judges a place that the agent does not know. */
export function judgePlace(place: Place, { labels, isKnownDomain }: Familiar): NewPlace {
  const { host, domain, label, isAddress } = domainOf(place);
  const shown = nameText(place.text);
  const say = (kind: PlaceKind, what: string): NewPlace => ({ kind, domain, label, text: `${shown}${what}` });
  if (place.form === NAME) return ACCOUNT.test(place.text) ? say("account", ", an account") : say("name", "");
  if (isAddress)
    return PRIVATE.test(host) ? say("same-domain", ", a private address") : say("address", ", a raw address");
  if (place.form === MAILBOX && isFreeMail(host)) return say("free-mail", ", a free mailbox");
  if (isDrop(host)) return say("drop", ", where anybody can collect data");
  if (isKnownDomain(domain)) return say("same-domain", ", of a known domain");
  const alike = likenessOf(label, labels);
  if (alike !== undefined) return say("lookalike", `, which looks like ${nameText(alike)}`);
  if (host.includes("xn--")) return say("lookalike", ", spelled with letters of another script");
  return say("new-domain", ", a new domain");
}
