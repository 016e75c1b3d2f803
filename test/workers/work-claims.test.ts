import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Mishap } from "#lib/simulation/mishaps";
import { equals } from "#shared/table/condition";
import { waitUntil } from "#shared/work/end-lease";
import { claim, type Lease } from "#shared/work/lease";
import { wake } from "#shared/work/wake";
import { finish } from "#shared/work/work-item";
import { type Work, workOn } from "#shared/work/work-on";
import { withLog } from "#test/support/log-lines";
import { endJob, feedJobs, job, jobRow, neverGivenUp, putJob } from "#test/support/simulated-job";
import {
  mishapAt,
  type SimulatedProcess,
  type Simulation,
  startSimulation,
} from "#test/support/simulation";

/** As on AWS. */
const leaseMs = 20_000;
let simulation: Simulation;
let observer: SimulatedProcess;
beforeEach(() => {
  simulation = startSimulation({ leaseMs });
  observer = simulation.process();
});
afterEach(() => simulation.close());

const noVisibility = async () => {};

/** Work in two turns: a step, then "more to do at once", then the end. */
function twoTurns(process: SimulatedProcess, runs: string[] = []): Work {
  return {
    run: async (lease) => {
      if (lease.item["stepped"] === undefined) {
        runs.push("step");
        const change = { set: { stepped: true, claims: 0 } };
        await process.table.update(lease.key, change, equals("lease_token", lease.token));
        await waitUntil(process, lease, process.clock());
      } else {
        runs.push("end");
        await endJob(process, lease);
      }
    },
    giveUp: neverGivenUp,
  };
}

describe("Work, when its process is killed", () => {
  const calls = [
    ["the claim", "UpdateItem", 0],
    ["the message is hidden", "ChangeMessageVisibility", 0],
    ["the step", "UpdateItem", 1],
    ["the wait", "UpdateItem", 2],
    ["the message of the wait", "SendMessage", 0],
    ["the second claim", "UpdateItem", 3],
    ["the finish", "UpdateItem", 4],
  ] as const;
  const crashes = calls.flatMap(([what, operation, at]) => [
    { when: `before ${what}`, operation, at, mishap: { kind: "crash_before" } as const },
    { when: `after ${what}`, operation, at, mishap: { kind: "crash_after", ms: 0 } as const },
  ]);

  it.each(crashes)("is ended by another when that was $when", async ({ operation, at, mishap }) => {
    const mortal = simulation.process({ mishaps: mishapAt(at, mishap, operation) });
    const survivor = simulation.process();
    await putJob(observer);
    await wake(observer, job, observer.clock());
    feedJobs(simulation, survivor, twoTurns(survivor));
    feedJobs(simulation, mortal, twoTurns(mortal));
    simulation.sweepEachMinute(survivor);

    await simulation.rest();
    expect(mortal.isDead).toBe(true);
    // A message that was hidden comes back within 30 s. One that was not is replaced by the sweeper's.
    const hidden =
      operation !== "ChangeMessageVisibility" && !(at === 0 && operation === "UpdateItem");
    await simulation.advance(hidden ? 30_000 : 120_000);
    expect(await jobRow(observer)).toMatchObject({ stepped: true });
    expect(await jobRow(observer)).not.toHaveProperty("due_at");
    expect(await jobRow(observer)).not.toHaveProperty("lease_token");
  });

  it("needs no further run when it was killed after the finish", async () => {
    const runs: string[] = [];
    const mortal = simulation.process({
      mishaps: mishapAt(4, { kind: "crash_after", ms: 0 }, "UpdateItem"),
    });
    const survivor = simulation.process();
    await putJob(observer);
    await wake(observer, job, observer.clock());
    feedJobs(simulation, survivor, twoTurns(survivor, runs));
    feedJobs(simulation, mortal, twoTurns(mortal));
    simulation.sweepEachMinute(survivor);
    await simulation.advance(600_000);
    expect(runs).toEqual([]);
  });
});

