import { beforeEach, describe, expect, it } from "@jest/globals";
import { deliveryTag } from "#shared/conversations/delivery-tag";
import type { StoredMessage } from "#shared/conversations/message";
import type { DeliveryFailed } from "#shared/platforms/inbound-event";
import { allRows } from "#test/support/all-rows";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { receive } from "#test/support/inbound-events";
import { withLog } from "#test/support/log-lines";
import { useTelegram } from "#test/support/telegram-channel";
import { openTelegramChat, type TelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import { ada, group } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const telegram = useTelegram();
const backend = useFakeBackend();
const minute = 60_000;
const undeliverable = {
  class: "recipient",
  code: "131026",
  message: "WhatsApp: Message undeliverable",
} as const;

let chat: TelegramChat;
beforeEach(async () => {
  chat = await openTelegramChat(platform, telegram.fake, {
    bot: { settings: { typing_indicator: false } },
    backend_url: backend.url,
  });
});

let ids = 0;
const say = async () => {
  await chat.tell({ message_id: ++ids, text: "Hello!" });
  await platform.settle();
};
/** The only reply, as it is stored. */
const stored = async () => {
  const rows = await allRows(`TEAM#${chat.team.id}#CONVERSATION#`);
  return rows.find(({ role }) => role === "assistant") as unknown as StoredMessage;
};
/** The platform tells that a part did not arrive. */
const fails = async (part: number, message_id: string, event: Partial<DeliveryFailed> = {}) => {
  const tag = deliveryTag(await stored(), part);
  const failed = { kind: "delivery_failed", tag, message_id, failure: undeliverable } as const;
  await receive(platform, chat, [{ ...failed, ...event }]);
};
/** The delivery of the only reply, as it is shown. */
const delivery = async () => (await chat.messages()).at(-1).delivery;
const failedAt = (part: number, failure: DeliveryFailed["failure"] = undeliverable) => ({
  status: "failed",
  error: { ...failure, part },
});
const sent = { status: "sent", error: null };
/** Telegram takes a message under this id, after something else has happened. */
const takes =
  (message_id: number, first: () => Promise<unknown>): Answer =>
  async (_, response) => {
    await first();
    response.end(JSON.stringify({ ok: true, result: { message_id } }));
  };
const picture = { type: "image", url: "https://a.example/cat.png" };
const inTwoParts = () => backend.answer(answers.json({ content: "Look:", attachments: [picture] }));

describe("A reply of which the platform tells later that it did not arrive", () => {
  it("is failed for good, with why and at which part, however often that is told", async () => {
    inTwoParts();
    await say();
    expect(await delivery()).toEqual(sent);
    for (let times = 0; times < 3; times++) await fails(1, "1002");
    expect(await delivery()).toEqual(failedAt(2));
    await fails(0, "1001");
    expect((await delivery()).status).toBe("failed");
  });

  it("is failed also when that is told before we have written down that it was sent", async () => {
    telegram.fake.misbehave(takes(77, () => fails(0, "77")));
    await say();
    expect(await stored()).toMatchObject({ delivery: sent, parts_sent: [{ id: "77" }] });
    expect(await delivery()).toEqual(failedAt(1));
  });

  it("is failed also when that is told while the next part is on its way", async () => {
    inTwoParts();
    telegram.fake.misbehave(takes(77, async () => {}));
    telegram.fake.misbehave(takes(78, () => fails(0, "77")));
    await say();
    expect(await stored()).toMatchObject({ parts_sent: [{ id: "77" }, { id: "78" }] });
    expect(await delivery()).toEqual(failedAt(1));
  });

  it("was sent where a copy did not arrive that a worker who died had sent", async () => {
    // Its answer never came: it is sent again, and that one is written down.
    telegram.fake.misbehave(answers.resetBeforeHeaders());
    await say();
    await fails(0, "77");
    platform.advance(2_000);
    await platform.settle();
    expect(await delivery()).toEqual(sent);
    await fails(0, "77");
    expect(await delivery()).toEqual(sent);
    await fails(0, "1001");
    expect(await delivery()).toEqual(failedAt(1));
  });

  it("is told of again when it could not be written down", async () => {
    await say();
    platform.faults = ({ operation }) =>
      operation === "UpdateItem" ? { kind: "connection_lost" } : undefined;
    await expect(withLog(() => fails(0, "1001"))).rejects.toThrow("socket hang up");
    platform.faults = undefined;
    expect(await delivery()).toEqual(sent);
    await fails(0, "1001");
    expect(await delivery()).toEqual(failedAt(1));
  });

  it("costs one read and one write, and one that is known the read", async () => {
    await say();
    const calls = async () => {
      const made: string[] = [];
      platform.faults = ({ operation }) => void made.push(operation);
      await fails(0, "1001");
      platform.faults = undefined;
      // The rows of the test come first, then the hook.
      return made.slice(made.lastIndexOf("Scan") + 2);
    };
    expect(await calls()).toEqual(["GetItem", "UpdateItem"]);
    expect(await calls()).toEqual(["GetItem"]);
  });
});

describe("What is no part of a reply of ours", () => {
  it.each<[string, (reply: StoredMessage) => Partial<DeliveryFailed>]>([
    ["is sent by another program", () => ({ tag: null })],
    ["has the tag of another program", () => ({ tag: "order-4711" })],
    ["is a reply that is not there", (reply) => ({ tag: deliveryTag({ ...reply, number: 9 }, 0) })],
    ["is a message of a user", (reply) => ({ tag: deliveryTag({ ...reply, number: 1 }, 0) })],
  ])("changes nothing when it %s", async (_, event) => {
    await say();
    const before = await allRows(`TEAM#${chat.team.id}`);
    await fails(0, "1001", event(await stored()));
    expect(await allRows(`TEAM#${chat.team.id}`)).toEqual(before);
  });

  it("is a reply that was emptied with the user whom it answered", async () => {
    const body = {
      settings: { conversation: { mode: "thread" }, should_respond: { groups: "always" } },
    };
    const { key: as, bot_id } = chat;
    await platform.call("updateBot", { as, params: { id: bot_id }, body });
    for (const from of [ada, { ...ada, id: ada.id + 1 }]) {
      await chat.tell({ message_id: ++ids, text: "Hello!", chat: group, from });
      await platform.settle();
    }
    const { number } = (await chat.messages())[1];
    platform.advance(1);
    await platform.call("deleteBotUser", { as, params: { bot_id, user_id: String(ada.id) } });
    await platform.settle();
    const rows = await allRows(`TEAM#${chat.team.id}`);
    const emptied = rows.find((row) => row["role"] === "assistant" && row["number"] === number);
    expect(emptied).toMatchObject({ content: "", delivery: sent });
    const tag = deliveryTag(emptied as unknown as StoredMessage, 0);
    await fails(0, "1001", { tag });
    expect(await allRows(`TEAM#${chat.team.id}`)).toEqual(rows);
  });
});

describe("What it says of the channel", () => {
  const lacking = {
    class: "configuration",
    code: "131042",
    message: "WhatsApp: no payment",
  } as const;
  const dead = { class: "disconnected", code: "131031", message: "WhatsApp: locked" } as const;

  it("is told by it, where its owner has to mend it, and stays for ten minutes though replies are taken", async () => {
    await say();
    await fails(0, "1001", { failure: lacking });
    expect(await delivery()).toEqual(failedAt(1, lacking));
    expect(await chat.channel()).toMatchObject({ status_reason: lacking.message });
    await say();
    expect(await chat.channel()).toMatchObject({ status_reason: lacking.message });
    platform.advance(10 * minute);
    await say();
    expect(await chat.channel()).toMatchObject({ status_reason: null });
  });

  it("is that it is disconnected, where its credentials are dead", async () => {
    await say();
    await fails(0, "1001", { failure: dead });
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listChannels", list)).body.data).toMatchObject([
      { status: "disconnected", status_reason: dead.message },
    ]);
  });

  it.each([lacking, dead])(
    "is nothing where it has other credentials since: %j",
    async (failure) => {
      await say();
      platform.advance(1);
      const body = { credentials: { bot_token: telegram.fake.token } };
      const params = { id: chat.channel_id };
      await platform.call("updateChannel", { as: chat.key, params, body });
      await fails(0, "1001", { failure });
      expect(await delivery()).toEqual(failedAt(1, failure));
      expect(await chat.channel()).toMatchObject({ status: "connected", status_reason: null });
    },
  );
});
