/** How much is logged: `warn` what is tried again, `info` each request too, `debug` their headers and bodies too. */
export type LogLevel = "off" | "warn" | "info" | "debug";

/** Where lines go: `console`, or what looks like it. */
export type Logger = Readonly<
  Record<"warn" | "info" | "debug", (line: string, more?: unknown) => void>
>;

const levels: readonly LogLevel[] = ["off", "warn", "info", "debug"];

/** Logs what its level lets through. */
export type Log = (level: Exclude<LogLevel, "off">, line: string, more?: unknown) => void;

/** Logs without secrets. An unknown level is `off`. */
export const createLog =
  (logger: Logger, chosen: string | undefined): Log =>
  (level, line, more) => {
    if (levels.indexOf(level) > levels.indexOf(chosen as LogLevel)) return;
    if (more === undefined) logger[level](line);
    else logger[level](line, JSON.stringify(more, redact));
  };

const secret = /authorization|key$|token|secret|password|credential|cookie|signature/i;

/** A value without what its name says is a secret, and without the headers that are sent to servers of others. */
function redact(name: string, value: unknown): unknown {
  const isSecret =
    secret.test(name) && value !== null && name !== "idempotency-key" && typeof value !== "number";
  if (isSecret) return "[redacted]";
  if (name === "headers" && value) {
    return Object.fromEntries(
      Object.entries(value).map(([header, text]) => [
        header,
        shown.test(header) ? text : "[redacted]",
      ]),
    );
  }
  return typeof value === "string"
    ? value.replace(/\b(sk|whsec)_[\w+/=-]+/g, "$1_[redacted]")
    : value;
}

/** Headers of HTTP and of ours, which hold nothing of anybody. */
const shown = /^(accept|content-type|user-agent|idempotency-key|x-request-id|retry-after)$/i;
