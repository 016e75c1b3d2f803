import { within } from "#test/support/within";

const since = performance.now();
const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1);

/** Everything that failed, by its title. */
export const failures: string[] = [];

/** Says a line, with the time since the start. */
export const say = (line: string) =>
  void process.stdout.write(`${seconds(since).padStart(6)} s  ${line}\n`);

/** Says what failed, and goes on. */
export function fail(what: string, error: unknown): void {
  failures.push(what);
  say(`FAILED: ${what}\n${explain(error)}`);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? String(error.stack)
    : `${error.stack}\nBecause of: ${explain(error.cause)}`;
}

/** Does a part of the proof, for five minutes at most, and says that it was done and how long it took, or what failed. */
export async function part(title: string, work: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  try {
    await within(300, work());
    say(`${title}, in ${seconds(begun)} s`);
  } catch (error) {
    fail(title, error);
  }
}
