import { createHmac } from "node:crypto";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type Answer,
  answers,
  type FakeBackend,
  startFakeBackend,
  useFakeBackend,
} from "#test/support/fake-backend";
import { answerBegun } from "#test/support/held-time";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
let chat: WebChat;
let integration: { id: string; signing_secret: string };
const errorMessage = "Out to lunch.";
beforeEach(async () => {
  chat = await openWebChat(platform, {
    bot: { name: "Support Bot", settings: { error_message: errorMessage } },
  });
  integration = await addBackend(backend.url, { headers: { "X-Own": "mine" } });
});

const addBackend = async (url: string, fields: object = {}) => {
  const { status, body, text } = await platform.call("createIntegration", {
    as: chat.key,
    params: { bot_id: chat.bot_id },
    body: { name: "Backend", url, ...fields },
  });
  if (status !== 201) throw new Error(text);
  return body.data;
};

/** Says something and gives the reply as the API shows it. */
const replyTo = async (content: unknown) => {
  const { body } = await chat.say(content, { wait: 20 });
  expect(body.data.reply).not.toBeNull();
  return body.data.reply;
};

describe("A webhook backend", () => {
  it("gets the documented payload and headers, signed with its secret", async () => {
    const { body } = await chat.say("Hello!", {
      user: { id: "u-1", name: "John Doe", username: "johndoe" },
      chat_id: "123456789",
      message_id: "789",
    });
    await platform.settle();
    const { message } = body.data;
    const [request] = backend.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/"]);
    expect(JSON.parse(request!.body)).toEqual({
      messages: [{ role: "user", content: "Hello!" }],
      conversation_id: message.conversation_id,
      user: { id: "u-1", platform: "web", name: "John Doe", username: "johndoe" },
      bot: { id: chat.bot_id, name: "Support Bot" },
      metadata: {
        channel: "web",
        channel_id: chat.channel_id,
        chat_id: "123456789",
        message_id: "789",
        thread_id: null,
      },
    });
    const { headers } = request!;
    expect(headers).toMatchObject({
      accept: "application/json",
      "content-type": "application/json",
      "user-agent": "ChatbotPlatform/1.0",
      "x-chatbot-platform-version": expect.stringMatching(/^\d+\.\d+\.\d+/),
      "x-bot-id": chat.bot_id,
      "x-integration-id": integration.id,
      "x-own": "mine",
      "webhook-id": message.id,
      "webhook-timestamp": String(Math.floor(platform.clock() / 1000)),
    });
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    const secret = Buffer.from(integration.signing_secret.replace("whsec_", ""), "base64");
    const signed = [message.id, headers["webhook-timestamp"], request!.body].join(".");
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`,
    );
  });

  it("is told what else its team wants to be answered with", async () => {
    await platform.call("updateIntegration", {
      as: chat.key,
      params: { id: integration.id },
      body: { headers: { Accept: "application/vnd.mine+json" } },
    });
    await replyTo("Hello!");
    expect(backend.requests[0]!.headers.accept).toBe("application/vnd.mine+json");
  });

  it("is told our id of a message that came without one", async () => {
    const { body } = await chat.say("Hello!");
    await platform.settle();
    expect(JSON.parse(backend.requests[0]!.body).metadata).toMatchObject({
      chat_id: "ada",
      message_id: body.data.message.id,
    });
  });

  it("has its attachments and metadata stored with the reply", async () => {
    const attachments = [
      { type: "image", url: "https://example.com/a.png", name: "a.png", mime_type: "image/png" },
      { type: "audio", url: "https://example.com/b.mp3" },
    ];
    const metadata = { model: "m-1", nested: { tokens: [1, 2], none: null } };
    backend.answer(answers.json({ content: "Here.", attachments, metadata }));
    const reply = await replyTo("Hello!");
    expect(reply).toMatchObject({
      role: "assistant",
      content: "Here.",
      attachments,
      metadata,
      integration_id: integration.id,
      delivery: { status: "sent", error: null },
    });
    const { body } = await platform.call("listMessages", {
      as: chat.key,
      params: { id: reply.conversation_id },
    });
    expect(body.data).toContainEqual(reply);
  });

  it("may answer 32 KiB of text, in any script", async () => {
    const content = "é".repeat(16 * 1024);
    backend.answer(answers.json({ content }));
    expect((await replyTo("Hello!")).content).toBe(content);
  });

  it("may answer with anything beside what is documented", async () => {
    backend.answer(answers.json({ content: "Fine.", more: { things: true } }, { status: 201 }));
    expect(await replyTo("Hello!")).toMatchObject({ content: "Fine.", metadata: {} });
  });
});

const json = (value: unknown) => answers.json(value);
const failures: [string, Answer, RegExp][] = [
  ["answers with status 500", answers.status(500), /HTTP status 500/],
  ["answers with status 429", answers.status(429, { "retry-after": "1" }), /HTTP status 429/],
  ["answers with status 404", answers.status(404), /HTTP status 404/],
  ["answers with HTML", answers.html("<h1>It works!</h1>"), /not JSON/],
  ["answers with half of its JSON", answers.text('{"content":"Hel'), /not JSON/],
  ["answers with nothing", answers.status(200), /not JSON/],
  ["answers with status 204", answers.status(204), /not JSON/],
  ["answers without content", json({ text: "Hi" }), /no text in `content`/],
  ["answers with empty content", json({ content: "" }), /no text in `content`/],
  ["answers with null", json(null), /no text in `content`/],
  ["answers with a list", json([{ content: "Hi" }]), /no text in `content`/],
  [
    "answers with content that is no text",
    json({ content: { text: "Hi" } }),
    /no text in `content`/,
  ],
  [
    "answers with attachments that are none",
    json({ content: "Hi", attachments: [{ type: "gif", url: "x" }] }),
    /`attachments\.0\.type`/,
  ],
  ["answers with metadata that is no object", json({ content: "Hi", metadata: "x" }), /`metadata`/],
  [
    "answers with more than 16 KiB of metadata",
    json({ content: "Hi", metadata: { x: "x".repeat(16 * 1024) } }),
    /16 KiB/,
  ],
  ["answers with more than 32 KiB", json({ content: "é".repeat(16 * 1024 + 1) }), /32 KiB/],
  ["answers with more than 1 MiB", json({ content: "Hi", x: "x".repeat(1_048_576) }), /1 MiB/],
  ["answers with 5 MB", answers.endlessBody(5_000_000), /1 MiB/],
  ["never stops answering", answers.endlessBody(), /1 MiB/],
  ["redirects", answers.redirect("https://example.com/"), /HTTP status 302/],
  ["ends the connection before it answers", answers.endBeforeHeaders(), /closed the connection/],
  ["cuts the connection before it answers", answers.resetBeforeHeaders(), /closed the connection/],
  ["ends the connection within its answer", answers.endAfterHeaders(), /closed the connection/],
  ["cuts the connection within its answer", answers.resetAfterHeaders(), /closed the connection/],
  ["does not speak HTTP", answers.raw("SSH-2.0-OpenSSH_9.6\r\n"), /not HTTP/],
];

describe("A failing backend", () => {
  it.each(failures)(
    "has failed when it %s: the error message is sent, and the bot goes on",
    async (...given) => {
      const [, answer, reason] = given;
      backend.answer(answer, answers.echo());
      expect(await replyTo("Hello!")).toMatchObject({
        content: errorMessage,
        metadata: { failed: true },
        integration_id: null,
        attachments: [],
        delivery: { status: "sent", error: null },
      });
      const shown = await platform.call("getIntegration", {
        as: chat.key,
        params: { id: integration.id },
      });
      expect(shown.body.data.last_error).toEqual({
        at: new Date(platform.clock()).toISOString(),
        message: expect.stringMatching(reason),
      });
      expect(await replyTo("Still there?")).toMatchObject({
        content: "Still there?",
        metadata: {},
      });
    },
  );

  it("has failed when it does not answer in its time", async () => {
    await platform.call("updateIntegration", {
      as: chat.key,
      params: { id: integration.id },
      body: { timeout_seconds: 1 },
    });
    backend.answer(answers.hang(), answers.echo());
    const reply = replyTo("Hello!");
    await backend.received(1);
    platform.advance(900);
    expect(await Promise.race([reply, sleep(20, "is waited for")])).toBe("is waited for");
    platform.advance(100);
    expect(await reply).toMatchObject({ metadata: { failed: true } });
    const { body } = await platform.call("getIntegration", {
      as: chat.key,
      params: { id: integration.id },
    });
    expect(body.data.last_error.message).toContain("did not answer within 1 second");
  });

  it("has failed when it answers a byte at a time, and is not done in its time", async () => {
    await platform.call("updateIntegration", {
      as: chat.key,
      params: { id: integration.id },
      body: { timeout_seconds: 1 },
    });
    const text = JSON.stringify({ content: "Here it comes." });
    backend.answer(answers.slowBody({ text, every_ms: 100 }));
    const begun = answerBegun();
    const reply = replyTo("Hello!");
    await begun;
    platform.advance(1_000);
    expect(await reply).toMatchObject({ metadata: { failed: true } });
    const { body } = await platform.call("getIntegration", {
      as: chat.key,
      params: { id: integration.id },
    });
    expect(body.data.last_error.message).toContain("did not finish its answer within 1 second");
  });

  it("has failed when it is not there", async () => {
    await backend.close();
    expect(await replyTo("Hello!")).toMatchObject({ metadata: { failed: true } });
  });

  it("has its last error changed at most once a minute", async () => {
    const lastError = async (status: number) => {
      backend.answer(answers.status(status));
      await replyTo(`Make it ${status}`);
      const { body } = await platform.call("getIntegration", {
        as: chat.key,
        params: { id: integration.id },
      });
      return body.data.last_error.message;
    };
    expect(await lastError(500)).toContain("500");
    platform.advance(59_999);
    expect(await lastError(501)).toContain("500");
    platform.advance(1);
    expect(await lastError(502)).toContain("502");
  });
});

describe("When the drawn backend fails", () => {
  let others: FakeBackend[] = [];
  beforeEach(async () => {
    others = await Promise.all([1, 2, 3].map(() => startFakeBackend()));
    backend.answer(answers.status(503));
  });
  afterEach(() => Promise.all(others.map((other) => other.close())));

  const addFallbacks = async (fields: object = {}) => {
    const added = [];
    for (const { url } of others) {
      platform.advance(1);
      added.push(await addBackend(url, { fallback: true, ...fields }));
    }
    return added;
  };

  it("the fallbacks are asked in order of creation until one answers", async () => {
    const added = await addFallbacks();
    others[0]!.answer(answers.html("<h1>Oops</h1>"));
    others[1]!.answer(json({ content: "I can." }));
    const reply = await replyTo("Hello!");
    expect(reply).toMatchObject({ content: "I can.", integration_id: added[1].id });
    expect([backend, ...others].map(({ requests }) => requests.length)).toEqual([1, 1, 1, 0]);
    const ids = [backend, ...others.slice(0, 2)].map(
      ({ requests }) => requests[0]?.headers["webhook-id"],
    );
    expect(new Set(ids).size).toBe(1);
    expect(others[0]!.requests[0]?.headers["x-integration-id"]).toBe(added[0].id);
    expect(others[0]!.requests[0]?.body).toBe(backend.requests[0]?.body);
  });

  it("the error message is sent once when every fallback fails too", async () => {
    await addFallbacks();
    for (const other of others) other.answer(answers.status(500));
    expect(await replyTo("Hello!")).toMatchObject({
      content: errorMessage,
      metadata: { failed: true },
    });
    expect([backend, ...others].map(({ requests }) => requests.length)).toEqual([1, 1, 1, 1]);
  });

  it("no disabled fallback is asked, and none while the drawn one answers", async () => {
    await addFallbacks({ status: "disabled" });
    expect(await replyTo("Hello!")).toMatchObject({ metadata: { failed: true } });
    backend.answer(answers.echo());
    expect(await replyTo("Hello!")).toMatchObject({ content: "Hello!" });
    expect(others.map(({ requests }) => requests.length)).toEqual([0, 0, 0]);
  });

  it("each fallback has its own timeout", async () => {
    await addFallbacks({ timeout_seconds: 1 });
    for (const other of others.slice(0, 2)) other.answer(answers.hang());
    others[2]!.answer(json({ content: "In time." }));
    const reply = replyTo("Hello!");
    for (const other of others.slice(0, 2)) {
      await other.received(1);
      platform.advance(1_000);
    }
    expect(await reply).toMatchObject({ content: "In time." });
    expect(others.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });

  describe.each([
    [1_000, "asks another fallback", "I can.", [1, 1, 0], [true, true]],
    [999, "asks nobody", errorMessage, [1, 0, 0], [true, false]],
  ])("and all have %d ms left of four minutes,", (left, what, content, asked, used) => {
    it(`it ${what}, and says so`, async () => {
      const receiver = await startFakeBackend();
      try {
        const endpoint = { url: receiver.url, events: ["integration.failed"] };
        await aWebhookEndpoint(platform, chat.key, endpoint);
        const fields = { timeout_seconds: 120 };
        const params = { id: integration.id };
        await platform.call("updateIntegration", { as: chat.key, params, body: fields });
        await addFallbacks(fields);
        const failsAfter =
          (ms: number): Answer =>
          async (...request) => {
            const end = platform.clock() + ms;
            while (platform.clock() < end) {
              platform.advance(Math.min(1_500, end - platform.clock()));
              // The lease is renewed meanwhile.
              for (let turns = 0; turns < 10; turns++) await turn();
            }
            await answers.status(503)(...request);
          };
        backend.answer(failsAfter(119_900));
        others[0]!.answer(failsAfter(120_100 - left));
        others[1]!.answer(json({ content: "I can." }));
        const id = await chat.talk("Hello!");
        const { body } = await platform.call("listMessages", { as: chat.key, params: { id } });
        expect(body.data.at(-1)).toMatchObject({ role: "assistant", content });
        expect(others.map(({ requests }) => requests.length)).toEqual(asked);
        const told = receiver.requests.map((one) => JSON.parse(one.body).data.fallback_used);
        expect(told).toEqual(used);
      } finally {
        await receiver.close();
      }
    });
  });

  it("nobody retries and nobody waits for the Retry-After of a 429", async () => {
    backend.answer(answers.status(429, { "retry-after": "120" }), answers.echo());
    // Two minutes would outlast this test.
    expect(await replyTo("Hello!")).toMatchObject({ metadata: { failed: true } });
    expect(backend.requests).toHaveLength(1);
  });
});
