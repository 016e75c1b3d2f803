import { describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { toolResultMessage, userMessage } from "#shared/models/messages";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { answered, fakeModel, modelCall, modelSays, type Vendor } from "#test/support/fake-models";

let now = 0;
const callModel = createCallModel({
  fetch: createSafeFetch({ allowPrivate: () => true }),
  clock: () => now,
});
const backend = useFakeBackend();
const sent = (n: number) => JSON.parse(backend.requests[n]!.body) as Record<string, unknown>;
const refused = (message: string, status = 400) =>
  answers.json({ error: { message }, message }, { status });
const task = userMessage("What is the time?");
const ask = (vendor: Vendor, model: object = {}, messages: readonly unknown[] = [task]) =>
  callModel(modelCall(fakeModel(vendor, backend.url, model), { messages }));

describe("a request that was refused for how it was said", () => {
  const maxTokens =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";

  it("is said with the other name of the limit of tokens", async () => {
    // A deployment has any name: https://github.com/nashsu/llm_wiki/issues/610
    backend.answer(refused(maxTokens), modelSays("openai", { text: "Noon." }));

    expect(await ask("openai", { name: "our-chat", max_output_tokens: 99 })).toMatchObject({
      ok: true,
      text: "Noon.",
    });
    expect(sent(0)).toMatchObject({ max_tokens: 99 });
    expect(sent(1)).toEqual({
      ...sent(0),
      max_tokens: undefined,
      max_completion_tokens: 99,
    });
  });

  it("is said with the name that an older server knows", async () => {
    backend.answer(
      refused("Extra inputs are not permitted: body.max_completion_tokens", 422),
      modelSays("openai", { text: "Noon." }),
    );
    await ask("openai", { name: "gpt-5", max_output_tokens: 99 });

    expect(sent(1)).toMatchObject({ max_tokens: 99 });
    expect(sent(1)).not.toHaveProperty("max_completion_tokens");
  });

  it.each([
    [
      "openai",
      "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    ],
    ["openai", "invalid temperature: only 1 is allowed for this model"],
    ["anthropic", "`temperature` is deprecated for this model."],
    ["bedrock", "The model returned the following errors: `temperature` is deprecated."],
  ] as const)("goes without a temperature that %s does not take: %s", async (vendor, words) => {
    backend.answer(refused(words), modelSays(vendor, { text: "Noon." }));
    const model = { name: "arn:aws:bedrock:eu:1:application-inference-profile/x" };

    expect(await ask(vendor, { ...model, temperature: 0.5 })).toMatchObject({ ok: true });
    expect(backend.requests[0]?.body).toContain('"temperature":0.5');
    expect(backend.requests[1]?.body).not.toContain("temperature");
  });

  it("is changed for one reason after the other", async () => {
    backend.answer(
      refused(maxTokens),
      refused("Unsupported parameter: 'temperature' is not supported with this model."),
      modelSays("openai", { text: "Noon." }),
    );

    expect(await ask("openai", { max_output_tokens: 9, temperature: 0.5 })).toMatchObject({
      ok: true,
    });
    expect(backend.requests).toHaveLength(3);
  });

  const call = { id: "c", type: "function", function: { name: "clock_now", arguments: "{}" } };
  const thought = async (message: object) => {
    backend.answer(answers.json({ choices: [{ message: { tool_calls: [call], ...message } }] }));
    const { messages } = answered(await ask("openai"));
    return [task, ...messages, toolResultMessage("c", "clock_now", "12", false)];
  };

  it.each([
    // https://github.com/karthink/gptel/issues/774
    ["property 'reasoning' is unsupported, did you mean 'role'?", { reasoning: "Hmm." }, 400],
    [
      "messages.1.assistant.reasoning_content: Extra inputs are not permitted",
      { reasoning_content: "Hmm." },
      422,
    ],
  ])(
    "goes without what the server said itself and does not take: %s",
    async (words, said, status) => {
      const messages = await thought(said);
      backend.answer(refused(words, status), modelSays("openai", { text: "Noon." }));

      expect(await ask("openai", {}, messages)).toMatchObject({ ok: true, text: "Noon." });
      expect(backend.requests[1]?.body).toContain("Hmm.");
      expect(backend.requests[2]?.body).not.toContain("Hmm.");
      expect(sent(2)).toMatchObject({ messages: [{}, {}, { tool_calls: [call] }, {}] });
    },
  );

  it.each([
    "The reasoning_content in the thinking mode must be passed back to the API.",
    "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
  ])("has a blank where the server wants reasoning that it did not say: %s", async (words) => {
    // https://github.com/charmbracelet/crush/issues/2696
    const messages = await thought({ reasoning_content: null });
    backend.answer(refused(words), modelSays("openai", { text: "Noon." }));

    expect(await ask("openai", {}, messages)).toMatchObject({ ok: true });
    expect(sent(2)).toMatchObject({ messages: [{}, {}, { reasoning_content: " " }, {}] });
  });

  it("has an empty text where the server wants one beside calls", async () => {
    // https://github.com/SAIL-Research-Lab/cheetahclaws/pull/72
    const messages = await thought({ content: null });
    backend.answer(
      refused("invalid message content type: <nil>"),
      modelSays("openai", { text: "Noon." }),
    );

    expect(await ask("openai", {}, messages)).toMatchObject({ ok: true });
    expect(sent(1)).toMatchObject({ messages: [{}, {}, { content: null }, {}] });
    expect(sent(2)).toMatchObject({ messages: [{}, {}, { content: "" }, {}] });
  });

  it.each([
    ["The reasoning_content in the thinking mode must be passed back to the API.", 400],
    ["max_tokens is too large: 99. This model supports at most 64 completion tokens.", 400],
    ["temperature: must be at most 0.2", 400],
    ["Invalid 'temperature': Expected a value <= 0.4, but got 0.5 instead.", 400],
    [`temperature is not supported: ${"x".repeat(262_144)}`, 400],
    ["The model does not exist.", 404],
    ["temperature is not supported, and we are down.", 503],
    ["The schema of our database changed.", 500],
    ["You said temperature, and only 1 a minute is allowed.", 429],
  ])("is not said again for other reasons: %s", async (words, status) => {
    const messages = await thought({ reasoning_content: "Hmm." });
    backend.answer(refused(words, status));

    expect(
      await ask("openai", { max_output_tokens: 99, temperature: 0.5 }, messages),
    ).toMatchObject({ ok: false, message: expect.stringContaining(words.slice(0, 200)) });
    expect(backend.requests).toHaveLength(2);
  });

  it("has one time for all", async () => {
    backend.answer((...request) => {
      now = 9_990;
      return refused(maxTokens)(...request);
    }, answers.hang());

    expect(await ask("openai", { max_output_tokens: 9 })).toMatchObject({
      ok: false,
      code: "timeout",
    });
    now = 0;
  });

  it("is not said again as it was refused, and the refusal of that is told", async () => {
    backend.answer((request, ...rest) => {
      const words = request.body.includes("max_tokens")
        ? maxTokens
        : "max_completion_tokens: an unexpected value, at least 16 are needed";
      return refused(words)(request, ...rest);
    });

    expect(await ask("openai", { name: "gpt-5", max_output_tokens: 5 })).toMatchObject({
      ok: false,
      message: expect.stringContaining("at least 16"),
    });
    expect(backend.requests).toHaveLength(2);
  });

  it("is said four times at most, and the last refusal is told", async () => {
    const messages = await thought({});
    backend.answer(
      refused(maxTokens),
      refused("temperature is deprecated"),
      refused("max_completion_tokens is unsupported"),
      refused("max_tokens is unsupported, use max_completion_tokens"),
    );

    expect(await ask("openai", { max_output_tokens: 9, temperature: 0.5 }, messages)).toMatchObject(
      { ok: false, message: expect.stringContaining("use max_completion_tokens") },
    );
    expect(backend.requests).toHaveLength(5);
  });
});

describe.each(["openai", "anthropic", "bedrock"] as const)("%s", (vendor) => {
  const input_schema = {
    type: "object",
    $defs: { "a/b": { type: "object", properties: { next: { $ref: "#/$defs/a~1b" } } } },
    additionalProperties: false,
    required: ["name", "lost"],
    properties: {
      name: { type: "string", pattern: "\\S", minLength: 1, description: "Of the user." },
      kind: { const: "a" },
      level: { enum: [1, 2], type: "integer" },
      since: { type: ["null", "string"], format: "date-time" },
      either: {
        anyOf: [{ type: "null" }, { type: "array", items: { oneOf: [{ type: "number" }] } }],
      },
      tree: { $ref: "#/$defs/a~1b", description: "All of it." },
      anything: { description: "What you like." },
      pair: { type: "array", prefixItems: [{ type: "boolean" }] },
      open: { properties: {} },
    },
  };

  it.each([
    // https://github.com/containers/kubernetes-mcp-server/issues/758
    [
      "llama.cpp",
      400,
      "JSON schema conversion failed: Pattern must start with '^' and end with '$'",
    ],
    ["an older llama.cpp", 500, "JSON schema conversion failed: Pattern must start with '^'"],
    // https://github.com/zed-industries/zed/issues/45552
    ["Gemini", 400, `Unknown name "const" at 'tools[0].function_declarations[9].parameters'`],
    // https://github.com/MoonshotAI/kimi-cli/issues/2531
    ["Kimi", 400, "tools.function.parameters is not a valid moonshot flavored json schema"],
  ])(
    "is told of its tools in plain words where it cannot read them, as %s",
    async (_, status, words) => {
      backend.answer(refused(words, status), modelSays(vendor, { text: "Noon." }));
      const tools = [{ name: "find", description: "Finds.", input_schema }];

      expect(await callModel(modelCall(fakeModel(vendor, backend.url), { tools }))).toMatchObject({
        ok: true,
      });
      expect(backend.requests[0]?.body).toContain(JSON.stringify(input_schema).slice(1, -1));
      const { body = "" } = backend.requests[1] ?? {};
      expect(body).not.toMatch(
        /anyOf|oneOf|\$ref|\$defs|pattern|format|minLength|const|prefixItems/,
      );
      expect(body).toContain(
        JSON.stringify({
          type: "object",
          properties: {
            name: { type: "string", description: "Of the user." },
            kind: { type: "string", enum: ["a"] },
            level: { type: "integer" },
            since: { type: "string" },
            either: { type: "array", items: { type: "number" } },
          },
        }).slice(1, -3),
      );
      expect(body).toContain(
        '"tree":{"type":"object","description":"All of it.","properties":{"next":{"type":"object","properties":{}}}}',
      );
      expect(body).toContain('"anything":{"type":"string","description":"What you like."}');
      expect(body).toContain('"pair":{"type":"array","items":{"type":"boolean"}}');
      expect(body).toContain('"open":{"type":"object","properties":{}}}');
      expect(body).toContain('"required":["name"]');
    },
  );

  it.each([
    // https://github.com/microsoft/autogen/issues/1037, https://github.com/anomalyco/opencode/issues/5034
    ["Conversation roles must alternate user/assistant/user/assistant/...", 400],
    ["Only user, assistant and tool roles are supported, got system.", 500],
    ["System role not supported", 400],
    ["This model doesn't support system messages. Try again without a system message.", 400],
  ])("is told who it is by the user where it knows no system prompt: %s", async (words, status) => {
    backend.answer(refused(words, status), modelSays(vendor, { text: "Noon." }));

    expect(await ask(vendor)).toMatchObject({ ok: true, text: "Noon." });
    expect(sent(1)).not.toHaveProperty("system");
    const said = JSON.stringify(sent(1)["messages"]);
    expect(said).not.toContain('"system"');
    expect(said).toMatch(/^\[\{"role":"user",[^}]*You are a clerk.*What is the time/);
  });

  it("is not told that it may choose whether to call a tool, which Cohere's models refuse", async () => {
    // https://github.com/Toloka/tolokaforge/pull/738
    backend.answer(modelSays(vendor, { text: "Noon." }));
    const tools = [{ name: "clock_now", description: "", input_schema: { type: "object" } }];
    await callModel(modelCall(fakeModel(vendor, backend.url), { tools }));

    expect(backend.requests[0]?.body).toContain("clock_now");
    expect(backend.requests[0]?.body).not.toMatch(/tool_?choice/i);
  });
});

describe("what the library asks for and nobody needs", () => {
  const tools = [{ name: "clock_now", description: "", input_schema: { type: "object" } }];
  const asked = async (model: object) => {
    backend.answer(modelSays("anthropic", { text: "Noon." }));
    await callModel(modelCall(fakeModel("anthropic", backend.url, model), { tools }));
    return backend.requests.at(-1)!.headers;
  };

  it("is not asked for: a gateway of Vertex or Bedrock refuses features that it does not know", async () => {
    // https://github.com/vercel/ai/issues/10981
    expect(await asked({})).not.toHaveProperty("anthropic-beta");
    expect(await asked({ headers: { "Anthropic-Beta": "context-1m-2025-08-07" } })).toMatchObject({
      "anthropic-beta": "context-1m-2025-08-07",
    });
  });

  it("is no role of its own for the system prompt, which not all gateways know", async () => {
    backend.answer(modelSays("openai", { text: "Noon." }));
    await ask("openai", { name: "gpt-5" });

    expect(sent(0)).toMatchObject({ messages: [{ role: "system" }, { role: "user" }] });
  });
});
