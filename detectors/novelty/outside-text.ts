/** What a tool's name says of it: whether it reads text that strangers wrote, who can try to talk the agent into things, or only looks. */

const LOOKING =
  "read|get|fetch|search|browse|crawl|scrape|list|view|download|retrieve|visit|load|check|parse|receive|poll|navigate";
const READS = new RegExp(`(?:^|[_\\-. ])(?:${LOOKING}|open)(?:[_\\-. ]|$)`);
/** First words of tools that do something, whatever comes after. */
const DOES =
  "run|exec|execute|delete|remove|drop|update|create|add|insert|send|post|share|set|write|edit|move|transfer|pay|cancel|forward|approve";
/** As the first word, or the second, after the name of a service. */
const ONLY_LOOKS = new RegExp(
  `^(?!(?:${DOES})[_\\-. ])(?:[a-z0-9]+[_\\-. ])?(?:${LOOKING}|find|query|look|lookup|show|describe|count)(?:[_\\-. ]|$)`,
);
const STRANGERS =
  /(?:page|web|url|site|http|link|e?mail|inbox|message|messages|ticket|issue|comment|review|reviews|thread|chat|channel|post|posts|feed|rss|news|article|document|file|attachment|pdf|form|calendar|event|transaction|transactions|profile|repo|pull_request)s?(?:[_\-. ]|$)/;
const ALWAYS = /(?:web_?search|web_?fetch|browser|get_webpage|scrape|crawl)/;
/** Longer names are made up. */
const MOST_CHARACTERS = 120;

/** `readFile` and `read-file` like `read_file`. */
function wordsOf(tool: string): string {
  return tool.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/** By its name alone: such a tool can bring in instructions. */
export function readsOutsideText(tool: string): boolean {
  if (tool.length > MOST_CHARACTERS) return false;
  const words = wordsOf(tool);
  return ALWAYS.test(words) || (READS.test(words) && STRANGERS.test(words));
}

/** By its name alone: such a tool changes nothing and sends nothing. */
export function onlyLooks(tool: string): boolean {
  return tool.length <= MOST_CHARACTERS && ONLY_LOOKS.test(wordsOf(tool));
}
