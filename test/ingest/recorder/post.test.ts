import { describe, expect, it } from "vitest";
import { postLines } from "../../../ingest/recorder/post.ts";

/** A post to somebody who answers so; `body` undefined: who hangs up before it is sent. */
function post(status: number, body: string | undefined) {
  const cutOff = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
  const fetch = async () => new Response(body ?? cutOff, { status });
  return postLines(["{}"], { url: "http://127.0.0.1:1", token: undefined, timeoutMs: 1_000, fetch });
}

describe("an answer to a post", () => {
  it.each([
    [413, "tooLarge"],
    [400, "refused"],
    [503, "later"],
  ])("of %d is understood also when its body is cut off", async (status, kind) => {
    expect(await post(status, undefined)).toMatchObject({ kind });
  });

  it("of 200 that no gateway gave is told and tried again", async () => {
    const outcome = await post(200, "<html>Log in</html>");
    expect(outcome).toMatchObject({ kind: "later" });
    expect(JSON.stringify(outcome, ["kind", "error", "message"])).toContain("Something else than a gateway");
  });
});
