import { describe, expect, it } from "@jest/globals";
import { caseOf, plainCase } from "#lib/simulation/cases";
import { conversations } from "#lib/simulation/conversations/conversations";
import { events } from "#lib/simulation/events/events";
import { loops } from "#lib/simulation/loops/loops";
import type { LoopStory, PlannedAnswer } from "#lib/simulation/loops/story";
import type { MishapPlan } from "#lib/simulation/mishaps";
import { type Store, tableName } from "#lib/simulation/store";
import { keys } from "#shared/table/keys";
import { toWire } from "#shared/table/wire";
import { drawn, type Row, useSimulation } from "#test/support/simulated-cases";

const { store, simulated, allOf, everyMishap, forgetting, leavingOut } = useSimulation();

const [representative] = loops.known;

describe("An execution of two model calls, two tools and a callback", () => {
  it("does each thing once when nothing goes wrong", async () => {
    const { calls, ...outcome } = await simulated(plainCase(loops));
    expect(outcome).toMatchObject({
      problems: [],
      faults: 0,
      figures: { steps: 4, completed: 1 },
    });
    expect(calls.filter((call) => /: (?:model|tool|receiver)$/.test(call))).toEqual([
      "executions: model",
      "executions: tool",
      "executions: tool",
      "executions: model",
      "deliveries: receiver",
    ]);
  });

  it("keeps every promise whatever befalls any one of its calls", async () => {
    const { failures, mishaps, calls } = await everyMishap(loops, representative);
    expect(failures).toEqual([]);
    // Each call can at least be cut off before and after, take long, and meet a machine that goes down.
    expect(mishaps).toBeGreaterThanOrEqual(6 * calls);
  });
});

it("Stories of loops keep every promise in foul weather", async () => {
  const { failures, mishaps } = await allOf(drawn(loops, 150));
  expect(failures).toEqual([]);
  expect(mishaps).toBeGreaterThan(150);
});

it("The same seed gives the same run of loops, call by call", async () => {
  for (const [name, one] of drawn(loops, 20)) {
    const first = await simulated(one);
    const number = Number(name.split(" ").at(-1));
    expect(await simulated(caseOf(loops, 1, number))).toEqual(first);
  }
});

