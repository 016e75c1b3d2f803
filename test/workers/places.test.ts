import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { pauseFor } from "#shared/runtime/timers";
import type { Target } from "#shared/work/pace";
import { placesInMemory, placesInTable } from "#shared/work/place-records";
import { createPlaces, type PlaceRecord } from "#shared/work/places";
import { wake } from "#shared/work/wake";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import type { Work } from "#shared/work/work-on";
import { withLog } from "#test/support/log-lines";
import {
  endJob,
  feedJobs,
  jobNumber,
  jobRow,
  neverGivenUp,
  putJob,
} from "#test/support/simulated-job";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
let worker: SimulatedProcess;
beforeEach(() => {
  // Of 12 functions slow work has 9, and one team's 3.
  simulation = startSimulation({ functions: 12 });
  worker = simulation.process();
});
afterEach(() => simulation.close());

const seconds = 1_000;

/** Calls somebody who takes so long, as who takes it notes. */
const lasting = (
  process: SimulatedProcess,
  ms: number,
  notes: { begun: WorkRef[]; ended: WorkRef[] },
  target?: Target,
): Work => ({
  run: async (lease, signal, pace) => {
    await pace.watch(target, () => {
      notes.begun.push(lease.ref);
      return pauseFor(process.timer, ms, signal);
    });
    signal.throwIfAborted();
    await endJob(process, lease);
    notes.ended.push(lease.ref);
  },
  giveUp: neverGivenUp,
});

const placeRows = () => simulation.rows().filter(({ sk }) => sk.startsWith("PLACE#"));

async function wakeJobs(...refs: readonly WorkRef[]) {
  for (const ref of refs) {
    await putJob(worker, { ref });
    await wake(worker, ref, simulation.clock());
  }
}

const jobs = (count: number, team = 0): WorkRef[] =>
  Array.from({ length: count }, (_, number) => ({
    ...jobNumber(number),
    team_id: `team_${String(team).padStart(26, "0")}` as const,
  }));

