import { describe, expect, it } from "@jest/globals";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat } from "#test/support/whatsapp-chat";
import { message } from "../fixtures/slack/events.ts";
import { call, change, contact, letter } from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const slack = useSlack();
const whatsapp = useWhatsApp();

/** Longer than a row may be. Whoever has the secret of a channel may sign it, and a platform repeats for days what is not 200. */
const long = "x".repeat(500_000);
const paused = { bot: { status: "paused" } };

const ofSlack: readonly (readonly [string, Parameters<typeof message>[0]])[] = [
  ["name", { user_profile: { name: long } }],
  ["user", { user: `U${long}` }],
  ["channel", { channel: `C${long}` }],
  ["time", { ts: long }],
  ["thread", { thread_ts: long }],
  ["quotation", { text: "Look!", attachments: [{ is_share: true, ts: long, text: "Hi" }] }],
];
const ofWhatsApp: readonly (readonly [string, object, object])[] = [
  ["id", { id: long }, {}],
  ["number", { from: long }, {}],
  ["user id", { from_user_id: long }, {}],
  ["group", { group_id: long }, {}],
  ["quotation", { context: { id: long } }, {}],
  ["user name", {}, { profile: { username: long } }],
  ["choice", { type: "interactive", interactive: { button_reply: { id: long, title: long } } }, {}],
];
const said = (fields: object, who: object = {}) =>
  change({
    contacts: [contact(who)],
    messages: [
      {
        ...letter("text", { text: { body: "Hi" } }),
        timestamp: String(Math.floor(platform.clock() / 1_000)),
        ...fields,
      },
    ],
  });

describe("A call that is signed and has something longer than a platform writes is answered with 200,", () => {
  it.each(ofSlack)("and no message of Slack is kept with such a %s", async (_, fields) => {
    const chat = await openSlackChat(platform, slack.fake, paused);
    expect((await chat.tell(message(fields))).status).toBe(200);
    expect(await chat.conversations()).toEqual([]);
  });

  it.each(ofWhatsApp)(
    "and no message of WhatsApp is kept with such a %s",
    async (_, fields, who) => {
      const chat = await openWhatsAppChat(platform, whatsapp.fake, paused);
      const other = said({ id: "wamid.other", from: "16505550000", from_user_id: undefined });
      expect((await chat.tell(call(said(fields, who), other))).status).toBe(200);
      expect(await chat.conversations()).toHaveLength(1);
    },
  );

  it("and such ids are nobody's", async () => {
    const chat = await openWhatsAppChat(platform, whatsapp.fake, paused);
    const user_id = { previous: long, current: "US.2" };
    const update = change({ user_id_update: [{ user_id }] }, "user_id_update");
    expect((await chat.tell(call(update))).status).toBe(200);
  });

  it("and a file with such a name or address is a line of text", async () => {
    const chat = await openSlackChat(platform, slack.fake, paused);
    const files = [
      { name: long, mimetype: "image/png", url_private_download: "https://files.slack.com/a" },
      {
        name: "b.png",
        mimetype: "image/png",
        url_private_download: `https://files.slack.com/${long}`,
      },
      { name: "c.png", mimetype: "image/png", url_private_download: "https://files.slack.com/c" },
    ];
    expect((await chat.tell(message({ text: "Look!", files }))).status).toBe(200);
    const [kept] = await chat.messages();
    expect(kept.content.slice(0, 1)).toEqual([{ type: "text", text: "Look!" }]);
  });
});
