/** Whether a tool reads text that strangers wrote, told by its name: who can write there can try to talk the agent into things. */

const READS =
  /(?:^|[_\-. ])(?:read|get|fetch|search|browse|crawl|scrape|open|list|view|download|retrieve|visit|load|check|parse|receive|poll|navigate)(?:[_\-. ]|$)/;
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