describe("Work that takes long", () => {
  it("has its team's places and no more, and the rest waits without having failed", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 60 * seconds, notes));
    const refs = jobs(5);
    await wakeJobs(...refs);
    await simulation.advance(2 * seconds);
    expect(notes.begun).toHaveLength(5);
    const rows = await Promise.all(refs.map((ref) => jobRow(worker, ref)));
    const waiting = rows.filter(({ lease_token }) => lease_token === undefined);
    expect(waiting).toHaveLength(2);
    for (const row of waiting) {
      expect(row).toMatchObject({ turned_away: 1, claims: 0, due_at: expect.any(Number) });
    }
    await simulation.advance(10 * 60 * seconds);
    expect(notes.ended).toHaveLength(5);
    expect(new Set(notes.ended).size).toBe(5);
  });

  it("says in the log how often in a row it was turned away", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 60 * seconds, notes));
    await wakeJobs(...jobs(4));
    const { lines } = await withLog(() => simulation.advance(30 * seconds));
    const times = lines.filter(({ event }) => event === "work_turned_away");
    expect(times.length).toBeGreaterThan(2);
    expect(times.map(({ turned_away }) => turned_away)).toEqual(times.map((_, at) => at + 1));
  });

  it("that was turned away often is tried again by the time that it has named", async () => {
    const notes = { begun: [], ended: [] };
    const long = lasting(worker, 3_600 * seconds, notes);
    const by = simulation.clock() + 20 * seconds;
    feedJobs(simulation, worker, {
      run: (lease, signal, pace) => {
        pace.tryAgainBy(by);
        return long.run(lease, signal, pace);
      },
      giveUp: neverGivenUp,
    });
    const refs = jobs(4);
    await wakeJobs(...refs.slice(0, 3));
    await simulation.advance(2 * seconds);
    const ref = refs[3]!;
    await putJob(worker, { ref });
    await worker.table.update(workKey(ref), { set: { turned_away: 30 } });
    await wake(worker, ref, simulation.clock());
    await simulation.advance(2 * seconds);
    expect(await jobRow(worker, ref)).toMatchObject({ turned_away: 31, not_before: by });
    await simulation.advance(30 * seconds);
    const { turned_away = 0 } = await jobRow(worker, ref);
    expect(turned_away).toBeGreaterThanOrEqual(32);
  });

  it("of many teams leaves a quarter of the worker to what is fast", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 60 * seconds, notes));
    for (let team = 0; team < 8; team++) await wakeJobs(...jobs(3, team));
    await simulation.advance(30 * seconds);
    const rows = simulation.rows();
    const leased = rows.filter(({ lease_token }) => lease_token !== undefined);
    expect(placeRows().filter(({ token }) => token !== undefined)).toHaveLength(9);
    // Others have just begun, and do not know yet.
    expect(leased.length).toBeGreaterThanOrEqual(9);
    await simulation.advance(20 * 60 * seconds);
    expect(notes.ended).toHaveLength(24);
  });

  it("goes on in the place of a worker that died", async () => {
    const notes = { begun: [], ended: [] };
    const dying = simulation.process();
    feedJobs(simulation, dying, lasting(dying, 600 * seconds, notes));
    await wakeJobs(...jobs(3));
    await simulation.advance(10 * seconds);
    dying.kill();
    feedJobs(simulation, worker, lasting(worker, 3 * seconds, notes));
    const [later] = jobs(4).slice(3);
    await wakeJobs(later!);
    await simulation.advance(2 * seconds);
    expect(await jobRow(worker, later)).toMatchObject({ turned_away: 1 });
    expect(notes.ended).toEqual([]);
    await simulation.advance(60 * seconds);
    expect(notes.ended).toContainEqual(later);
  });

  it("that is fast needs no place", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 900, notes));
    await wakeJobs(...jobs(1));
    await simulation.advance(10 * seconds);
    expect(notes.ended).toHaveLength(1);
    expect(placeRows()).toEqual([]);
  });

  it("needs no place before and after it calls others", async () => {
    const notes = { begun: [], ended: [] };
    const work = lasting(worker, 900, notes);
    const own = (signal: AbortSignal) => pauseFor(worker.timer, 3 * seconds, signal);
    feedJobs(simulation, worker, {
      run: async (lease, signal, pace) => {
        await own(signal);
        await work.run(lease, signal, pace);
        await own(signal);
      },
      giveUp: neverGivenUp,
    });
    await wakeJobs(...jobs(1));
    await simulation.advance(10 * seconds);
    expect(notes.ended).toHaveLength(1);
    expect(placeRows()).toEqual([]);
  });
});

describe("Whom work calls", () => {
  const key = { pk: "TEAM#team_a", sk: "TARGET" };
  const row = () => worker.table.get(key);
  const target = { key, field: "slow_until", slow_until: undefined };
  // Of a team's three places a target has two.
  const places = 2;
  beforeEach(() => worker.table.putIfAbsent(key));

  it("does not count as slow as long as each slow answer has a place", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 5 * seconds, notes, target));
    await wakeJobs(...jobs(places));
    await simulation.advance(10 * seconds);
    expect(notes.ended).toHaveLength(places);
    expect(await row()).toEqual(key);
  });

  it("counts as slow for ten minutes once work was turned away", async () => {
    const notes = { begun: [], ended: [] };
    feedJobs(simulation, worker, lasting(worker, 60 * seconds, notes, target));
    await wakeJobs(...jobs(places + 1));
    const until = simulation.clock() + 601 * seconds;
    await simulation.advance(1 * seconds);
    expect(await row()).toEqual({ ...key, slow_until: until });
  });

  it("and counts as slow, is called only with a place", async () => {
    const notes = { begun: [], ended: [] };
    const slow_until = simulation.clock() + 600 * seconds;
    feedJobs(simulation, worker, lasting(worker, 60 * seconds, notes, { ...target, slow_until }));
    await wakeJobs(...jobs(places + 1));
    await simulation.rest();
    expect(notes.begun).toHaveLength(places);
    expect(placeRows()).toHaveLength(places);
    await simulation.advance(600 * seconds);
    expect(notes.ended).toHaveLength(places + 1);
  });
});

