/** Request bodies of Slack's Web API: forms and JSON, and the limits of messages. */
import type { IncomingMessage } from "node:http";

export type Body = Record<string, unknown>;

/** Fields that a form carries as JSON text. */
const JSON_FIELDS = ["blocks", "metadata", "attachments"];

export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  if (request.headers["content-type"]?.startsWith("application/json")) return JSON.parse(text || "{}") as Body;
  const body: Body = Object.fromEntries(new URLSearchParams(text));
  for (const field of JSON_FIELDS) if (typeof body[field] === "string") body[field] = JSON.parse(body[field]);
  return body;
}

function textOf(value: unknown): string {
  return typeof value === "object" && value !== null && "text" in value ? String(value.text) : "";
}

function checkBlock(block: unknown): boolean {
  if (typeof block !== "object" || block === null || !("type" in block)) return false;
  if (block.type !== "section" || !("text" in block)) return block.type === "divider";
  const { text } = block;
  if (typeof text !== "object" || text === null || !("type" in text)) return false;
  const size = textOf(text).length;
  return (text.type === "mrkdwn" || text.type === "plain_text") && size >= 1 && size <= 3000;
}

/** Slack's error code for a message it would not take; undefined: it is well formed. */
export function checkMessage(body: Body): string | undefined {
  const { text, blocks, metadata } = body;
  if (typeof text !== "string" && blocks === undefined) return "no_text";
  if (typeof text === "string" && text.length > 40_000) return "msg_too_long";
  if (blocks !== undefined) {
    if (!Array.isArray(blocks) || blocks.length > 50 || !blocks.every(checkBlock)) return "invalid_blocks";
    const total = blocks.reduce((sum: number, block: { text?: unknown }) => sum + textOf(block.text).length, 0);
    if (total > 9_500) return "msg_blocks_too_long";
    if (blocks.length === 0 && text === "") return "no_text";
  }
  if (metadata !== undefined) {
    if (typeof metadata !== "object" || metadata === null) return "invalid_metadata_format";
    if (!("event_type" in metadata) || !("event_payload" in metadata)) return "invalid_metadata_format";
    if (JSON.stringify(metadata).length > 16_000) return "metadata_too_large";
  }
  return undefined;
}
