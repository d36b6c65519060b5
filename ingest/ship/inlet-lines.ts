/** From bytes of a file to lines for the inlet topic. */
import type { InletLine } from "../kafka/inlet-producer.ts";
import type { ShippedRange } from "./destination.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANK = /^[ \t\r]*$/;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a range as they are, without line breaks, blank lines and a byte order mark. Nothing is judged here: a line that is no
 * event goes too, to be refused and recorded.
 */
export function* inletLines({ body, positionAt }: Pick<ShippedRange, "body" | "positionAt">): Generator<InletLine> {
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const next = newline === -1 ? body.length : newline;
    const end = next > start && body[next - 1] === RETURN ? next - 1 : next;
    const isMarked = start === 0 && BYTE_ORDER_MARK.equals(body.subarray(0, BYTE_ORDER_MARK.length));
    const bytes = body.subarray(isMarked ? BYTE_ORDER_MARK.length : start, end);
    const text = bytes.toString("utf8");
    if (!BLANK.test(text)) {
      const { agent, hasId } = namesIn(text);
      // A record without a key takes its partition from its position, so that it has one even with an id of its own.
      yield { bytes, agent, position: hasId && agent !== undefined ? undefined : positionAt(start) };
    }
    start = next + 1;
  }
}

function namesIn(text: string): { agent: string | undefined; hasId: boolean } {
  try {
    const { agent, id } = JSON.parse(text) as { agent?: unknown; id?: unknown };
    return {
      agent: typeof agent === "string" && agent !== "" ? agent : undefined,
      hasId: typeof id === "string" && id !== "",
    };
  } catch {
    return { agent: undefined, hasId: false };
  }
}
