import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { parseExactly } from "#shared/schema/exact-json";
import { answers, type FakeBackend, held, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { withLog } from "#test/support/log-lines";
import { aLoop, anExecution } from "#test/support/make";
import { mcpAnswer } from "#test/support/mcp-servers";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const model = useFakeBackend();
const site = useFakeBackend();
let key: string;
beforeEach(async () => {
  ({ key } = await platform.team());
  site.answer(answers.status(200));
});
afterEach(() => {
  platform.faults = undefined;
});

const loopWith = (more: object = {}, provider = "openai") => ({
  model: {
    provider,
    name: "fake",
    base_url: provider === "bedrock" ? model.url : `${model.url}/v1`,
    api_key: "sk-fake-1234",
  },
  ...more,
});
const call = (id: string, name: string, args: unknown) => ({ id, name, args });
const twelve = (name: string, args: unknown) =>
  Array.from({ length: 12 }, (_, index) => call(`c${index}`, name, args));
const long = JSON.stringify("x".repeat(100_000));
const digits = `{"a":1.${"1".repeat(100_000)}}`;
const says = (said: Parameters<typeof modelSays>[1]) => modelSays("openai", said);
const executionOf = async (id: string) =>
  (await platform.call("getExecution", { as: key, params: { id } })).body.data;
const stepsOf = async (id: string) =>
  (await platform.call("listSteps", { as: key, params: { id } })).body.data;
const run = async (loop: object, more?: object) => {
  const { id } = await anExecution(platform, key, loopWith(loop), more);
  await platform.settle();
  return id;
};
const callbackBody = (n = 0) => JSON.parse(site.requests[n]!.body);
/** Chance does not compress, but for what hexadecimal digits leave: half. */
const chance = (bytes: number) => randomBytes(bytes).toString("base64").slice(0, bytes);

describe("what a model answers", () => {
  it("is shown as cut when its last text reached the limit of tokens, in the callback too", async () => {
    model.answer(says({ text: "Half a sen", finish: "length" }));
    const id = await run({ callback: { url: site.url } });

    expect((await executionOf(id)).result).toMatchObject({ output: "Half a sen", truncated: true });
    expect((await stepsOf(id))[0]).toMatchObject({ finish_reason: "length" });
    expect(callbackBody()).toMatchObject({ status: "completed", result: { truncated: true } });
  });

  it("is not shown as cut when an earlier text was", async () => {
    model.answer(
      says({ text: "Half", calls: [call("a", "time_today", {})], finish: "length" }),
      says({ text: "All of it." }),
    );
    const id = await run({ tools: [{ type: "time" }], callback: { url: site.url } });

    expect((await executionOf(id)).result).not.toHaveProperty("truncated");
    expect(callbackBody().result).not.toHaveProperty("truncated");
  });

  it("has its thoughts in the step and not in the output", async () => {
    model.answer(says({ text: "<think>\nHmm.\n</think>\n\nIt is noon." }));
    const id = await run({ callback: { url: site.url } });

    expect((await executionOf(id)).result.output).toBe("It is noon.");
    expect(callbackBody().result.output).toBe("It is noon.");
    expect(await stepsOf(id)).toMatchObject([
      { text: "It is noon.", reasoning: "Hmm.", finish_reason: "stop" },
    ]);
  });

  it("is asked for again when it is an error, or nothing, inside a success", async () => {
    const body = {
      choices: [{ message: { content: null } }],
      error: { code: 429, message: "No." },
    };
    model.answer(answers.json(body), says({ thought: "Hmm." }), says({ text: "All is well." }));
    const id = await run({});
    for (let attempt = 0; attempt < 2; attempt++) {
      platform.advance(61_000);
      await platform.settle();
    }

    expect(await executionOf(id)).toMatchObject({
      status: "completed",
      result: { output: "All is well.", iterations_used: 1 },
    });
  });

  it("is asked for again when it is broken off, after the pause that the next one asks for", async () => {
    const error = { message: "Slow down.", details: [{ retryDelay: "36s" }] };
    model.answer(
      answers.text("\n\n"),
      answers.json([{ error }], { status: 429 }),
      says({ text: "All is well." }),
    );
    const id = await run({});
    platform.advance(61_000);
    await platform.settle();
    expect((await executionOf(id)).waiting).toMatchObject({
      until: new Date(platform.clock() + 36_000).toISOString(),
      attempt: 2,
    });
    platform.advance(36_000);
    await platform.settle();

    expect((await executionOf(id)).result).toMatchObject({ output: "All is well." });
  });

  it("is put together where its server streams all the same, and goes on with what it thought", async () => {
    const signature = "b64+/=".repeat(5_000);
    const asked = { id: `a__thought__${signature}`, function: { name: "time_today" } };
    const events = [
      { choices: [{ delta: { reasoning_opaque: "b64==" } }] },
      { choices: [{ delta: { tool_calls: [asked] } }] },
      { choices: [{ delta: {}, finish_reason: "tool_calls" }] },
    ];
    model.answer(
      answers.text(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")),
      answers.json(
        { error: { message: "property 'reasoning_opaque' is unsupported" } },
        { status: 400 },
      ),
      says({ text: "It is Monday." }),
    );
    const id = await run({ tools: [{ type: "time" }] });

    expect((await executionOf(id)).result).toMatchObject({ output: "It is Monday." });
    const [, second, third] = model.requests.map(({ body }) => body);
    expect(second).toContain('"reasoning_opaque":"b64=="');
    expect(third).not.toContain("reasoning_opaque");
    expect(third?.split(asked.id)).toHaveLength(3);
    expect(await stepsOf(id)).toHaveLength(3);
  });

  it("is kept whole up to 256 KiB, even if nothing of it compresses", async () => {
    const text = chance(256 * 1024);
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "Hmm." }] },
      { type: "text", text },
    ];
    model.answer(answers.json({ choices: [{ message: { content } }] }));
    const id = await run({ system_prompt: chance(20_000), callback: { url: site.url } });

    expect((await executionOf(id)).result.output).toBe(text);
    expect((await stepsOf(id))[0]).toMatchObject({ text, reasoning: "Hmm." });
    expect(callbackBody().result.output).toBe(text);
    const { agent_loop_id } = await executionOf(id);
    const listed = await platform.call("listExecutions", {
      as: key,
      params: { id: agent_loop_id },
    });
    expect(listed.body.data[0].result.output).toBe(`${text.slice(0, 8 * 1024)}…`);
  });

  it.each([
    ["text", { text: "x".repeat(256 * 1024 + 1) }, "larger than 256 KiB"],
    [
      "calls",
      { calls: Array.from({ length: 129 }, () => call("a", "time_today", {})) },
      "128 tools",
    ],
    ["reasoning", { text: "Yes.", thought: "x".repeat(1_048_577) }, "larger than 1 MiB"],
    ["of arguments that are no object", { calls: twelve("time_today", long) }, "larger than 1 MiB"],
    [
      "of arguments with long numbers",
      { calls: twelve("time_today", digits) },
      "larger than 1 MiB",
    ],
    [
      "reasoning that does not compress",
      { text: "Yes.", thought: chance(600_000) },
      "longer than can be kept",
    ],
  ])("ends the execution at once when there is too much %s", async (_, said, words) => {
    model.answer(says(said));
    const id = await run({ tools: [{ type: "time" }] });

    expect(await executionOf(id)).toMatchObject({
      status: "failed",
      error_code: "response_too_large",
      error: expect.stringContaining(words),
    });
    expect(model.requests).toHaveLength(1);
  });

  it("ends the execution when all answers and results come to more than 4 MiB", async () => {
    const text = "x".repeat(200_000);
    model.answer(says({ text, calls: [call("a", "time_today", {})] }));
    const id = await run({ tools: [{ type: "time" }], max_iterations: 100 });

    expect(await executionOf(id)).toMatchObject({
      status: "failed",
      error_code: "transcript_too_large",
      result: { iterations_used: 21 },
    });
  });
});

