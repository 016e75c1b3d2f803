import { AsyncLocalStorage } from "node:async_hooks";

const startedAt = performance.now();
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);

/** The proof that is running: several run at once. */
const proof = new AsyncLocalStorage<string>();

/** Runs a proof, whose name then stands before all that is said in it. */
export const inProof = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  proof.run(name, work);

/** Does a part of a proof, and says at its end how long it took and what came of it. */
export async function phase<T>(
  title: string,
  work: () => Promise<T>,
  tell: (result: T) => string = () => "",
): Promise<T> {
  const since = performance.now();
  try {
    const result = await work();
    const told = tell(result);
    say(`${title} … ${seconds(since)} s${told && `: ${told}`}`);
    return result;
  } catch (error) {
    say(`${title} … failed after ${seconds(since)} s`);
    throw error;
  }
}

/** Says something that took no time. */
export function say(text: string): void {
  const name = proof.getStore();
  process.stdout.write(`${name === undefined ? "" : `${name}: `.padEnd(12)}${text}\n`);
}

/** Seconds since this program began. */
export const secondsSoFar = () => seconds(startedAt);
