/** One line of the platform's log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What the platform logs while something runs, `info` included; nothing of it is printed. One at a time. */
export async function withLog<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly lines: readonly LogLine[] }> {
  const lines: LogLine[] = [];
  const level = process.env["LOG_LEVEL"];
  const write = process.stdout.write;
  process.env["LOG_LEVEL"] = "info";
  process.stdout.write = (text: string | Uint8Array) => {
    for (const line of String(text).split("\n").filter(Boolean)) {
      // Only objects are lines of the log.
      if (line.startsWith("{")) lines.push(JSON.parse(line) as LogLine);
    }
    return true;
  };
  try {
    return { result: await run(), lines };
  } finally {
    process.stdout.write = write;
    if (level === undefined) delete process.env["LOG_LEVEL"];
    else process.env["LOG_LEVEL"] = level;
  }
}

/** What the requests and messages among these lines cost together. */
export const costOf = (lines: readonly LogLine[]) => {
  const sum = (name: string) =>
    lines
      .filter(({ event }) => event === "request" || event === "message")
      .reduce((before, line) => before + Number(line[name]), 0);
  return { calls: sum("calls"), reads: sum("read_units"), writes: sum("write_units") };
};
