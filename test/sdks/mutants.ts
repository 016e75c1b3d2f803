import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { within } from "#test/support/within";
import { type Bench, type Case, type Ground, withDriver } from "./bench.ts";
import type { Mutant, Mutated, Places, Proven } from "./proven.ts";
import { fail } from "./report.ts";

/** Puts each fault into the SDK, and has the cases see it that are to. */
export async function killMutants(
  proven: Proven,
  places: Places,
  cases: readonly Case[],
  ground: Ground,
): Promise<void> {
  const laid = await Promise.all(
    proven.mutants.map((mutant) =>
      lay(mutant, places, cases).catch((error: unknown) => {
        fail(`The mutant ${nameOf(mutant)}`, error);
      }),
    ),
  );
  const all = laid.filter((one) => one !== undefined);
  const [first] = all;
  if (!first) return;
  const [startUnchanged, ...starts] = await proven.installMutants(places, [
    { file: first.mutated.file, text: first.before },
    ...all.map(({ mutated }) => mutated),
  ]);
  // Whatever fails without a fault would kill every mutant.
  const killing = new Set(all.flatMap(({ killers }) => killers));
  if (startUnchanged) {
    await withDriver(startUnchanged, ground, async (bench) => {
      await isReady(bench);
      for (const one of killing) {
        await within(30, one.run(bench)).catch((error: unknown) =>
          fail(`${proven.language.title} without a fault: ${one.title}`, error),
        );
      }
    });
  }
  for (const [index, { name, killers }] of all.entries()) {
    const start = starts[index];
    if (!start) throw new Error(`The mutant ${name} was not made.`);
    await withDriver(start, ground, async (bench) => {
      await isReady(bench);
      for (const killer of killers) {
        if (!(await isKilled(killer, bench))) fail(`A mutant lives: ${name}`, killer.title);
      }
    });
  }
}

interface Laid {
  readonly name: string;
  readonly before: string;
  readonly mutated: Mutated;
  readonly killers: readonly Case[];
}

async function lay(
  { file, find, replace, killedBy }: Mutant,
  { sdk }: Places,
  cases: readonly Case[],
): Promise<Laid> {
  const before = await readFile(join(sdk, file), "utf8");
  if (before.split(find).length !== 2) throw new Error("Its text has to stand there once.");
  const killers = cases.filter(({ title }) => title.startsWith(killedBy));
  if (killers.length === 0) throw new Error(`No case is called ${killedBy}.`);
  const mutated = { file, text: before.replace(find, () => replace) };
  return { name: nameOf({ file, find, replace }), before, killers, mutated };
}

const nameOf = ({ file, find, replace }: Omit<Mutant, "killedBy">) =>
  `${file}: ${find} -> ${replace}`;

/**
 * A driver that starts slowly is not killed by that: whatever it answers first, it has started, or ended. One that never
 * answers does not answer the cases either.
 */
const isReady = ({ driver, proxy }: Bench) =>
  within(60, driver.tell({ call: "nothing.at_all", client: { base_url: proxy.url } })).catch(
    () => {},
  );

const isKilled = (killer: Case, bench: Bench): Promise<boolean> =>
  within(5, killer.run(bench)).then(
    () => false,
    () => true,
  );
