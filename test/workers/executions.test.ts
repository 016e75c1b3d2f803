import { beforeEach, describe, expect, it } from "@jest/globals";
import { loadHandler } from "#lib/manifest";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { workKey } from "#shared/work/work-kinds";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { withLog } from "#test/support/log-lines";
import { aLoop, anExecution } from "#test/support/make";
import { mcpAnswer } from "#test/support/mcp-servers";
import { contextOf, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const model = useFakeBackend();
const site = useFakeBackend();
let key: string;
let team_id: Id<"team">;
beforeEach(async () => {
  ({ key, id: team_id } = await platform.team());
});

const loopWith = (more: object = {}) => ({
  model: { provider: "openai", name: "fake", base_url: `${model.url}/v1`, api_key: "sk-fake-1234" },
  ...more,
});
const call = (id: string, name: string, args: unknown) => ({ id, name, args });
const says = (said: Parameters<typeof modelSays>[1]) => modelSays("openai", said);
const executionOf = async (id: string) =>
  (await platform.call("getExecution", { as: key, params: { id } })).body.data;
const stepsOf = async (id: string) =>
  (await platform.call("listSteps", { as: key, params: { id } })).body.data;

describe("the executions worker", () => {
  it("calls model and tools in turn, stores each step, and completes", async () => {
    model.answer(
      says({
        text: "Let me look.",
        calls: [
          call("a", "time_today", {}),
          call("b", "http_request", { method: "GET", url: site.url }),
        ],
        tokens: [10, 5],
      }),
      says({ text: "It is Wednesday.", tokens: [30, 7] }),
    );
    site.answer(answers.json({ weather: "fine" }));
    const { id } = await anExecution(
      platform,
      key,
      loopWith({ tools: [{ type: "time" }, { type: "http" }] }),
    );
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({
      status: "completed",
      result: { output: "It is Wednesday.", iterations_used: 2, tool_calls: 2 },
      metadata: { model: "fake", tokens_used: 52, input_tokens: 40, output_tokens: 12 },
    });
    expect(await stepsOf(id)).toMatchObject([
      { number: 1, kind: "model", text: "Let me look.", tool_calls: [{ id: "a" }, { id: "b" }] },
      { number: 2, kind: "tool", server: "time", tool: "today", is_error: false },
      { number: 3, kind: "tool", server: "http", is_error: false },
      { number: 4, kind: "model", text: "It is Wednesday.", tool_calls: [] },
    ]);
    const second = JSON.parse(model.requests[1]!.body.toString());
    expect(second.messages.map(({ role }: { role: string }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "tool",
    ]);
    expect(second.messages[4].content).toContain("fine");
  });

  it("gives unknown tools and wrong arguments back to the model, not to a server", async () => {
    model.answer(
      says({
        calls: [call("a", "nothing_here", {}), call("b", "http_request", { method: "GET" })],
      }),
      says({ text: "I see." }),
    );
    const { id } = await anExecution(platform, key, loopWith({ tools: [{ type: "http" }] }));
    await platform.settle();
    const steps = await stepsOf(id);
    expect(steps.slice(1, 3)).toMatchObject([
      { kind: "tool", is_error: true, result: expect.stringContaining("no tool nothing_here") },
      { kind: "tool", is_error: true },
    ]);
    expect(site.requests).toHaveLength(0);
    expect((await executionOf(id)).status).toBe("completed");
  });

  it("ends with the vendor's words when the model refuses", async () => {
    model.answer(
      answers.json({ error: { message: "Model fake does not exist." } }, { status: 404 }),
    );
    const { id } = await anExecution(platform, key, loopWith());
    await platform.settle();
    const execution = await executionOf(id);
    expect(execution).toMatchObject({ status: "failed", error_code: "model_error" });
    expect(execution.error).toContain("Model fake does not exist.");
    expect(execution.result).toEqual({ output: null, iterations_used: 0, tool_calls: 0 });
  });

  it("waits as long as the model's server asks, holding no function, and goes on", async () => {
    model.answer(
      answers.json(
        { error: { message: "Slow down." } },
        { status: 429, headers: { "retry-after": "90" } },
      ),
      says({ text: "Done." }),
    );
    const { id } = await anExecution(platform, key, loopWith());
    await platform.settle();
    expect((await executionOf(id)).status).toBe("running");
    platform.advance(80_000);
    await platform.settle();
    expect(model.requests).toHaveLength(1);
    platform.advance(11_000);
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({
      status: "completed",
      result: { output: "Done." },
    });
  });

  it("fails after five retries of a model that is down", async () => {
    model.answer(answers.status(503));
    const { id } = await anExecution(platform, key, loopWith({ timeout_seconds: 3_600 }));
    for (let attempt = 0; attempt < 8; attempt++) {
      await platform.settle();
      platform.advance(61_000);
    }
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({ status: "failed", error_code: "model_error" });
    expect(model.requests).toHaveLength(6);
  });

  it.each([
    ["a second", 0, [1_000, 1_000, 1_000, 1_000, 1_000]],
    ["up to 2, 4, 8, 16 and 32 s more", 1, [3_000, 5_000, 9_000, 17_000, 33_000]],
  ])("waits %s before each next try", async (_, drawn, expected) => {
    platform.random = () => drawn;
    model.answer(answers.status(503));
    const { id } = await anExecution(platform, key, loopWith({ timeout_seconds: 3_600 }));
    const work = workKey({ kind: "execution", team_id, execution_id: id });
    const pauses: number[] = [];
    for (let tries = 1; tries <= 5; tries++) {
      await platform.settle();
      const row = await platform.table.get(work);
      pauses.push(Number(row?.["not_before"]) - platform.clock());
      platform.advance(pauses.at(-1) ?? 0);
    }
    await platform.settle();
    expect(pauses).toEqual(expected);
    expect((await executionOf(id)).status).toBe("failed");
  });

  it("ends as timeout when its time is up while it waits for its next try", async () => {
    // Waits a second, the least there is.
    platform.random = () => 0;
    model.answer(answers.status(503));
    const { id } = await anExecution(platform, key, loopWith({ timeout_seconds: 10 }));
    await platform.settle();
    expect((await executionOf(id)).status).toBe("running");
    platform.advance(10_000);
    await platform.settle();
    expect(await executionOf(id)).toMatchObject({
      status: "timeout",
      error_code: "timeout",
      error: "The execution did not end within 10 seconds.",
    });
    expect(model.requests).toHaveLength(1);
  });

  it("ends as timeout when its time is up while it waits for a place, and waits on when it is not", async () => {
    platform.random = () => 0;
    model.answer(answers.status(503));
    const { id, loop_id } = await anExecution(platform, key, loopWith({ timeout_seconds: 10 }));
    await platform.settle();
    const { table } = platform;
    // Others have every place that there is.
    for (let number = 0; number < 100; number++) {
      const until = platform.clock() + 3_600_000;
      const remove_at = Math.ceil(until / 1_000);
      const place = { ...keys.place("executions", number), token: "another", until, remove_at };
      await table.putIfAbsent(place);
    }
    const slow_until = platform.clock() + 600_000;
    await table.update(keys.agentLoop(team_id, loop_id), { set: { slow_until } });
    // What has been turned away so often waits for minutes.
    await table.update(keys.executionWork(team_id, id), { set: { turned_away: 30 } });
    const waiting = await platform.call("runAgentLoop", {
      as: key,
      params: { id: loop_id },
      body: {},
    });
    for (const status of ["running", "timeout"]) {
      platform.advance(5_000);
      await platform.settle();
      expect(await executionOf(id)).toMatchObject({ status });
    }
    expect(await executionOf(waiting.body.data.id)).toMatchObject({ status: "queued" });
    expect(model.requests).toHaveLength(1);
  });

  it("fails with the model's words when its next try would come after its time", async () => {
    // Would wait a second, the least there is.
    platform.random = () => 0;
    model.answer(answers.status(503));
    const { id } = await anExecution(platform, key, loopWith({ timeout_seconds: 10 }));
    await platform.settle();
    platform.advance(9_000);
    await platform.settle();
    const execution = await executionOf(id);
    expect(execution).toMatchObject({ status: "failed", error_code: "model_error" });
    expect(execution.error).toContain("503");
    expect(model.requests).toHaveLength(2);
  });

  it.each([
    ["begins a model call that the function's time is just enough for", 65_000, 1],
    ["leaves a model call to the next function when its time is too short", 64_999, 0],
  ])("%s, with five seconds for writing down where it is", async (_, leftMs, calls) => {
    model.answer(says({ text: "Done." }));
    // No message comes: the function is called here.
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
    const { result: execution } = await withLog(() =>
      anExecution(platform, key, loopWith({ timeout_seconds: 60 })),
    );
    const team_id = (await platform.call("getTeam", { as: key })).body.data.id;
    const message = { kind: "execution", team_id, execution_id: execution.id };
    const record = {
      messageId: "m",
      receiptHandle: "none",
      body: JSON.stringify(message),
      attributes: { ApproximateReceiveCount: "1" },
    };
    const context = {
      ...contextOf("executions", platform.clock),
      getRemainingTimeInMillis: () => leftMs,
    };
    const handler = await loadHandler("workers/executions");
    await withLog(() => handler({ Records: [record] }, context));
    platform.faults = undefined;
    expect(model.requests).toHaveLength(calls);
  });

  it("stops at max_iterations and at the token budget, but lets a last answer count", async () => {
    const again = says({ calls: [call("a", "time_today", {})], tokens: [50, 50] });
    const tools = [{ type: "time" }];
    model.answer(again);
    const iterations = await anExecution(platform, key, loopWith({ tools, max_iterations: 3 }));
    await platform.settle();
    expect(await executionOf(iterations.id)).toMatchObject({
      status: "failed",
      error_code: "max_iterations_exceeded",
      result: { iterations_used: 3, tool_calls: 3 },
    });
    const tokens = await anExecution(platform, key, loopWith({ tools, token_budget: 150 }));
    await platform.settle();
    expect(await executionOf(tokens.id)).toMatchObject({
      status: "failed",
      error_code: "token_budget_exceeded",
      result: { iterations_used: 2 },
    });
    model.answer(says({ text: "Done.", tokens: [100, 100] }));
    const last = await anExecution(platform, key, loopWith({ token_budget: 150 }));
    await platform.settle();
    expect((await executionOf(last.id)).status).toBe("completed");
  });

  it("names the MCP server that cannot be reached", async () => {
    model.answer(says({ text: "never" }));
    const tools = [{ type: "mcp", name: "crm", url: "http://127.0.0.1:9/mcp" }];
    const { id } = await anExecution(platform, key, loopWith({ tools }));
    await platform.settle();
    const execution = await executionOf(id);
    expect(execution).toMatchObject({ status: "failed", error_code: "tool_server_unreachable" });
    expect(execution.error).toContain("crm");
    expect(model.requests).toHaveLength(0);
  });

  describe("whose MCP server worked before and is gone", () => {
    // The server says that its list is good for no time at all, so that each worker asks it anew.
    const tools = () => [{ type: "mcp", name: "crm", url: site.url }];
    const list = mcpAnswer({ tools: [{ name: "find" }], ttlMs: 0 });
    const slowDown = answers.json(
      { error: { message: "Slow down." } },
      { status: 429, headers: { "retry-after": "30" } },
    );

    it("waits for it and goes on", async () => {
      model.answer(
        says({ calls: [call("a", "crm_find", {})] }),
        slowDown,
        says({ text: "Found." }),
      );
      site.answer(list);
      const { id } = await anExecution(platform, key, loopWith({ tools: tools() }));
      await platform.settle();
      site.answer(answers.status(503));
      for (let attempt = 0; attempt < 3; attempt++) {
        platform.advance(61_000);
        await platform.settle();
        expect((await executionOf(id)).status).toBe("running");
      }
      site.answer(list);
      platform.advance(61_000);
      await platform.settle();
      expect(await executionOf(id)).toMatchObject({
        status: "completed",
        result: { output: "Found.", iterations_used: 2, tool_calls: 1 },
      });
      expect(model.requests).toHaveLength(3);
    });

    it("names it when it stays gone", async () => {
      model.answer(says({ calls: [call("a", "crm_find", {})] }), slowDown);
      site.answer(list);
      const loop = loopWith({ tools: tools(), timeout_seconds: 3_600 });
      const { id } = await anExecution(platform, key, loop);
      await platform.settle();
      site.answer(answers.status(503));
      for (let attempt = 0; attempt < 8; attempt++) {
        platform.advance(61_000);
        await platform.settle();
      }
      const execution = await executionOf(id);
      expect(execution).toMatchObject({ status: "failed", error_code: "tool_server_unreachable" });
      expect(execution.error).toContain('"crm"');
      expect(model.requests).toHaveLength(2);
    });
  });

  it("uses a rotated key at once, and the settings of its start", async () => {
    model.answer(
      answers.json(
        { error: { message: "Slow down." } },
        { status: 429, headers: { "retry-after": "5" } },
      ),
      says({ text: "Done." }),
    );
    const { id, loop_id } = await anExecution(platform, key, loopWith());
    await platform.settle();
    const changed = loopWith().model;
    await platform.call("updateAgentLoop", {
      as: key,
      params: { id: loop_id },
      body: { system_prompt: "Other.", model: { ...changed, api_key: "sk-rotated-5678" } },
    });
    platform.advance(70_000);
    await platform.settle();
    expect(model.requests[1]!.headers["authorization"]).toBe("Bearer sk-rotated-5678");
    expect(model.requests[1]!.body.toString()).toContain("You write reports.");
    expect((await executionOf(id)).status).toBe("completed");
  });

  it("leaves an execution to another try when neither its model's nor its tools' secrets can be opened", async () => {
    const tool = { type: "mcp", name: "crm", url: site.url, headers: { "X-Secret": "a secret" } };
    const { id: loop_id } = await aLoop(platform, key, loopWith({ tools: [tool] }));
    await platform.table.deleteAll([keys.dataKey(team_id)]);
    // Longer than a process keeps it.
    platform.advance(13 * 3_600_000);
    const { lines } = await withLog(async () => {
      await platform.call("runAgentLoop", { as: key, params: { id: loop_id } });
      await platform.settle();
    });
    expect(lines).toContainEqual(expect.objectContaining({ event: "work_failed" }));
    expect(model.requests).toEqual([]);
  });

  it.each(["model", "tools"] as const)(
    "sends the secrets of its %s to no server that they were not given for",
    async (field) => {
      model.answer(says({ text: "Done." }));
      site.answer(answers.status(400));
      const of = (url: string, secret: string) => ({
        model: {
          ...loopWith().model,
          base_url: `${field === "model" ? url : model.url}/v1`,
          api_key: secret,
          headers: { "X-Secret": secret },
        },
        tools:
          field === "tools"
            ? [{ type: "mcp", name: "crm", url, headers: { "X-Secret": secret } }]
            : [],
      });
      const { id: loop_id } = await aLoop(platform, key, of(site.url, "of-the-old-server"));
      await platform.call("runAgentLoop", { as: key, params: { id: loop_id } });
      await platform.call("updateAgentLoop", {
        as: key,
        params: { id: loop_id },
        body: of("https://new.example.com", "of-the-new-server"),
      });
      await platform.settle();
      expect(site.requests.length).toBeGreaterThan(0);
      expect(site.requests.map(({ headers }) => headers["x-secret"])).toEqual(
        site.requests.map(() => "of-the-old-server"),
      );
    },
  );

  it("cancels what runs when its loop is deleted, and the callback still goes out", async () => {
    model.answer(answers.status(503));
    site.answer(answers.status(200));
    const { id, loop_id } = await anExecution(
      platform,
      key,
      loopWith({ callback: { url: site.url } }),
    );
    await platform.settle();
    await platform.call("deleteAgentLoop", { as: key, params: { id: loop_id } });
    await platform.settle();
    expect(site.requests).toHaveLength(1);
    expect(JSON.parse(site.requests[0]!.body.toString())).toMatchObject({
      execution_id: id,
      status: "cancelled",
      error: "The agent loop was deleted.",
    });
  });
});
