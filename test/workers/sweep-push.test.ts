import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { sweep } from "#shared/work/sweep";
import { withLog } from "#test/support/log-lines";
import { job, jobRow, putJob } from "#test/support/simulated-job";
import { type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
beforeEach(() => {
  simulation = startSimulation({ leaseMs: 5_000 });
});
afterEach(() => simulation.close());

describe("A sweeper whose write fails after its message is sent", () => {
  it("says so, counts what it sent, and sends another message the next time", async () => {
    const sweeper = simulation.process();
    const cut = simulation.process({
      mishaps: ({ operation }) => (operation === "UpdateItem" ? { kind: "refused" } : undefined),
    });
    await putJob(sweeper, { at: simulation.clock() - 60_000 });
    const row = await jobRow(sweeper);

    const { result, lines } = await withLog(() => sweep(cut));
    expect(result).toMatchObject({ swept: 1 });
    expect(lines).toMatchObject([{ level: "warn", event: "sweep_not_pushed" }]);
    expect(simulation.take("jobs")).toEqual([job]);
    expect(await jobRow(sweeper)).toEqual(row);

    expect(await sweep(sweeper)).toMatchObject({ swept: 1 });
    expect(simulation.take("jobs")).toEqual([job]);
  });
});
