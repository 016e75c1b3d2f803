import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat, type SlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { inChannel, mention, message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();
const minute = 60_000;
afterEach(() => expect(slack.fake.mistakes).toEqual([]));

const ada = { name: "ada", profile: { display_name: "Ada L.", real_name: "Ada Lovelace" } };
const named = { id: "U0ADA", name: "Ada L.", username: "ada" };
const unnamed = { id: "U0ADA", name: null, username: null };

async function open() {
  slack.fake.users.set("U0ADA", ada);
  return openSlackChat(platform, slack.fake, {
    bot: { settings: { typing_indicator: false } },
    backend_url: backend.url,
  });
}
let sent = 0;
const next = () => ({ ts: `1796000000.${String(++sent).padStart(6, "0")}` });
const say = async (chat: SlackChat, fields: Parameters<typeof message>[0] = {}) => {
  await chat.tell(message({ ...next(), ...fields }));
  await platform.settle();
};
const asked = () => slack.fake.calls.filter(({ name }) => name === "users.info").length;
const told = () => backend.requests.map(({ body }) => (JSON.parse(body) as { user: object }).user);
const shown = async (chat: SlackChat) =>
  (await chat.messages()).flatMap(({ user }: { user: object | null }) => user ?? []);

describe("Who brings an id only", () => {
  it("has the name that the platform tells, to the backend, in the message and in the conversation", async () => {
    const chat = await open();
    await say(chat);
    expect(told()).toEqual([{ ...named, platform: "slack" }]);
    expect(await shown(chat)).toEqual([named]);
    expect(await chat.conversations()).toMatchObject([{ user: named }]);
  });

  it("is asked for once an hour, in each channel", async () => {
    const chat = await open();
    await say(chat);
    platform.advance(59 * minute);
    await say(chat);
    expect(asked()).toBe(1);
    platform.advance(minute);
    await say(chat);
    expect(asked()).toBe(2);
    await say(await open());
    expect(asked()).toBe(1);
    expect(await shown(chat)).toEqual([named, named, named]);
  });

  it("is asked for again after five minutes when the platform did not tell, and answered all the same", async () => {
    const chat = await open();
    slack.fake.users.clear();
    await say(chat);
    platform.advance(4 * minute);
    slack.fake.users.set("U0ADA", ada);
    await say(chat);
    expect(asked()).toBe(1);
    platform.advance(minute);
    await say(chat);
    expect(await shown(chat)).toEqual([unnamed, unnamed, named]);
    expect(told()).toHaveLength(3);
    expect(await chat.conversations()).toMatchObject([{ user: named }]);
  });

  it("is answered two seconds later when the platform hangs", async () => {
    const chat = await open();
    let hangs = () => {};
    const begun = new Promise<void>((resolve) => (hangs = resolve));
    slack.fake.misbehave(async () => hangs());
    await chat.tell(message(next()));
    await begun;
    platform.advance(1_999);
    await sleep(20);
    expect(backend.requests).toEqual([]);
    platform.advance(1);
    await platform.settle();
    expect(await shown(chat)).toEqual([unnamed]);
    expect(told()).toHaveLength(1);
  });

  it("is not asked for where a message brings a name, or is not answered", async () => {
    const chat = await open();
    await say(chat, { user_profile: { display_name: "Ada", name: "ada.l" } });
    await chat.tell(inChannel(next()));
    await platform.settle();
    expect(asked()).toBe(0);
  });

  it("names nobody else: who goes on with a conversation does not become who began it", async () => {
    const chat = await open();
    slack.fake.users.set("U0BOB", { name: "bob", profile: {} });
    const thread_ts = "1795999999.000200";
    for (const user of ["U0ADA", "U0BOB"]) {
      await chat.tell(mention({ ...next(), thread_ts, user }));
      await platform.settle();
    }
    expect(await shown(chat)).toEqual([named, { id: "U0BOB", name: null, username: "bob" }]);
    expect(await chat.conversations()).toMatchObject([{ user: named }]);
  });

  it("is nobody any more when they are erased while they are answered", async () => {
    const chat = await open();
    const thread_ts = "1795999999.000200";
    backend.answer(async (...request) => {
      await chat.tell(mention({ ...next(), thread_ts, user: "U0BOB" }));
      platform.advance(1);
      await platform.call("deleteBotUser", {
        as: chat.key,
        params: { bot_id: chat.bot_id, user_id: "U0ADA" },
      });
      while (JSON.stringify(await chat.conversations()).includes("U0ADA")) await sleep(5);
      await answers.echo()(...request);
    }, answers.echo());
    await chat.tell(mention({ ...next(), thread_ts }));
    await platform.settle();
    const texts = JSON.stringify([await chat.messages(), await chat.conversations()]);
    expect(texts).not.toMatch(/Ada|"ada"/);
    expect(await chat.conversations()).toMatchObject([{ user: { id: "" } }]);
  });
});
