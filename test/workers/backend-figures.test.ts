import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { figuresOf, usageOf } from "#test/support/counted";
import { answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { addBackend } from "#test/support/integrations";
import { withLog } from "#test/support/log-lines";
import { aLoop, aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
const second = useFakeBackend();
let chat: WebChat;
let first: Id<"int">;
beforeEach(async () => {
  platform.random = () => 0;
  chat = await openWebChat(platform);
  first = await addBackend(platform, chat, backend.url);
});

const figures = () => figuresOf(chat.team.id, chat.bot_id);
const usage = () => usageOf(chat.team.id);
const today = () => new Date(platform.clock()).toISOString().slice(0, 10);
const dayMs = 24 * 60 * 60_000;
/** An answer that its backend is waited for so long. */
const after = (ms: number, content = "Here.") => {
  const answer = answers.json({ content });
  return (...asked: Parameters<typeof answer>) => {
    platform.advance(ms);
    return answer(...asked);
  };
};

describe("Of a reply is counted", () => {
  it("that its backend was asked first and answered, and in how long", async () => {
    backend.answer(after(0), after(10), after(11), after(250));
    for (let count = 0; count < 4; count++) await chat.talk("Hello!");
    expect(await figures()).toEqual({
      [first]: {
        asked_first: 4,
        replies: 4,
        latency_0: 2,
        // 11 ms end within 12, and 250 ms within 10 times 1.2 to the 18th.
        latency_1: 1,
        latency_18: 1,
      },
    });
    expect(await usage()).toEqual({ [today()]: { messages: 4, replies: 4 } });
  });

  it("what its backend says that it used, where that are whole numbers", async () => {
    const used = (...usages: readonly unknown[]) =>
      usages.map((one) => answers.json({ content: "Here.", metadata: { usage: one } }));
    const [one, ...others] = used(
      { input_tokens: 120, output_tokens: 30, cached_tokens: 100 },
      { input_tokens: -5, output_tokens: 2.5, cached_tokens: "7" },
      { input_tokens: 1e15, output_tokens: 0, thoughts: 4 },
      [1, 2],
      null,
      "much",
    );
    backend.answer(one!, ...others);
    for (let count = 0; count < 6; count++) await chat.talk("Hello!");
    const tokens = { input_tokens: 1_000_000_120, output_tokens: 30, cached_tokens: 100 };
    expect((await figures())[first]).toMatchObject({ replies: 6, ...tokens });
    expect((await usage())[today()]).toEqual({ messages: 6, replies: 6, ...tokens });
  });

  it("that a fallback gave it, and of who was asked first why it did not", async () => {
    const fallback = await addBackend(platform, chat, second.url, { fallback: true });
    backend.answer(answers.status(503), answers.html("<h1>Oops</h1>"), answers.status(500));
    for (let count = 0; count < 3; count++) await chat.talk("Hello!");
    expect(await figures()).toEqual({
      [first]: { asked_first: 3, failed_http_error: 2, failed_invalid_response: 1 },
      [fallback]: { replies: 3, fallbacks: 3, latency_0: 3 },
    });
  });

  it("under none that nobody answered", async () => {
    backend.answer(answers.endBeforeHeaders());
    await chat.talk("Hello!");
    expect(await figures()).toEqual({
      [first]: { asked_first: 1, failed_network_error: 1 },
      none: { unanswered: 1 },
    });
    expect(await usage()).toEqual({ [today()]: { messages: 1, replies: 1 } });
  });

  it("under none alone where there is nobody to be asked", async () => {
    await platform.call("updateIntegration", {
      as: chat.key,
      params: { id: first },
      body: { weight: 0 },
    });
    await chat.talk("Hello!");
    expect(await figures()).toEqual({ none: { unanswered: 1 } });
  });

  it("under none that it was given up", async () => {
    platform.faults = ({ operation, input }) =>
      operation === "Query" && JSON.stringify(input).includes("INTEGRATION#")
        ? { kind: "throttle" }
        : undefined;
    await withLog(async () => {
      await chat.talk("Hello!");
      for (let claim = 0; claim < 5; claim++) {
        platform.advance(121_000);
        await platform.settle();
      }
    });
    platform.faults = undefined;
    expect(await figures()).toEqual({ none: { unanswered: 1 } });
    expect(Object.values(await usage())).toEqual([{ messages: 1, replies: 1 }]);
  });

  it("its own day, and of each of its messages the day on which that came", async () => {
    const slow = await openWebChat(platform, {
      team: chat.team,
      bot: { settings: { response_delay: { min_ms: 60_000, max_ms: 60_000 } } },
    });
    const midnight = Math.ceil(platform.clock() / dayMs) * dayMs;
    platform.advance(midnight - platform.clock() - 1_000);
    const before = today();
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
    await withLog(() => slow.talk("Just before midnight"));
    platform.faults = undefined;
    platform.advance(61_000);
    await platform.sweep();
    await platform.settle();
    expect(await usage()).toEqual({ [before]: { messages: 1 }, [today()]: { replies: 1 } });
    const rows = Object.values(await figuresOf(chat.team.id, slow.bot_id));
    expect(rows).toEqual([{ asked_first: 1, replies: 1, latency_0: 1 }]);
  });
});

describe("A message that nobody answers is counted once", () => {
  const pause = (status: string) =>
    platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body: { status } });

  it("when it is kept, if its bot was paused then", async () => {
    await pause("paused");
    await chat.talk("Hello?", { message_id: "m-1" });
    await chat.talk("Hello?", { message_id: "m-1" });
    expect(await usage()).toEqual({ [today()]: { messages: 1 } });
    await pause("active");
    await chat.talk("Hello!");
    expect(await usage()).toEqual({ [today()]: { messages: 2, replies: 1 } });
  });

  it("when it is left, if its bot was paused since", async () => {
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
    await withLog(() => chat.talk("Hello?"));
    platform.faults = undefined;
    expect(await usage()).toEqual({});
    await pause("paused");
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    expect(await usage()).toEqual({ [today()]: { messages: 1 } });
    expect(await figures()).toEqual({});
  });

  it.each<[string, () => Promise<unknown>]>([
    ["its user is", () => erase("deleteBotUser", { bot_id: chat.bot_id, user_id: "ada" })],
    ["its conversation is", async () => erase("deleteConversation", { id: await talkingTo() })],
    ["its channel is", () => erase("deleteChannel", { id: chat.channel_id })],
    ["its bot is", () => erase("deleteBot", { id: chat.bot_id })],
  ])("when %s erased before anybody answered", async (_, erased) => {
    await unheard("Hello?");
    await unheard("Is anybody there?");
    expect(await usage()).toEqual({});
    await erased();
    expect(await usage()).toEqual({ [today()]: { messages: 2 } });
    await sweepLater();
    expect(await usage()).toEqual({ [today()]: { messages: 2 } });
  });

  it("when its user is erased, in a chat with others", async () => {
    await unheard("Hello?", { chat_id: "room" });
    await unheard("Hello!", { chat_id: "room", user: "bob" });
    await erase("deleteBotUser", { bot_id: chat.bot_id, user_id: "ada" });
    expect(await usage()).toEqual({ [today()]: { messages: 1 } });
    await sweepLater();
    expect(await usage()).toEqual({ [today()]: { messages: 2, replies: 1 } });
    await erase("deleteBotUser", { bot_id: chat.bot_id, user_id: "bob" });
    expect(await usage()).toEqual({ [today()]: { messages: 2, replies: 1 } });
  });

  /** Says something of which no worker hears. */
  const unheard = async (...said: Parameters<WebChat["talk"]>) => {
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
    await withLog(() => chat.talk(...said));
    platform.faults = undefined;
  };
  const talkingTo = async () => {
    const { body } = await platform.call("listConversations", {
      as: chat.key,
      params: { bot_id: chat.bot_id },
    });
    return body.data[0].id;
  };
  const erase = async (operationId: string, params: Readonly<Record<string, string>>) => {
    // What was said before is older by a millisecond.
    platform.advance(1);
    await platform.call(operationId, { as: chat.key, params });
    await platform.settle();
  };
  const sweepLater = async () => {
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
  };

  it("also where several become one turn", async () => {
    await platform.call("updateBot", {
      as: chat.key,
      params: { id: chat.bot_id },
      body: { settings: { conversation: { collect_ms: 3_000 } } },
    });
    for (const said of ["One", "Two", "Three"]) await chat.say(said);
    platform.advance(4_000);
    await platform.settle();
    expect(await usage()).toEqual({ [today()]: { messages: 3, replies: 1 } });
    expect((await figures())[first]).toMatchObject({ asked_first: 1, replies: 1 });
  });
});

