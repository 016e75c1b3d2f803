import { describe, expect, it } from "@jest/globals";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat, type WhatsAppChat } from "#test/support/whatsapp-chat";
import type { GraphError } from "#test/support/whatsapp-errors";
import { call, change, letter, message, sheena, status, text } from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const backend = useFakeBackend();

const open = () => openWhatsAppChat(platform, whatsapp.fake, { backend_url: backend.url });
/** When it is written in a test, in seconds. */
const nowThere = () => ({ timestamp: String(Math.floor(platform.clock() / 1_000)) });
const delivery = async (chat: WhatsAppChat) => (await chat.messages()).at(-1).delivery;
/** WhatsApp tells what became of the last message of the bot. */
const tells = async (chat: WhatsAppChat, became: string, error?: GraphError) => {
  const { id = "" } = whatsapp.fake.sent.at(-1) ?? {};
  expect((await chat.tell(whatsapp.fake.tells(id, became, error))).status).toBe(200);
  await platform.settle();
};
const undeliverable = { code: 131026, message: "Message undeliverable" };
const noPayment = { code: 131042, message: "Business eligibility payment issue" };
const locked = { code: 131031, message: "Account has been locked" };

describe("What WhatsApp tells of a message that it took", () => {
  it("is that it did not arrive: then the reply has failed, however often that is told", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    for (const name of ["sent", "delivered"]) await tells(chat, name);
    expect(await delivery(chat)).toEqual({ status: "sent", error: null });
    for (let times = 0; times < 2; times++) await tells(chat, "failed", undeliverable);
    expect(await delivery(chat)).toMatchObject({
      status: "failed",
      error: { class: "recipient", code: "131026", part: 1 },
    });
    expect(whatsapp.fake.sent).toHaveLength(1);
    expect((await chat.channel()).status).toBe("connected");
  });

  it("is what its owner has to mend, which the channel shows while it goes on", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    await tells(chat, "failed", noPayment);
    expect(await chat.channel()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("payment"),
      health: { ok: false },
    });
  });

  it("is that nobody can be answered any more", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    whatsapp.fake.refuse("GET number", { status: 401, code: 190, message: "Session has expired" });
    await tells(chat, "failed", locked);
    expect((await chat.channel()).status).toBe("disconnected");
  });

  it("is that neither of two tries arrived, each told before it was known to be sent", async () => {
    const chat = await openWhatsAppChat(platform, whatsapp.fake, {
      bot: { settings: { typing_indicator: false } },
      backend_url: backend.url,
    });
    const failsAs = (id: string, answer: Answer) =>
      whatsapp.fake.misbehave(async (request, ...given) => {
        const { biz_opaque_callback_data } = JSON.parse(request.body);
        const fields = { id, biz_opaque_callback_data, errors: [undeliverable] };
        await chat.tell(call(change({ statuses: [status("failed", fields)] })));
        await answer(request, ...given);
      });
    const unknown = { code: 131000, message: "Something went wrong" };
    failsAs("wamid.first", answers.json({ error: unknown }, { status: 500 }));
    failsAs("wamid.second", answers.json({ messages: [{ id: "wamid.second" }] }));
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    platform.advance(2_000);
    await platform.settle();
    expect(await delivery(chat)).toMatchObject({ status: "failed", error: { code: "131026" } });
  });

  it("is of no reply of ours where another program sent it", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    const errors = [undeliverable];
    for (const fields of [{}, { biz_opaque_callback_data: "order 66" }]) {
      const failed = status("failed", { errors, ...fields });
      expect((await chat.tell(call(change({ statuses: [failed] })))).status).toBe(200);
    }
    expect(await delivery(chat)).toEqual({ status: "sent", error: null });
  });
});

describe("A person on WhatsApp", () => {
  const hidden = (fields: object, user_id: string = sheena.bsuid) =>
    message("text", { ...nowThere(), from: undefined, from_user_id: user_id, ...fields }, [
      { profile: { name: "Sheena" }, user_id },
    ]);
  const shown = async (chat: WhatsAppChat) =>
    (await chat.conversations()).map(
      ({ user, chat_id, message_count }: Record<string, unknown>) => [
        Object(user).id,
        chat_id,
        message_count,
      ],
    );
  const newPhone = "16505559999";
  const newId = "US.99999";

  it("who hides the number later goes on with the same conversation, and is answered at the id", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    await chat.tell(hidden({ id: "wamid.2", text: { body: "It is me" } }));
    await platform.settle();
    expect(await shown(chat)).toEqual([[sheena.phone, sheena.phone, 4]]);
    expect(whatsapp.fake.sent.map(({ params }) => [params["to"], params["recipient"]])).toEqual([
      [sheena.phone, undefined],
      [undefined, sheena.bsuid],
    ]);
  });

  it("is found and erased by an id that is as long as Meta makes them", async () => {
    const user_id = `US.${"1".repeat(128)}`;
    const chat = await open();
    await chat.tell(hidden({ id: "wamid.2", text: { body: "It is me" } }, user_id));
    await platform.settle();
    const asked = { as: chat.key, params: { bot_id: chat.bot_id } };
    const found = await platform.call("listConversations", { ...asked, query: { user_id } });
    expect(found.body.meta.total).toBe(1);
    const params = { ...asked.params, user_id };
    platform.advance(1);
    expect((await platform.call("deleteBotUser", { ...asked, params })).status).toBe(200);
    await platform.settle();
    expect(await shown(chat)).toEqual([]);
  });

  it("stays the same with another number, and with another id, once WhatsApp has told", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    const system = { body: "User changed", type: "user_changed_number", wa_id: newPhone };
    const moved = letter("system", {
      ...nowThere(),
      id: "wamid.2",
      from_user_id: undefined,
      system,
    });
    await chat.tell(call(change({ messages: [moved] })));
    const fromThere = { id: "wamid.3", from: newPhone, from_user_id: undefined };
    await chat.tell(
      message("text", { ...nowThere(), ...fromThere, text: { body: "New number" } }, [
        { profile: { name: "Sheena" }, wa_id: newPhone },
      ]),
    );
    await platform.settle();
    const user_id = { previous: sheena.bsuid, current: newId };
    const update = { wa_id: newPhone, user_id, ...nowThere() };
    await chat.tell(call(change({ user_id_update: [update] }, "user_id_update")));
    await chat.tell(hidden({ id: "wamid.4", text: { body: "New id" } }, newId));
    await platform.settle();
    expect(await shown(chat)).toEqual([[sheena.phone, sheena.phone, 6]]);
  });

  it("is erased by either id", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    platform.advance(1);
    const params = { bot_id: chat.bot_id, user_id: sheena.bsuid };
    expect((await platform.call("deleteBotUser", { as: chat.key, params })).status).toBe(200);
    await platform.settle();
    expect(await chat.conversations()).toEqual([]);
  });
});
