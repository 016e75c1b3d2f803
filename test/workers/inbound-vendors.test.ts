import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { type Answer, answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { bodySaid, modelSays } from "#test/support/fake-models";
import { answerBegun } from "#test/support/held-time";
import { aWebhookEndpoint } from "#test/support/make";
import { modelAt, openModelChat, useBedrockAt } from "#test/support/model-chat";
import { strictModel, toldOf } from "#test/support/strict-vendors";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const backend = useFakeBackend();
useBedrockAt(backend);

describe.each(["openai", "anthropic", "bedrock"] as const)("A model of %s", (vendor) => {
  const open = (options: Parameters<typeof openModelChat>[3] = {}) =>
    openModelChat(platform, vendor, backend.url, options);
  const told = (place = -1) => toldOf(vendor, backend.requests.at(place)!);

  it("answers a message, and the reply says which model it was and what it used", async () => {
    const chat = await open();
    const text = "Good day.";
    backend.answer(strictModel(vendor, { text, tokens: [12, 7], cached: 4, model: "m-2026" }));
    expect(await chat.replyTo("Hello!")).toMatchObject({
      content: text,
      attachments: [],
      integration_id: chat.id,
      delivery: { status: "sent", error: null },
      metadata: {
        model: vendor === "bedrock" ? "amazon.nova-lite-v1:0" : "m-2026",
        usage: {
          input_tokens: vendor === "openai" ? 12 : 16,
          output_tokens: 7,
          cached_tokens: 4,
        },
      },
    });
    expect(told()).toMatchObject({ system: undefined, said: ["user: Hello!"] });
    expect(backend.requests).toHaveLength(1);
  });

  it("is given the system prompt, the history and the settings", async () => {
    const settings = { temperature: 0.5, max_output_tokens: 200 };
    const chat = await open({ settings: { system_prompt: "Be kind." }, fields: { settings } });
    backend.answer(strictModel(vendor, { text: "Yes?" }));
    await chat.replyTo("One");
    await chat.replyTo("Two");
    expect(told()).toMatchObject({
      system: "Be kind.",
      said: ["user: One", "assistant: Yes?", "user: Two"],
    });
    expect(backend.requests[0]!.body).toMatch(/"temperature":0.5/);
    expect(backend.requests[0]!.body).toMatch(/"max_?[tT]okens":200/);
  });

  it("is given a user who begins where the window begins with a reply, and nothing blank", async () => {
    const chat = await open({ settings: { context_window: 2 } });
    backend.answer(strictModel(vendor, { text: "Yes?" }));
    await chat.replyTo("One");
    await chat.replyTo([{ type: "text", text: "  " }]);
    expect(told().said).toEqual([
      "user: (The conversation began before this.)",
      "assistant: Yes?",
      "user: (An empty message.)",
    ]);
  });

  it("is given messages of one turn as one, and those of a paused bot before it", async () => {
    const chat = await open();
    backend.answer(strictModel(vendor));
    const bot = { as: chat.key, params: { id: chat.bot_id } };
    await platform.call("updateBot", { ...bot, body: { status: "paused" } });
    await chat.talk("One");
    await chat.talk([{ type: "text", text: "Two" }]);
    await platform.call("updateBot", { ...bot, body: { status: "active" } });
    expect(await chat.replyTo("Three")).toMatchObject({ content: "I see." });
    expect(told().said).toEqual(["user: One\n\nTwo\n\nThree"]);
  });

  it("may stop at its limit of tokens when it has said something, and only then the reply says so", async () => {
    const chat = await open();
    backend.answer(
      strictModel(vendor, { text: "It is", finish: "length" }),
      strictModel(vendor, { text: "It is so." }),
    );
    const cut = await chat.replyTo("Hello!");
    expect([cut.content, cut.metadata.truncated]).toEqual(["It is", true]);
    expect((await chat.replyTo("Go on.")).metadata).not.toHaveProperty("truncated");
  });

  it("may answer 32 KiB and no more", async () => {
    const chat = await open();
    const text = "é".repeat(16 * 1_024);
    backend.answer(strictModel(vendor, { text }), strictModel(vendor, { text: `${text}!` }));
    expect((await chat.replyTo("Hello!")).content).toBe(text);
    expect((await chat.replyTo("Again!")).content).toBe("Out to lunch.");
    expect(await chat.lastError()).toBe("The model's answer is longer than 32 KiB.");
  });

  const good = bodySaid(vendor, { text: "Hi" });
  const packed =
    (bytes: Uint8Array): Answer =>
    (_, response) => {
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      response.writeHead(200, headers).end(bytes);
    };

  it("is asked without a temperature that it does not take, within one call", async () => {
    const chat = await open({ fields: { settings: { temperature: 0.5 } } });
    const message = "`temperature` is deprecated for this model.";
    backend.answer(
      answers.json({ error: { message }, message }, { status: 400 }),
      strictModel(vendor, { text: "Hi" }),
    );
    expect((await chat.replyTo("Hello!")).content).toBe("Hi");
    expect(await chat.lastError()).toBeUndefined();
  });

  it("may pack its answer unasked", async () => {
    const chat = await open();
    backend.answer(packed(gzipSync(good)));
    expect((await chat.replyTo("Hello!")).content).toBe("Hi");
  });

  const thought = { thought: "Hm." };
  const failures: [string, Answer, string, number | null, RegExp][] = [
    ["refuses the connection", answers.resetBeforeHeaders(), "network_error", null, /closed/],
    ["answers 500", answers.json({ message: "Down." }, { status: 500 }), "http_error", 500, /Down/],
    ["answers 429", answers.status(429), "http_error", 429, /status 429/],
    ["answers HTML", answers.html("<h1>Hi</h1>"), "invalid_response", 200, /web page/],
    ["redirects", answers.redirect("http://127.0.0.1:1/"), "http_error", 302, /redirect/],
    ["breaks off", answers.resetAfterHeaders(), "network_error", null, /in the middle/],
    [
      "cuts its JSON",
      answers.raw(`HTTP/1.1 200 OK\r\n\r\n${good.slice(0, 40)}`),
      "invalid_response",
      200,
      /not JSON/,
    ],
    ["says nothing", modelSays(vendor, { text: "" }), "invalid_response", 200, /nothing/],
    ["only thinks", modelSays(vendor, thought), "invalid_response", 200, /reasoning only/],
    [
      "calls a tool",
      modelSays(vendor, { calls: [{ id: "a", name: "b", args: {} }] }),
      "invalid_response",
      200,
      /called a tool/,
    ],
    [
      "says 5 MB",
      modelSays(vendor, { text: "x".repeat(5e6) }),
      "response_too_large",
      200,
      /256 KiB/,
    ],
    ["sends 9 MB", answers.endlessBody(9 * 1_048_576), "response_too_large", null, /8 MiB/],
    ["breaks its packing", packed(Buffer.from("no gzip")), "network_error", null, /unpacked/],
  ];
  it.each(failures)(
    "fails when it %s: the user is told the bot's error message, the team the reason",
    async (_, answer, code, status, words) => {
      const chat = await open();
      await aWebhookEndpoint(platform, chat.key, { events: ["integration.failed"] });
      backend.answer(answer);
      expect(await chat.replyTo("Hello!")).toMatchObject({
        content: "Out to lunch.",
        metadata: { failed: true },
      });
      expect(await chat.lastError()).toMatch(words);
      const [event] = await eventsOf(chat.team);
      expect(event?.data.error).toMatchObject({ code, status });
      expect(backend.requests).toHaveLength(1);
    },
  );

  it.each<[string, Answer, () => Promise<void>]>([
    ["never answers", answers.hang(), () => backend.received(1)],
    ["drips", answers.slowBody({ text: good, every_ms: 300 }), answerBegun],
  ])("fails in its own time when it %s", async (_, answer, isSlow) => {
    const chat = await open({ fields: { timeout_seconds: 1 } });
    backend.answer(answer);
    const slow = isSlow();
    const reply = chat.replyTo("Hello!");
    await slow;
    platform.advance(1_000);
    expect((await reply).content).toBe("Out to lunch.");
    expect(await chat.lastError()).toMatch(/within 1 second/);
  });

  it("says nothing of its key when it repeats it", async () => {
    const chat = await open();
    const words = "Incorrect key: sk-a-key-of-a-team AKIDEXAMPLE000000000";
    backend.answer(answers.json({ error: { message: words }, message: words }, { status: 401 }));
    await chat.replyTo("Hello!");
    const error = await chat.lastError();
    expect(error).toMatch(/Incorrect key: /);
    expect(error).not.toMatch(vendor === "bedrock" ? /AKIDEXAMPLE/ : /sk-a-key/);
  });

  it("is followed by a fallback of another vendor, with the same history", async () => {
    const chat = await open({ settings: { system_prompt: "Be kind." } });
    const other = vendor === "openai" ? "anthropic" : "openai";
    const second = await startFakeBackend();
    try {
      const { id } = await chat.add(modelAt(other, second.url, { fallback: true }));
      backend.answer(answers.status(503));
      second.answer(strictModel(other, { text: "Here I am." }));
      expect(await chat.replyTo("Hello!")).toMatchObject({
        content: "Here I am.",
        integration_id: id,
      });
      expect(toldOf(other, second.requests[0]!)).toMatchObject({
        system: "Be kind.",
        said: ["user: Hello!"],
      });
    } finally {
      await second.close();
    }
  });
});
