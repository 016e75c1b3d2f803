import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { aBotOf } from "#test/support/case-channel";
import { slack as slackCase } from "#test/support/channel-cases";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { credentials, useSlack } from "#test/support/slack-channel";
import { openSlackChat, type SlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";
import {
  call,
  channels,
  inChannel,
  mention,
  message,
  revoked,
  ts,
  uninstalled,
} from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();
let chat: SlackChat;
beforeEach(async () => {
  chat = await openSlackChat(platform, slack.fake, {
    bot: { settings: { typing_indicator: false } },
    backend_url: backend.url,
  });
});
afterEach(() => expect(slack.fake.mistakes).toEqual([]));

const tell = async (body: object) => {
  expect((await chat.tell(body)).status).toBe(200);
  await platform.settle();
};
const channel = async () =>
  (await platform.call("getChannel", { as: chat.key, params: { id: chat.channel_id } })).body.data;
const listed = async () =>
  (await platform.call("listChannels", { as: chat.key, params: { bot_id: chat.bot_id } })).body
    .data[0];
const posted = () =>
  slack.fake.sent.map(({ params: { channel: to, thread_ts, markdown_text, text } }) => [
    to,
    thread_ts,
    markdown_text ?? text,
  ]);
const replies = async () =>
  (await chat.messages()).filter(({ role }: { role: string }) => role === "assistant");
const refuse = (error: string, more: object = {}) =>
  slack.fake.refuse("chat.postMessage", { error, ...more });
/** Of an endpoint that is told of nothing else; nobody is there. */
const disconnections = { url: "https://127.0.0.1:1/", events: ["channel.disconnected" as const] };
const other = "1796000002.000100";

describe("A bot on Slack", () => {
  it("answers where it was asked: in the chat, in its threads, and in channels in the thread of the question", async () => {
    const root = "1795999999.000200";
    await tell(message());
    await tell(message({ ts: other, thread_ts: root, text: "In a thread" }));
    await tell(mention({ text: "<@U0BOT> In a channel" }));
    await tell(mention({ ts: other, thread_ts: root, text: "<@U0BOT> In a thread there" }));
    await tell(inChannel({ ts: "1796000003.000100", text: "To others" }));
    await tell(
      message({ channel: channels.group, channel_type: "mpim", text: "<@U0BOT> Of several" }),
    );
    expect(posted()).toEqual([
      [channels.direct, undefined, "Hello"],
      [channels.direct, root, "In a thread"],
      [channels.public, ts, "In a channel"],
      [channels.public, root, "In a thread there"],
      [channels.group, ts, "Of several"],
    ]);
    expect(await chat.conversations()).toHaveLength(6);
  });

  it("goes on in its thread without being named again, with all that was said there", async () => {
    await tell(mention());
    const inThread = { thread_ts: ts, parent_user_id: "U0BOT" };
    await tell(inChannel({ ts: other, user: "U0BOB", text: "And now?", ...inThread }));
    expect(posted().map(([, thread_ts, words]) => [thread_ts, words])).toEqual([
      [ts, "Hello"],
      [ts, "And now?"],
    ]);
    const { messages, user } = JSON.parse(backend.requests.at(-1)?.body ?? "{}");
    expect(messages.map(({ content }: { content: string }) => content)).toEqual([
      "Hello",
      "Hello",
      "And now?",
    ]);
    expect(user).toMatchObject({ id: "U0BOB", platform: "slack" });
  });

  it("answers people of other workspaces and organizations, and knows itself among them", async () => {
    const shared = {
      team_id: "T0OTHERS",
      is_ext_shared_channel: true,
      authorizations: [
        {
          enterprise_id: "E0GRID",
          team_id: "T0ACME",
          user_id: "U0BOT",
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
    };
    const user = "W0GRACE";
    await tell(inChannel({ user, team: "T0OTHERS", text: "<@U0BOT> Hi", ts: other }, shared));
    await tell(inChannel({ user: "U0BOT", text: "Hello", ts: "1796000003.000100" }, shared));
    expect(posted()).toEqual([[channels.public, other, "Hi"]]);
    expect(JSON.parse(backend.requests.at(-1)?.body ?? "{}").user.id).toBe(user);
  });
});

describe("What Slack says to an answer", () => {
  it.each([
    ["recipient", "is_archived"],
    ["configuration", "missing_scope"],
  ])("as %s fails it, and the next goes out", async (kind, code) => {
    refuse(code, { needed: "chat:write" });
    await tell(message());
    await tell(message({ ts: other, text: "Again" }));
    expect(await replies()).toMatchObject([
      { delivery: { status: "failed", error: { class: kind, code, part: 1 } } },
      { delivery: { status: "sent", error: null } },
    ]);
    expect((await listed()).status).toBe("connected");
  });

  it("as too many calls has it sent after the time that it names", async () => {
    refuse("ratelimited", { status: 429, headers: { "retry-after": "30" } });
    await tell(message());
    platform.advance(29_000);
    await platform.settle();
    expect(posted()).toEqual([]);
    platform.advance(1_000);
    await platform.settle();
    expect(posted()).toEqual([[channels.direct, undefined, "Hello"]]);
  });

  it("as not to be taken has it sent in plain words, once", async () => {
    refuse("invalid_blocks");
    backend.answer(answers.json({ content: "**Hello** <!here>" }));
    await tell(message());
    expect(slack.fake.sent[0]?.params).toMatchObject({
      text: "**Hello** &lt;!here&gt;",
      mrkdwn: false,
    });
    refuse("msg_too_long");
    refuse("msg_too_long");
    await tell(message({ ts: other }));
    expect(await replies()).toMatchObject([
      { delivery: { status: "sent" } },
      { delivery: { status: "failed", error: { class: "refused", code: "msg_too_long" } } },
    ]);
  });

  it("as a thread that is gone has it sent into the channel", async () => {
    refuse("thread_not_found");
    await tell(mention());
    expect(posted()).toEqual([[channels.public, undefined, "Hello"]]);
  });

  it("as a dead token disconnects the channel, tells of it once, and calls nothing any more", async () => {
    await aWebhookEndpoint(platform, chat.team.key, disconnections);
    refuse("account_inactive");
    await tell(message());
    const before = slack.fake.calls.length;
    await tell(message({ ts: other, text: "Still there?" }));
    expect(slack.fake.calls).toHaveLength(before);
    expect(await listed()).toMatchObject({
      status: "disconnected",
      status_reason: expect.stringContaining("account_inactive"),
    });
    expect(await replies()).toMatchObject([
      { delivery: { status: "failed", error: { class: "disconnected" } } },
    ]);
    expect(await eventsOf(chat.team)).toHaveLength(1);
  });
});

describe("The app that is removed", () => {
  it.each([
    ["as removed", uninstalled, "The app was removed from Slack."],
    ["as without its token", revoked({ bot: ["U0BOT"] }), "The token was revoked in Slack."],
  ])(
    "and is told %s is disconnected, keeps what comes, and is connected by new credentials",
    async (_, event, status_reason) => {
      await aWebhookEndpoint(platform, chat.team.key, disconnections);
      await tell(event);
      await tell(event);
      expect(await listed()).toMatchObject({ status: "disconnected", status_reason });
      expect(await eventsOf(chat.team)).toHaveLength(1);
      await tell(message());
      expect(posted()).toEqual([]);
      const token = "xoxb-123456789012-1234567890123-Again";
      slack.fake.addApp(token, "U0BOT");
      const { status, body } = await platform.call("updateChannel", {
        as: chat.key,
        params: { id: chat.channel_id },
        body: { credentials: { ...credentials, bot_token: token } },
      });
      expect([status, body.data.status, body.data.status_reason]).toEqual([200, "connected", null]);
      await tell(message({ ts: other, text: "Back again?" }));
      expect(posted()).toEqual([[channels.direct, undefined, "Back again?"]]);
    },
  );

  it("stays connected when it is told late, after it was put back with other credentials", async () => {
    await tell(uninstalled);
    const event_time = Math.floor(platform.clock() / 1_000);
    platform.advance(60_000);
    const params = { id: chat.channel_id };
    await platform.call("updateChannel", { as: chat.key, params, body: { credentials } });
    await tell({ ...revoked({ bot: ["U0BOT"] }), event_time });
    await tell({ ...uninstalled, event_time });
    expect((await listed()).status).toBe("connected");
    await tell({ ...uninstalled, event_time: event_time + 61 });
    expect((await listed()).status).toBe("disconnected");
  });

  it("is connected again without new credentials when it was only put back", async () => {
    await tell(uninstalled);
    expect((await channel()).status).toBe("pending");
    await platform.settle();
    expect((await channel()).status).toBe("connected");
  });

  it.each([
    ["a person's token is revoked", revoked({ oauth: ["U0ADA"] })],
    ["another bot's token is revoked", revoked({ bot: ["U0STRANGER"] })],
    ["something else happens", call({ type: "team_join", user: {} })],
  ])("is not what is meant where %s", async (_, event) => {
    await tell(event);
    expect((await listed()).status).toBe("connected");
  });
});

describe("A channel that is deleted", () => {
  it("knows no call any more, and its app is free for another team and bot", async () => {
    const { request } = chat;
    await platform.call("deleteChannel", { as: chat.key, params: { id: chat.channel_id } });
    const answer = await platform.call("receiveSlackEvent", request(message()));
    expect(answer.status).toBe(404);
    expect((await (await aBotOf(platform, slackCase, chat.team)).create()).status).toBe(201);
  });
});
