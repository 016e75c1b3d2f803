import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { hearEveryone } from "#shared/runtime/announce";
import { wake } from "#shared/work/wake";
import { endJob, feedJobs, job, jobRow, neverGivenUp, putJob } from "#test/support/simulated-job";
import { type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
beforeEach(() => {
  hearEveryone();
  simulation = startSimulation({ leaseMs: 20_000 });
});
afterEach(() => simulation.close());

it("leaves the time that its messages are hidden to the queue, also while it renews its lease", async () => {
  const worker = simulation.process();
  feedJobs(simulation, worker, {
    run: async (lease) => {
      await new Promise<void>((resolve) => worker.timer(25_000, resolve));
      await endJob(worker, lease);
    },
    giveUp: neverGivenUp,
  });
  await putJob(worker);
  await wake(worker, job, worker.clock());
  await simulation.advance(30_000);
  expect(await jobRow(worker)).not.toHaveProperty("due_at");
  expect(worker.calls).not.toContain("ChangeMessageVisibility");
  expect(simulation.nextMessageIn("jobs")).toBeUndefined();
});
