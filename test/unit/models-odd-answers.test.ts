import { describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { toolResultMessage, userMessage } from "#shared/models/messages";
import { reasoningOf } from "#shared/models/reasoning";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { afterRestart, answered, fakeModel, modelCall } from "#test/support/fake-models";

const callModel = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => true }) });
const tools = [{ name: "clock_now", description: "", input_schema: { type: "object" } }];
const task = userMessage("What is the time?");
const backend = useFakeBackend();

const host = () => new URL(backend.url).host;
const sent = (n = 0) => JSON.parse(backend.requests[n]!.body) as Record<string, unknown>;
const ask = (vendor: "openai" | "anthropic" | "bedrock", body: unknown, messages = [task]) => {
  backend.answer(answers.json(body));
  return callModel(modelCall(fakeModel(vendor, backend.url), { messages, tools }));
};

describe("openai", () => {
  const choice = (message: unknown, more = {}) => ({ choices: [{ message, ...more }] });
  const called = (call: unknown) => ({ choices: [{ message: { tool_calls: [call] } }] });

  it.each([
    ["Cloudflare, without an index", choice({ content: "Noon." }, { finish_reason: "stop" })],
    [
      "LocalAI, without a reason",
      { object: "chat.completion", ...choice({ role: "assistant", content: "Noon." }) },
    ],
    [
      "a server with null everywhere",
      {
        id: null,
        object: null,
        created: null,
        model: null,
        usage: null,
        error: null,
        errors: null,
        choices: [
          {
            index: null,
            finish_reason: null,
            logprobs: null,
            error: null,
            message: {
              role: null,
              content: "Noon.",
              tool_calls: null,
              function_call: null,
              refusal: null,
              annotations: null,
              audio: null,
              reasoning: null,
            },
          },
        ],
      },
    ],
    [
      "a server with other kinds of everything",
      {
        id: 17,
        created: "now",
        model: 4,
        usage: [],
        choices: [
          {
            index: "0",
            finish_reason: 1,
            logprobs: "none",
            message: { role: "", content: "Noon.", annotations: [{ type: "file", file: {} }, 7] },
          },
        ],
      },
    ],
    [
      "Mistral, in blocks",
      choice({
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Two clocks." }] },
          { type: "text", text: "No" },
          { type: "reference", reference_ids: [1] },
          null,
          "on.",
        ],
      }),
    ],
    ["one block", choice({ content: { type: "text", text: "Noon." } })],
    ["a delta", { choices: [{ delta: { content: "Noon." }, finish_reason: "" }] }],
    ["a text of the older interface", { choices: [{ text: "Noon." }] }],
    [
      "Azure, after an empty choice",
      { choices: [{ content_filter_results: {} }, { message: { content: "Noon." } }] },
    ],
    [
      "OpenAI, spoken",
      choice({ content: null, audio: { id: "a", data: "", transcript: "Noon." } }),
    ],
    [
      "errors that are none",
      { ...choice({ content: "Noon." }), error: { code: null, message: "" }, errors: [] },
    ],
  ])("is understood by what it says: %s", async (_, body) => {
    expect(await ask("openai", body)).toMatchObject({ ok: true, text: "Noon.", tool_calls: [] });
  });

  const body = JSON.stringify(choice({ content: "Noon {}." }));
  it.each([
    ["the end of a stream behind it", `${body}\n\ndata: [DONE]\n\n`],
    ["the end of a stream right behind it", `${body}data: [DONE]`],
    ["comments before it", `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${body}`],
    ["an event around it", `event: message\ndata: ${body}\n\ndata: [DONE]\n\n`],
    ["blank lines around it", `\n\n   ${body}\n\n`],
    ["a byte order mark", `\ufeff${body}`],
  ])("is understood with %s", async (_, text) => {
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${text}`));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toMatchObject({
      ok: true,
      text: "Noon {}.",
    });
  });

  it("is not understood when there are two answers, and fails in time that grows with the text", async () => {
    const noise = `data:${" ".repeat(50_000)}`.repeat(20);
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${body}\n${body}\n${noise}x`));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toMatchObject({
      ok: false,
      message: expect.stringContaining("with something that is not JSON"),
    });
  });

  it.each([
    [
      "an object",
      { id: "c", function: { name: "clock_now", arguments: { zone: "UTC" } } },
      { zone: "UTC" },
    ],
    ["null", { id: "c", type: "function", function: { name: "clock_now", arguments: null } }, {}],
    ["nothing", { id: "c", type: "", function: { name: "clock_now" } }, {}],
    ["an empty text", { id: "c", function: { name: "clock_now", arguments: " " } }, {}],
    ["null in a text", { id: "c", function: { name: "clock_now", arguments: "null" } }, {}],
    ["a flat call", { id: "c", name: "clock_now", arguments: '{"zone":"UTC"}' }, { zone: "UTC" }],
    [
      "parameters",
      { id: "c", function: { name: "clock_now", parameters: { zone: "UTC" } } },
      { zone: "UTC" },
    ],
    [
      "JSON in JSON",
      { id: "c", function: { name: "clock_now", arguments: JSON.stringify('{"zone":"UTC"}') } },
      { zone: "UTC" },
    ],
    [
      "keys that objects have",
      { id: "c", function: { name: "clock_now", arguments: '{"constructor":1}' } },
      { constructor: 1 },
    ],
  ])("may give %s for arguments", async (_, call, args) => {
    const { tool_calls } = answered(await ask("openai", called(call)));

    expect(tool_calls).toEqual([{ id: "c", name: "clock_now", arguments: args }]);
  });

  it("may give one call instead of a list, and a call of the older interface", async () => {
    const call = { name: "clock_now", arguments: "{}" };
    const one = answered(await ask("openai", choice({ tool_calls: { id: "c", function: call } })));
    const older = answered(await ask("openai", choice({ function_call: call })));

    expect(one.tool_calls).toMatchObject([{ id: "c", name: "clock_now" }]);
    expect(older.tool_calls).toMatchObject([{ name: "clock_now", arguments: {} }]);
  });

  it.each([
    ["number", 12, "12"],
    ["null", null, expect.stringMatching(/^[0-9a-z]{9}$/)],
    ["empty text", "", expect.stringMatching(/^[0-9a-z]{9}$/)],
    ["nothing", undefined, expect.stringMatching(/^[0-9a-z]{9}$/)],
  ])("may give a %s as the id of a call", async (_, id, own) => {
    const call = { id, type: "function", function: { name: "clock_now", arguments: "{}" } };

    expect(answered(await ask("openai", called(call))).tool_calls).toMatchObject([{ id: own }]);
  });

  it("may spread text and calls over its choices", async () => {
    const call = (id: string) => ({ id, function: { name: "clock_now", arguments: "{}" } });
    const answer = answered(
      await ask("openai", {
        choices: [
          { message: { content: "Let me see." }, finish_reason: "tool_calls" },
          { message: { content: null, tool_calls: [call("a")] }, finish_reason: "tool_calls" },
          { message: { content: "", tool_calls: [call("b"), null] }, finish_reason: "length" },
        ],
      }),
    );

    expect(answer).toMatchObject({
      text: "Let me see.",
      tool_calls: [{ id: "a" }, { id: "b" }],
      finish_reason: "tool_calls",
    });
  });

  it.each([
    ["end_turn", "stop"],
    ["eos", "stop"],
    ["model_length", "length"],
    ["model_context_window_exceeded", "length"],
    ["content_filter: RECITATION", "content_filter"],
    ["MAX_TOKENS", "length"],
    ["SAFETY", "content_filter"],
    ["whatever", "other"],
    ["", "other"],
    [null, "other"],
  ])("may name the reason to stop %j", async (finish_reason, shown) => {
    expect(await ask("openai", choice({ content: "Noon." }, { finish_reason }))).toMatchObject({
      ok: true,
      finish_reason: shown,
    });
  });

  it.each([
    [{ prompt_tokens: "12", completion_tokens: "7" }, [12, 7]],
    [{ input_tokens: 12, output_tokens: 7 }, [12, 7]],
    [{ prompt_tokens: null, completion_tokens: {} }, [0, 0]],
    [{ prompt_tokens: 12, completion_tokens: null, completion_tokens_details: "none" }, [12, 0]],
  ])("may count its tokens as %j", async (usage, [input_tokens, output_tokens]) => {
    expect(await ask("openai", { ...choice({ content: "Noon." }), usage })).toMatchObject({
      input_tokens,
      output_tokens,
    });
  });

  it.each([
    ["no choices", { choices: [] }, "choices is an empty list instead of a list with an answer"],
    ["choices of null", { choices: null }, "choices is null instead of a list"],
    ["no message", { choices: [{ index: 0 }] }, "choices[0].message is missing"],
    [
      "a message of text",
      { choices: [{ message: "Noon." }] },
      "choices[0].message is a text instead of an object",
    ],
    [
      "content of a number",
      choice({ content: 12 }),
      "choices[0].message.content is a number instead of a text or a list of blocks",
    ],
    [
      "a call of nothing",
      called({ function: {} }),
      "choices[0].message.tool_calls[0].function.name is missing",
    ],
    [
      "a call of blanks",
      called({ function: { name: " " } }),
      "choices[0].message.tool_calls[0].function.name is a text instead of the name of a tool",
    ],
  ])("says which field cannot be used: %s", async (_, body, why) => {
    expect(await ask("openai", body)).toMatchObject({
      ok: false,
      message: `${host()} answered with JSON that is no answer of a model: ${why}.`,
    });
  });

  const error = (code: unknown) => ({ code, message: "Provider failed" });
  it.each([
    ["beside an empty choice", { ...choice({ content: null }), error: error(429) }, true],
    ["beside a text", { ...choice({ content: "Half" }), error: error(502) }, true],
    ["beside a text, for good", { ...choice({ content: "Half" }), error: error(400) }, false],
    ["as digits", { error: error("503") }, true],
    ["as a kind", { error: { type: "overloaded_error", message: "Provider failed" } }, true],
    ["as a text", { ...choice({ content: null }), error: "Provider failed" }, false],
    [
      "in a choice",
      choice({ content: "Half" }, { error: error(502), finish_reason: "error" }),
      true,
    ],
    [
      "in a choice, without a status",
      choice({ content: "Half" }, { error: error(undefined) }),
      true,
    ],
    ["in a choice, for good", choice({ content: "Half" }, { error: error(403) }), false],
    ["in a message", choice({ content: "Half", error: error(undefined) }), true],
    [
      "of MiniMax",
      { choices: null, base_resp: { status_code: 1004, status_msg: "Provider failed" } },
      false,
    ],
    [
      "in a list",
      { success: false, result: null, errors: [{ code: 7003, message: "Provider failed" }] },
      false,
    ],
  ])("takes an error for a failed call: %s", async (_, body, retryable) => {
    expect(await ask("openai", body)).toMatchObject({
      ok: false,
      retryable,
      message: `${host()} answered: Provider failed`,
    });
  });

  it.each([
    "error",
    "ERROR",
    "network_error",
    "insufficient_system_resource",
    "timeout",
    "abort",
    "aborted",
    "cancelled",
    "malformed_function_call",
    "function_call_filter: malformed_function_call",
  ])("takes an answer that was broken off for a failed call: %s", async (finish_reason) => {
    expect(await ask("openai", choice({ content: "Half" }, { finish_reason }))).toMatchObject({
      ok: false,
      retryable: true,
      message: expect.stringContaining(
        `choices[0].finish_reason is "${finish_reason.toLowerCase()}": the answer was broken off`,
      ),
    });
  });

  it.each(["tool_call", "TOOL_USE"])("may name calls as its reason to stop: %s", async (reason) => {
    const call = { id: "c", function: { name: "clock_now", arguments: "{}" } };
    const body = choice({ tool_calls: [call] }, { finish_reason: reason });

    expect(answered(await ask("openai", body)).finish_reason).toBe("tool_calls");
  });

  it.each(["tool_calls", "TOOL_CALL", "tool_use"])(
    "takes an answer that ends with %s and calls no tool for a failed call",
    async (finish_reason) => {
      const body = choice({ content: "Let me see." }, { finish_reason });
      expect(await ask("openai", body)).toMatchObject({
        ok: false,
        retryable: true,
        message: expect.stringContaining(
          `choices[0].finish_reason is "${finish_reason}", and no tool is called`,
        ),
      });
    },
  );

  it("is told not to stream", async () => {
    await ask("openai", choice({ content: "Noon." }));

    expect(sent()).toMatchObject({ stream: false, model: "gpt-4o" });
  });

  it.each([
    ["empty reasoning", { reasoning_content: "" }],
    [
      "blocks",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hmm." }] },
          { type: "text", text: "Wait." },
        ],
      },
    ],
    [
      "a signature",
      { content: "Wait.", extra_content: { google: { thought_signature: "b64==" } } },
    ],
    // https://docs.litellm.ai/docs/reasoning_content
    [
      "thoughts of Claude behind LiteLLM",
      { thinking_blocks: [{ type: "thinking", thinking: "Hmm.", signature: "b64==" }] },
    ],
    ["a signature of Copilot", { reasoning_text: "Hmm.", reasoning_opaque: "b64==" }],
  ])("is given back %s as they came", async (_, message) => {
    const call = { id: "c", type: "function", function: { name: "clock_now", arguments: "{}" } };
    const first = answered(await ask("openai", choice({ ...message, tool_calls: [call] })));
    const messages = afterRestart([
      task,
      ...first.messages,
      toolResultMessage("c", "clock_now", "12", false),
    ]);
    await ask("openai", choice({ content: "Noon." }), messages as (typeof task)[]);

    expect(sent(1)["messages"]).toContainEqual(
      expect.objectContaining({ role: "assistant", ...message, tool_calls: [call] }),
    );
  });

  it("is given back nothing that says nothing, which a model behind LiteLLM refuses", async () => {
    // https://github.com/BerriAI/litellm/issues/25595
    const provider_specific_fields = { refusal: null, more: {} };
    const call = { id: "c", type: "function", function: { name: "clock_now", arguments: "{}" } };
    const said = { tool_calls: [{ ...call, provider_specific_fields }], provider_specific_fields };
    const { messages } = answered(await ask("openai", choice(said)));
    const result = toolResultMessage("c", "clock_now", "12", false);
    await ask("openai", choice({ content: "Noon." }), [
      task,
      ...messages,
      result,
    ] as (typeof task)[]);

    expect(backend.requests[1]?.body).toContain("clock_now");
    expect(backend.requests[1]?.body).not.toContain("provider_specific_fields");
  });

  // https://docs.litellm.ai/docs/providers/gemini#thought-signatures
  it.each([
    ["a long id", { id: `call_1__thought__${"b64+/=".repeat(2_000)}` }],
    ["fields of the call", { provider_specific_fields: { thought_signature: "b64==" } }],
    [
      "fields of its function",
      { function: { name: "clock_now", arguments: "{}", thought_signature: "b64==" } },
    ],
  ])("is given back signatures of Gemini behind a gateway, in %s", async (_, more) => {
    const function_ = { name: "clock_now", arguments: "{}" };
    const call = { id: "c", type: "function", function: function_, ...more };
    const first = answered(await ask("openai", called(call)));
    const [{ id } = { id: "" }] = first.tool_calls;
    const result = toolResultMessage(id, "clock_now", "12", false);
    const messages = afterRestart([task, ...first.messages, result]) as (typeof task)[];
    await ask("openai", choice({ content: "Noon." }), messages);

    expect(sent(1)["messages"]).toMatchObject([
      {},
      {},
      { tool_calls: [call] },
      { tool_call_id: call.id },
    ]);
  });

  it.each([
    ["reasoning_content", { reasoning_content: "Hmm." }],
    [
      "reasoning",
      { reasoning: "Hmm.", reasoning_details: [{ type: "reasoning.text", text: "Hmm." }] },
    ],
    [
      "blocks",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hmm." }] },
          { type: "text", text: "Noon." },
        ],
      },
    ],
    [
      "one block",
      {
        content: [
          { type: "thinking", thinking: "Hmm." },
          { type: "text", text: "Noon." },
        ],
      },
    ],
    ["a tag", { content: "<think>\nHmm.\n</think>\nNoon." }],
    ["Mistral's tag", { content: "[THINK]Hmm.[/THINK]Noon." }],
    ["MiniMax's tag", { content: "<mm:think>Hmm.</mm:think>Noon." }],
    ["Mistral's tag that began in the prompt", { content: "Hmm.[/THINK]Noon." }],
    ["two tags", { content: "<think>Hmm.</think>\n<think></think>Noon." }],
    ["a tag that began in the prompt", { content: "Hmm.\n</think>\n\nNoon." }],
    ["details alone", { reasoning_details: [{ type: "reasoning.summary", summary: "Hmm." }] }],
  ])("is read for its reasoning in %s", async (_, message) => {
    const answer = answered(await ask("openai", choice({ content: "Noon.", ...message })));

    expect(answer.text).toBe("Noon.");
    expect(reasoningOf(afterRestart(answer.messages))).toBe("Hmm.");
  });

  it.each([
    ["reasoning_details", `"content":"Wait.","reasoning_details":[{"id":9007199254740993}]`],
    ["reasoning_details", `"content":"Wait.","reasoning_details":[{"n":1e400}],"reasoning":"Hmm."`],
    ["extra_content", `"content":"Wait.","extra_content":{"n":-1e400,"m":0.12345678901234567891}`],
    ["content", `"content":[{"type":"thinking","n":1e400},{"type":"text","text":"Wait."}]`],
  ])("is given back every digit of numbers in its %s", async (_, message) => {
    const call = `{"id":"c","type":"function","function":{"name":"clock_now","arguments":"{}"},"extra_content":{"n":12345678901234567890}}`;
    const text = `{"choices":[{"message":{${message},"tool_calls":[${call}]}}]}`;
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${text}`));
    const { messages } = answered(
      await callModel(modelCall(fakeModel("openai", backend.url), { messages: [task], tools })),
    );
    // A table refuses numbers that are none.
    expect(afterRestart(messages)).toEqual(messages);
    await ask("openai", choice({ content: "Noon." }), [
      task,
      ...(afterRestart(messages) as (typeof task)[]),
      toolResultMessage("c", "clock_now", "12", false),
    ]);

    for (const field of message.split(/,(?="\w+":)/)) {
      expect(backend.requests[1]?.body).toContain(field);
    }
    expect(backend.requests[1]?.body).toContain(`"extra_content":{"n":12345678901234567890}`);
    expect(reasoningOf(messages)).toBe(message.includes("Hmm.") ? "Hmm." : "");
  });

  it("takes an error that is nested without end for an error", async () => {
    const deep = `${'{"error":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${deep}`));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toMatchObject({
      ok: false,
      message: `${host()} answered with JSON that is no answer of a model: it holds an error.`,
    });
  });

  it("has thoughts in all tags that its text begins with, and in no others", async () => {
    const content = "One.</think><think>Two.</think> <think>Three.</think>A <think>b</think> c";
    const answer = answered(await ask("openai", choice({ content })));

    expect(answer.text).toBe("A <think>b</think> c");
    expect(reasoningOf(answer.messages)).toBe("One.\n\nTwo.\n\nThree.");
  });

  it("has thoughts that began in the prompt, though they speak of other tags", async () => {
    const content = "Is it <a:think> or [THINK]?</think>Noon.";
    const answer = answered(await ask("openai", choice({ content })));

    expect(answer.text).toBe("Noon.");
    expect(reasoningOf(answer.messages)).toBe("Is it <a:think> or [THINK]?");
  });

  it("is said to have answered with its reasoning only when that stands in details", async () => {
    const details = [{ type: "reasoning.text", text: "Hmm." }];

    expect(await ask("openai", choice({ content: "", reasoning_details: details }))).toMatchObject({
      ok: false,
      message: expect.stringContaining("with its reasoning only"),
    });
  });

  it.each([
    ["beside nothing", { content: null, refusal: "I cannot." }, "I cannot."],
    ["beside a text", { content: "Well.", refusal: "I cannot." }, "Well.\n\nI cannot."],
    ["in a block", { content: [{ type: "refusal", refusal: "I cannot." }] }, "I cannot."],
    [
      "in a block after a text",
      {
        content: [
          { type: "text", text: "Well." },
          { type: "refusal", refusal: "I cannot." },
        ],
      },
      "Well.\n\nI cannot.",
    ],
  ])("has the words by which it refuses in its text: %s", async (_, message, text) => {
    expect(await ask("openai", choice(message))).toMatchObject({ ok: true, text });
  });

  it("survives reasoning that is nested without end", async () => {
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const text = `{"choices":[{"message":{"content":"Noon.","reasoning_details":${deep}}}]}`;
    backend.answer(answers.raw(`HTTP/1.1 200 OK\r\n\r\n${text}`));

    expect(await callModel(modelCall(fakeModel("openai", backend.url)))).toMatchObject({
      ok: true,
    });
  });
});

