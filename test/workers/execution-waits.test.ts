import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { withLog } from "#test/support/log-lines";
import { aLoop, anExecution } from "#test/support/make";
import { mcpAnswer } from "#test/support/mcp-servers";
import { type TestTeam, usePlatform } from "#test/support/test-platform";

// Of four functions the slow work of one team has one.
const platform = usePlatform({ functions: 4 });
const model = useFakeBackend();
const site = useFakeBackend();
let team: TestTeam;
beforeEach(async () => {
  team = await platform.team();
});

const loopWith = (more: object = {}) => ({
  model: { provider: "openai", name: "fake", base_url: `${model.url}/v1`, api_key: "sk-fake-1234" },
  ...more,
});
const says = (said: Parameters<typeof modelSays>[1]) => modelSays("openai", said);
const executionOf = async (id: string) =>
  (await platform.call("getExecution", { as: team.key, params: { id } })).body.data;
const after = (ms: number) => new Date(platform.clock() + ms).toISOString();
const busy = answers.json(
  { error: { message: "Slow down." } },
  { status: 429, headers: { "retry-after": "90" } },
);

describe("What an execution waits for", () => {
  it("is the model's next try, with the words and the number of the last, as long as it waits", async () => {
    model.answer(busy, busy, says({ text: "Done." }));
    const { id, loop_id } = await anExecution(platform, team.key, loopWith());
    expect((await executionOf(id)).waiting).toBeNull();
    await platform.settle();

    const { status, error, waiting } = await executionOf(id);
    expect({ status, error }).toEqual({ status: "running", error: null });
    expect(waiting).toEqual({
      until: after(90_000),
      reason: "model_retry",
      attempt: 1,
      last_error: expect.stringContaining("Slow down."),
    });
    const list = await platform.call("listExecutions", {
      as: team.key,
      params: { id: loop_id },
    });
    expect(list.body.data[0].waiting).toEqual(waiting);

    platform.advance(90_000);
    expect((await executionOf(id)).waiting).toBeNull();
    await platform.settle();
    expect((await executionOf(id)).waiting).toMatchObject({ until: after(90_000), attempt: 2 });

    platform.advance(90_000);
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({ status: "completed", waiting: null });
  });

  it("is nothing once it was cancelled", async () => {
    model.answer(busy);
    const { id } = await anExecution(platform, team.key, loopWith());
    await platform.settle();
    const cancelled = await platform.call("cancelExecution", { as: team.key, params: { id } });
    expect(cancelled.body.data).toMatchObject({ status: "cancelled", waiting: null });
    expect((await executionOf(id)).waiting).toBeNull();
  });

  it("is an MCP server that worked before and is gone", async () => {
    model.answer(says({ calls: [{ id: "a", name: "crm_find", args: {} }] }), busy);
    site.answer(mcpAnswer({ tools: [{ name: "find" }], ttlMs: 0 }));
    const tools = [{ type: "mcp", name: "crm", url: site.url }];
    const { id } = await anExecution(platform, team.key, loopWith({ tools }));
    await platform.settle();
    site.answer(answers.status(503));
    platform.advance(90_000);
    await platform.settle();
    expect((await executionOf(id)).waiting).toMatchObject({
      reason: "tool_server",
      attempt: 2,
      last_error: expect.stringContaining('"crm"'),
    });
  });

  it("is a place, when others of the team have all that it may have", async () => {
    const late = held(says({ text: "At last." }));
    model.answer(late.answer);
    const { id: loop_id } = await aLoop(platform, team.key, loopWith());
    const slow_until = platform.clock() + 600_000;
    const row = keys.agentLoop(team.id, loop_id);
    await platform.table.update(row, { set: { slow_until } });
    const run = async (): Promise<string> => {
      const { body } = await platform.call("runAgentLoop", {
        as: team.key,
        params: { id: loop_id },
      });
      return body.data.id;
    };
    await run();
    await model.received(1);
    const id = await run();
    let turnedAway = await executionOf(id);
    while (!turnedAway.waiting) {
      await sleep(5);
      turnedAway = await executionOf(id);
    }
    expect(turnedAway).toMatchObject({
      status: "queued",
      waiting: { reason: "place", attempt: 1, last_error: null },
    });
    const { until } = turnedAway.waiting;
    expect(until > after(0)).toBe(true);
    expect(until <= after(2_000)).toBe(true);

    late.release();
    platform.advance(2_000);
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({ status: "completed", waiting: null });
  });

  it("is nothing that went well before, when we ourselves fail", async () => {
    model.answer(busy, says({ text: "Done." }));
    const { id } = await anExecution(platform, team.key, loopWith());
    await platform.settle();
    platform.advance(90_000);
    platform.faults = ({ operation, input }) =>
      operation === "PutItem" && JSON.stringify(input).includes("STEP#")
        ? { kind: "throttle" }
        : undefined;
    const { lines } = await withLog(() => platform.settle());
    platform.faults = undefined;
    expect(lines.map(({ event }) => event)).toContain("work_failed");
    expect(await executionOf(id)).toMatchObject({ status: "running", waiting: null });
  });
});
