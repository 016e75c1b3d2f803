import { readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Mutated, StartDriver } from "./proven.ts";

/**
 * Copies an SDK, and gives what starts drivers of the copy with each fault in it: one after the other, since each takes
 * out what the one before has put in.
 */
export async function inOneCopy(
  from: string,
  to: string,
  mutated: readonly Mutated[],
  start: StartDriver,
): Promise<readonly StartDriver[]> {
  await cp(from, to, { recursive: true });
  let mend = () => {};
  return mutated.map(({ file, text }) => (env) => {
    mend();
    const place = join(to, file);
    const sound = readFileSync(place);
    writeFileSync(place, text);
    mend = () => writeFileSync(place, sound);
    return start(env);
  });
}
