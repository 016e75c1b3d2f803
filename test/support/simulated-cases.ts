import { afterAll, beforeAll, expect } from "@jest/globals";
import { caseOf, plainCase } from "#lib/simulation/cases";
import { silently } from "#lib/simulation/command";
import { createDraws } from "#lib/simulation/draws";
import { type Call, mishap, mishapKinds, type MishapPlan } from "#lib/simulation/mishaps";
import { type Case, type Outcome, run } from "#lib/simulation/run";
import type { Script } from "#lib/simulation/script";
import { openStore, type Store } from "#lib/simulation/store";

/** A row as the wire carries it. */
export type Row = Readonly<Record<string, { readonly S?: string } | undefined>>;

/** A member of a transaction as the wire carries it. */
type Part = Readonly<Record<string, { readonly Item?: Row; readonly Key?: Row }>>;

/** Cases of the simulation for the tests of a file, over one store. */
export function useSimulation() {
  let store: Store;
  beforeAll(() => {
    store = openStore();
  });
  afterAll(() => store.close());

  const simulated = (one: Case, over: Store = store): Promise<Outcome> =>
    silently(() => run(over, one));

  /** What went wrong in some cases, and how many mishaps there were. */
  async function allOf(cases: Iterable<readonly [string, Case]>) {
    const failures: string[] = [];
    let mishaps = 0;
    for (const [name, one] of cases) {
      const { problems, faults } = await simulated(one);
      mishaps += faults;
      failures.push(...problems.map((problem) => `${name}: ${problem}`));
    }
    return { failures, mishaps };
  }

  return {
    store: () => store,
    simulated,
    allOf,

    /** A story with every mishap at every call that it makes when nothing goes wrong; `also` befalls it anyway. */
    everyMishap: async <Story>(
      script: Script<Story>,
      story: Story,
      also: MishapPlan = () => undefined,
    ) => {
      const made: Call[] = [];
      const noting: MishapPlan = (call, index) => {
        made.push(call);
        return also(call, index);
      };
      const plain = plainCase(script, story);
      const { problems } = await simulated({ ...plain, mishaps: noting });
      expect(problems).toEqual([]);
      const cases = made.flatMap((call, at) =>
        mishapKinds.flatMap((kind) => {
          const draws = createDraws(1, at);
          const one = mishap(kind, call, draws);
          if (!one) return [];
          const mishaps: MishapPlan = (...asked) =>
            also(...asked) ?? (asked[1] === at ? one : undefined);
          const leaseMs = kind === "machine_down" ? 5_000 : plain.leaseMs;
          const name = `${kind} at call ${at} (${call.operation})`;
          return [[name, { ...plain, draws, mishaps, leaseMs }] as const];
        }),
      );
      return { ...(await allOf(cases)), calls: made.length };
    },

    /** A table that takes puts of one kind for done. */
    forgetting: (forgets: (row: Row) => boolean): Store => ({
      ...store,
      run: (operation, input, options) => {
        // Rows as the wire carries them.
        const row = input["Item"] as Row | undefined;
        return row && forgets(row) ? {} : store.run(operation, input, options);
      },
    }),

    /** A table that leaves some rows out of its transactions. */
    leavingOut: (leavesOut: (key: Row) => boolean): Store => ({
      ...store,
      run: (operation, input, options) => {
        // As the wire carries them.
        const parts = input["TransactItems"] as readonly Part[] | undefined;
        const TransactItems = parts?.filter((part) =>
          Object.values(part).every(({ Item, Key }) => !leavesOut(Item ?? Key ?? {})),
        );
        return store.run(operation, TransactItems ? { ...input, TransactItems } : input, options);
      },
    }),
  };
}

/** Drawn cases. */
export const drawn = (script: Script, count: number) =>
  Array.from({ length: count }, (_, index) => {
    const number = 1_000_000 + index;
    return [`--script ${script.name} --from ${number}`, caseOf(script, 1, number)] as const;
  });
