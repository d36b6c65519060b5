import { messageOf } from "../schemas/errors.ts";

/**
 * Why a request got no answer: of `fetch`, which says only that it failed, the code or the words of its deepest cause,
 * without the user and password of an address that they quote.
 */
export function whyUnreachable(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return messageOf(cause).replace(/\/\/[^/\s]*@/g, "//");
}
