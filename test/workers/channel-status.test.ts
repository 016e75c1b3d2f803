import { beforeEach, describe, expect, it } from "@jest/globals";
import type { StoredChannel } from "#shared/channels/channel";
import { asChannel } from "#shared/channels/channel-store";
import { noteRefused, noteSent } from "#shared/channels/note-activity";
import { keys } from "#shared/table/keys";
import { liveWork } from "#shared/work/live-work";
import { channelWrites } from "#test/support/channel-row";
import { useFakeBackend } from "#test/support/fake-backend";
import { useTelegram } from "#test/support/telegram-channel";
import { openTelegramChat, type TelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import { ada } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const telegram = useTelegram();
const backend = useFakeBackend();
const minute = 60_000;
const lacking = { code: "409", message: "Telegram: Conflict: a right is missing" };

let chat: TelegramChat;
beforeEach(async () => {
  chat = await openTelegramChat(platform, telegram.fake, {
    bot: { settings: { typing_indicator: false } },
    backend_url: backend.url,
  });
});

let ids = 0;
const say = async (from = ada) => {
  const to = { id: from.id, type: "private", first_name: "Ada" } as const;
  await chat.tell({ from, chat: to, message_id: ++ids, text: "Hello!" });
  await platform.settle();
};
const refuse = (error_code = 409, description = "Conflict: a right is missing") =>
  telegram.fake.refuse("sendRichMessage", { error_code, description });
const listed = async () => {
  const request = { as: chat.key, params: { bot_id: chat.bot_id } };
  return (await platform.call("listChannels", request)).body.data[0];
};
const rowOf = async (): Promise<StoredChannel> => {
  const row = await platform.table.get(keys.channel(chat.team.id, chat.bot_id, chat.channel_id));
  return asChannel(row)!;
};
const change = (body: object) =>
  platform.call("updateChannel", { as: chat.key, params: { id: chat.channel_id }, body });
const writesWhile = (run: () => Promise<unknown>) => channelWrites(platform, chat.channel_id, run);

describe("A channel whose platform refuses a reply for want of a right", () => {
  it("says so, in the list too, and is well again once a reply goes out", async () => {
    expect(await chat.channel()).toMatchObject({ status_reason: null, health: { ok: true } });
    refuse();
    await say();
    const shown = { status: "connected", status_reason: lacking.message };
    expect(await listed()).toMatchObject(shown);
    expect(await chat.channel()).toMatchObject({
      ...shown,
      health: { ok: false, problems: [lacking] },
    });
    await say();
    expect(await listed()).toMatchObject({ status_reason: null });
    expect(await chat.channel()).toMatchObject({ status_reason: null, health: { ok: true } });
  });

  it("is written once, however many replies are refused, and once when they go out again", async () => {
    const people = Array.from({ length: 5 }, (_, at) => ({ ...ada, id: ada.id + at }));
    const all = async () => {
      for (const from of people) await say(from);
    };
    people.forEach(() => refuse());
    expect(await writesWhile(all)).toBe(1);
    expect(await writesWhile(all)).toBe(1);
    expect(await writesWhile(all)).toBe(0);
  });

  it("is written at most once a minute where the platform says something else each time", async () => {
    const two = async () => {
      refuse(409, "Conflict: request 1");
      await say();
      refuse(409, "Conflict: request 2");
      await say();
    };
    expect(await writesWhile(two)).toBe(1);
    platform.advance(minute);
    expect(await writesWhile(two)).toBe(1);
    expect((await listed()).status_reason).toBe("Telegram: Conflict: request 2");
  });

  it.each([
    ["a person who cannot be reached", 403, "Forbidden: bot was blocked by the user"],
    ["a message that is not taken", 400, "Bad Request: no"],
  ])("says nothing of %s", async (_, code, description) => {
    refuse(code, description);
    telegram.fake.refuse("sendMessage", { error_code: code, description });
    await say();
    expect(await chat.channel()).toMatchObject({ status_reason: null, health: { ok: true } });
  });

  it("keeps what else stands in its way when a reply goes out", async () => {
    telegram.fake.webhook.url = "https://thief.example.com/";
    const elsewhere = { status_reason: expect.stringContaining("https://thief.example.com/") };
    expect(await chat.channel()).toMatchObject(elsewhere);
    refuse();
    await say();
    platform.advance(minute);
    expect(await chat.channel()).toMatchObject({
      status_reason: lacking.message,
      health: { problems: [{ code: "webhook_elsewhere" }, lacking] },
    });
    await say();
    expect(await chat.channel()).toMatchObject({
      ...elsewhere,
      health: { ok: false, problems: [{ code: "webhook_elsewhere" }] },
    });
  });

  it("says why it is disconnected instead, once it is", async () => {
    refuse();
    await say();
    refuse(401, "Unauthorized");
    await say();
    expect(await listed()).toMatchObject({
      status: "disconnected",
      status_reason: "Telegram: Unauthorized",
    });
  });

  it("forgets it with other credentials, of which it says nothing", async () => {
    refuse();
    await say();
    const old = await rowOf();
    const { body } = await change({ credentials: { bot_token: telegram.fake.token } });
    expect(body.data).toMatchObject({ status: "connected", status_reason: null });
    // A worker that sent with the old ones comes late.
    await noteRefused(liveWork(), chat.team.id, old, { class: "configuration", ...lacking });
    expect(await rowOf()).not.toHaveProperty("send_failure");
  });

  it("keeps it while its team changes something else", async () => {
    refuse();
    await say();
    expect((await change({ name: "Renamed" })).body.data).toMatchObject({
      name: "Renamed",
      status_reason: lacking.message,
    });
  });

  it("is not well by a reply that went out before another was refused", async () => {
    refuse();
    await say();
    const seen = await rowOf();
    platform.advance(minute);
    refuse(409, "Conflict: something else");
    await say();
    await noteSent(liveWork(), chat.team.id, seen);
    expect((await listed()).status_reason).toBe("Telegram: Conflict: something else");
  });
});
