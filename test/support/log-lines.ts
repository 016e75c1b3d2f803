import { jest } from "@jest/globals";

/** One line of the platform's log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What the platform logs while something runs, `info` included; nothing of it is printed. One at a time. */
export async function withLog<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly lines: readonly LogLine[] }> {
  const lines: LogLine[] = [];
  const level = process.env["LOG_LEVEL"];
  process.env["LOG_LEVEL"] = "info";
  const stdout = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    // The log writes one object to a line.
    for (const line of String(text).split("\n").filter(Boolean)) lines.push(JSON.parse(line));
    return true;
  });
  try {
    return { result: await run(), lines };
  } finally {
    stdout.mockRestore();
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
