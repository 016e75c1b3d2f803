import { describe, expect, it } from "@jest/globals";
import type { Conversation } from "#shared/conversations/conversation";
import type { Message } from "#shared/conversations/message";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { keys } from "#shared/table/keys";
import { openErasableChat } from "#test/support/erasable-chat";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { deliveriesOf, eventsOf, readEvent, saysBack } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(saysBack);
const ada = { id: "user-ada", name: "Ada Lovelace" };
const room = { chat_id: "room" };
const theirs = ["Ada's", "Lovelace", "user-ada", "0049170"];

/** A chat that Ada began and Bob goes on with. An endpoint was told all that they said, and said it back. */
async function aToldRoom() {
  const chat = await openErasableChat(platform);
  await aWebhookEndpoint(platform, chat.team.key, { url: receiver.url, events: ["*"] });
  const long = (whose: string) => `${whose} long words ${"and on ".repeat(4_000)}`;
  await chat.talk("Ada's words", { ...room, user: ada, message_id: "ada-0049170" });
  // As the clock of another machine has it: times never fall within a conversation.
  platform.advance(-5);
  await chat.talk("Ada's other words", { ...room, user: ada });
  platform.advance(5);
  await chat.talk("Bob's words", { ...room, user: "user-bob" });
  await chat.talk(long("Ada's"), { ...room, user: ada });
  const id = await chat.talk(long("Bob's"), { ...room, user: "user-bob" });
  const told = await eventsOf(chat.team);
  expect(told).toHaveLength(5);
  return { chat, id, told };
}

interface Told {
  readonly message: Message;
  readonly conversation: Conversation;
}
const isOf = (userId: string) => (event: { readonly data: Told }) =>
  event.data.message.user?.id === userId;

describe("DELETE /v1/bots/{bot_id}/users/{user_id}: what endpoints are told", () => {
  it("erases it where it tells of the user's messages, and what receivers answered to it", async () => {
    const { chat, told } = await aToldRoom();
    for (const text of theirs) expect(await rowsWith(text, chat.team.id)).not.toEqual([]);
    await chat.erase("user-ada");
    for (const text of theirs) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
    expect((await eventsOf(chat.team)).map(({ id }) => id)).toEqual(
      told.filter(isOf("user-bob")).map(({ id }) => id),
    );
    // That something was delivered stays known.
    const deliveries = await deliveriesOf(chat.team);
    expect(deliveries).toMatchObject(
      told.map(() => ({ status: "succeeded", attempts: [{ status_code: 200 }] })),
    );
  });

  it("leaves what others said, without the user who began the conversation", async () => {
    const { chat, told } = await aToldRoom();
    await chat.erase("user-ada");
    const nobody = { id: "", name: null, username: null };
    expect(await eventsOf(chat.team)).toEqual(
      told.filter(isOf("user-bob")).map(({ data, ...event }) => ({
        ...event,
        data: { ...data, conversation: { ...data.conversation, user: nobody } },
      })),
    );
  });

  it("leaves the answers to what told nothing of the user", async () => {
    const { chat, told } = await aToldRoom();
    const answersOf = async () =>
      new Map((await deliveriesOf(chat.team)).map((row) => [row["event_id"], row["attempts"]]));
    const before = await answersOf();
    await chat.erase("user-bob");
    const after = await answersOf();
    for (const event of told) {
      const attempts = isOf("user-bob")(event)
        ? [expect.objectContaining({ response: null })]
        : before.get(event.id);
      expect(after.get(event.id)).toEqual(attempts);
    }
  });

  it("tells nothing more, and says so where a delivery still waits", async () => {
    receiver.answer(answers.status(500));
    const { chat } = await aToldRoom();
    await chat.erase("user-ada");
    receiver.answer(saysBack);
    const { length } = receiver.requests;
    platform.advance(3_600_000);
    await platform.settle();
    const later = receiver.requests.slice(length).map(({ body }) => readEvent(body));
    expect(later.map(({ data }) => data.message.content.slice(0, 5))).toEqual(["Bob's", "Bob's"]);
    const ended = (await deliveriesOf(chat.team)).map(({ status, error }) =>
      [String(status), String(error)].join(" "),
    );
    expect(ended.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => "failed event_expired"),
      ...Array.from({ length: 2 }, () => "succeeded null"),
    ]);
    expect(await rowsWith("Ada's", chat.team.id)).toEqual([]);
  });

  it.each(["deleteConversation", "deleteChannel", "deleteBot"])(
    "goes with the messages that %s erases",
    async (operationId) => {
      const { chat, id, told } = await aToldRoom();
      const ids = {
        deleteConversation: id,
        deleteChannel: chat.channel_id,
        deleteBot: chat.bot_id,
      };
      const params = { id: ids[operationId as keyof typeof ids] };
      expect((await platform.call(operationId, { as: chat.key, params })).status).toBe(200);
      await platform.settle();
      for (const text of [...theirs, "Bob's"]) {
        expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
      }
      const store = createDeliveryStore(platform.table, platform.clock);
      for (const event of told) expect(await store.body(chat.team.id, event.id)).toBeUndefined();
      expect(await platform.table.get(keys.conversation(chat.team.id, id))).toBeUndefined();
    },
  );
});
