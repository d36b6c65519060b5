import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { mendOffsetFetch, onlySettled } from "../../../ingest/kafka/mend-offset-fetch.ts";

interface OffsetFetch {
  versions: string[];
  protocol(chosen: { version: number }): (question: object) => { request: { apiVersion: number } };
}

it("asks for settled offsets alone with the version that can, where the broker has it", async () => {
  mendOffsetFetch();
  mendOffsetFetch();
  const requests = createRequire(import.meta.url)("kafkajs/src/protocol/requests/offsetFetch/index.js") as OffsetFetch;
  expect(requests.versions).toEqual(["1", "2", "3", "4", "7"]);
  const ask = async (version: number) =>
    requests.protocol({ version })({ groupId: "g", topics: [] }).request.apiVersion;
  expect(await Promise.all([1, 4, 5, 6, 7].map(ask))).toEqual([1, 4, 4, 4, 4]);
  expect(await onlySettled(() => Promise.all([1, 4, 5, 6, 7].map(ask)))).toEqual([1, 4, 4, 4, 7]);
});
