import { createSlackAdapter } from "@chat-adapter/slack";
import { verifySlackSignature } from "@chat-adapter/slack/webhook";
import { describe, expect, it } from "@jest/globals";
import type { AllMessageEvents } from "@slack/types";
import type { HookRequest } from "#shared/platforms/adapter";
import type { InboundMessage } from "#shared/platforms/inbound-event";
import { file, inChannel, mention, message, revoked } from "../fixtures/slack/events.ts";
import { slackCall } from "../support/fake-slack.ts";
import { slack } from "../support/slack-case.ts";

const { adapter, inbound, account, channel } = slack;
const { bot_token: botToken, signing_secret: signingSecret } = channel.credentials;
const now = Date.UTC(2026, 10, 29);
const verifier = adapter.verifierOf(channel);

const parse = (body: unknown, as = account as typeof account | null) =>
  inbound.parse(slack.signed(body, now), { account: as, now }).events;

/** Who writes messages of each subtype, by the types of Slack: one that is new there stops compiling here. */
const subtypes = {
  bot_message: "others",
  channel_archive: "others",
  channel_join: "others",
  channel_leave: "others",
  channel_name: "others",
  channel_posting_permissions: "others",
  channel_purpose: "others",
  channel_topic: "others",
  channel_unarchive: "others",
  ekm_access_denied: "others",
  file_share: "people",
  me_message: "people",
  message_changed: "others",
  message_deleted: "others",
  message_replied: "others",
  thread_broadcast: "people",
} as const satisfies Record<Exclude<AllMessageEvents["subtype"], undefined>, "people" | "others">;

it("takes the messages of people of all that Slack tells of a channel", () => {
  const taken = Object.keys(subtypes).filter((subtype) => parse(inChannel({ subtype })).length > 0);
  expect(taken).toEqual(["file_share", "me_message", "thread_broadcast"]);
});

describe("a mention that comes because its message was edited", () => {
  const edited = mention({ edited: { user: "U0ADA", ts: "1" } });
  const daysLater = (days: number, call: unknown = edited) =>
    inbound.parse(slack.signed(call, now), { account, now: now + days * 86_400_000 }).events;

  it("is that message, which is answered once", () => {
    expect(daysLater(1)).toEqual(parse(mention()));
  });

  it("is left out when nobody knows any more whether that was answered", () => {
    expect(daysLater(15)).toEqual([]);
    expect(daysLater(15, mention())).toEqual(parse(mention()));
  });
});

describe("a mention that is delivered twice", () => {
  it("is one message, whichever delivery brings its files", () => {
    const text = "<@U0BOT> Hello";
    const [one] = parse(mention()) as InboundMessage[];
    const [other] = parse(inChannel({ text, subtype: "file_share", files: [file()] }));
    expect(other).toEqual({ ...one, content: [...(one?.content ?? []), expect.anything()] });
  });

  it("is known as one before we know whose it is, by the bot that Slack calls for", () => {
    const [one, other] = [
      parse(mention(), null),
      parse(inChannel({ text: "<@U0BOT> Hello" }), null),
    ];
    expect(one).toEqual(other);
    expect(one).toMatchObject([{ mentions_bot: true, content: [{ text: "Hello" }] }]);
    expect(parse(inChannel({ user: "U0BOT" }), null)).toEqual([]);
  });
});

it("takes a revoked bot token for ours as long as it does not know us", () => {
  const { authorizations: _, ...call } = revoked({ bot: ["U0SOME"], oauth: [] });
  expect(parse(call, null)).toMatchObject([{ kind: "disconnected" }]);
  expect(parse(call)).toEqual([]);
  expect(
    parse({ ...call, event: { type: "tokens_revoked", tokens: { oauth: ["U0"] } } }, null),
  ).toEqual([]);
});

