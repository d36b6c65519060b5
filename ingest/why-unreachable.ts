/** Why a request got no answer: of `fetch`, which says only that it failed, the code or the words of its deepest cause. */
export function whyUnreachable(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