describe("Of a team is counted", () => {
  const counted = async () => (await usage())[today()];
  const count = async (name: string) => (await counted())?.[name] ?? 0;

  it("each execution by how it ended, with its tokens", async () => {
    const model = (url: string) => ({ provider: "openai", name: "fake", base_url: `${url}/v1` });
    const run = async (loop: object) => {
      const { id } = await aLoop(platform, chat.key, loop);
      const { body } = await platform.call("runAgentLoop", { as: chat.key, params: { id } });
      return body.data.id as string;
    };
    const used = { tokens: [30, 7], cached: 20 } as const;
    backend.answer(
      modelSays("openai", { ...used, calls: [{ id: "a", name: "time_today", args: {} }] }),
      modelSays("openai", { ...used, text: "Done." }),
      answers.status(401),
    );
    await run({ model: model(backend.url), tools: [{ type: "time" }] });
    await platform.settle();
    await run({ model: model(backend.url) });
    await platform.settle();
    const waiting = await run({ model: model("http://127.0.0.1:1") });
    await platform.call("cancelExecution", { as: chat.key, params: { id: waiting } });
    await platform.settle();
    expect(await counted()).toEqual({
      executions_completed: 1,
      executions_failed: 1,
      executions_cancelled: 1,
      input_tokens: 60,
      output_tokens: 14,
      cached_tokens: 40,
    });
  });

  it("each delivery when it is made, and none that is tried or sent again", async () => {
    const receiver = await startFakeBackend();
    try {
      receiver.answer(answers.status(500));
      const { id } = await aWebhookEndpoint(platform, chat.key, {
        url: receiver.url,
        events: ["*"],
      });
      const endpoint = { as: chat.key, params: { id } };
      backend.answer(answers.status(500));
      await chat.talk("Hello!");
      // That it was received, and that its backend failed.
      expect(await count("deliveries")).toBe(2);
      await platform.call("testWebhookEndpoint", endpoint);
      await platform.settle();
      expect(await count("deliveries")).toBe(3);
      const loop = await aLoop(platform, chat.key, { callback: { url: receiver.url } });
      await platform.call("runAgentLoop", { as: chat.key, params: { id: loop.id } });
      await platform.settle();
      // The callback and the event.
      expect(await count("deliveries")).toBe(5);
      platform.advance(10_000);
      await platform.settle();
      const { body } = await platform.call("listDeliveries", endpoint);
      for (const delivery of body.data) {
        await platform.call("retryDelivery", { as: chat.key, params: { id: delivery.id } });
      }
      const since = "2026-01-01T00:00:00Z";
      await platform.call("replayDeliveries", { ...endpoint, body: { since, all: true } });
      await platform.settle();
      expect(receiver.requests.length).toBeGreaterThan(10);
      expect(await count("deliveries")).toBe(5);
    } finally {
      await receiver.close();
    }
  });
});