describe("anthropic", () => {
  const says = (content: unknown, more = {}) => ({
    type: "message",
    role: "assistant",
    content,
    stop_reason: "end_turn",
    usage: { input_tokens: 12, output_tokens: 7 },
    ...more,
  });

  it.each([
    [
      "no signature",
      [
        { type: "thinking", thinking: "Hmm." },
        { type: "text", text: "Noon." },
      ],
    ],
    [
      "a signature of null",
      [
        { type: "thinking", thinking: "Hmm.", signature: null },
        { type: "text", text: "Noon." },
      ],
    ],
    [
      "thoughts of null",
      [
        { type: "thinking", thinking: null },
        { type: "text", text: "Noon." },
      ],
    ],
    [
      "hidden thoughts of nothing",
      [{ type: "redacted_thinking" }, { type: "text", text: "Noon." }],
    ],
    ["no types", [{ thinking: "Hmm." }, { text: "Noon." }]],
    [
      "unknown blocks",
      [
        { type: "server_tool_use", id: 1 },
        null,
        { type: "text", text: "Noon.", citations: [{ type: "odd" }] },
      ],
    ],
    [
      "a text of null",
      [
        { type: "text", text: null },
        { type: "text", text: "Noon." },
      ],
    ],
    ["a text instead of blocks", "Noon."],
  ])("is understood with %s", async (_, content) => {
    expect(await ask("anthropic", says(content))).toMatchObject({ ok: true, text: "Noon." });
  });

  it.each([
    ["nothing", undefined, [0, 0]],
    ["null", null, [0, 0]],
    ["nulls", { input_tokens: null, output_tokens: null }, [0, 0]],
    ["text", { input_tokens: "12", output_tokens: 7 }, [12, 7]],
    ["OpenAI's names", { prompt_tokens: 12, completion_tokens: 7 }, [12, 7]],
    [
      "tokens of a cache",
      { input_tokens: 2, cache_read_input_tokens: 10, output_tokens: 7 },
      [12, 7],
    ],
  ])("may count its tokens with %s", async (_, usage, [input_tokens, output_tokens]) => {
    const body = says([{ type: "text", text: "Noon." }], { usage });

    expect(await ask("anthropic", body)).toMatchObject({ ok: true, input_tokens, output_tokens });
  });

  it.each([
    ["an object", { id: "c", input: { zone: "UTC" } }, { zone: "UTC" }],
    ["JSON in a text", { id: "c", input: '{"zone":"UTC"}' }, { zone: "UTC" }],
    ["null", { id: "c", input: null }, {}],
    ["nothing", { id: "c" }, {}],
  ])("may give %s for arguments", async (_, call, args) => {
    const body = says([{ type: "tool_use", name: "clock_now", ...call }], {
      stop_reason: "tool_calls",
    });

    expect(answered(await ask("anthropic", body))).toMatchObject({
      tool_calls: [{ id: "c", name: "clock_now", arguments: args }],
      finish_reason: "tool_calls",
    });
  });

  it("says which field cannot be used", async () => {
    expect(await ask("anthropic", says([{ type: "tool_use", id: "c", input: {} }]))).toMatchObject({
      ok: false,
      message: expect.stringContaining("content[0].name is missing."),
    });
  });

  it("takes an error beside content, and an answer that was broken off, for failed calls", async () => {
    const half = [{ type: "text", text: "Half" }];
    const error = { type: "overloaded_error", message: "Overloaded" };

    expect(await ask("anthropic", says(half, { error }))).toMatchObject({
      retryable: true,
      message: `${host()} answered: Overloaded`,
    });
    expect(await ask("anthropic", says(half, { stop_reason: "error" }))).toMatchObject({
      ok: false,
      retryable: true,
    });
  });

  it.each(["pause_turn", "Timeout", "tool_use"])(
    "takes half an answer that ends with %s for a failed call",
    async (stop_reason) => {
      const half = [{ type: "text", text: "Half" }];
      expect(await ask("anthropic", says(half, { stop_reason }))).toMatchObject({
        ok: false,
        retryable: true,
        message: expect.stringContaining("stop_reason is"),
      });
    },
  );

  it("is given thoughts back as they came, and is told not to stream", async () => {
    const thoughts = [
      { type: "thinking", thinking: "One." },
      { type: "thinking", thinking: "Two.", signature: "" },
      { type: "thinking", thinking: "Three.", signature: 'a,"signature":"-"' },
    ];
    const input = { x: 1, signature: "-", type: "thinking" };
    const call = { type: "tool_use", id: "c", name: "clock_now", input };
    const first = answered(await ask("anthropic", says([...thoughts, call])));
    const messages = afterRestart([
      task,
      ...first.messages,
      toolResultMessage("c", "clock_now", "12", false),
    ]);
    await ask("anthropic", says("Noon."), messages as (typeof task)[]);

    expect(sent(1)).toMatchObject({ stream: false });
    expect(sent(1)["messages"]).toContainEqual({ role: "assistant", content: [...thoughts, call] });
  });
});

