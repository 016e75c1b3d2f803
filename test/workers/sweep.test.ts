import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { dueShard } from "#shared/table/shards";
import { claim } from "#shared/work/lease";
import { freeLeases, sweep, sweepAtStart } from "#shared/work/sweep";
import { wake } from "#shared/work/wake";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import { withLog } from "#test/support/log-lines";
import {
  endJob,
  feedJobs,
  job,
  jobNumber,
  jobRow,
  neverGivenUp,
  putJob,
} from "#test/support/simulated-job";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  startSimulation,
} from "#test/support/simulation";

const leaseMs = 5_000;
let simulation: Simulation;
let sweeper: SimulatedProcess;
let began: number;
beforeEach(() => {
  simulation = startSimulation({ leaseMs });
  sweeper = simulation.process();
  began = simulation.clock();
});
afterEach(() => simulation.close());

const since = () => simulation.clock() - began;

/** So many jobs that stand in one partition of the index. */
const jobsOfShard = (shard: number, count: number, among = 100): WorkRef[] =>
  Array.from({ length: among }, (_, number) => jobNumber(number))
    .filter((ref) => dueShard(workKey(ref).pk) === shard)
    .slice(0, count);

/** Arms them a minute ago: they are due now. */
const putAll = (refs: readonly WorkRef[], at = began - 60_000) =>
  Promise.all(refs.map((ref) => putJob(sweeper, { ref, at })));

/** Notes when messages come, and does nothing about them. */
const noteMessages = () => {
  const times: number[] = [];
  simulation.feed("jobs", simulation.process(), async () => void times.push(since()));
  return times;
};

