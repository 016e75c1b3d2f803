import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { SecretsUnavailableError } from "#shared/secrets/team-keys";
import { waitUntil } from "#shared/work/end-lease";
import { wake } from "#shared/work/wake";
import type { WorkRef } from "#shared/work/work-kinds";
import { type Work, workOn } from "#shared/work/work-on";
import { withLog } from "#test/support/log-lines";
import { endJob, feedJobs, job, jobRow, neverGivenUp, putJob } from "#test/support/simulated-job";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  startSimulation,
} from "#test/support/simulation";

let simulation: Simulation;
let worker: SimulatedProcess;
let began: number;
beforeEach(() => {
  simulation = startSimulation();
  worker = simulation.process();
  began = simulation.clock();
});
afterEach(() => simulation.close());

const since = () => simulation.clock() - began;

/** Notes when it runs and ends. */
const noting = (times: number[]): Work => ({
  run: async (lease) => {
    times.push(since());
    await endJob(worker, lease);
  },
  giveUp: neverGivenUp,
});

describe("Work that is armed", () => {
  it.each([
    ["now", 0],
    ["in ten seconds", 10_000],
    ["in a quarter of an hour", 900_000],
    ["in a quarter of an hour and a second, which no message can wait", 901_000],
    ["in two hours", 7_200_000],
  ])("is done to the second, and never before, when it is armed for %s", async (_, ms) => {
    const times: number[] = [];
    feedJobs(simulation, worker, noting(times));
    simulation.sweepEachMinute(worker);
    await putJob(worker, { at: began + ms });
    await wake(worker, job, began + ms);
    await simulation.advance(ms + 120_000);
    expect(times).toHaveLength(1);
    expect(times[0]! - ms).toBeGreaterThanOrEqual(0);
    expect(times[0]! - ms).toBeLessThanOrEqual(1_000);
  });

  it("is looked for a minute after its message when it is due within a quarter of an hour, later work at its time", async () => {
    await putJob(worker, { at: began + 900_000 });
    expect(await jobRow(worker)).toMatchObject({
      not_before: began + 900_000,
      due_at: began + 960_000,
    });
    await waitNow(900_001);
    expect(await jobRow(worker)).toMatchObject({
      not_before: began + 900_001,
      due_at: began + 900_001,
    });
  });

  const waitNow = async (ms: number) => {
    await worker.table.update({ ...(await jobRow(worker)) }, { set: { not_before: began } });
    feedJobs(simulation, worker, {
      run: (lease) => waitUntil(worker, lease, began + ms),
      giveUp: neverGivenUp,
    });
    simulation.take("jobs");
    await wake(worker, job, began);
    await simulation.rest();
  };

  it("is claimed up to a second early and begun at its time", async () => {
    const times: number[] = [];
    feedJobs(simulation, worker, noting(times));
    await putJob(worker, { at: began + 800 });
    await wake(worker, job, began);
    await simulation.rest();
    expect(await jobRow(worker)).toMatchObject({ claims: 1, lease_token: expect.any(String) });
    expect(times).toEqual([]);
    await simulation.advance(5_000);
    expect(times).toEqual([800]);
  });

  it("is not claimed when its message comes seconds too early, which is sent again with the rest as delay", async () => {
    const times: number[] = [];
    feedJobs(simulation, worker, noting(times));
    await putJob(worker, { at: began + 5_000 });
    await wake(worker, job, began);
    await simulation.rest();
    expect(simulation.nextMessageIn("jobs")).toBe(5_000);
    expect(await jobRow(worker)).toMatchObject({ claims: 0 });
    await simulation.advance(5_000);
    expect(times).toEqual([5_000]);
  });

  it("is left to its own message or the sweeper when one comes earlier than clocks are apart", async () => {
    const times: number[] = [];
    feedJobs(simulation, worker, noting(times));
    simulation.sweepEachMinute(worker);
    await putJob(worker, { at: began + 10_000 });
    await wake(worker, job, began);
    await simulation.rest();
    expect(simulation.nextMessageIn("jobs")).toBeUndefined();
    expect(await jobRow(worker)).toMatchObject({ claims: 0 });
    await simulation.advance(120_000);
    expect(times).toEqual([70_000]);
  });
});

