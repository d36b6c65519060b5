/** The log of a process, on standard error. */
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** JSON lines; on a terminal only what somebody should read, in words. */
export function createLogger(level: "info" | "warn"): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY !== true) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino({ ...options, level: "warn" }, pretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss" }));
}
