/** An hour and a half of one agent that touches every part of a saved state. */
import type { EventRecord } from "../../../schemas/journal.ts";
import { event, hex } from "../events.ts";

const START = Date.UTC(2026, 0, 27, 9);
const TOOLS = ["search", "read_page", "send_mail", "pay"];

export const HISTORY: readonly EventRecord[] = Array.from({ length: 120 }, (_, n) => {
  const tool = TOOLS[Math.floor(n / 3) % TOOLS.length] as string;
  const isMail = tool === "send_mail";
  return event(START + n * 45_000, {
    id: `h${n}`,
    content: hex(`h${n}`).repeat(2),
    tool,
    run: `run ${Math.floor(n / 10)}`,
    call: hex(`${tool} ${n % 7 === 0 ? "again" : n}`),
    outcome: hex(n % 5 === 0 ? "failed" : "ok"),
    ...(n % 5 === 0 && { failed: true, error: "timed out" }),
    ...(n % 2 === 0 && { cost: `0.0${1 + (n % 9)}`, model: "large", input_tokens: 200 + n, output_tokens: 50 }),
    ...(isMail && { target: `person${n % 4}@example.com`, bytes_out: 1000 + n }),
    duration_ms: 100 + (n % 11) * 10,
    credential: "key-1",
  });
});
