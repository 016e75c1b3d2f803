import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { dueShard } from "#shared/table/shards";
import { findStuckWork, makeDue } from "#shared/work/stuck-work";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";

let simulation: Simulation;
let operator: SimulatedProcess;
beforeEach(() => {
  simulation = startSimulation();
  operator = simulation.process();
});
afterEach(() => simulation.close());

const minute = 60_000;
const team_id = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";
const refs = {
  conversation: {
    kind: "conversation",
    team_id,
    conversation_id: "conv_01jd7zq3c8e9v5r2k4m6n8p0ab",
  },
  execution: { kind: "execution", team_id, execution_id: "exec_01jd7zq3c8e9v5r2k4m6n8p0ab" },
  schedule: { kind: "schedule", team_id, agent_loop_id: "loop_01jd7zq3c8e9v5r2k4m6n8p0ab" },
  job: { kind: "job", team_id, job_id: "job_01jd7zq3c8e9v5r2k4m6n8p0ab" },
} as const satisfies Partial<Record<WorkRef["kind"], WorkRef>>;
type Kind = keyof typeof refs;

/** Puts work whose times are given in milliseconds from now. */
async function put(kind: Kind, at: number, more: Readonly<Record<string, number>> = {}) {
  const { claims = 0, ...others } = more;
  const now = simulation.clock();
  const key = workKey(refs[kind]);
  const times = Object.fromEntries(
    Object.entries({ due_at: at, not_before: at, ...others }).map(([name, ms]) => [name, now + ms]),
  );
  const row = { ...key, due_shard: dueShard(key.pk), claims, ...times };
  await operator.table.putIfAbsent("lease_until" in others ? { ...row, lease_token: "t" } : row);
}

/** What is found, with milliseconds from now. */
const found = async () =>
  (await findStuckWork(operator.table, simulation.clock())).map(({ ref, state, since }) => [
    ref.kind,
    state,
    since - simulation.clock(),
  ]);

describe("Unfinished work", () => {
  it.each<[string, Kind, number, Record<string, number>, unknown[]]>([
    ["is stuck at its fourth claim", "execution", minute, { claims: 4 }, ["failing", 0]],
    ["is not stuck at its third claim", "execution", minute, { claims: 3 }, []],
    ["is stuck since it was due", "execution", -minute, { claims: 4 }, ["failing", -minute]],
    ["is taken within five minutes", "conversation", -5 * minute, {}, []],
    [
      "is stuck when nobody took it in five minutes",
      "conversation",
      -5 * minute - 1,
      {},
      ["not_taken", -5 * minute - 1],
    ],
    ["is well while somebody works on it", "conversation", -9 * minute, { lease_until: 0 }, []],
    [
      "is stuck when nobody follows a dead worker",
      "conversation",
      -9 * minute,
      { lease_until: -1 },
      ["not_taken", -9 * minute],
    ],
    ["may wait ten minutes as a job, and one for its sweep", "job", 11 * minute, {}, []],
    ["was given up as a job that waits longer", "job", 11 * minute + 1, {}, ["given_up", 0]],
    ["may wait for long as an execution", "execution", 12 * minute, {}, []],
    ["is of no interest before it is due soon", "execution", 40 * minute, { claims: 5 }, []],
    ["runs later as a schedule", "schedule", 50 * minute, { next_run_at: 50 * minute }, []],
    ["may be late as a schedule", "schedule", 50 * minute, { next_run_at: -5 * minute }, []],
    [
      "was given up as a schedule whose run is over by more than five minutes",
      "schedule",
      50 * minute,
      { next_run_at: -5 * minute - 1 },
      ["given_up", -5 * minute - 1],
    ],
    ["is tried within the hour", "job", 61 * minute, {}, ["given_up", 0]],
    ["is not looked for beyond the hour", "job", 61 * minute + 1, {}, []],
  ])("%s", async (_, kind, at, more, state) => {
    await put(kind, at, more);
    expect(await found()).toEqual(state.length > 0 ? [[kind, ...state]] : []);
  });

  it("is told oldest first", async () => {
    await put("conversation", -6 * minute);
    await put("execution", -8 * minute);
    await put("job", -7 * minute);
    expect((await found()).map(([kind]) => kind)).toEqual(["execution", "job", "conversation"]);
  });

  it("that is finished is not stuck, though the index still shows it", async () => {
    await put("execution", -9 * minute);
    const stale = simulation.process({
      mishaps: ({ operation }) =>
        operation === "Query" ? { kind: "stale_index", ms: minute } : undefined,
    });
    await operator.table.update(workKey(refs.execution), { remove: ["due_at", "due_shard"] });
    expect(await findStuckWork(stale.table, simulation.clock())).toEqual([]);
  });
});

describe("Work that is made due", () => {
  const row = () => operator.table.get(workKey(refs.execution));
  const due = (early = false) => makeDue(operator.table, refs.execution, simulation.clock(), early);

  it("begins anew, without the lease of a dead worker", async () => {
    await put("execution", 0, { claims: 5, lease_until: -1 });
    expect(await due()).toBe(true);
    const now = simulation.clock();
    expect(await row()).toMatchObject({ not_before: now, due_at: now, claims: 0, sweeps: 0 });
    expect(await row()).not.toHaveProperty("lease_token");
    expect(await row()).not.toHaveProperty("lease_until");
  });

  it("is not what waits, unless it is asked for early", async () => {
    await put("execution", 1);
    expect([await due(), await due(true)]).toEqual([false, true]);
  });

  it.each([
    ["is worked on", { lease_until: 0 }],
    ["is finished", undefined],
  ])("is not what %s", async (_, more) => {
    await put("execution", -minute, more);
    if (!more) await operator.table.update(workKey(refs.execution), { remove: ["due_at"] });
    const before = await row();
    expect(await due(true)).toBe(false);
    expect(await row()).toEqual(before);
  });
});
