/** What a gateway's answer says of its refusal, to be put behind the status: ": Send the token …", or "." where it says nothing. */
export function refusalWords(body: string): string {
  try {
    return `: ${String((JSON.parse(body) as { error: { message: unknown } }).error.message).slice(0, 200)}`;
  } catch {
    return ".";
  }
}
