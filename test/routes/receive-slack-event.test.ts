import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { slackCall } from "#test/support/fake-slack";
import { withLog } from "#test/support/log-lines";
import { itRefuses, unknownId } from "#test/support/refusals";
import { credentials, useSlack } from "#test/support/slack-channel";
import { openSlackChat, type SlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { channels, inChannel, mention, message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();

const open = (settings?: object) =>
  openSlackChat(platform, slack.fake, {
    bot: { settings: { typing_indicator: false, ...settings } },
    backend_url: backend.url,
  });
const request = (number: number) =>
  JSON.parse(backend.requests.at(number)?.body ?? "{}") as {
    messages: { role: string; content: unknown }[];
    metadata: object;
  };
const posted = () =>
  slack.fake.calls.filter(({ name }) => name === "chat.postMessage").map(({ params }) => params);
const roles = async (chat: SlackChat) =>
  (await chat.messages()).map(({ role }: { role: string }) => role);
const handshake = { token: "XXYYZZ", challenge: "3eZbrw1aB", type: "url_verification" };

describe("A call of Slack", () => {
  itRefuses("receiveSlackEvent", platform, async () => (await open()).request(message()));

  it("is answered with 200 and nothing, whatever it holds", async () => {
    const chat = await open();
    for (const body of ["", "{", "[]", "null", '{"type":1}', '{"type":"event_callback"}']) {
      const call = slackCall(body, credentials.signing_secret, platform.clock());
      const { params } = chat.request({});
      const answer = await platform.call("receiveSlackEvent", {
        params,
        headers: call.headers,
        rawBody: call.body,
      });
      expect([body, answer.status, answer.text]).toEqual([body, 200, ""]);
    }
    expect(await chat.conversations()).toEqual([]);
  });

  it("that asks whether the address is ours is answered with its challenge", async () => {
    const chat = await open();
    const { status, headers, body } = await chat.tell(handshake);
    expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    expect(body).toEqual({ challenge: "3eZbrw1aB" });
    const { rawBody, params } = chat.request(handshake);
    const unsigned = await platform.call("receiveSlackEvent", { params, rawBody });
    expect(unsigned.status).toBe(401);
  });

  it("is answered before the channel is connected, too, and what people wrote is answered then", async () => {
    // The probe of the request, then the one of its attempt to connect.
    slack.fake.misbehave(answers.status(502));
    slack.fake.misbehave(answers.status(502));
    const chat = await open();
    const { body } = await platform.call("getChannel", {
      as: chat.key,
      params: { id: chat.channel_id },
    });
    expect(body.data.status).toBe("pending");
    expect((await chat.tell(handshake)).body).toEqual({ challenge: "3eZbrw1aB" });
    await chat.tell(message());
    platform.advance(60_000);
    await platform.settle();
    expect(posted()).toHaveLength(1);
  });

  it("is taken five minutes long, and refused from then on", async () => {
    const chat = await open();
    const call = chat.request(message());
    platform.advance(300_000);
    expect((await platform.call("receiveSlackEvent", call)).status).toBe(200);
    platform.advance(1_000);
    expect((await platform.call("receiveSlackEvent", call)).status).toBe(401);
  });

  it("is answered with 404 where there is no channel, or none of Slack", async () => {
    const chat = await open();
    const web = await openWebChat(platform, { team: chat.team });
    const { headers, rawBody } = chat.request(message());
    for (const channel_id of [unknownId("ch"), web.channel_id]) {
      const params = { channel_id };
      const answer = await platform.call("receiveSlackEvent", { params, headers, rawBody });
      expect(answer.status).toBe(404);
    }
    const answer = await platform.call("receiveTelegramUpdate", chat.request(message()));
    expect(answer.status).toBe(404);
  });

  it("is answered with 404 once its team's key is gone with the team", async () => {
    const chat = await open();
    platform.advance(16 * 60_000);
    await platform.table.delete(keys.dataKey(chat.team.id));
    expect((await chat.tell(message())).status).toBe(404);
  });

  it("asks KMS once in 15 minutes for what proves it, and is to come again while KMS is away", async () => {
    const chat = await open();
    let opened = 0;
    platform.faults = ({ operation }) => {
      if (operation === "Decrypt") opened++;
      return undefined;
    };
    await chat.tell(message());
    await chat.tell(message());
    expect(opened).toBe(0);
    platform.advance(15 * 60_000);
    await chat.tell(message());
    await chat.tell(message());
    expect(opened).toBe(1);
    await platform.settle();
    platform.advance(13 * 3_600_000);
    platform.faults = ({ operation }) =>
      operation === "Decrypt" ? { kind: "connection_lost" } : undefined;
    const { result } = await withLog(() => chat.tell(message()));
    expect(result.status).toBe(503);
  });
});

describe("A message of Slack", () => {
  it("in a direct chat is answered there, once, however often and as which event it comes", async () => {
    const chat = await open();
    await chat.tell(message());
    await platform.settle();
    for (const event_id of ["Ev0AGAIN", "Ev0MESSAGE"]) await chat.tell(message({}, { event_id }));
    await platform.settle();
    expect(posted()).toEqual([
      {
        channel: channels.direct,
        markdown_text: "Hello",
        unfurl_links: false,
        unfurl_media: false,
      },
    ]);
    expect(await chat.messages()).toMatchObject([
      { role: "user", content: "Hello", user: { id: "U0ADA" }, metadata: {} },
      { role: "assistant", content: "Hello", delivery: { status: "sent", error: null } },
    ]);
    expect(await chat.conversations()).toMatchObject([
      { platform: "slack", chat_id: channels.direct, thread_id: null, message_count: 2 },
    ]);
    expect(request(-1).metadata).toEqual({
      channel: "slack",
      channel_id: chat.channel_id,
      chat_id: channels.direct,
      message_id: "1796000000.000100",
      thread_id: null,
    });
  });

  it.each([
    ["mention", "mentions the bot", mention(), true],
    ["mention", "is for others", inChannel(), false],
    ["mention", "replies to it", inChannel({ parent_user_id: "U0BOT" }), true],
    ["always", "is for others", inChannel(), true],
    ["never", "mentions the bot", mention(), false],
  ])("in a channel with `%s` that %s is kept, and answered: %#", async (groups, _, body, is) => {
    const chat = await open({ should_respond: { groups } });
    await chat.tell(body);
    await platform.settle();
    expect(await roles(chat)).toEqual(is ? ["user", "assistant"] : ["user"]);
    const { ts } = body.event as unknown as { ts: string };
    expect(posted().map(({ channel, thread_ts }) => [channel, thread_ts])).toEqual(
      is ? [[channels.public, ts]] : [],
    );
  });

  it("in a thread belongs to the conversation of all who write there", async () => {
    const chat = await open({ should_respond: { groups: "always" } });
    const thread_ts = "1795999999.000200";
    await chat.tell(inChannel({ thread_ts, ts: "1796000001.000100" }));
    await chat.tell(inChannel({ thread_ts, ts: "1796000002.000100", user: "U0BOB" }));
    await chat.tell(inChannel({ ts: "1796000003.000100" }));
    await platform.settle();
    const threads = (await chat.conversations()).map(
      ({ thread_id }: { thread_id: string }) => thread_id,
    );
    expect(threads.toSorted()).toEqual([thread_ts, "1796000003.000100"]);
  });
});
