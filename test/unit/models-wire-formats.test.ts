import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCallModel } from "#shared/models/create-call-model";
import { messagesFormat, toolResultMessage, userMessage } from "#shared/models/messages";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import {
  afterRestart,
  answered,
  fakeModel,
  modelCall,
  modelSays,
  thoughtSignature,
} from "#test/support/fake-models";

const callModel = createCallModel({ fetch: createSafeFetch({ allowPrivate: () => true }) });
const tools = [
  { name: "clock_now", description: "Says the time.", input_schema: { type: "object" } },
];
const task = userMessage("What is the time?");
const results = [
  toolResultMessage("call_1", "clock_now", "12:00", false),
  toolResultMessage("call_2", "clock_now", "No such zone.", true),
];
const backend = useFakeBackend();

const sent = (n = 0) => JSON.parse(backend.requests[n]!.body) as Record<string, unknown>;

/** What each vendor is sent when two tools were called after a thought, and one of them failed. */
const conversations = {
  openai: [
    { role: "system", content: "You are a clerk." },
    { role: "user", content: "What is the time?" },
    {
      role: "assistant",
      content: "Let me see.",
      reasoning_content: "Two clocks.",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "clock_now", arguments: '{"zone":"UTC"}' },
        },
        { id: "call_2", type: "function", function: { name: "clock_now", arguments: "{}" } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "12:00" },
    { role: "tool", tool_call_id: "call_2", content: '{"error":"No such zone."}' },
  ],
  anthropic: [
    { role: "user", content: [{ type: "text", text: "What is the time?" }] },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Two clocks.", signature: thoughtSignature },
        { type: "text", text: "Let me see." },
        { type: "tool_use", id: "call_1", name: "clock_now", input: { zone: "UTC" } },
        { type: "tool_use", id: "call_2", name: "clock_now", input: {} },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "call_1", content: "12:00" },
        { type: "tool_result", tool_use_id: "call_2", content: "No such zone.", is_error: true },
      ],
    },
  ],
  bedrock: [
    { role: "user", content: [{ text: "What is the time?" }] },
    {
      role: "assistant",
      content: [
        {
          reasoningContent: {
            reasoningText: { text: "Two clocks.", signature: thoughtSignature },
          },
        },
        { text: "Let me see." },
        { toolUse: { toolUseId: "call_1", name: "clock_now", input: { zone: "UTC" } } },
        { toolUse: { toolUseId: "call_2", name: "clock_now", input: {} } },
      ],
    },
    {
      role: "user",
      content: [
        { toolResult: { toolUseId: "call_1", content: [{ text: "12:00" }] } },
        { toolResult: { toolUseId: "call_2", content: [{ text: "No such zone." }] } },
      ],
    },
  ],
};

/** Rows of tables that exist: what was stored under format 1 must be read for good. */
const storedInFormat1 = {
  openai: `[{"role":"assistant","content":[{"type":"text","text":"Let me see."},
    {"type":"tool-call","toolCallId":"call_1","toolName":"clock_now","input":{"zone":"UTC"}},
    {"type":"tool-call","toolCallId":"call_2","toolName":"clock_now","input":{}}],
    "providerOptions":{"chat_completions":{"message":{"reasoning_content":"Two clocks."},"tool_calls":[{},{}]}}}]`,
  anthropic: `[{"role":"assistant","content":[
    {"type":"reasoning","text":"Two clocks.","providerOptions":{"anthropic":{"signature":"${thoughtSignature}"}}},
    {"type":"text","text":"Let me see."},
    {"type":"tool-call","toolCallId":"call_1","toolName":"clock_now","input":{"zone":"UTC"}},
    {"type":"tool-call","toolCallId":"call_2","toolName":"clock_now","input":{}}]}]`,
  bedrock: `[{"role":"assistant","content":[
    {"type":"reasoning","text":"Two clocks.","providerOptions":{"amazonBedrock":{"signature":"${thoughtSignature}"},
      "bedrock":{"signature":"${thoughtSignature}"}}},
    {"type":"text","text":"Let me see."},
    {"type":"tool-call","toolCallId":"call_1","toolName":"clock_now","input":{"zone":"UTC"}},
    {"type":"tool-call","toolCallId":"call_2","toolName":"clock_now","input":{}}]}]`,
};

