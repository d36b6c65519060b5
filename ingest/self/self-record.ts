/** What Watchkeeper says of itself, on its way into the journal. */
import { SELF, type SelfRecord } from "../../schemas/self.ts";
import { TOPICS } from "../../schemas/topics.ts";
import type { LogAppend } from "../log/event-log.ts";

export function selfAppend(record: SelfRecord): LogAppend {
  return { topic: TOPICS.journal, key: SELF, value: JSON.stringify(record) };
}
