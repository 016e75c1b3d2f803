const startedAt = performance.now();
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);

/** Says what is done now and, at its end, how long it took and what came of it. */
export async function phase<T>(
  title: string,
  work: () => Promise<T>,
  tell: (result: T) => string = () => "",
): Promise<T> {
  process.stdout.write(`${title} … `);
  const since = performance.now();
  try {
    const result = await work();
    const told = tell(result);
    process.stdout.write(`${seconds(since)} s${told && `: ${told}`}\n`);
    return result;
  } catch (error) {
    process.stdout.write(`failed after ${seconds(since)} s\n`);
    throw error;
  }
}

/** Says something that took no time. */
export const say = (text: string) => void process.stdout.write(`${text}\n`);

/** Seconds since this program began. */
export const secondsSoFar = () => seconds(startedAt);