describe("Work that waits", () => {
  it("drops its lease and begins to count its claims and sweeps anew", async () => {
    await putJob(worker);
    await worker.table.update(await jobRow(worker), { set: { claims: 3, sweeps: 4 } });
    feedJobs(simulation, worker, {
      run: (lease) => waitUntil(worker, lease, began + 7_000),
      giveUp: neverGivenUp,
    });
    await wake(worker, job, began);
    await simulation.rest();
    const row = await jobRow(worker);
    expect(row).toMatchObject({
      claims: 0,
      sweeps: 0,
      not_before: began + 7_000,
      due_at: began + 67_000,
    });
    expect(Object.keys(row).filter((name) => name.startsWith("lease"))).toEqual([]);
    expect(simulation.nextMessageIn("jobs")).toBe(7_000);
  });

  it("again and again has as few messages after hours as at first, however often it is swept", async () => {
    let messages = 0;
    let waits = 0;
    const waiting: Work = {
      // From 15 to 30 seconds.
      run: (lease) =>
        waitUntil(worker, lease, worker.clock() + 15_000 + ((waits++ * 7_919) % 15_000)),
      giveUp: neverGivenUp,
    };
    simulation.feed<WorkRef>("jobs", worker, ({ message, setVisibility }) => {
      messages++;
      return workOn(worker, message, setVisibility, waiting);
    });
    simulation.sweepEachMinute(worker);
    await putJob(worker);
    await wake(worker, job, began);
    await simulation.advance(3 * 3_600_000);
    expect(waits).toBeGreaterThan(300);
    // The sweeper sends another of what is due soon, and nobody sends that on.
    expect(messages).toBeLessThan(1.5 * waits);
  });

  it("is done at once when it waits for nothing, because the lease is gone", async () => {
    const times: number[] = [];
    feedJobs(simulation, worker, {
      run: async (lease) => {
        times.push(since());
        if (times.length < 3) await waitUntil(worker, lease, worker.clock());
        else await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    await putJob(worker);
    await wake(worker, job, began);
    await simulation.rest();
    expect(times).toEqual([0, 0, 0]);
  });

  it("is woken in time even when the answer to its wait was lost", async () => {
    const times: number[] = [];
    // The first update is the claim.
    const unlucky = simulation.process({
      mishaps: mishapAt(1, { kind: "repeated" }, "UpdateItem"),
    });
    feedJobs(simulation, unlucky, {
      run: async (lease) => {
        times.push(since());
        if (times.length === 1) await waitUntil(unlucky, lease, unlucky.clock() + 10_000);
        else await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    await putJob(worker);
    await wake(worker, job, began);
    await simulation.advance(15_000);
    expect(times).toEqual([0, 10_000]);
  });
});

describe("Work that fails", () => {
  const failing = (times: [string, number][], error: () => Error): Work => ({
    run: async () => {
      times.push(["run", since()]);
      throw error();
    },
    giveUp: async (lease) => {
      times.push(["give up", since()]);
      await endJob(worker, lease);
    },
  });

  it("is tried again after 5, 30 and 120 seconds and given up at the sixth claim", async () => {
    const times: [string, number][] = [];
    const { lines } = await withLog(async () => {
      feedJobs(
        simulation,
        worker,
        failing(times, () => new Error("It cannot be done.")),
      );
      await putJob(worker);
      await wake(worker, job, began);
      await simulation.advance(3_600_000);
    });
    expect(times).toEqual([
      ["run", 0],
      ["run", 5_000],
      ["run", 35_000],
      ["run", 155_000],
      ["run", 275_000],
      ["give up", 395_000],
    ]);
    expect(lines.map(({ level, event, claims }) => [level, event, claims])).toEqual([
      ["error", "work_failed", 1],
      ["error", "work_failed", 2],
      ["error", "work_failed", 3],
      ["error", "work_failed", 4],
      ["error", "work_failed", 5],
      ["error", "work_given_up", 6],
    ]);
    expect(lines.at(-1)).toMatchObject({ outcome: "It is tried again in an hour." });
  });

  it("acknowledges its message, so that only killed functions fill the dead letters", async () => {
    await withLog(async () => {
      feedJobs(
        simulation,
        worker,
        failing([], () => new Error("It cannot be done.")),
      );
      await putJob(worker);
      await wake(worker, job, began);
      await simulation.rest();
      // The only message left is the one that comes back.
      expect(simulation.nextMessageIn("jobs")).toBe(5_000);
    });
  });

  it("counts from the beginning after progress", async () => {
    await withLog(async () => {
      const times: number[] = [];
      feedJobs(simulation, worker, {
        run: async ({ key }) => {
          times.push(since());
          if (times.length === 4) await worker.table.update(key, { set: { claims: 0 } });
          throw new Error("It cannot be done.");
        },
        giveUp: async (lease) => void (await endJob(worker, lease)),
      });
      await putJob(worker);
      await wake(worker, job, began);
      await simulation.advance(3_600_000);
      expect(times).toHaveLength(4 + 5);
    });
  });

  it("goes back to the queue when not even that can be written down", async () => {
    await withLog(async () => {
      let down = false;
      const cut = simulation.process({
        mishaps: ({ operation }) =>
          down && !operation.includes("Message") ? { kind: "refused" } : undefined,
      });
      feedJobs(simulation, cut, {
        run: async () => {
          down = true;
          throw new Error("It cannot be done.");
        },
        giveUp: neverGivenUp,
      });
      await putJob(worker);
      await wake(worker, job, began);
      await simulation.rest();
      expect(simulation.nextMessageIn("jobs")).toBe(10_000);
    });
  });

  it("is tried each 30 seconds for want of the team's data key, and is neither counted nor given up", async () => {
    const times: [string, number][] = [];
    const { lines } = await withLog(async () => {
      feedJobs(
        simulation,
        worker,
        failing(times, () => new SecretsUnavailableError("The key service is down.")),
      );
      await putJob(worker);
      await wake(worker, job, began);
      await simulation.advance(300_000);
    });
    expect(times).toEqual(Array.from({ length: 11 }, (_, index) => ["run", index * 30_000]));
    expect(await jobRow(worker)).toMatchObject({ claims: 0, not_before: began + 330_000 });
    expect(new Set(lines.map(({ event }) => event))).toEqual(new Set(["work_without_key"]));
  });
});