describe.each<[string, () => PlaceRecord]>([
  ["in the table", () => placesInTable(worker.table, "inbound")],
  ["in memory", () => placesInMemory()],
])("Places %s", (_, open) => {
  const now = Date.parse("2026-03-04T05:06:00.000Z");
  const asked = { team_id: "team_a", target: "bot_a", token: "a", now, until: now + 5_000 };
  const placesOf = (functions: number) =>
    createPlaces(open(), { functions, teamShare: 1 / 4 }, Math.random);

  it("are a quarter of the functions for a team, and three quarters of these for a target", async () => {
    const places = placesOf(64);
    const takeAll = async (more: object) => {
      let count = 0;
      while (await places.take({ ...asked, token: `${JSON.stringify(more)}${count}`, ...more })) {
        count++;
      }
      return count;
    };
    expect(await takeAll({})).toBe(12);
    expect(await takeAll({ target: "bot_b" })).toBeGreaterThan(0);
    expect(await takeAll({ target: undefined })).toBeLessThan(4);
    expect(await places.take({ ...asked, target: undefined })).toBeUndefined();
    // Some of them may have been taken, but not all.
    expect(await takeAll({ team_id: "team_b", target: "bot_c" })).toBeGreaterThan(4);
  });

  it("are one for each when there are few functions", async () => {
    const places = placesOf(2);
    expect(await places.take(asked)).toBeDefined();
    expect(await places.take({ ...asked, token: "b" })).toBeUndefined();
  });

  it("come back when they are given back, and when their time is over", async () => {
    const places = placesOf(4);
    const place = await places.take(asked);
    const later = (ms: number, token: string) =>
      places.take({ ...asked, token, now: now + ms, until: now + ms + 5_000 });
    expect(await later(4_999, "b")).toBeUndefined();
    await place?.keep(now + 10_000);
    expect(await later(9_999, "b")).toBeUndefined();
    const next = await later(10_000, "b");
    expect(next).toBeDefined();
    // It is another's by now.
    await place?.giveBack();
    await place?.keep(now + 100_000);
    expect(await later(10_001, "c")).toBeUndefined();
    await next?.giveBack();
    expect(await later(10_001, "c")).toBeDefined();
  });

  it("stay given back when they are told late to be kept", async () => {
    const places = placesOf(4);
    const place = await places.take(asked);
    await place?.giveBack();
    await place?.keep(now + 100_000);
    expect(await places.take({ ...asked, token: "b" })).toBeDefined();
  });

  it("are tried three times at most when others are always faster", async () => {
    let tries = 0;
    const record: PlaceRecord = {
      ...open(),
      taken: async () => new Set(),
      take: async () => {
        tries++;
        return false;
      },
    };
    const places = createPlaces(record, { functions: 100, teamShare: 1 / 4 }, Math.random);
    expect(await places.take(asked)).toBeUndefined();
    expect(tries).toBe(3);
  });

  it("are taken once by who asks again because the answer was lost", async () => {
    const record = open();
    expect(await record.take(0, "a", now, now + 5_000)).toBe(true);
    expect(await record.take(0, "a", now, now + 5_000)).toBe(true);
    expect(await record.take(0, "b", now, now + 5_000)).toBe(false);
    expect(await record.taken(now)).toEqual(new Set([0]));
  });

  it("are waited for a third longer each time, up to five minutes", () => {
    const pauses = [0, 1, 2, 3, 17, 18, 10_000].map((times) => {
      const places = createPlaces(open(), { functions: 4, teamShare: 1 / 4 }, () => 1 - 1e-9);
      return places.pauseMs(times);
    });
    expect(pauses).toEqual([2_000, 2_667, 3_556, 4_741, 266_065, 300_000, 300_000]);
  });
});
