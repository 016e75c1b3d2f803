import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { stop } from "#shared/runtime/stopping";
import { workOn } from "#shared/work/work-on";
import { withLog } from "#test/support/log-lines";
import { job, jobRow, neverGivenUp, putJob } from "#test/support/simulated-job";
import { type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
beforeAll(() => {
  simulation = startSimulation();
});
afterAll(() => simulation.close());

// One test to this file: a stop cannot be taken back.
describe("A worker whose process is about to end", () => {
  it("lets go of its work at once, which is no failure of the work, and wakes the next process", async () => {
    const worker = simulation.process();
    await putJob(worker);
    await worker.table.update(await jobRow(worker), { set: { claims: 2 } });
    const done = workOn(worker, job, async () => {}, {
      run: async (_, signal) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        signal.throwIfAborted();
      },
      giveUp: neverGivenUp,
    });
    await simulation.rest();
    expect(await jobRow(worker)).toMatchObject({ claims: 3, lease_token: expect.any(String) });

    const { lines } = await withLog(async () => {
      stop();
      await done;
    });
    const row = await jobRow(worker);
    expect(row).toMatchObject({ claims: 2, not_before: simulation.clock() });
    expect(Object.keys(row).filter((name) => name.startsWith("lease"))).toEqual([]);
    expect(simulation.take("jobs")).toEqual([job]);
    expect(lines).toMatchObject([{ level: "info", event: "work_stopped" }]);
  });
});