describe.each(["openai", "anthropic", "bedrock"] as const)("%s", (vendor) => {
  const call = (messages: readonly unknown[]) =>
    callModel(modelCall(fakeModel(vendor, backend.url), { messages, tools }));

  it("is given its thoughts, calls and their results back after a restart", async () => {
    backend.answer(
      modelSays(vendor, {
        thought: "Two clocks.",
        text: "Let me see.",
        calls: [
          { id: "call_1", name: "clock_now", args: { zone: "UTC" } },
          { id: "call_2", name: "clock_now", args: {} },
        ],
      }),
      modelSays(vendor, { text: "It is noon." }),
    );
    const { messages } = answered(await call([task]));

    expect(afterRestart(messages)).toEqual(messages);
    const next = await call(afterRestart([task, ...messages, ...results]));
    expect(next).toMatchObject({ ok: true, text: "It is noon." });
    expect(sent(1)["messages"]).toEqual(conversations[vendor]);
  });

  it("is given back no blank texts, which vendors refuse though their models say them", async () => {
    // https://github.com/home-assistant/core/issues/175637
    backend.answer(
      modelSays(vendor, {
        thought: "Two clocks.",
        text: " \n",
        calls: [{ id: "call_1", name: "clock_now", args: {} }],
      }),
      modelSays(vendor, { text: "It is noon." }),
    );
    const { messages } = answered(await call([task]));
    await call(afterRestart([task, ...messages, results[0]]));

    expect(backend.requests[1]?.body).not.toMatch(/"(?:text|content)":"\s*(?:\\n)*"/);
    expect(backend.requests[1]?.body).toContain("Two clocks.");
  });

  it("goes without a system prompt that is blank", async () => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    await callModel(modelCall(fakeModel(vendor, backend.url), { system_prompt: " \n" }));

    expect(backend.requests[0]?.body).not.toMatch(/"role":"system"|"\s*(?:\\n)+"/);
  });

  it(`understands what was stored in format ${messagesFormat}`, async () => {
    backend.answer(modelSays(vendor, { text: "It is noon." }));
    const stored = JSON.parse(storedInFormat1[vendor]) as unknown[];
    answered(await call([task, ...stored, ...results]));

    expect(messagesFormat).toBe(1);
    expect(sent()["messages"]).toEqual(conversations[vendor]);
  });

  it("is told of the system prompt and of the tools with their schemas", async () => {
    backend.answer(modelSays(vendor, { text: "Yes." }));
    await call([task]);

    expect(backend.requests[0]?.body).toContain("You are a clerk.");
    expect(backend.requests[0]?.body).toContain('{"type":"object"}');
    expect(backend.requests[0]?.path).toBe(
      {
        openai: "/v1/chat/completions",
        anthropic: "/v1/messages",
        bedrock: "/model/claude-sonnet-4-5/converse",
      }[vendor],
    );
  });

  it("is sent calls with unreadable arguments and blank results in a form that it accepts", async () => {
    const id = "call_1";
    backend.answer(modelSays(vendor, { calls: [{ id, name: "clock_now", args: [] }] }));
    const { messages } = answered(await call([task]));
    await call([task, ...messages, toolResultMessage(id, "clock_now", " \n", false)]);

    const { body } = backend.requests[1]!;
    expect(body).toMatch(/"(arguments":"{}"|input":{})/);
    expect(body).toContain('"(no output)"');
  });
});

