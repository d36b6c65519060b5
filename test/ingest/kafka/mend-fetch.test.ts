/** What kafkajs's consumers are given, from a real broker, of transactions that end in another order than they began. */
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { connectKafka, PRODUCER_DEFAULTS } from "../../../ingest/kafka/client.ts";
import { kafkaAvailable } from "../../kafka/available.ts";
import { sharedBroker } from "../../kafka/shared.ts";
import { makeTopic, readValues } from "./topics.ts";

describe.runIf(kafkaAvailable().shared)("a reader of committed records", () => {
  it("is given what was committed and nothing that was aborted, however transactions interleave", async () => {
    const { brokers } = await sharedBroker();
    const kafka = connectKafka({
      connection: { brokers, ssl: false },
      clientId: "interleaved",
      logger: pino({ level: "silent" }),
    });
    const topic = await makeTopic(kafka, "interleaved");
    const producers = ["first", "second", "third"].map((name) =>
      kafka.producer({
        ...PRODUCER_DEFAULTS,
        ...{ idempotent: true, maxInFlightRequests: 1, transactionalId: `${topic}-${name}` },
      }),
    );
    for (const producer of producers) await producer.connect();
    const [first, second, third] = producers as [(typeof producers)[0], (typeof producers)[0], (typeof producers)[0]];
    const send = (value: string) => ({ topic, acks: -1, messages: [{ value }] });
    const expected: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const [one, two, three] = [
        await first.transaction(),
        await second.transaction(),
        await third.transaction(),
      ] as const;
      await one.send(send(`${round}: aborted, begun first`));
      await two.send(send(`${round}: aborted, ended first`));
      await three.send(send(`${round}: committed`));
      await two.abort();
      await three.send(send(`${round}: committed too`));
      const again = await second.transaction();
      await one.send(send(`${round}: aborted, later`));
      await again.send(send(`${round}: committed by one that aborted before`));
      await three.commit();
      await again.commit();
      await one.abort();
      expected.push(
        ...["committed", "committed too", "committed by one that aborted before"].map((text) => `${round}: ${text}`),
      );
    }
    for (const producer of producers) await producer.disconnect();
    expect(await readValues(kafka, topic, expected.length)).toEqual(expected);
  });
});