describe("What was wrong once stays right", () => {
  const answer = (failures: number, isLast: boolean): PlannedAnswer => ({
    ms: 100,
    failures,
    retryAfterMs: undefined,
    calls: isLast ? [] : [{ tool: "effect", ms: 10, isError: false }],
    tokens: 1,
  });
  const storyOf = (...failures: number[]): LoopStory => ({
    ...representative,
    timeoutSeconds: 3_600,
    answers: failures.map((count, index) => answer(count, index === failures.length - 1)),
  });

  it("each model call has five retries of its own", async () => {
    const { problems, figures } = await simulated(plainCase(loops, storyOf(4, 5, 3)));
    expect({ problems, figures }).toMatchObject({ problems: [], figures: { completed: 1 } });
  });

  it("a model that fails six times in a row ends the execution", async () => {
    const { problems, figures } = await simulated(plainCase(loops, storyOf(0, 6)));
    expect({ problems, figures }).toMatchObject({ problems: [], figures: { failed: 1 } });
  });

  it("a step that comes after the loop was deleted is not stored", async () => {
    const story: LoopStory = {
      ...representative,
      answers: [{ ...answer(0, true), ms: 3_000 }],
      meanwhile: { does: "delete", ms: 500 },
    };
    const { problems, figures, calls } = await simulated(plainCase(loops, story));
    expect(calls).toContain("executions: PutItem EXECUTION STEP#000001");
    expect({ problems, figures }).toEqual({ problems: [], figures: { steps: 0, cancelled: 1 } });
  });

  it("a worker that stood still while its loop was deleted calls no tool again", async () => {
    const story: LoopStory = { ...storyOf(0, 0), meanwhile: { does: "delete", ms: 60_000 } };
    const { calls } = await simulated(plainCase(loops, story));
    const started = calls.findIndex((call) => call.endsWith("PutItem EXECUTION STEP#000002"));
    expect(started).toBeGreaterThan(0);
    const mishaps: MishapPlan = (_, index) =>
      index === started ? { kind: "stall_before", ms: 100_000 } : undefined;
    const { problems, faults } = await simulated({ ...plainCase(loops, story), mishaps });
    expect({ problems, faults }).toEqual({ problems: [], faults: 1 });
  });

  it("a tool whose call comes too late is told as not called", async () => {
    const story: LoopStory = { ...storyOf(0, 0), timeoutSeconds: 10 };
    const mishaps: MishapPlan = ({ operation, input }) =>
      operation === "PutItem" && JSON.stringify(input).includes('"started"')
        ? { kind: "slow", ms: 12_000 }
        : undefined;
    const { problems, figures, calls } = await simulated({ ...plainCase(loops, story), mishaps });
    expect({ problems, figures }).toMatchObject({ problems: [], figures: { timeout: 1 } });
    expect(calls.filter((call) => /: tool$|STEP#000002/.test(call))).toEqual([
      expect.stringContaining("PutItem EXECUTION STEP#000002"),
      expect.stringContaining("PutItem EXECUTION STEP#000002"),
    ]);
  });

  it("a tool with effects that was not called before a worker was turned away is called later", async () => {
    const over: Store = {
      ...store(),
      // All places are taken for a minute.
      begin: (clock) => {
        store().begin(clock);
        for (const number of [0, 1, 2]) {
          const row = {
            ...keys.place("jobs", number),
            token: "another's",
            until: clock() + 60_000,
          };
          store().run("PutItem", { TableName: tableName, Item: toWire(row) });
        }
      },
    };
    const [first, ...others] = storyOf(0, 0).answers;
    // Behind a tool it is looked whether the execution has ended meanwhile.
    const twoTools = { ...first!, calls: [...first!.calls, ...first!.calls] };
    const story = { ...storyOf(0, 0), answers: [twoTools, ...others] };
    const { calls: plain } = await simulated(plainCase(loops, story));
    const asked = plain.findIndex((call) => call.endsWith("PutItem EXECUTION STEP#000003")) - 1;
    expect(plain[asked]).toContain("GetItem EXECUTION EXECUTION");
    const mishaps: MishapPlan = (_, index) =>
      index === asked ? { kind: "slow", ms: 2_000 } : undefined;
    const { problems, figures } = await simulated({ ...plainCase(loops, story), mishaps }, over);
    expect({ problems, figures }).toMatchObject({ problems: [], figures: { completed: 1 } });
  });
});