describe("arguments of tools", () => {
  const json = '{"id":2512292042121000001,"rate":0.12345678901234567891}';

  it.each(["openai", "anthropic", "bedrock"] as const)(
    "keep their digits to the MCP server and back to %s",
    async (vendor) => {
      model.answer(
        modelSays(vendor, { calls: [call("a", "crm_find", parseExactly(json))] }),
        modelSays(vendor, { text: "Found." }),
      );
      site.answer(mcpAnswer({ tools: [{ name: "find" }] }));
      const tools = [{ type: "mcp", name: "crm", url: site.url }];
      const { id } = await anExecution(platform, key, loopWith({ tools }, vendor));
      await platform.settle();

      expect((await executionOf(id)).status).toBe("completed");
      const called = site.requests.filter(({ body }) => body.includes("tools/call"));
      expect(called.map(({ body }) => body)).toEqual([expect.stringContaining(json)]);
      const asText = vendor === "openai" ? JSON.stringify(json) : json;
      expect(model.requests[1]!.body).toContain(asText);
      const steps = await platform.call("listSteps", { as: key, params: { id } });
      expect(steps.text.split(json)).toHaveLength(3);
    },
  );

  it("that cannot be used are told to the model, and no server is called", async () => {
    const deep = `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    model.answer(
      says({ calls: [call("a", "crm_find", '{"n":1e400}'), call("b", "crm_find", deep)] }),
      says({ text: "I see." }),
    );
    site.answer(mcpAnswer({ tools: [{ name: "find" }] }));
    const id = await run({ tools: [{ type: "mcp", name: "crm", url: site.url }] });

    expect((await executionOf(id)).status).toBe("completed");
    expect((await stepsOf(id)).slice(1, 3)).toMatchObject([
      { is_error: true, result: expect.stringContaining("too large") },
      { is_error: true, result: expect.stringContaining("100 levels") },
    ]);
    expect(site.requests.filter(({ body }) => body.includes("tools/call"))).toEqual([]);
  });

  it.each([40_000, 100_000])(
    "may have %i characters that do not compress, with a result as long",
    async (length) => {
      const body = chance(length);
      model.answer(
        says({ calls: [call("a", "http_request", { method: "POST", url: site.url, body })] }),
        says({ text: "Sent." }),
      );
      site.answer(answers.json(chance(65_000)));
      const id = await run({ tools: [{ type: "http" }] });

      expect(await executionOf(id)).toMatchObject({
        status: "completed",
        result: { output: "Sent.", tool_calls: 1 },
      });
      expect((await stepsOf(id))[1]).toMatchObject({ status: "finished", is_error: false });
      expect(site.requests.map((request) => request.body)).toEqual([body]);
    },
  );
});

describe("long texts of an execution", () => {
  it("leave the secrets beside them as they are", async () => {
    model.answer(says({ text: "Done." }));
    const { id: loop_id, signing_secret } = await aLoop(
      platform,
      key,
      loopWith({
        system_prompt: "You write. ".repeat(1_800),
        callback: { url: site.url, headers: { "X-Secret": "of-the-callback" } },
      }),
    );
    const body = { user_message: "Report. ".repeat(2_400) };
    await platform.call("runAgentLoop", { as: key, params: { id: loop_id }, body });
    await platform.settle();

    const [request] = site.requests;
    expect(request?.headers["x-secret"]).toBe("of-the-callback");
    const verify = () => {
      // The clock of the platform stands elsewhere.
      const { "webhook-timestamp": at } = request!.headers;
      const signature = new Webhook(signing_secret!).sign(
        String(request!.headers["webhook-id"]),
        new Date(Number(at) * 1_000),
        request!.body,
      );
      return signature === request!.headers["webhook-signature"];
    };
    expect(verify()).toBe(true);
  });
});

describe("an execution that is ended while its model is asked", () => {
  const running = async (
    answer: Parameters<FakeBackend["answer"]>[0],
    asked = call("a", "time_today", {}),
  ) => {
    const { answer: waiting, release } = held(answer);
    model.answer(says({ calls: [asked], tokens: [10, 5] }), waiting);
    const { id } = await anExecution(
      platform,
      key,
      loopWith({ tools: [{ type: "time" }, { type: "http" }], callback: { url: site.url } }),
    );
    const settled = platform.settle();
    await model.received(2);
    return { id, release, settled };
  };

  it("has no step behind its end: steps, result and callback agree", async () => {
    const { id, release, settled } = await running(says({ text: "Too late.", tokens: [99, 99] }));
    await platform.call("cancelExecution", { as: key, params: { id } });
    release();
    await settled;
    await platform.settle();

    expect(await stepsOf(id)).toMatchObject([{ number: 1 }, { number: 2, kind: "tool" }]);
    const figures = { iterations_used: 1, tool_calls: 1 };
    expect(await executionOf(id)).toMatchObject({
      status: "cancelled",
      result: figures,
      metadata: { tokens_used: 15 },
    });
    expect(callbackBody()).toMatchObject({ result: figures, metadata: { tokens_used: 15 } });
  });

  it.each([
    ["a tool without effects", call("a", "time_today", {})],
    [
      "one that may have some",
      call("a", "http_request", { method: "POST", url: "http://127.0.0.1:1" }),
    ],
  ])(
    "is ended by what stands beside the texts of the last step, %s: no other is read",
    async (_, asked) => {
      const { id, release, settled } = await running(says({ text: "Too late." }), asked);
      const limits: unknown[] = [];
      platform.faults = ({ operation, input }) => {
        if (operation === "Query" && JSON.stringify(input).includes("STEP#")) {
          limits.push(input["Limit"]);
        }
        return undefined;
      };
      await platform.call("cancelExecution", { as: key, params: { id } });
      platform.faults = undefined;
      release();
      await settled;

      expect(limits).toStrictEqual([1]);
      expect((await executionOf(id)).metadata.tokens_used).toBe(15);
    },
  );
});

describe("an execution that is ended while it works", () => {
  const post = (id: string) => call(id, "http_request", { method: "POST", url: site.url });
  const loop = () => loopWith({ tools: [{ type: "http" }] });

  it("calls no tool that its model asks for then", async () => {
    const { answer, release } = held(says({ calls: [post("a")] }));
    model.answer(answer);
    const { id } = await anExecution(platform, key, loop());
    const settled = platform.settle();
    await model.received(1);
    await platform.call("cancelExecution", { as: key, params: { id } });
    release();
    await settled;
    expect([await stepsOf(id), site.requests]).toEqual([[], []]);
  });

  it("calls nobody behind a tool that may have effects, whose result is kept", async () => {
    model.answer(says({ calls: [post("a"), post("b")] }));
    const { answer, release } = held(answers.json({ ok: true }));
    site.answer(answer);
    const { id } = await anExecution(platform, key, loop());
    const settled = platform.settle();
    await site.received(1);
    await platform.call("cancelExecution", { as: key, params: { id } });
    release();
    await settled;
    expect(await stepsOf(id)).toMatchObject([{ number: 1 }, { number: 2, status: "finished" }]);
    expect([model.requests.length, site.requests.length]).toEqual([1, 1]);
  });
});

describe("an execution of five steps", () => {
  it("costs a call for each step, and seven around them", async () => {
    const ask = says({ calls: [call("a", "time_today", {})] });
    const runs = async () => {
      model.answer(ask, ask, says({ text: "Done." }));
      const { id } = await anExecution(platform, key, loopWith({ tools: [{ type: "time" }] }));
      await platform.settle();
      expect(await stepsOf(id)).toHaveLength(5);
    };
    // The first one reads the team's key as well.
    await runs();
    const { lines } = await withLog(runs);
    // Hidden, claimed, loop, head and text, begun; who is to be told, ended.
    expect(lines.find(({ worker }) => worker === "executions")).toMatchObject({ calls: 7 + 5 });
  });
});

describe("an execution that fails on our side again and again", () => {
  it("is given up with the figures of its steps", async () => {
    model.answer(says({ calls: [call("a", "time_today", {})], tokens: [10, 5] }));
    platform.faults = ({ operation, input }) =>
      operation === "PutItem" && JSON.stringify(input).includes("STEP#000002")
        ? { kind: "connection_lost" }
        : undefined;
    const { result: id } = await withLog(async () => {
      const { id } = await anExecution(
        platform,
        key,
        loopWith({ tools: [{ type: "time" }], timeout_seconds: 86_400 }),
      );
      for (let attempt = 0; attempt < 12; attempt++) {
        await platform.settle();
        platform.advance(600_000);
      }
      await platform.settle();
      return id;
    });
    platform.faults = undefined;

    expect(await executionOf(id)).toMatchObject({
      status: "failed",
      error_code: "internal_error",
      result: { iterations_used: 1, tool_calls: 0 },
      metadata: { tokens_used: 15 },
    });
  });
});
