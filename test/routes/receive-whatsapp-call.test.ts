import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { useFakeBackend } from "#test/support/fake-backend";
import { whatsAppCall } from "#test/support/fake-whatsapp";
import { withLog } from "#test/support/log-lines";
import { itRefuses, unknownId } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { credentials, useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat, type WhatsAppChat } from "#test/support/whatsapp-chat";
import {
  business,
  call,
  change,
  groupId,
  letter,
  message,
  quotedWamid,
  sheena,
  status,
  text,
  wamid,
} from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const backend = useFakeBackend();

const open = (settings?: object) =>
  openWhatsAppChat(platform, whatsapp.fake, {
    bot: { ...(settings && { settings }) },
    backend_url: backend.url,
  });
const request = (number: number) =>
  JSON.parse(backend.requests.at(number)?.body ?? "{}") as {
    messages: { role: string; content: unknown }[];
    metadata: object;
  };
const sent = () => whatsapp.fake.sent.map(({ params }) => params);
const roles = async (chat: WhatsAppChat) =>
  (await chat.messages()).map(({ role }: { role: string }) => role);
/** When it is written in a test, in seconds. */
const nowThere = () => ({ timestamp: String(Math.floor(platform.clock() / 1_000)) });
const context = (from: string) => ({ context: { from, id: quotedWamid } });

describe("A call of WhatsApp", () => {
  itRefuses("receiveWhatsAppCall", platform, async () => (await open()).request(text("Hi")));

  it("is answered with 200 and nothing, whatever it holds", async () => {
    const chat = await open();
    for (const body of ["", "{", "[]", "null", '{"object":1}', '{"entry":[null]}']) {
      const made = whatsAppCall(body, credentials.app_secret);
      const answer = await platform.call("receiveWhatsAppCall", {
        params: { channel_id: chat.channel_id },
        headers: made.headers,
        rawBody: made.body,
      });
      expect([body, answer.status, answer.text]).toEqual([body, 200, ""]);
    }
    for (const body of [call(change({ statuses: [status("read")] })), message("reaction")]) {
      expect((await chat.tell(body)).status).toBe(200);
    }
    expect(await chat.conversations()).toEqual([]);
  });

  it("is answered with 404 where there is no channel, or none of WhatsApp", async () => {
    const chat = await open();
    const web = await openWebChat(platform, { team: chat.team });
    const { headers, rawBody } = chat.request(text("Hi"));
    for (const channel_id of [unknownId("ch"), web.channel_id]) {
      const params = { channel_id };
      const answer = await platform.call("receiveWhatsAppCall", { params, headers, rawBody });
      expect(answer.status).toBe(404);
    }
    const answer = await platform.call("receiveSlackEvent", chat.request(text("Hi")));
    expect(answer.status).toBe(404);
  });

  it("is answered with 404 once its team's key is gone with the team", async () => {
    const chat = await open();
    platform.advance(16 * 60_000);
    await platform.table.delete(keys.dataKey(chat.team.id));
    expect((await chat.tell(text("Hi"))).status).toBe(404);
  });

  it("brings many messages, each kept once, and one that cannot be read stops no other", async () => {
    const chat = await open();
    const one = (number: number, body: string) =>
      letter("text", { ...nowThere(), id: `wamid.${number}`, text: { body } });
    const many = call(
      change({ messages: [one(2, "two"), null, { type: "text" }] }),
      change({ messages: [one(1, "one")], statuses: [status("delivered")] }),
      change({ messages: [letter("text", { text: { body: "theirs" } })] }, "messages", "1"),
    );
    await chat.tell(many);
    await chat.tell(many);
    await platform.settle();
    expect(await chat.messages()).toMatchObject([
      { role: "user", content: "two" },
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
      { role: "assistant", content: "one" },
    ]);
  });

  it("is to come again when what it brings could not be kept", async () => {
    const chat = await open();
    const body = text("Hi", nowThere());
    platform.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? { kind: "connection_lost" } : undefined;
    const { result } = await withLog(() => chat.tell(body));
    expect(result.status).toBeGreaterThanOrEqual(500);
    platform.faults = undefined;
    expect((await chat.tell(body)).status).toBe(200);
    await platform.settle();
    expect(await roles(chat)).toEqual(["user", "assistant"]);
  });
});