describe("The simulation sees when", () => {
  it("a step is lost", async () => {
    const over = forgetting(({ sk }) => sk?.S === "STEP#000002");
    const { problems } = await simulated(plainCase(loops), over);
    expect(problems).toContainEqual(expect.stringContaining("step 2 was stored and is lost"));
  });

  it("a tool with effects is called twice", async () => {
    const forgetful = forgetting(({ status }) => status?.S === "started");
    const over: Store = {
      ...forgetful,
      run: (operation, given, options) => {
        const input: Record<string, unknown> = { ...given };
        const isStep = (input["Item"] as Row | undefined)?.["sk"]?.S?.startsWith("STEP#");
        if (isStep) {
          delete input["ConditionExpression"];
          delete input["ExpressionAttributeNames"];
          delete input["ExpressionAttributeValues"];
        }
        return forgetful.run(operation, input, options);
      },
    };
    let tools = 0;
    const mishaps: MishapPlan = ({ operation }) =>
      operation === "tool" && ++tools === 2 ? { kind: "crash_after", ms: 0 } : undefined;
    const { problems } = await simulated({ ...plainCase(loops), mishaps }, over);
    expect(problems).toContainEqual(expect.stringMatching(/with effects was called 2 times/));
  });

  it("work is left lying", async () => {
    const over: Store = { ...store(), nextVisibleAt: () => undefined };
    const { problems } = await simulated(plainCase(loops), over);
    expect(problems).toContainEqual(expect.stringContaining("lies about for"));
    expect(problems).toContainEqual(expect.stringContaining("has no final status"));
  });

  const [one, goingOn, twice, , group] = conversations.known;
  const collected = conversations.known.at(-1);

  it("a message is kept twice", async () => {
    const over = leavingOut(({ sk }) => sk?.S === "RECEIPT");
    const { problems } = await simulated(plainCase(conversations, twice), over);
    expect(problems).toContainEqual(expect.stringMatching(/question 0 is kept [23] times/));
  });

  it("a message is never answered", async () => {
    const over = leavingOut(({ sk, due_at }) => sk?.S === "WORK" && due_at !== undefined);
    const { problems } = await simulated(plainCase(conversations, one), over);
    expect(problems).toContainEqual(expect.stringContaining("1 has no reply"));
  });

  it("an event is not told", async () => {
    const over = leavingOut(({ sk }) => sk?.S === "EVENT" || sk?.S === "DELIVERY");
    const { problems } = await simulated(plainCase(events), over);
    expect(problems).toContainEqual(expect.stringMatching(/message.received of .* is not told/));
  });

  it("an event is not delivered to one of those who want it", async () => {
    const over = leavingOut(({ sk }) => sk?.S === "DELIVERY");
    const { problems } = await simulated(plainCase(events), over);
    expect(problems).toContainEqual(expect.stringMatching(/is not delivered/));
  });

  it("an event is invented", async () => {
    const over = leavingOut(({ role }) => role?.S === "user");
    const { problems } = await simulated(plainCase(events), over);
    expect(problems).toContainEqual(expect.stringMatching(/it never happened/));
  });

  it("a backend is shown another history", async () => {
    const over: Store = {
      ...store(),
      run: (operation, input, options) => {
        const answer = store().run(operation, input, options);
        if (operation !== "Query") return answer;
        const { Items = [], ...rest } = answer as { Items?: readonly Row[] };
        const changed = Items.map((row) =>
          row["sk"]?.S === "MESSAGE#000000000002" ? { ...row, content: { S: "Another." } } : row,
        );
        return { ...rest, Items: changed };
      },
    };
    const { problems } = await simulated(plainCase(conversations, goingOn), over);
    expect(problems).toContainEqual(expect.stringMatching(/for 3 a backend is shown/));
  });

  it("a message of a turn does not get its reply", async () => {
    const over = leavingOut(
      (row) => row["sk"]?.S === "MESSAGE#000000000001" && row["content"] === undefined,
    );
    const { problems } = await simulated(plainCase(conversations, collected), over);
    expect(problems).toContainEqual(expect.stringContaining("1 has no reply"));
  });

  it("messages are answered one by one that are to be collected", async () => {
    const over: Store = {
      ...store(),
      run: (operation, input, options) => {
        const answer = store().run(operation, input, options);
        if (operation !== "BatchGetItem") return answer;
        // Rows of bots, channels and conversations: there are no bytes in them.
        return JSON.parse(
          JSON.stringify(answer).replaceAll('"collect_ms":{"N":"500"}', '"collect_ms":{"N":"0"}'),
        ) as object;
      },
    };
    const { problems } = await simulated(plainCase(conversations, collected), over);
    expect(problems).toContainEqual(expect.stringContaining("3 is left out of the turn of 1"));
  });

  it("something of a deleted conversation is left", async () => {
    const over: Store = {
      ...store(),
      run: (operation, input, options) => {
        if (operation !== "BatchWriteItem") return store().run(operation, input, options);
        // As the product's table writes them.
        const { [tableName]: requests = [] } = input["RequestItems"] as Record<string, unknown[]>;
        const kept = requests.filter((request) => !JSON.stringify(request).includes("#USER#"));
        return store().run(operation, { ...input, RequestItems: { [tableName]: kept } }, options);
      },
    };
    const { problems } = await simulated(plainCase(conversations, group), over);
    expect(problems).toContainEqual(expect.stringMatching(/USER#.* is left/));
  });
});
