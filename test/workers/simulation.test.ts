import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { plainCase } from "#lib/simulation/cases";
import { silently, simulateRuns } from "#lib/simulation/command";
import { createDraws } from "#lib/simulation/draws";
import { type MishapPlan, mishapKinds } from "#lib/simulation/faults";
import { type Case, type Outcome, run, simulatedClock } from "#lib/simulation/run";
import { knownScripts, type PlannedAnswer, type Script } from "#lib/simulation/script";
import { openStore, type Store } from "#lib/simulation/store";

const [representative] = knownScripts;

let store: Store;
beforeAll(() => {
  store = openStore(simulatedClock);
});
afterAll(() => store.close());

const simulated = (one: Case, over: Store = store): Promise<Outcome> =>
  silently(() => run(over, one));

/** What went wrong in some runs, with their numbers, and how many mishaps there were. */
async function allOf(from: number, runs: number) {
  const failures: string[] = [];
  let mishaps = 0;
  await simulateRuns(1, from, runs, (number, { problems, faults }) => {
    mishaps += faults;
    failures.push(...problems.map((problem) => `--from ${number}: ${problem}`));
  });
  return { failures, mishaps };
}

describe("An execution of two model calls, two tools and a callback", () => {
  it("does each thing once when nothing goes wrong", async () => {
    const { calls, ...outcome } = await simulated(plainCase(representative));
    expect(outcome).toMatchObject({ problems: [], faults: 0, steps: 4, statuses: ["completed"] });
    expect(calls.filter((call) => /: (?:model|tool|receiver)$/.test(call))).toEqual([
      "executions: model",
      "executions: tool",
      "executions: tool",
      "executions: model",
      "deliveries: receiver",
    ]);
  });

  it("keeps every promise whatever befalls any one of its calls", async () => {
    const { calls } = await simulated(plainCase(representative));
    const { failures, mishaps } = await allOf(0, (calls.length + 1) * mishapKinds.length);
    expect(failures).toEqual([]);
    // Each call can at least be cut off before and after, take long, and meet a machine that goes down.
    expect(mishaps).toBeGreaterThanOrEqual(6 * calls.length);
  }, 60_000);
});

it("Executions of all kinds keep every promise in foul weather", async () => {
  const { failures, mishaps } = await allOf(1_000_000, 200);
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThan(200);
}, 60_000);

describe("What was wrong once stays right", () => {
  const answer = (failures: number, isLast: boolean): PlannedAnswer => ({
    ms: 100,
    failures,
    retryAfterMs: undefined,
    calls: isLast ? [] : [{ tool: "effect", ms: 10, isError: false }],
    tokens: 1,
  });
  const scriptOf = (...failures: number[]): Script => ({
    ...representative,
    timeoutSeconds: 3_600,
    answers: failures.map((count, index) => answer(count, index === failures.length - 1)),
  });

  it("each model call has five retries of its own", async () => {
    const { problems, statuses } = await simulated(plainCase(scriptOf(4, 5, 3)));
    expect({ problems, statuses }).toEqual({ problems: [], statuses: ["completed"] });
  });

  it("a model that fails six times in a row ends the execution", async () => {
    const { problems, statuses } = await simulated(plainCase(scriptOf(0, 6)));
    expect({ problems, statuses }).toEqual({ problems: [], statuses: ["failed"] });
  });

  it("a step stored after the loop was deleted is erased", async () => {
    const script: Script = {
      ...representative,
      answers: [{ ...answer(0, true), ms: 3_000 }],
      meanwhile: { does: "delete", ms: 500 },
    };
    const { problems, steps } = await simulated(plainCase(script));
    expect(problems).toEqual([]);
    expect(steps).toBeGreaterThan(0);
  });

  it("a worker that stood still while its loop was deleted calls no tool again", async () => {
    const script: Script = { ...scriptOf(0, 0), meanwhile: { does: "delete", ms: 60_000 } };
    const { calls } = await simulated(plainCase(script));
    const started = calls.findIndex((call) => call.endsWith("PutItem EXECUTION STEP#000002"));
    expect(started).toBeGreaterThan(0);
    const faults: MishapPlan = (index) =>
      index === started ? { kind: "stall_before", ms: 100_000 } : undefined;
    const { problems, faults: mishaps } = await simulated({ ...plainCase(script), faults });
    expect({ problems, mishaps }).toEqual({ problems: [], mishaps: 1 });
  });
});

type Row = Readonly<Record<string, { readonly S?: string } | undefined>>;

describe("The simulation sees when", () => {
  /** A table that takes puts of one kind for done. */
  const forgetting = (forgets: (row: Row) => boolean): Store => ({
    ...store,
    run: (operation, input, delivery) => {
      // Rows as the wire carries them.
      const row = input["Item"] as Row | undefined;
      return row && forgets(row) ? {} : store.run(operation, input, delivery);
    },
  });

  it("a step is lost", async () => {
    const over = forgetting(({ sk }) => sk?.S === "STEP#000002");
    const { problems } = await simulated(plainCase(representative), over);
    expect(problems).toContainEqual(expect.stringContaining("step 2 was stored and is lost"));
  });

  it("a tool with effects is called twice", async () => {
    const forgetful = forgetting(({ status }) => status?.S === "started");
    const over: Store = {
      ...forgetful,
      run: (operation, given, delivery) => {
        const input: Record<string, unknown> = { ...given };
        const isStep = (input["Item"] as Row | undefined)?.["sk"]?.S?.startsWith("STEP#");
        if (isStep) {
          delete input["ConditionExpression"];
          delete input["ExpressionAttributeNames"];
          delete input["ExpressionAttributeValues"];
        }
        return forgetful.run(operation, input, delivery);
      },
    };
    let tools = 0;
    const faults: MishapPlan = (_, kind) =>
      kind === "outside" && ++tools === 4 ? { kind: "crash_after", ms: 0 } : undefined;
    const { problems } = await simulated({ ...plainCase(representative), faults }, over);
    expect(problems).toContainEqual(expect.stringMatching(/with effects was called 2 times/));
  });

  it("work is left lying", async () => {
    const over: Store = { ...store, nextVisibleAt: () => undefined };
    const { problems } = await simulated(plainCase(representative), over);
    expect(problems).toContainEqual(expect.stringContaining("lies about for"));
    expect(problems).toContainEqual(expect.stringContaining("has no final status"));
  });

  it("the same seed gives the same run", async () => {
    const twice = [createDraws(7, 9), createDraws(7, 9)].map((draws) => draws.next());
    expect(twice[0]).toBe(twice[1]);
    const one = await simulated(plainCase(representative, createDraws(1, 5)));
    const again = await simulated(plainCase(representative, createDraws(1, 5)));
    expect(again).toEqual(one);
  });
});