describe("openai", () => {
  const call = (messages: readonly unknown[]) =>
    callModel(modelCall(fakeModel("openai", backend.url), { messages, tools }));
  const turn = (message: object) =>
    answers.json({ choices: [{ index: 0, message, finish_reason: "tool_calls" }] });
  const toolCall = (id: string, more = {}) => ({
    id,
    type: "function",
    function: { name: "clock_now", arguments: "{}" },
    ...more,
  });

  it("gives servers back what they added to the interface, each in its place", async () => {
    const details = [{ type: "reasoning.encrypted", data: "b64==", index: 0 }];
    const signature = { extra_content: { google: { thought_signature: "sig" } } };
    backend.answer(
      turn({ content: null, tool_calls: [toolCall("a")] }),
      turn({
        content: "",
        reasoning: "Hmm.",
        reasoning_details: details,
        refusal: null,
        tool_calls: [toolCall("b"), toolCall("c", signature)],
      }),
      turn({ content: "Done." }),
    );
    const result = (id: string) => toolResultMessage(id, "clock_now", "12:00", false);
    const first = answered(await call([task]));
    const history = [task, ...first.messages, result("a")];
    const second = answered(await call(afterRestart(history)));
    await call(afterRestart([...history, ...second.messages, result("b"), result("c")]));

    const said = (sent(2)["messages"] as { role: string }[]).filter(
      ({ role }) => role === "assistant",
    );
    expect(said).toEqual([
      { role: "assistant", content: null, tool_calls: [toolCall("a")] },
      {
        role: "assistant",
        content: null,
        reasoning: "Hmm.",
        reasoning_details: details,
        tool_calls: [toolCall("b"), toolCall("c", signature)],
      },
    ]);
  });

  it("sends reasoning models their own names of settings", async () => {
    backend.answer(modelSays("openai", { text: "Yes." }));
    const model = { name: "o3", temperature: 0.5, max_output_tokens: 99 };
    await callModel(modelCall(fakeModel("openai", backend.url, model)));

    expect(sent()).toMatchObject({ model: "o3", max_completion_tokens: 99 });
    expect(sent()).not.toHaveProperty("temperature");
  });
});

describe("bedrock with the role of the account", () => {
  const environment = {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE000000000",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG",
    AWS_SESSION_TOKEN: "IQoJb3JpZ2luX2Vj/session",
  };
  const names = [...Object.keys(environment), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"];
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    Object.assign(process.env, environment, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: backend.url });
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const call = (model = {}) => {
    const keyless = { api_key: undefined, base_url: null, ...model };
    return callModel(modelCall(fakeModel("bedrock", backend.url, keyless)));
  };

  it("signs the request, and escapes the name of the model", async () => {
    backend.answer(modelSays("bedrock", { text: "Yes." }));
    const name = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.x-v1:0";

    expect(await call({ name })).toMatchObject({ ok: true, text: "Yes." });
    expect(backend.requests[0]?.path).toBe(`/model/${encodeURIComponent(name)}/converse`);
    expect(backend.requests[0]?.headers).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE000000000\/\d{8}\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/,
      ),
      "x-amz-security-token": environment.AWS_SESSION_TOKEN,
    });
  });

  it("masks the credentials that AWS repeats", async () => {
    const message = `Not valid: ${environment.AWS_ACCESS_KEY_ID} ${environment.AWS_SESSION_TOKEN}`;
    backend.answer(answers.json({ message }, { status: 403 }));
    const { host } = new URL(backend.url);

    expect(await call()).toMatchObject({
      message: `${host} answered with status 403: Not valid: •••• ••••`,
    });
  });

  it("signs nothing for a server that a team named", async () => {
    expect(await call({ base_url: backend.url })).toMatchObject({
      ok: false,
      retryable: false,
      message: "A Bedrock model with a base_url needs an api_key of its own.",
    });
    expect(backend.requests).toEqual([]);
  });

  it.each([
    ["AWS_REGION", "Bedrock needs AWS_REGION in the environment."],
    ["AWS_ACCESS_KEY_ID", "Bedrock needs the credentials of an AWS account in the environment."],
  ])("says that %s is missing", async (name, message) => {
    delete process.env[name];

    expect(await call()).toMatchObject({ ok: false, retryable: false, message });
    expect(backend.requests).toEqual([]);
  });
});
