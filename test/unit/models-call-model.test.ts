import { describe, expect, it, jest } from "@jest/globals";
import { exactArguments } from "#shared/models/call-model";
import { createCallModel } from "#shared/models/create-call-model";
import { reasoningOf } from "#shared/models/reasoning";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { parseExactly } from "#shared/schema/exact-json";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import {
  afterRestart,
  answered,
  bodySaid,
  fakeModel,
  modelCall,
  modelSays,
} from "#test/support/fake-models";

const callModel = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => true }) });
const tools = [
  {
    name: "time_now",
    description: "Says the time.",
    input_schema: { type: "object", properties: { zone: { type: "string" } } },
  },
];
const backend = useFakeBackend();

const sent = (n = 0) => JSON.parse(backend.requests[n]!.body) as Record<string, unknown>;

describe.each(["openai", "anthropic", "bedrock"] as const)("%s", (vendor) => {
  const call = (changes: Parameters<typeof modelCall>[1] = {}, model = {}) =>
    callModel(modelCall(fakeModel(vendor, backend.url, model), changes));

  it("brings the text and the tokens of an answer, with one request", async () => {
    backend.answer(modelSays(vendor, { text: "It is noon.", tokens: [12, 7] }));

    expect(await call()).toMatchObject({
      ok: true,
      text: "It is noon.",
      tool_calls: [],
      input_tokens: 12,
      output_tokens: 7,
      messages: [{ role: "assistant", content: [{ type: "text", text: "It is noon." }] }],
    });
    expect(backend.requests).toHaveLength(1);
  });

  it("tells which model answered, where its server says so, and what of the input was kept from before", async () => {
    backend.answer(modelSays(vendor, { text: "Noon.", tokens: [12, 7], cached: 5, model: "m-1" }));

    expect(await call()).toMatchObject({
      input_tokens: vendor === "openai" ? 12 : 17,
      output_tokens: 7,
      cached_tokens: 5,
      answered_by: vendor === "bedrock" ? null : "m-1",
    });
  });

  it("brings parallel tool calls in their order, and runs none", async () => {
    backend.answer(
      modelSays(vendor, {
        text: "Let me see.",
        calls: [
          { id: "call_1", name: "time_now", args: { zone: "UTC" } },
          { id: "call_2", name: "time_now", args: {} },
        ],
      }),
    );

    expect(await call({ tools })).toMatchObject({
      ok: true,
      text: "Let me see.",
      tool_calls: [
        { id: "call_1", name: "time_now", arguments: { zone: "UTC" } },
        { id: "call_2", name: "time_now", arguments: {} },
      ],
    });
    expect(backend.requests).toHaveLength(1);
  });

  it("brings a call of a tool that the model was not told of as it is", async () => {
    backend.answer(
      modelSays(vendor, { calls: [{ id: "call_1", name: "no_such", args: { a: [1] } }] }),
    );
    const { tool_calls, messages } = answered(await call({ tools }));

    expect(tool_calls).toEqual([{ id: "call_1", name: "no_such", arguments: { a: [1] } }]);
    expect(messages).toHaveLength(1);
  });

  it("gives back a name that was made up in the form that every vendor takes", async () => {
    const name = `functions.time now ${"x".repeat(100)}`;
    backend.answer(modelSays(vendor, { calls: [{ id: "call_1", name, args: {} }] }));
    const { tool_calls, messages } = answered(await call({ tools }));

    expect(tool_calls).toMatchObject([{ name }]);
    expect(messages).toMatchObject([
      { content: [{ toolName: `functions_time_now_${"x".repeat(45)}` }] },
    ]);
  });

  it("gives back arguments that are no object with a problem, and stores an object", async () => {
    backend.answer(modelSays(vendor, { calls: [{ id: "c", name: "time_now", args: [1] }] }));
    const { tool_calls, messages } = answered(await call({ tools }));

    expect(tool_calls).toEqual([
      {
        id: "c",
        name: "time_now",
        arguments: [1],
        problem: "The arguments must be a JSON object.",
      },
    ]);
    expect(messages).toMatchObject([{ content: [{ type: "tool-call", input: {} }] }]);
  });

  it("lets no call with the id of another have the other's arguments", async () => {
    const twice = (zone: string) => ({ id: "call_1", name: "time_now", args: { zone } });
    backend.answer(modelSays(vendor, { calls: [twice("UTC"), twice("Europe/Berlin")] }));
    const { tool_calls } = answered(await call({ tools }));

    expect(tool_calls).toMatchObject([
      { id: "call_1", arguments: { zone: "UTC" } },
      { id: expect.stringMatching(/^[0-9a-z]{9}$/), arguments: { zone: "Europe/Berlin" } },
    ]);
    expect(tool_calls.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  it("says that the last call of an answer that was cut off is not complete", async () => {
    const calls = ["a", "b"].map((id) => ({ id, name: "time_now", args: {} }));
    backend.answer(modelSays(vendor, { calls, finish: "length" }));
    const { tool_calls } = answered(await call({ tools }));

    expect(tool_calls.map(({ problem }) => problem)).toEqual([
      undefined,
      "The answer reached its limit of output tokens, so the arguments are not complete.",
    ]);
  });

  it("keeps the text of an answer that was cut off", async () => {
    backend.answer(modelSays(vendor, { text: "It is", finish: "length" }));

    expect(await call()).toMatchObject({ ok: true, text: "It is" });
  });

  it.each([
    ["nothing", { text: "" }, "The model answered with nothing"],
    ["reasoning", { thought: "Hmm." }, "The model answered with its reasoning only"],
    ["blanks", { text: " \n" }, "The model answered with nothing"],
    [
      "a block of thoughts",
      { text: "<think>Hmm.</think>\n" },
      "The model answered with its reasoning only",
    ],
  ])("may succeed later when the model answered with %s alone", async (_, said, words) => {
    backend.answer(modelSays(vendor, said));

    expect(await call()).toMatchObject({
      ok: false,
      retryable: true,
      message: `${words}: there was no text and no call of a tool.`,
    });
  });

  it.each([
    ["stop", "stop"],
    ["length", "length"],
    ["filter", "content_filter"],
    ["calls", "tool_calls"],
  ] as const)("says why the model stopped: %s", async (finish, finish_reason) => {
    const calls = [{ id: "call_1", name: "clock_now", args: {} }];
    backend.answer(
      modelSays(vendor, { text: "It is", finish, ...(finish === "calls" && { calls }) }),
    );

    expect(await call()).toMatchObject({ ok: true, finish_reason });
  });

  it("takes a leading block of thoughts out of the text, and gives it back as it came", async () => {
    const text = "\n<think>\nTwo clocks.\n</think>\n\nIt is <think>noon</think>.";
    backend.answer(modelSays(vendor, { text }));
    const answer = answered(await call());

    expect(answer.text).toBe("It is <think>noon</think>.");
    expect(answer.messages).toMatchObject([{ content: [{ type: "text", text }] }]);
    expect(reasoningOf(answer.messages)).toBe("Two clocks.");
  });

  it("takes thoughts without an end for all that was said", async () => {
    backend.answer(modelSays(vendor, { text: "<think>Two clo", finish: "length" }));

    expect(await call()).toMatchObject({ ok: false, message: expect.stringContaining("limit") });
  });

  it.each([
    ["reasoning of a server", { thought: "Two clocks.", text: "It is noon." }, "Two clocks."],
    ["no reasoning", { text: "It is noon." }, ""],
  ])("finds %s in what it stores", async (_, said, reasoning) => {
    backend.answer(modelSays(vendor, said));

    expect(reasoningOf(answered(await call()).messages)).toBe(reasoning);
  });

  it("takes a text of 256 KiB and no larger one", async () => {
    const text = "é".repeat(128 * 1024);
    backend.answer(modelSays(vendor, { text }), modelSays(vendor, { text: `${text}!` }));

    expect(answered(await call()).text).toHaveLength(128 * 1024);
    expect(await call()).toMatchObject({
      ok: false,
      retryable: false,
      code: "response_too_large",
      status: 200,
      message: "The text of the model's answer is larger than 256 KiB.",
    });
  });

  it("cuts names and ids of calls, so that a step does not exceed an answer", async () => {
    const long = "x".repeat(300_000);
    backend.answer(
      modelSays(vendor, { calls: [{ id: long, name: long, args: { zone: "UTC" } }] }),
      modelSays(vendor, { calls: [{ id: "a", name: "x".repeat(256), args: {} }] }),
    );
    const answer = answered(await call({ tools }));

    expect(JSON.stringify(answer).length).toBeLessThan(2_000);
    expect(answer.tool_calls).toMatchObject([
      {
        name: "x".repeat(256),
        problem: "There is no tool whose name has more than 256 characters.",
      },
    ]);
    expect(answered(await call({ tools })).tool_calls[0]).not.toHaveProperty("problem");
  });

  it("takes 128 calls and no more, whatever their ids are, and looks at none beyond them", async () => {
    const one = { id: "a", name: "time_now", args: { zone: "UTC" } };
    const most = Array.from({ length: 128 }, () => one);
    backend.answer(
      modelSays(vendor, { calls: most }),
      modelSays(vendor, { calls: [...most, { ...one, name: "" }] }),
    );
    const { tool_calls } = answered(await call({ tools }));
    expect(new Set(tool_calls.map(({ id }) => id)).size).toBe(128);

    expect(await call({ tools })).toMatchObject({
      ok: false,
      code: "response_too_large",
      status: 200,
      message: "The model called more than 128 tools in one answer, which is more than are taken.",
    });
  });

  it("reads no arguments when those of all calls are larger than 1 MiB", async () => {
    const args = { zone: "x".repeat(100_000) };
    const calls = (many: number) =>
      Array.from({ length: many }, (_, n) => ({ id: `c${n}`, name: "time_now", args }));
    backend.answer(
      modelSays(vendor, { calls: calls(10) }),
      modelSays(vendor, { calls: calls(11) }),
    );
    expect(answered(await call({ tools })).tool_calls).toHaveLength(10);

    const parse = jest.spyOn(JSON, "parse");
    const answer = await call({ tools });
    const read = parse.mock.calls.filter(([text]) => text === JSON.stringify(args));
    parse.mockRestore();
    expect([answer, read]).toEqual([
      expect.objectContaining({
        ok: false,
        code: "response_too_large",
        message: "The arguments of the tools that the model called are larger than 1 MiB in all.",
      }),
      [],
    ]);
  });

  it.each([
    ["lists within each other", "[".repeat(8_000_000)],
    ["objects within each other", '{"a":'.repeat(200_000)],
    ["lists beside each other", `{"choices":[${"[],".repeat(200_000)}{}]}`],
    ["lists behind a comment", `: "{"choices":[${"[],".repeat(200_000)}{}]}`],
  ])("does not read an answer of very many %s", async (_, text) => {
    const parse = jest.spyOn(JSON, "parse");
    try {
      backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${text}`));

      expect(await call()).toEqual({
        ok: false,
        code: "response_too_large",
        status: 200,
        retryable: false,
        message: "The model's answer has more lists and objects than are taken.",
      });
      expect(parse.mock.calls.filter(([json]) => json === text)).toEqual([]);
    } finally {
      parse.mockRestore();
    }
  });

  it.each([
    ["a list", 200, "[1, 2]"],
    ["no JSON", 200, "Hello {"],
    ["null", 200, "null"],
    ["an error", 500, '{"error":{"message":"Down"}}'],
    ["a refusal without end", 400, "[".repeat(50_000)],
  ])("reads what is no answer of a model once: %s", async (_, status, text) => {
    const parse = jest.spyOn(JSON, "parse");
    try {
      backend.answer(answers.raw(`HTTP/1.1 ${status} X\r\n\r\n${text}`));

      expect(await call()).toMatchObject({ ok: false });
      expect(parse.mock.calls.filter(([json]) => json === text)).toHaveLength(1);
    } finally {
      parse.mockRestore();
    }
  });

  it("makes nothing of very many thoughts", async () => {
    const thought = { type: "thinking", thinking: "Hm.", signature: "s" };
    const block = { reasoningContent: { reasoningText: { text: "Hm.", signature: "s" } } };
    const many = (one: object) => Array.from({ length: 10_001 }, () => one);
    const choice = { message: { content: "Hm." } };
    backend.answer(
      answers.json(
        {
          openai: { choices: many(choice) },
          anthropic: { type: "message", content: many(thought) },
          bedrock: { output: { message: { content: many(block) } } },
        }[vendor],
      ),
    );

    expect(await call()).toMatchObject({
      ok: false,
      code: "response_too_large",
      status: 200,
      message: expect.stringContaining("more than 10,000 entries"),
    });
  });

  it("takes an answer with its reasoning of at most 1 MiB", async () => {
    backend.answer(modelSays(vendor, { text: "Yes.", thought: "Hm. ".repeat(270_000) }));

    expect(await call()).toMatchObject({
      ok: false,
      code: "response_too_large",
      status: 200,
      message: "The model's answer with its reasoning is larger than 1 MiB.",
    });
  });

  it("keeps the digits of arguments, to be written as they came, and gives them back so", async () => {
    const json = '{"id":2512292042121000001,"by":[0.12345678901234567891],"n":1}';
    const called = { id: "c", name: "time_now", args: parseExactly(json) };
    backend.answer(modelSays(vendor, { calls: [called] }), modelSays(vendor, { text: "Done." }));
    const [given] = afterRestart(answered(await call({ tools })).tool_calls);

    expect(given).toMatchObject({ arguments: { n: 1 }, arguments_json: json });
    expect(given && JSON.stringify(exactArguments(given))).toBe(json);
  });

  it.each([
    [
      "an endless number",
      '{"a":1e400}',
      "The arguments must have no number that is too large to be kept.",
    ],
    [
      "5,000 levels",
      `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      "The arguments must be nested at most 100 levels deep.",
    ],
    ["100 KiB", `{"a":"${"x".repeat(102_400)}"}`, "The arguments must be at most 100 KiB as JSON."],
  ])("tells the model that arguments must not have %s", async (_, json, problem) => {
    const body = bodySaid(vendor, { calls: [{ id: "c", name: "time_now", args: "#" }] });
    const wanted = vendor === "openai" ? JSON.stringify(json) : json;
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${body.replace('"#"', () => wanted)}`));

    expect(answered(await call({ tools })).tool_calls).toEqual([
      { id: "c", name: "time_now", arguments: {}, problem },
    ]);
  });

  it.each([
    [
      "length",
      "The model reached its limit of output tokens before it said anything; a higher max_output_tokens may help.",
    ],
    ["filter", "The vendor's content filter withheld the answer of the model."],
  ] as const)("fails for good when nothing was said because of %s", async (finish, message) => {
    backend.answer(modelSays(vendor, { finish, thought: "Hmm." }));

    expect(await call()).toMatchObject({
      ok: false,
      code: "invalid_response",
      status: 200,
      retryable: false,
      message,
    });
  });

  it("sends temperature, output tokens and headers when they are set, and not otherwise", async () => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    await call();
    await call({}, { temperature: 0.5, max_output_tokens: 321, headers: { "X-Mine": "1" } });

    const settings = JSON.stringify(sent(1));
    expect(settings).toContain('"temperature":0.5');
    expect(settings).toMatch(/"max_?tokens":321/i);
    expect(backend.requests[1]?.headers["x-mine"]).toBe("1");
    expect(JSON.stringify(sent(0))).not.toContain("temperature");
    expect(backend.requests[0]?.headers).not.toHaveProperty("x-mine");
  });

  it("sends a header in the place of one of its own, however its name is written", async () => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    await call({}, { headers: { "Content-Type": "application/json; charset=utf-8" } });

    expect(backend.requests[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("ends with the reason of the signal while it waits", async () => {
    backend.answer(answers.hang());
    const stop = new AbortController();
    const waiting = call({ signal: stop.signal });
    await backend.received(1);
    stop.abort(new Error("cancelled"));

    await expect(waiting).rejects.toThrow("cancelled");
  });

  it("sends nothing when it is stopped before it begins", async () => {
    await expect(call({ signal: AbortSignal.abort(new Error("cancelled")) })).rejects.toThrow(
      "cancelled",
    );
    expect(backend.requests).toEqual([]);
  });

  it("travels over the connection of the call before", async () => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    await call();
    await call();

    expect(backend.requests.map(({ connection }) => connection)).toEqual([1, 1]);
    const keys = backend.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });
});

describe("openai", () => {
  const call = (model = {}) =>
    callModel(modelCall(fakeModel("openai", backend.url, model), { tools }));
  const says = (args: string, more = {}) =>
    modelSays("openai", { calls: [{ id: "c", name: "time_now", args }], ...more });

  it.each([
    ['{"zone": "UT', /^The arguments are not JSON: /],
    ["now!", /^The arguments are not JSON: /],
    ['"UTC"', /^The arguments must be a JSON object\.$/],
    ['{"__proto__": {"a": 1}}', /^The arguments have a key that is not allowed/],
  ])("brings malformed arguments as their text: %s", async (args, problem) => {
    backend.answer(says(args));
    const { tool_calls } = answered(await call());

    expect(tool_calls).toEqual([
      {
        id: "c",
        name: "time_now",
        arguments: args === '"UTC"' ? "UTC" : args,
        problem: expect.stringMatching(problem),
      },
    ]);
  });

  it("replaces half surrogate pairs, which no table holds", async () => {
    const broken = JSON.stringify({
      choices: [
        {
          index: 0,
          message: {
            content: "a#b",
            tool_calls: [
              { id: "c#", type: "function", function: { name: "t", arguments: '{"#":["#"]}' } },
            ],
          },
        },
      ],
    }).replaceAll("#", "\\ud83e");
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${broken}`));
    const answer = answered(await call());

    expect(answer.tool_calls).toMatchObject([
      { id: "c\ufffd", arguments: { "\ufffd": ["\ufffd"] } },
    ]);
    expect(answer.text).toBe("a\ufffdb");
    expect(JSON.stringify(answer)).not.toMatch(/ud83e/i);
  });

  it("takes empty arguments for none", async () => {
    backend.answer(says(""));

    expect(answered(await call()).tool_calls).toEqual([
      { id: "c", name: "time_now", arguments: {} },
    ]);
  });

  it.each([
    ["no usage", undefined, 0],
    ["negative tokens", [-5, -1], 0],
    ["half tokens", [2.6, 2.6], 3],
    ["more tokens than there are", [1e300, 1e300], 1e12],
  ] as const)("counts whole tokens from zero up: %s", async (_, tokens, counted) => {
    backend.answer(modelSays("openai", { text: "Yes.", ...(tokens && { tokens }) }));

    expect(await call()).toMatchObject({ input_tokens: counted, output_tokens: counted });
  });
});

describe("echo", () => {
  const echo = { ...fakeModel("openai", ""), provider: "echo", base_url: null } as const;

  it("says back the last user message and uses no tokens", async () => {
    expect(await callModel(modelCall(echo))).toEqual({
      ok: true,
      text: "What is the time?",
      finish_reason: "stop",
      tool_calls: [],
      input_tokens: 0,
      output_tokens: 0,
      cached_tokens: 0,
      answered_by: null,
      status: null,
      messages: [{ role: "assistant", content: "What is the time?" }],
    });
  });

  it("ends with the reason of the signal", async () => {
    const signal = AbortSignal.abort(new Error("cancelled"));

    await expect(callModel(modelCall(echo, { signal }))).rejects.toThrow("cancelled");
  });
});