describe("The sweeper", () => {
  it("sends a message when work is due and later and later when nobody takes it", async () => {
    const times = noteMessages();
    await putJob(sweeper);
    simulation.sweepEachMinute(sweeper);
    await simulation.advance(4_000_000);
    const minute = 60_000;
    expect(times).toEqual([1, 2, 3, 4, 6, 10, 18, 33, 48, 63].map((at) => at * minute));
  });

  it("does not send an hour's backlog each minute", async () => {
    const times = noteMessages();
    await putAll(
      Array.from({ length: 50 }, (_, number) => jobNumber(number)),
      began,
    );
    simulation.sweepEachMinute(sweeper);
    await simulation.advance(3_600_000);
    expect(times.length).toBe(50 * 9);
  });

  it("sends at the second when work is due before it comes again", async () => {
    const times = noteMessages();
    await putJob(sweeper, { at: began + 7_230_000 });
    simulation.sweepEachMinute(sweeper);
    await simulation.advance(7_260_000);
    expect(times).toEqual([7_230_000]);
  });

  it("leaves alone what is finished and what is not due", async () => {
    await putJob(sweeper, { at: began + 2_000_000 });
    const claimed = await claimNew(jobNumber(1));
    await endJob(sweeper, claimed);
    expect(await sweep(sweeper)).toMatchObject({ swept: 0 });
    expect(simulation.take("jobs")).toEqual([]);
  });

  const claimNew = async (ref: WorkRef) => {
    await putJob(sweeper, { ref });
    const claimed = await claim(sweeper.table, ref, simulation.clock(), leaseMs);
    if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
    return claimed.lease;
  };

  it("starts no second run of work that somebody works on, and forgets its own pauses", async () => {
    const worker = simulation.process();
    let runs = 0;
    feedJobs(simulation, worker, {
      run: async (lease) => {
        runs++;
        await new Promise<void>((resolve) => worker.timer(1_200_000, resolve));
        await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    simulation.sweepEachMinute(sweeper);
    await putJob(sweeper);
    await wake(sweeper, job, began);
    await simulation.advance(1_190_000);
    // Renewals reset them: should the worker die now, the next look is a minute away at most.
    expect(await jobRow(sweeper)).toMatchObject({ sweeps: 0 });
    expect((await jobRow(sweeper)).due_at).toBeLessThanOrEqual(simulation.clock() + 60_000);
    await simulation.advance(60_000);
    expect(runs).toBe(1);
  });

  it("sends again what the queue did not take, and only that", async () => {
    const refs = jobsOfShard(3, 5);
    await putAll(refs);
    const unlucky = simulation.process({
      mishaps: mishapAt(0, { kind: "short_batch", count: 3 }, "SendMessageBatch"),
    });
    const { result, lines } = await withLog(() => sweep(unlucky));
    expect(result).toMatchObject({ swept: 3 });
    expect(lines).toMatchObject([{ level: "error", event: "sweep_not_sent", count: 2 }]);
    const first = simulation.take("jobs");
    expect(first).toHaveLength(3);
    const rows = await Promise.all(refs.map((ref) => jobRow(sweeper, ref)));
    expect(rows.filter(({ sweeps }) => sweeps === 1)).toHaveLength(3);
    expect(rows.filter(({ due_at }) => due_at === began)).toHaveLength(2);
    expect(await sweep(sweeper)).toMatchObject({ swept: 5 });
    expect(simulation.take("jobs")).toHaveLength(2);
    expect(simulation.nextMessageIn("jobs")).toBe(60_000);
  });

  it("pushes nothing that it could not send", async () => {
    await putJob(sweeper);
    const row = await jobRow(sweeper);
    const { lines } = await withLog(async () => {
      const cut = simulation.process({
        mishaps: ({ operation }) =>
          operation.includes("Message") ? { kind: "refused" } : undefined,
      });
      expect(await sweep(cut)).toMatchObject({ swept: 0 });
    });
    expect(lines).toMatchObject([{ level: "error", event: "sweep_not_sent", count: 1 }]);
    expect(await jobRow(sweeper)).toEqual(row);
  });

  it("doubles a message, which starts one run, when it is killed between sending and pushing", async () => {
    const mortal = simulation.process({
      mishaps: mishapAt(0, { kind: "crash_after", ms: 0 }, "SendMessageBatch"),
    });
    const times: number[] = [];
    const worker = simulation.process();
    feedJobs(simulation, worker, {
      run: async (lease) => {
        times.push(since());
        await new Promise<void>((resolve) => worker.timer(1_000, resolve));
        await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    await putJob(sweeper, { at: began - 60_000 });
    void sweep(mortal);
    void sweep(sweeper);
    await simulation.advance(120_000);
    expect(mortal.isDead).toBe(true);
    expect(times).toEqual([0]);
  });

  it.each(["Query", "SendMessageBatch"])(
    "does not bring back what is finished after its %s",
    async (operation) => {
      const held = simulation.process({
        mishaps: mishapAt(0, { kind: "stall_after", ms: Infinity }, operation),
      });
      await putJob(sweeper, { at: began - 60_000 });
      const swept = sweep(held);
      await simulation.rest();
      const claimed = await claim(sweeper.table, job, simulation.clock(), leaseMs);
      if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
      await endJob(sweeper, claimed.lease);
      const row = await jobRow(sweeper);
      held.goOn();
      expect(await swept).toMatchObject({ swept: 1 });
      expect(await jobRow(sweeper)).toEqual(row);
    },
  );

  it("does not bring back what only a lagging index shows", async () => {
    const lagging = simulation.process({
      mishaps: () => ({ kind: "stale_index", ms: 1_000 }),
    });
    await putJob(sweeper, { at: began - 60_000 });
    await simulation.advance(2_000);
    const claimed = await claim(sweeper.table, job, simulation.clock(), leaseMs);
    if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
    await endJob(sweeper, claimed.lease);
    const row = await jobRow(sweeper);
    expect(await sweep(lagging)).toMatchObject({ swept: 1 });
    expect(await jobRow(sweeper)).toEqual(row);
  });

  it("sends each item once, though a pushed one shows again on a later page", async () => {
    await putAll(jobsOfShard(5, 4));
    const paging = simulation.process({
      mishaps: ({ operation }) =>
        operation === "Query" ? { kind: "short_batch", count: 1 } : undefined,
    });
    expect(await sweep(paging)).toMatchObject({ swept: 4 });
    expect(simulation.take("jobs")).toHaveLength(4);
    expect(simulation.nextMessageIn("jobs")).toBeUndefined();
  });

  it("passes over work of a kind that it does not know", async () => {
    const [ref] = jobsOfShard(2, 1);
    if (!ref) throw new Error("No job.");
    await putJob(sweeper, { ref });
    const row = await jobRow(sweeper, ref);
    await sweeper.table.putIfAbsent({
      ...row,
      pk: "TEAM#team_01jd7zq3c8e9v5r2k4m6n8p0ab#DREAM#1",
      due_at: (row.due_at ?? 0) - 1,
    });
    const { result, lines } = await withLog(() => sweep(sweeper));
    expect(result).toMatchObject({ swept: 1 });
    expect(lines).toMatchObject([{ level: "error", event: "sweep_unknown_work" }]);
  });

  it("tells for how long the oldest work has been left undone, across its own pauses", async () => {
    await putJob(sweeper, { at: began - 1_000 });
    await putJob(sweeper, { ref: jobNumber(2), at: began + 30_000 });
    const ages: number[] = [];
    for (let minute = 0; minute < 12; minute++) {
      ages.push((await sweep(sweeper)).oldestMs);
      await simulation.advance(60_000);
    }
    // Nobody works: the net of a minute, then 60, 60, 60, 120, 240 and 480 seconds between the looks.
    expect(ages[0]).toBe(0);
    expect(Math.max(...ages)).toBeGreaterThanOrEqual(480_000);
    expect(Math.max(...ages)).toBeLessThanOrEqual(720_000);
  });

  it("sweeps seven partitions when one cannot be read, and says so", async () => {
    await putAll(Array.from({ length: 40 }, (_, number) => jobNumber(number)));
    const lost = jobsOfShard(4, 40).filter((ref) => Number(idOf(ref).slice(-2)) < 40).length;
    const cut = simulation.process({
      mishaps: ({ operation, input }) =>
        operation === "Query" && JSON.stringify(input).includes('{"N":"4"}')
          ? { kind: "refused" }
          : undefined,
    });
    await expect(sweep(cut)).rejects.toThrow("throughput for the table was exceeded");
    expect(lost).toBeGreaterThan(0);
    expect(simulation.take("jobs")).toHaveLength(40 - lost);
  });
});

const idOf = (ref: WorkRef) => (ref.kind === "job" ? ref.job_id : "");

describe("The sweep at the start of the only process", () => {
  it("removes every lease and sends everything due without delay", async () => {
    const leased = jobNumber(1);
    const pushedFar = jobNumber(2);
    const later = jobNumber(3);
    await putJob(sweeper, { ref: leased });
    await putJob(sweeper, { ref: pushedFar });
    await putJob(sweeper, { ref: later, at: began + 2_000_000 });
    for (const ref of [leased, pushedFar]) {
      await claim(sweeper.table, ref, simulation.clock(), 3_600_000);
    }
    const change = { set: { due_at: began + 975_000, sweeps: 7 } };
    await sweeper.table.update(workKey(pushedFar), change);

    await freeLeases(sweeper);
    expect(await sweepAtStart(sweeper)).toMatchObject({ swept: 1 });
    expect(simulation.take("jobs")).toEqual([leased]);
    for (const ref of [leased, pushedFar]) {
      expect(await jobRow(sweeper, ref)).not.toHaveProperty("lease_until");
      const { outcome } = await claim(sweeper.table, ref, simulation.clock(), leaseMs);
      expect(outcome).toBe("claimed");
    }
    expect(await jobRow(sweeper, later)).toMatchObject({ due_at: began + 2_000_000, sweeps: 0 });
  });

  it("removes the leases of more work than it changes at once", async () => {
    const refs = jobsOfShard(3, 110, 1_000);
    await putAll(refs);
    for (const ref of refs) await claim(sweeper.table, ref, simulation.clock(), 3_600_000);
    await freeLeases(sweeper);
    const rows = await Promise.all(refs.map((ref) => jobRow(sweeper, ref)));
    expect(rows).toHaveLength(110);
    expect(rows.filter(({ lease_token }) => lease_token !== undefined)).toEqual([]);
  });

  it("comes again a minute after a start, however far ahead an earlier look had pushed the work", async () => {
    await putJob(sweeper, { at: began - 60_000 });
    await sweep(sweeper);
    expect(await jobRow(sweeper)).toMatchObject({ due_at: began + 60_000 });
    await sweepAtStart(sweeper);
    expect(await jobRow(sweeper)).toMatchObject({ due_at: began + 60_000 });
  });
});
