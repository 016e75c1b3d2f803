import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { newApiKey } from "#shared/api-keys/api-key-store";
import { admit } from "#shared/auth/admit";
import { hashApiKey } from "#shared/auth/api-key";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { type Simulation, startSimulation } from "#test/support/simulation";

const minute = 60_000;
let simulation: Simulation;
beforeEach(() => {
  simulation = startSimulation({ leaseMs: 5_000 });
});
afterEach(() => simulation.close());

/** A key with this limit a minute, and how a request of it at a time ends. */
async function aKey(limit: number) {
  const { table } = simulation.process();
  const began = simulation.clock();
  const settings = { name: "Test", scopes: [], rate_limit: limit, cursor_key: "secret" };
  const { key, parts } = newApiKey("team_1", settings, createMint(began));
  await table.transact(parts);
  const hash = hashApiKey(key);
  return {
    expire: (seconds: number) =>
      table.update(keys.credential(hash), { set: { valid_until: seconds } }),
    /** Has a request been counted so many minutes from now. */
    foresee: (minutes: number) =>
      table.update(keys.credential(hash), {
        set: { window_number: Math.floor(began / minute) + minutes, window_count: 1 },
      }),
    ask: async (at: number, seenWindow?: number) =>
      (await admit(table, hash, began + at, seenWindow)).outcome,
  };
}

// Each is written by another update: the first of a window, the next, and after the clock was set back.
const times = [0, 1_000, minute, 10 * minute, 0];

describe("A key", () => {
  it("with a limit of 1 is admitted once in each minute, also when the clock is set back", async () => {
    const { ask } = await aKey(1);
    const outcomes: string[] = [];
    for (const at of times) outcomes.push(await ask(at));
    expect(outcomes).toEqual(["admitted", "limited", "admitted", "admitted", "admitted"]);
    expect(await ask(1_000)).toBe("limited");
  });

  it("with a limit of 0 is admitted never, whatever the clock does", async () => {
    const { ask, foresee } = await aKey(0);
    for (const at of [...times, 10 * minute]) expect(await ask(at)).not.toBe("admitted");
    // As if it had been admitted once, far ahead.
    await foresee(100);
    expect(await ask(0)).not.toBe("admitted");
  });

  it("counts in the later window when the clocks of two processes stand on two sides of its turn", async () => {
    const { ask } = await aKey(3);
    expect(await ask(minute)).toBe("admitted");
    expect(await ask(0)).toBe("admitted");
    expect(await ask(minute)).toBe("admitted");
    expect([await ask(0), await ask(minute)]).toEqual(["limited", "limited"]);
  });

  it("that has expired is told so, whatever the clock does", async () => {
    const { ask, expire } = await aKey(10);
    expect(await ask(10 * minute)).toBe("admitted");
    await expire(Math.floor(simulation.clock() / 1000));
    for (const at of [...times, 10 * minute]) expect(await ask(at)).toBe("expired");
  });

  it("is admitted whatever window this process has seen last", async () => {
    const { ask } = await aKey(10);
    const window = Math.floor(simulation.clock() / minute);
    for (const seen of [window, window - 1, window + 1, undefined]) {
      expect(await ask(0, seen)).toBe("admitted");
      expect(await ask(10 * minute, window + 10)).toBe("admitted");
    }
  });
});