describe("A message of work", () => {
  const sent = async (mishap: Mishap) => {
    const runs: number[] = [];
    const sender = simulation.process({
      mishaps: mishapAt(0, mishap, "SendMessage"),
    });
    const worker = simulation.process();
    feedJobs(simulation, worker, {
      run: async (lease) => {
        runs.push(worker.clock() - began);
        await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    simulation.sweepEachMinute(worker);
    const began = simulation.clock();
    await putJob(sender);
    await wake(sender, job, sender.clock());
    await simulation.advance(600_000);
    expect(await jobRow(observer)).not.toHaveProperty("due_at");
    expect(simulation.nextMessageIn("jobs")).toBeUndefined();
    return runs;
  };

  it("is replaced by the sweeper's a minute later when it is lost", async () => {
    expect(await sent({ kind: "lost" })).toEqual([60_000]);
  });

  it("does not fail what made the need when it cannot be sent", async () => {
    const { result, lines } = await withLog(async () => {
      const sender = simulation.process({
        mishaps: ({ operation }) => (operation === "SendMessage" ? { kind: "refused" } : undefined),
      });
      await putJob(sender);
      await wake(sender, job, sender.clock());
      return simulation.nextMessageIn("jobs");
    });
    expect(result).toBeUndefined();
    expect(lines).toMatchObject([{ event: "wake_not_sent", job_id: expect.any(String) }]);
  });

  it("starts one run when it is stored twice", async () => {
    expect(await sent({ kind: "duplicate" })).toEqual([0]);
  });

  it("starts the run when it comes, however late", async () => {
    expect(await sent({ kind: "late", seconds: 30 })).toEqual([30_000]);
  });

  it("starts no further run when it comes after the work is done", async () => {
    expect(await sent({ kind: "late", seconds: 300 })).toEqual([60_000]);
  });

  it("goes and starts no run when it comes while another works on it", async () => {
    let runs = 0;
    const worker = simulation.process();
    feedJobs(simulation, worker, {
      run: async (lease, signal) => {
        runs++;
        await new Promise<void>((resolve) => worker.timer(60_000, resolve));
        expect(signal.aborted).toBe(false);
        await endJob(worker, lease);
      },
      giveUp: neverGivenUp,
    });
    await putJob(observer);
    await wake(observer, job, observer.clock());
    await simulation.advance(30_000);
    await wake(observer, job, observer.clock());
    await simulation.advance(1_000);
    expect((await jobRow(observer)).lease_until).toBeGreaterThan(simulation.clock());
    await simulation.advance(60_000);
    expect(runs).toBe(1);
    expect(await jobRow(observer)).not.toHaveProperty("due_at");
    expect(simulation.nextMessageIn("jobs")).toBeUndefined();
  });
});

describe("A claim", () => {
  it("is known by its token and counts once when its answer is lost", async () => {
    const process = simulation.process({
      mishaps: mishapAt(0, { kind: "repeated" }),
    });
    await putJob(observer);
    const claimed = await claim(process.table, job, process.clock(), leaseMs);
    expect(claimed).toMatchObject({ outcome: "claimed", lease: { item: { claims: 1 } } });
    expect(process.calls).toHaveLength(2);
    expect(await jobRow(observer)).toMatchObject({ claims: 1 });
  });

  it("is given to one of many that come at the same time", async () => {
    await putJob(observer);
    const processes = Array.from({ length: 20 }, () => simulation.process());
    const claims = await Promise.all(
      processes.map(({ table, clock }) => claim(table, job, clock(), leaseMs)),
    );
    expect(claims.map(({ outcome }) => outcome).toSorted()).toEqual([
      "claimed",
      ...Array.from({ length: 19 }, () => "taken"),
    ]);
    expect(await jobRow(observer)).toMatchObject({ claims: 1 });
  });

  it("does not touch when the sweeper looks", async () => {
    await putJob(observer);
    const { due_at } = await jobRow(observer);
    await claim(observer.table, job, observer.clock(), leaseMs);
    expect(await jobRow(observer)).toMatchObject({
      due_at,
      lease_until: simulation.clock() + leaseMs,
    });
  });

  it("makes nothing of what is finished, or never was", async () => {
    expect(await claim(observer.table, job, observer.clock(), leaseMs)).toEqual({
      outcome: "finished",
    });
    expect(
      await observer.table.get({ pk: `TEAM#${job.team_id}#JOB#x`, sk: "JOB" }),
    ).toBeUndefined();
    await putJob(observer);
    const claimed = await claim(observer.table, job, observer.clock(), leaseMs);
    if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
    await endJob(observer, claimed.lease);
    const row = await jobRow(observer);
    expect(await claim(observer.table, job, observer.clock(), leaseMs)).toEqual({
      outcome: "finished",
    });
    expect(await jobRow(observer)).toEqual(row);
  });
});

describe("An owner", () => {
  /** Works on the job in a process of its own until `end` is called. */
  const working = async (process: SimulatedProcess) => {
    let end = () => {};
    const ending = new Promise<void>((resolve) => (end = resolve));
    let lease: Lease | undefined;
    const seen: { signal?: AbortSignal; wrote?: boolean } = {};
    const done = workOn(process, job, noVisibility, {
      run: async (given, signal) => {
        lease = given;
        seen.signal = signal;
        await process.hears(ending);
        signal.throwIfAborted();
        seen.wrote = await endJob(process, given);
      },
      giveUp: neverGivenUp,
    });
    await simulation.rest();
    return { end, done, seen, lease: () => lease };
  };

  /** A process that stands still while it works on the job, and one that has claimed it since. */
  const takenOver = async () => {
    const stalled = simulation.process();
    const other = simulation.process();
    await putJob(observer);
    const first = await working(stalled);
    stalled.stall();
    await simulation.advance(leaseMs + 1);
    return { stalled, first, second: await working(other) };
  };

  it("writes nothing more when it stood still past its lease and comes back", async () => {
    await withLog(async () => {
      const { stalled, first, second } = await takenOver();
      const row = await jobRow(observer);
      expect(row.lease_token).toBe(second.lease()?.token);

      first.end();
      stalled.goOn();
      await first.done;
      expect(await jobRow(observer)).toEqual(row);
      expect(second.seen.signal?.aborted).toBe(false);

      second.end();
      await second.done;
      expect(second.seen.wrote).toBe(true);
      expect(await jobRow(observer)).not.toHaveProperty("due_at");
    });
  });

  it("does not bring the work back when it comes back after another has ended it", async () => {
    await withLog(async () => {
      const { stalled, first, second } = await takenOver();
      second.end();
      await second.done;
      const row = await jobRow(observer);
      expect(row).not.toHaveProperty("due_at");
      first.end();
      stalled.goOn();
      await first.done;
      expect(await jobRow(observer)).toEqual(row);
    });
  });

  it("renews its lease every third of it and keeps its message hidden five seconds longer", async () => {
    const process = simulation.process();
    const hidden: [number, number][] = [];
    const began = simulation.clock();
    await putJob(observer);
    const done = workOn(
      process,
      job,
      async (seconds) => void hidden.push([process.clock() - began, seconds]),
      {
        run: async (lease) => {
          await new Promise<void>((resolve) => process.timer(22_000, resolve));
          await endJob(process, lease);
        },
        giveUp: neverGivenUp,
      },
    );
    await simulation.advance(21_000);
    expect((await jobRow(observer)).lease_until).toBe(began + 3 * Math.ceil(leaseMs / 3) + leaseMs);
    await simulation.advance(1_000);
    await done;
    expect(hidden.map(([, seconds]) => seconds)).toEqual([25, 25, 25, 25]);
    expect(hidden.map(([ms]) => Math.round(ms / 100))).toEqual([0, 67, 133, 200]);
    await simulation.advance(60_000);
    expect(hidden).toHaveLength(4);
  });

  it("stops a sixth of the lease before its end when its renewals get no answer", async () => {
    const { lines } = await withLog(async () => {
      let cut = false;
      const process = simulation.process({
        mishaps: () => (cut ? { kind: "refused" } : undefined),
      });
      await putJob(observer);
      const { seen, end, done } = await working(process);
      const { lease_until = 0 } = await jobRow(observer);
      cut = true;
      await simulation.advance(Math.floor(lease_until - leaseMs / 6 - simulation.clock()));
      expect(seen.signal?.aborted).toBe(false);
      await simulation.advance(1);
      expect(seen.signal?.aborted).toBe(true);
      end();
      await done;
      expect(seen.wrote).toBeUndefined();
    });
    expect(lines.map(({ event }) => event)).toEqual(["lease_lost"]);
  });

  it("stops at once when its renewal is refused", async () => {
    await withLog(async () => {
      const process = simulation.process();
      await putJob(observer);
      const { seen, end, done, lease } = await working(process);
      const key = lease()?.key ?? { pk: "", sk: "" };
      await observer.table.update(key, { set: { lease_token: "another's" } });
      await simulation.advance(Math.ceil(leaseMs / 3));
      expect(seen.signal?.aborted).toBe(true);
      end();
      await done;
      expect(await jobRow(observer)).toMatchObject({ lease_token: "another's" });
    });
  });

  it.each([
    ["finished", finish],
    ["deleted", undefined],
  ])("is no lost lease when another has %s it meanwhile", async (_, change) => {
    const { lines } = await withLog(async () => {
      const process = simulation.process();
      await putJob(observer);
      const { seen, end, done, lease } = await working(process);
      const key = lease()?.key ?? { pk: "", sk: "" };
      await (change ? observer.table.update(key, change) : observer.table.delete(key));
      await simulation.advance(Math.ceil(leaseMs / 3));
      expect(seen.signal?.aborted).toBe(true);
      end();
      await done;
    });
    expect(lines).toMatchObject([{ level: "info", event: "work_ended", ...job }]);
  });

  it("is not held up by a queue that does not answer", async () => {
    const process = simulation.process();
    await putJob(observer);
    let answer = () => {};
    const hidden = new Promise<void>((resolve) => (answer = resolve));
    let ran = false;
    const done = workOn(process, job, () => hidden, {
      run: async (lease) => {
        ran = await endJob(process, lease);
      },
      giveUp: neverGivenUp,
    });
    await simulation.rest();
    expect(ran).toBe(true);
    answer();
    await done;
  });

  it.each([
    ["five seconds behind", -5_000],
    ["five seconds ahead", 5_000],
  ])("keeps what it has when its clock is %s", async (_, skewMs) => {
    const process = simulation.process({ skewMs });
    const other = simulation.process();
    await putJob(observer, { at: simulation.clock() - 10_000 });
    let runs = 0;
    const work: Work = {
      run: async (lease, signal) => {
        runs++;
        await new Promise<void>((resolve) => process.timer(50_000, resolve));
        expect(signal.aborted).toBe(false);
        expect(await endJob(process, lease)).toBe(true);
      },
      giveUp: neverGivenUp,
    };
    const done = workOn(process, job, noVisibility, work);
    await simulation.rest();
    for (let second = 0; second < 50; second++) {
      const { outcome } = await claim(other.table, job, other.clock(), leaseMs);
      expect(outcome).toBe("taken");
      await simulation.advance(1_000);
    }
    await done;
    expect(runs).toBe(1);
  });

  it("finds work that another has just armed when its clock is five seconds behind", async () => {
    const ahead = simulation.process();
    const behind = simulation.process({ skewMs: -5_000 });
    const runs: number[] = [];
    feedJobs(simulation, behind, {
      run: async (lease) => {
        runs.push(simulation.clock() - began);
        await endJob(behind, lease);
      },
      giveUp: neverGivenUp,
    });
    const began = simulation.clock();
    await putJob(ahead);
    await wake(ahead, job, ahead.clock());
    await simulation.advance(10_000);
    // By its own clock the work is due in five seconds; it is not lost and comes no later than that.
    expect(runs).toEqual([5_000]);
  });
});
