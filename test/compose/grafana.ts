/** Grafana's dashboards as files, and their questions as the ClickHouse plugin would send them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../e2e/watchkeeper.ts";

interface Target {
  readonly rawSql: string;
  /** 0: time series, 1: table. */
  readonly format: number;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly (Target & { readonly datasource: Panel["datasource"] })[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const DASHBOARDS_FOLDER = "dashboards/grafana";

export function dashboards(): Dashboard[] {
  const files = readdirSync(join(ROOT, DASHBOARDS_FOLDER)).filter((file) => file.endsWith(".json"));
  return files.map((file) => ({ file, ...JSON.parse(readFileSync(join(ROOT, DASHBOARDS_FOLDER, file), "utf8")) }));
}

export interface TimeRange {
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly intervalSeconds: number;
}

/** Macros replaced as `pkg/macros/macros.go` of the plugin (4.x) does. @throws for one that the plugin does not know. */
export function expandMacros(sql: string, { from, to, intervalSeconds }: TimeRange): string {
  const instant = (ms: number): string => `toDateTime(${Math.floor(ms / 1000)})`;
  return sql.replace(/\$__(\w+)\b(?:\((.*?)\))?/g, (_all, name: string, column = "") => {
    switch (name) {
      case "fromTime":
        return instant(from);
      case "toTime":
        return instant(to);
      case "timeFilter":
        return `${column} >= ${instant(from)} AND ${column} <= ${instant(to)}`;
      case "timeInterval":
        return `toStartOfInterval(toDateTime(${column}), INTERVAL ${intervalSeconds} second)`;
      case "interval_s":
        return String(intervalSeconds);
      default:
        throw new Error(`the plugin has no macro $__${name}`);
    }
  });
}
