import { describe, expect, it } from "@jest/globals";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { keys } from "#shared/table/keys";
import { openErasableChat } from "#test/support/erasable-chat";
import { rowsWith } from "#test/support/stored-rows";
import { tellOfAll } from "#test/support/tell";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const ada = { id: "user-ada", name: "Ada Lovelace" };
const room = { chat_id: "room" };

/** A chat that Ada began and Bob goes on with. All that they said was told to an endpoint, which repeated it. */
async function aToldRoom() {
  const chat = await openErasableChat(platform);
  const long = `Ada's long words ${"and on ".repeat(6_000)}`;
  await chat.talk("Ada's words", { ...room, user: ada, message_id: "ada-0049170" });
  await chat.talk("Bob's words", { ...room, user: "user-bob" });
  await chat.talk(long.slice(0, 30_000), { ...room, user: ada });
  const id = await chat.talk(`Bob's ${long}`.slice(0, 32_000).replace("Ada's", "own"), {
    ...room,
    user: "user-bob",
  });
  return { chat, id, events: await tellOfAll(platform, chat.team.id) };
}

const theirs = ["Ada's", "Lovelace", "user-ada", "0049170"];

describe("DELETE /v1/bots/{bot_id}/users/{user_id}: what endpoints are told", () => {
  it("erases it where it tells of the user's messages, and what receivers answered to it", async () => {
    const { chat, events } = await aToldRoom();
    const deliveries = await rowsWith("DELIVERY", chat.team.id);
    for (const text of theirs) expect(await rowsWith(text, chat.team.id)).not.toEqual([]);
    await chat.erase("user-ada");
    for (const text of theirs) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
    const store = createDeliveryStore(platform.table, platform.clock);
    const told = await Promise.all(events.map((id) => store.body(chat.team.id, id)));
    expect(told.map((text) => text !== undefined)).toEqual([false, true, false, true]);
    // That something was delivered stays known.
    expect(deliveries).toHaveLength(4);
    expect(await platform.table.batchGet(deliveries)).toMatchObject(
      deliveries.map(() => ({ status: "succeeded", attempts: [{ status_code: 200 }] })),
    );
  });

  it("leaves what others said, without the user who began the conversation", async () => {
    const { chat, id, events } = await aToldRoom();
    const deliveries = createDeliveryStore(platform.table, platform.clock);
    const toldOfBob = async () =>
      Promise.all(
        [events[1]!, events[3]!].map(async (event) =>
          JSON.parse((await deliveries.body(chat.team.id, event)) ?? ""),
        ),
      );
    const before = await toldOfBob();
    await chat.erase("user-ada");
    const nobody = { id: "", name: null, username: null };
    expect(await toldOfBob()).toEqual(
      before.map(({ data, ...event }) => ({
        ...event,
        data: { ...data, conversation: { ...data.conversation, user: nobody } },
      })),
    );
    expect((await toldOfBob())[1].data.message.conversation_id).toBe(id);
  });

  it("leaves the answers to what told nothing of the user", async () => {
    const { chat } = await aToldRoom();
    const answersOf = async () => {
      const rows = await platform.table.batchGet(await rowsWith("DELIVERY", chat.team.id));
      return rows.map((row) => row?.["attempts"]);
    };
    const before = await answersOf();
    await chat.erase("user-bob");
    const isBobs = before.map((attempts) => JSON.stringify(attempts).includes("user-bob"));
    expect(isBobs.filter(Boolean)).toHaveLength(2);
    expect(await answersOf()).toEqual(
      before.map((attempts, index) =>
        isBobs[index] ? [expect.objectContaining({ response: null })] : attempts,
      ),
    );
  });

  it.each(["deleteConversation", "deleteChannel", "deleteBot"])(
    "goes with the messages that %s erases",
    async (operationId) => {
      const { chat, id, events } = await aToldRoom();
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
      const keysOfEvents = events.map((event) => keys.event(chat.team.id, event));
      expect(await platform.table.batchGet(keysOfEvents)).toEqual(events.map(() => undefined));
    },
  );
});