describe("A message of WhatsApp", () => {
  it("is answered to the number, quoting it, once, however often it comes", async () => {
    const chat = await open();
    const body = text("**Hello**", nowThere());
    await chat.tell(body);
    await platform.settle();
    await chat.tell(body);
    await platform.settle();
    const [{ id }] = (await chat.messages()).slice(-1);
    expect(sent()).toEqual([
      {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: sheena.phone,
        context: { message_id: wamid },
        type: "text",
        text: { body: "*Hello*", preview_url: false },
        biz_opaque_callback_data: expect.stringMatching(`#${id}#0$`),
      },
    ]);
    expect(await chat.messages()).toMatchObject([
      {
        role: "user",
        content: "**Hello**",
        user: { id: sheena.phone, name: "Sheena Nelson" },
        metadata: {},
      },
      { role: "assistant", content: "**Hello**", delivery: { status: "sent", error: null } },
    ]);
    expect(await chat.conversations()).toMatchObject([
      { platform: "whatsapp", chat_id: sheena.phone, thread_id: null, message_count: 2 },
    ]);
    expect(request(-1).metadata).toEqual({
      channel: "whatsapp",
      channel_id: chat.channel_id,
      chat_id: sheena.phone,
      message_id: wamid,
      thread_id: null,
    });
  });

  it("of somebody who hides the number is answered to the id", async () => {
    const chat = await open();
    await chat.tell(
      message("text", { ...nowThere(), from: undefined, text: { body: "Hi" } }, [
        { profile: { name: "Sheena", username: "@sheena" }, user_id: sheena.bsuid },
      ]),
    );
    await platform.settle();
    expect(sent()).toMatchObject([{ recipient: sheena.bsuid, text: { body: "Hi" } }]);
    expect(await chat.messages()).toMatchObject([
      { user: { id: sheena.bsuid, name: "Sheena", username: "sheena" } },
      { role: "assistant" },
    ]);
  });

  it("tells the backend which button was pressed", async () => {
    const chat = await open();
    const button_reply = { id: "cancel", title: "Cancel it" };
    await chat.tell(
      message("interactive", {
        ...nowThere(),
        interactive: { type: "button_reply", button_reply },
      }),
    );
    await platform.settle();
    expect(request(-1)).toMatchObject({
      messages: [{ role: "user", content: "Cancel it" }],
      metadata: { choice: button_reply },
    });
  });

  it("that came too late to be answered is kept", async () => {
    const chat = await open();
    const seconds = Math.floor(platform.clock() / 1_000);
    await chat.tell(text("Hi", { timestamp: String(seconds - 86_401) }));
    await platform.settle();
    expect(await roles(chat)).toEqual(["user"]);
    await chat.tell(text("Hi?", { id: "wamid.2", timestamp: String(seconds - 86_399) }));
    await platform.settle();
    expect(await roles(chat)).toEqual(["user", "user", "assistant"]);
    expect(sent()).toMatchObject([{ context: { message_id: "wamid.2" } }]);
  });

  it.each([
    ["mention", "replies to the bot", context(business.number), true],
    ["mention", "is for others", {}, false],
    ["mention", "replies to others", context(sheena.phone), false],
    ["always", "is for others", {}, true],
    ["never", "replies to the bot", context(business.number), false],
  ])("in a group with `%s` that %s is kept, and answered: %#", async (groups, _, fields, is) => {
    const chat = await open({ should_respond: { groups } });
    await chat.tell(text("Lunch?", { ...nowThere(), group_id: groupId, ...fields }));
    await platform.settle();
    expect(await roles(chat)).toEqual(is ? ["user", "assistant"] : ["user"]);
    expect(sent().map(({ recipient_type, to }) => [recipient_type, to])).toEqual(
      is ? [["group", groupId]] : [],
    );
  });

  it("in a group belongs to a conversation of its user", async () => {
    const chat = await open({ should_respond: { groups: "always" } });
    const bob = { from: "436641", from_user_id: "AT.1", id: "wamid.2" };
    for (const fields of [{}, bob]) {
      await chat.tell(text("Lunch?", { ...nowThere(), group_id: groupId, ...fields }));
    }
    await platform.settle();
    expect(await chat.conversations()).toHaveLength(2);
  });

  it("shows that the answer is on its way", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    await platform.settle();
    expect(whatsapp.fake.calls[0]).toMatchObject({
      name: "POST number/messages",
      params: { status: "read", message_id: wamid, typing_indicator: { type: "text" } },
    });
    expect(whatsapp.fake.mistakes).toEqual([]);
  });

  it.each([
    ["recipient", 131026, "connected"],
    ["configuration", 131042, "connected"],
    ["refused", 131009, "connected"],
    ["disconnected", 131031, "disconnected"],
  ])(
    "fails for good with an error of the class %s, and the channel goes on or not",
    async (kind, code, is) => {
      const chat = await open();
      whatsapp.fake.refuse("POST number/messages", { code: 131000 });
      whatsapp.fake.refuse("POST number/messages", { code, message: `(#${code}) No` });
      await chat.tell(text("Hi", nowThere()));
      await platform.settle();
      platform.advance(2_000);
      await platform.settle();
      expect(await chat.messages()).toMatchObject([
        { role: "user" },
        { delivery: { status: "failed", error: { class: kind, code: String(code), part: 1 } } },
      ]);
      const { body } = await platform.call("getChannel", {
        as: chat.key,
        params: { id: chat.channel_id },
      });
      // Health finds the credentials good again, and has it connected.
      expect(["connected", "pending"]).toContain(body.data.status);
      expect(body.data.status === "connected").toBe(is === "connected");
    },
  );

  it("waits six seconds and more for a person who gets too many", async () => {
    const chat = await open();
    await chat.tell(text("Hi", nowThere()));
    // The sign of life, then the answer.
    whatsapp.fake.refuse("POST number/messages", { code: 131056 });
    whatsapp.fake.refuse("POST number/messages", { code: 131056 });
    await platform.settle();
    platform.advance(5_999);
    await platform.settle();
    expect(sent()).toEqual([]);
    platform.advance(1);
    await platform.settle();
    expect(sent()).toHaveLength(1);
  });
});
