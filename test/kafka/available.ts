/** Whether tests that need a broker can run here: `KAFKA_BROKERS` names one, or Java and Maven start one. */
import { kafkaTools } from "./tools.ts";

export interface KafkaAvailable {
  /** A broker that tests share: the named one, or one that is started. For `describe.runIf`. */
  readonly shared: boolean;
  /** Clusters that a test starts, kills and throws away. For `describe.runIf`. */
  readonly own: boolean;
  /** One line about what does not run; undefined when all does. */
  readonly missing: string | undefined;
}

/** Looks at the machine; takes a fraction of a second. */
export function kafkaAvailable(environment: NodeJS.ProcessEnv = process.env): KafkaAvailable {
  const own = kafkaTools() !== undefined;
  const shared = own || namedBrokers(environment) !== undefined;
  if (own) return { shared, own, missing: undefined };
  const what = shared ? "tests that start a Kafka of their own" : "tests that need Kafka";
  const also = shared ? "" : ", or KAFKA_BROKERS set to brokers that may be written to";
  return { shared, own, missing: `Not run: ${what}. They need Java (a JDK) and Maven on the PATH${also}.` };
}

/** The brokers in `KAFKA_BROKERS`. */
export function namedBrokers(environment: NodeJS.ProcessEnv = process.env): string[] | undefined {
  const brokers = (environment.KAFKA_BROKERS ?? "").split(",").filter((broker) => broker !== "");
  return brokers.length > 0 ? brokers : undefined;
}
