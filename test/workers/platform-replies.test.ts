import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { asChannel } from "#shared/channels/channel-store";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { type FakeTelegram, startFakeTelegram } from "#test/support/fake-telegram";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { botToken } from "#test/support/telegram-channel";
import { openTelegramChat, type TelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import { ada } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const backend = useFakeBackend();
let fake: FakeTelegram;
let chat: TelegramChat;
const noTyping = { typing_indicator: false };
beforeEach(async () => {
  fake = await startFakeTelegram(botToken);
  chat = await open();
});
afterEach(async () => {
  expect(fake.mistakes).toEqual([]);
  await fake.close();
});

const open = (settings: object = noTyping) =>
  openTelegramChat(platform, fake, { bot: { settings }, backend_url: backend.url });

let ids = 0;
const tell = (text: string, id = ada.id) => {
  const from = { ...ada, id };
  const to = { id, type: "private", first_name: "Ada" } as const;
  return chat.tell({ from, chat: to, message_id: ++ids, text });
};
const replies = async () =>
  (await chat.messages()).filter(({ role }: { role: string }) => role === "assistant");
const channelRow = async () =>
  asChannel(await platform.table.get(keys.channel(chat.team.id, chat.bot_id, chat.channel_id)));
const reply = (content: string, attachments: object[] = []) =>
  backend.answer(answers.json({ content, attachments }), answers.echo());
const refuse = (error_code: number, description: string, parameters?: object) =>
  fake.refuse("sendRichMessage", { error_code, description, ...(parameters && { parameters }) });
const sent = () => fake.sent.map(({ params }) => params["text"] ?? params["rich_message"]);
const calls = () => fake.calls.map(({ name }) => name);
const photo = { type: "image", url: "https://a.example/cat.png" };

describe("A reply", () => {
  it("goes out in pieces, the first quoting its message, and each is written down", async () => {
    reply("Look:", [photo, { type: "file", url: "https://a.example/a.pdf" }]);
    await tell("Hello!");
    await platform.settle();
    expect(calls()).toEqual(["sendRichMessage", "sendPhoto", "sendDocument"]);
    expect(fake.sent.map(({ params }) => "reply_parameters" in params)).toEqual([
      true,
      false,
      false,
    ]);
    const [shown] = await replies();
    expect(shown).toMatchObject({ content: "Look:", delivery: { status: "sent", error: null } });
    expect(shown).not.toHaveProperty("address");
    expect(shown).not.toHaveProperty("parts_sent");
    const rows = await allRows();
    expect(rows.find(({ id }) => id === shown.id)).toMatchObject({
      parts_sent: [0, 1, 2].map((piece) => ({ piece, id: String(1_001 + piece) })),
    });
  });

  it("that is refused with its marks goes out in plain words", async () => {
    fake.lacksRich = true;
    reply("**Hello** there");
    await tell("Hello!");
    await platform.settle();
    expect(sent()).toEqual(["**Hello** there"]);
    expect(await replies()).toMatchObject([{ delivery: { status: "sent", error: null } }]);
  });

  it("of which a file is not taken names it, and goes on behind it", async () => {
    fake.refuse("sendPhoto", { error_code: 400, description: "Bad Request: wrong file" });
    reply("Look:", [photo, { type: "file", url: "https://a.example/a.pdf" }]);
    await tell("Hello!");
    await platform.settle();
    expect(calls()).toEqual(["sendRichMessage", "sendPhoto", "sendMessage", "sendDocument"]);
    expect(sent()[1]).toBe("https://a.example/cat.png");
    expect(await replies()).toMatchObject([{ delivery: { status: "sent", error: null } }]);
  });

  it("leaves after the response delay", async () => {
    chat = await open({ ...noTyping, response_delay: { min_ms: 10_000, max_ms: 10_000 } });
    await tell("Hello!");
    await platform.settle();
    expect(fake.sent).toEqual([]);
    expect(await replies()).toMatchObject([{ delivery: { status: "pending" } }]);
    platform.advance(10_000);
    await platform.settle();
    expect(sent()).toHaveLength(1);
    expect(await replies()).toMatchObject([{ delivery: { status: "sent" } }]);
  });

  it.each([
    ["disabled", { enabled: false }, { class: "configuration", code: "channel_disabled" }],
    [
      "disconnected",
      { status: "disconnected" },
      { class: "disconnected", code: "channel_disconnected" },
    ],
  ])("is skipped when its channel was %s meanwhile", async (_, set, error) => {
    const key = keys.channel(chat.team.id, chat.bot_id, chat.channel_id);
    backend.answer(async (request, response, alive) => {
      await platform.table.update(key, { set });
      await answers.echo()(request, response, alive);
    });
    await tell("Hello!");
    await platform.settle();
    expect(fake.calls).toEqual([]);
    expect(await replies()).toMatchObject([
      { delivery: { status: "skipped", error: { ...error, part: null } } },
    ]);
  });
});

describe("What a platform refuses", () => {
  it.each([
    ["recipient", 403, "Forbidden: bot was blocked by the user"],
    ["configuration", 409, "Conflict: another webhook is set"],
  ])("as %s fails this reply, and the next goes out", async (kind, code, description) => {
    refuse(code, description);
    await tell("One");
    await tell("Two");
    await platform.settle();
    expect(await replies()).toMatchObject([
      {
        content: "One",
        delivery: {
          status: "failed",
          error: { class: kind, code: String(code), message: `Telegram: ${description}`, part: 1 },
        },
      },
      { content: "Two", delivery: { status: "sent" } },
    ]);
    expect(calls()).toEqual(["sendRichMessage", "sendRichMessage"]);
    expect(await channelRow()).toMatchObject({ status: "connected" });
  });

  it("also in plain form fails the reply at its part", async () => {
    reply("Look:", [photo]);
    for (const method of ["sendPhoto", "sendMessage"]) {
      fake.refuse(method, { error_code: 400, description: "Bad Request: no" });
    }
    await tell("Hello!");
    await platform.settle();
    expect(calls()).toEqual(["sendRichMessage", "sendPhoto", "sendMessage"]);
    expect(await replies()).toMatchObject([
      { delivery: { status: "failed", error: { class: "refused", code: "400", part: 2 } } },
    ]);
  });

  it("for good disconnects the channel, tells of it once, and calls nothing any more", async () => {
    const url = `${backend.url}/events`;
    await aWebhookEndpoint(platform, chat.team.key, { url, events: ["channel.disconnected"] });
    refuse(401, "Unauthorized");
    refuse(401, "Unauthorized");
    await tell("One");
    await tell("Two", ada.id + 1);
    await platform.settle();
    await tell("Three", ada.id + 2);
    platform.advance(3_600_000);
    await platform.sweep();
    await platform.settle();
    expect(calls().length).toBeLessThanOrEqual(2);
    expect(fake.sent).toEqual([]);
    expect(await channelRow()).toMatchObject({
      status: "disconnected",
      status_reason: "Telegram: Unauthorized",
      // Made, connected, disconnected.
      version: 3,
    });
    const told = backend.requests.filter(({ path }) => path === "/events");
    expect(told.map(({ body }) => JSON.parse(body).data)).toEqual([
      expect.objectContaining({ channel_id: chat.channel_id, type: "telegram" }),
    ]);
  });

  it("for good fails the reply that was refused", async () => {
    refuse(401, "Unauthorized");
    await tell("One");
    await platform.settle();
    expect(await replies()).toMatchObject([
      { delivery: { status: "failed", error: { class: "disconnected", code: "401", part: 1 } } },
    ]);
  });
});

describe("A platform that wants to be left alone", () => {
  it("gets the rest of the reply after the time that it names, others meanwhile", async () => {
    refuse(429, "Too Many Requests: retry after 14", { retry_after: 14 });
    await tell("One");
    await platform.settle();
    await tell("Two", ada.id + 1);
    await platform.settle();
    expect(sent()).toEqual([{ markdown: "Two" }]);
    platform.advance(13_000);
    await platform.settle();
    expect(sent()).toHaveLength(1);
    platform.advance(2_000);
    await platform.settle();
    expect(sent()).toEqual([{ markdown: "Two" }, { markdown: "One" }]);
    expect(backend.requests).toHaveLength(2);
  });

  it("is tried after 2, 10, 30, 60, 120 and 300 seconds, and given up after an hour", async () => {
    const times: number[] = [];
    const from = platform.clock();
    const down: Answer = (_, response) => {
      times.push((platform.clock() - from) / 1_000);
      fake.misbehave(down);
      response.writeHead(502).end();
    };
    fake.misbehave(down);
    await tell("One");
    await platform.settle();
    const pauses = [2, 10, 30, 60, 120, ...Array.from({ length: 11 }, () => 300), 78];
    const expected = [0];
    for (const seconds of pauses) {
      expected.push((expected.at(-1) ?? 0) + seconds);
      expect(await replies()).toMatchObject([{ delivery: { status: "pending", error: null } }]);
      platform.advance(seconds * 1_000);
      await platform.settle();
    }
    expect(times).toEqual(expected);
    expect(times.at(-1)).toBe(3_600);
    expect(await replies()).toMatchObject([
      {
        delivery: {
          status: "failed",
          error: { class: "retry", code: "502", part: 1 },
        },
      },
    ]);
  });

  it("gets only what it has not taken yet", async () => {
    reply("Look:", [photo]);
    fake.refuse("sendPhoto", {
      error_code: 429,
      description: "Too Many Requests: retry after 5",
      parameters: { retry_after: 5 },
    });
    await tell("Hello!");
    await platform.settle();
    platform.advance(5_000);
    await platform.settle();
    expect(calls()).toEqual(["sendRichMessage", "sendPhoto", "sendPhoto"]);
    expect(await replies()).toMatchObject([{ delivery: { status: "sent", error: null } }]);
  });
});

describe("A worker that dies", () => {
  /** Dies at a call to AWS or to Telegram, and is followed by another. */
  const dyingAt = async (at: number, loses: "connection_lost" | "answer_lost") => {
    chat = await open();
    fake.sent.length = 0;
    backend.answer(answers.json({ content: "Look:", attachments: [photo] }));
    await tell("Hello!");
    let count = 0;
    platform.faults = () => {
      const call = count++;
      if (call < at) return undefined;
      return { kind: call === at ? loses : "connection_lost" };
    };
    await withLog(() => platform.settle());
    platform.faults = undefined;
    for (let round = 0; round < 4; round++) {
      platform.advance(61_000);
      await platform.sweep();
      await withLog(() => platform.settle());
    }
    return count > at;
  };

  it.each(["connection_lost", "answer_lost"] as const)(
    "at any call to the table or the queue is followed by one that sends the rest: %s",
    async (loses) => {
      for (let at = 0; ; at++) {
        const isOver = !(await dyingAt(at, loses));
        const methods = fake.sent.map(({ method }) => method);
        // A piece that was sent and not yet written down may come again: Telegram cannot tell.
        expect([at, [...new Set(methods)]]).toEqual([at, ["sendRichMessage", "sendPhoto"]]);
        expect(methods.length).toBeLessThanOrEqual(3);
        expect(await replies()).toMatchObject([{ content: "Look:", delivery: { status: "sent" } }]);
        if (isOver) break;
      }
    },
  );
});

describe("A sign that an answer is on its way", () => {
  it("is shown at once and again while the backend works, and not after", async () => {
    chat = await open({ typing_indicator: true });
    let typed = 0;
    backend.answer(async (request, response, alive) => {
      while (fake.calls.length < 2) {
        await sleep(10);
        platform.advance(1_000);
      }
      typed = fake.calls.length;
      await answers.echo()(request, response, alive);
    });
    await tell("Hello!");
    await platform.settle();
    expect(typed).toBe(2);
    platform.advance(60_000);
    await platform.settle();
    expect(calls()).toEqual(["sendChatAction", "sendChatAction", "sendRichMessage"]);
  });

  it.each([
    ["is refused", () => fake.refuse("sendChatAction", { error_code: 401, description: "No" })],
    ["hangs", () => fake.misbehave(answers.hang())],
  ])("that %s stops no answer", async (_, plan) => {
    chat = await open({ typing_indicator: true });
    plan();
    await tell("Hello!");
    await platform.settle();
    expect(sent()).toEqual([{ markdown: "Hello!" }]);
    expect(await replies()).toMatchObject([{ delivery: { status: "sent" } }]);
  });
});

describe("The token", () => {
  it("stands in no log, answer or row, and neither does the secret of the hook", async () => {
    chat = await open({ typing_indicator: true });
    const { result, lines } = await withLog(async () => {
      refuse(400, `Bad Request: what is ${botToken}?`);
      fake.refuse("sendMessage", { error_code: 403, description: `Forbidden: ${botToken}` });
      await tell("Hello!");
      await platform.settle();
      fake.misbehave(answers.resetBeforeHeaders());
      await tell("Again!");
      await platform.settle();
      const channel = await platform.call("getChannel", {
        as: chat.key,
        params: { id: chat.channel_id },
      });
      return { messages: await chat.messages(), channel: channel.body };
    });
    expect(result.messages[1].delivery).toMatchObject({ status: "failed" });
    const ofTeam = (await allRows()).filter(({ pk }) => pk.includes(chat.team.id));
    const all = JSON.stringify({ result, lines, rows: ofTeam }, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
    const [, ofBot = ""] = botToken.split(":");
    for (const secret of [ofBot, chat.hook_secret]) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString("hex"),
        Buffer.from(secret).toString("base64url").slice(0, 40),
      ]) {
        expect(all).not.toContain(form);
      }
    }
  });
});
