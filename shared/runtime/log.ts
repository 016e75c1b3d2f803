import { embeddedMetrics, type Measured } from "./embedded-metrics.ts";
import type { LevelOf, LogEvent, LogLevel } from "./log-events.ts";

/**
 * `LOG_LEVEL` is the lowest level that is written: `info` unless given, and always in AWS, where the metrics of alarms and
 * dashboard stand in the lines of requests and sweeps.
 */
const levels: Readonly<Record<LogLevel, number>> = { info: 10, warn: 20, error: 30 };

const isLevel = (name: string | undefined): name is LogLevel =>
  name !== undefined && name in levels;

/**
 * Writes one JSON line of an event of the catalogue, whose `measured` fields become metrics where there is a place for them. Never give it secrets,
 * contents of messages or whole requests.
 */
export function log<Event extends LogEvent>(
  level: LevelOf<Event>,
  event: Event,
  fields: Record<string, unknown> = {},
  measured: readonly Measured[] = [],
): void {
  const wanted = process.env["LOG_LEVEL"];
  if (levels[level] < levels[isLevel(wanted) ? wanted : "info"]) return;
  const at = new Date();
  const line = {
    level,
    time: at.toISOString(),
    event,
    ...fields,
    ...(measured.length > 0 && embeddedMetrics(at.getTime(), fields, measured)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** What may be logged of something thrown: its name, message and stack, and those of its cause. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  return {
    error: error.name,
    error_message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