describe("bedrock", () => {
  const says = (content: unknown, more = {}) => ({ output: { message: { content } }, ...more });

  it("is understood without role, reason and usage, and with unknown blocks", async () => {
    const content = [
      { reasoningContent: { reasoningText: { text: null, signature: null } } },
      { image: {} },
      { citationsContent: { content: [{ text: "No" }, null] } },
      { text: "on." },
      { text: null },
    ];

    expect(await ask("bedrock", says(content))).toMatchObject({
      ok: true,
      text: "Noon.",
      finish_reason: "other",
      input_tokens: 0,
    });
  });

  it.each(["malformed_model_output", "tool_use"])(
    "takes half an answer that ends with %s for a failed call",
    async (stopReason) => {
      expect(await ask("bedrock", says([{ text: "Half" }], { stopReason }))).toMatchObject({
        ok: false,
        retryable: true,
        message: expect.stringContaining("stopReason is"),
      });
    },
  );

  it("is cut when its context was full", async () => {
    const stopReason = "model_context_window_exceeded";

    expect(await ask("bedrock", says([{ text: "Half" }], { stopReason }))).toMatchObject({
      finish_reason: "length",
    });
  });

  it("says which field cannot be used", async () => {
    expect(await ask("bedrock", says([{ toolUse: { toolUseId: "c" } }]))).toMatchObject({
      ok: false,
      message: expect.stringContaining("output.message.content[0].toolUse.name is missing."),
    });
  });
});