describe("beside an adapter of others", () => {
  const silent = () => {};
  const logger = { child: () => logger, debug: silent, info: silent, warn: silent, error: silent };
  const other = createSlackAdapter({ botToken, botUserId: "U0BOT", signingSecret, logger });

  /** Rows that we read otherwise on purpose, and why. */
  const onPurpose = new Map([
    ["a mention as a message", "the backend is not told the bot's own name"],
    ["the same mention as a mention", "as above"],
    ["files that come with the second delivery", "as above"],
    ["a mention in a thread", "as above"],
    ["a mention at the start, with a comma", "as above"],
    ["nothing but a mention", "we are called by our name"],
    ["a mention at the end", "as above"],
    ["groups that are called", "theirs leaves the tokens"],
    ["a group of users", "as above"],
    ["a date", "as above"],
    ["a mention of somebody in another organization", "theirs writes an @ twice"],
    ["what Slack took for a link", "theirs leaves the tokens of mail"],
    ["channels", "theirs leaves those without a name"],
    ["a link with words", "theirs makes Markdown of links and drops the address from plain text"],
    ["signs", "theirs reads Markdown, in which these mean something"],
    ["what only looks like a token", "as above"],
    ["a rich text without a text beside it", "theirs reads the text alone"],
    ["sections", "as above"],
    ["a message that was passed on", "theirs makes a quotation"],
    ["a message that was passed on with words", "theirs adds it to the text"],
    ["a message with a picture of a link, which nobody wrote", "theirs adds it to the text"],
    ["a picture that was passed on", "theirs takes those of the message alone"],
    ["a long message of ours that a link leads to", "theirs adds it to the text"],
    ["a message of blocks that was passed on", "theirs reads the text alone"],
    ["a message of blocks that was passed on with words", "as above"],
    ["a table that was pasted, with words", "theirs puts tabs between cells"],
    ["nothing but a table that was pasted", "as above"],
    ["a table among the blocks of a text", "as above"],
    ["tables", "as above"],
    ["a canvas", "theirs finds out when it fetches it"],
    ["a file that is kept elsewhere", "theirs finds out when it fetches it"],
    ["a file that was deleted", "as above"],
    ["a file that is hidden", "as above"],
    ["a file of another workspace", "as above"],
    ["a file that is too large", "as above"],
    ["a file without a place", "as above"],
  ]);

  const rows = slack.comesIn.flatMap(({ row, body, events: [event] }) =>
    event?.kind === "message" && !onPurpose.has(row) ? [[row, body] as const] : [],
  );

  it.each(rows)("reads %s as that does", (_, body) => {
    const [ours] = parse(body) as [InboundMessage];
    const theirs = other.parseMessage(Object(body).event);
    const text = ours.content
      .flatMap((part) => (part.type === "text" ? [part.text] : []))
      .join("\n");
    expect(text).toBe(theirs.text);
    expect(ours.message_id).toBe(theirs.id);
    expect(ours.sent_at).toBe(Math.round(theirs.metadata.dateSent.getTime()));
    expect(ours.user.id).toBe(theirs.author.userId);
    expect(theirs.author.isMe).toBe(false);
    const files = ours.content.filter(({ type }) => type === "file");
    expect(files.length).toBe(theirs.attachments.length);
  });

  const takes = async ({ headers, body }: HookRequest) => {
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value ?? ""]),
    );
    const options = { signingSecret, now: () => now };
    return verifySlackSignature(Buffer.from(body).toString(), given, options).then(
      () => true,
      () => false,
    );
  };

  it("takes and refuses the same calls, to the second", async () => {
    const body = JSON.stringify(message({ text: "Grüße 🙂" }));
    const calls = [
      slack.signed(message(), now),
      ...slack.forged(message(), now).map(([, call]) => call),
      ...[-301, -300, -299, 0, 299, 300, 301].map((seconds) =>
        slackCall(body, signingSecret, now + seconds * 1_000),
      ),
    ];
    const [ours, theirs] = [
      calls.map((call) => inbound.verify(call, verifier, now)),
      await Promise.all(calls.map(takes)),
    ];
    expect(ours).toEqual(theirs);
    expect(ours.filter(Boolean).length).toBe(6);
  });
});

it("takes the example of Slack's own documentation", () => {
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  const body =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
    "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
    "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const headers = {
    "x-slack-request-timestamp": "1531420618",
    "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
  };
  const signing_secret = "8f742231b10e8888abcd99yyyzzz85a5";
  const request = { headers, body: Buffer.from(body) };
  expect(inbound.verify(request, { signing_secret }, 1_531_420_618_000)).toBe(true);
  expect(inbound.verify(request, { signing_secret: "" }, 1_531_420_618_000)).toBe(false);
  expect(inbound.verify(request, {}, 1_531_420_618_000)).toBe(false);
});
