import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
beforeEach(() => {
  simulation = startSimulation({ leaseMs: 5_000 });
});
afterEach(() => simulation.close());

const rows = Array.from({ length: 30 }, (_, number) =>
  keys.message("team_1", "conv_1", number + 1),
);

/** The table of a process whose batches stop after so many members. */
const tableTaking = (count: number, heard = () => {}) =>
  simulation.process({
    mishaps: ({ operation }) => {
      if (!operation.startsWith("Batch")) return undefined;
      heard();
      return { kind: "short_batch", count };
    },
  }).table;

/** What a promise comes to once its pauses are over. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  const [outcome] = await Promise.all([Promise.allSettled([promise]), simulation.advance(60_000)]);
  if (outcome[0].status === "rejected") throw outcome[0].reason;
  return outcome[0].value;
}

describe("A batch that the table leaves parts of", () => {
  beforeEach(async () => {
    const { table } = simulation.process();
    for (const row of rows) await table.putIfAbsent({ ...row });
  });

  it("is read and deleted whole, part by part", async () => {
    const table = tableTaking(20);
    expect(await inTime(table.batchGet(rows))).toEqual(rows);
    await inTime(table.deleteAll(rows));
    expect(simulation.rows()).toEqual([]);
  });

  it("fails when nothing of it is taken in 31 tries, so that nobody thinks it read or deleted", async () => {
    let tries = 0;
    const table = tableTaking(0, () => tries++);
    await expect(inTime(table.batchGet(rows))).rejects.toThrow(
      "The table left keys of a batch unread.",
    );
    expect(tries).toBe(31);
    await expect(inTime(table.deleteAll(rows))).rejects.toThrow(
      "The table left items of a batch undeleted.",
    );
    expect(tries).toBe(62);
    expect(simulation.rows()).toHaveLength(rows.length);
  });
});
