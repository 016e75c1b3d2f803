import { describe, expect, it } from "@jest/globals";
import { makeConversation } from "#lib/one-of-each";
import {
  type ConversationStore,
  createConversationStore,
} from "#shared/conversations/conversation-store";
import { rateMessage } from "#shared/conversations/rate-message";
import type { ApiError } from "#shared/errors/api-error";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { figureShard } from "#shared/table/shards";
import { liveWork } from "#shared/work/live-work";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { openErasableChat } from "#test/support/erasable-chat";
import { useFakeBackend } from "#test/support/fake-backend";
import { aWebChannel, aWebhookEndpoint } from "#test/support/make";
import { askAs } from "#test/support/one-of-each";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";
import { deliveriesOf, eventsOf, saysBack } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(saysBack);

/** A chat whose one message was answered by the bot's echo, and what can be said of the reply. */
async function anAnsweredChat() {
  const chat = await openWebChat(platform);
  const id = await chat.talk("Hello!");
  const rate = (body: unknown, number: number | string = 2) =>
    platform.call("rateMessage", { as: chat.key, params: { id, number: `${number}` }, body });
  const messages = async () =>
    (await platform.call("listMessages", { as: chat.key, params: { id } })).body.data;
  return { ...chat, id, rate, messages, figures: () => ratingsOf(chat, id) };
}

const tooLong = "x".repeat(2_001);
const now = () => new Date(platform.clock()).toISOString();
const today = () => now().slice(0, 10);

/** How often an integration's replies in a conversation were rated up and down on a day. */
async function ratingsOf(
  { team, bot_id, key }: Pick<WebChat, "team" | "bot_id" | "key">,
  id: Id<"conv">,
  { day = today(), integration = "" } = {},
): Promise<readonly [up: number, down: number]> {
  const request = { as: key, params: { bot_id } };
  const { body } = await platform.call("listIntegrations", request);
  const of = (integration || body.data[0].id) as Id<"int"> | "none";
  const row = await platform.table.get(keys.figures(team.id, bot_id, figureShard(id), day, of));
  return [Number(row?.["feedback_up"] ?? 0), Number(row?.["feedback_down"] ?? 0)];
}

describe("POST /v1/conversations/{id}/messages/{number}/feedback", () => {
  itRefuses("rateMessage", platform, async (as) => {
    const asking = makeConversation(askAs(platform, as), await aWebChannel(platform, as));
    const { id } = await asking;
    await platform.settle();
    return { as, params: { id, number: "2" }, body: { rating: "up" } };
  });

  it("keeps it with the reply, which shows it from then on, and counts it", async () => {
    const { rate, messages, figures } = await anAnsweredChat();
    const [question, reply] = await messages();
    expect([question.feedback, reply.feedback]).toEqual([null, null]);
    platform.advance(1_000);
    const feedback = { rating: "up", comment: "Thank you!", created_at: now() };
    const { status, body } = await rate({ rating: "up", comment: "Thank you!" });
    expect([status, body.data]).toEqual([200, { ...reply, feedback, updated_at: now() }]);
    expect(await messages()).toEqual([question, body.data]);
    expect(await figures()).toEqual([1, 0]);
  });

  it("shows it to who waits for the reply to a message that comes again", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!", { message_id: "one" });
    const params = { id, number: "2" };
    const { body } = await platform.call("rateMessage", {
      as: chat.key,
      params,
      body: { rating: "down" },
    });
    const again = await chat.say("Hello!", { message_id: "one" });
    expect(again.body.data.reply).toEqual(body.data);
  });

  it("replaces what was said before, and counts the last alone", async () => {
    const { rate, messages, figures } = await anAnsweredChat();
    await rate({ rating: "up", comment: "Good." });
    platform.advance(1_000);
    await rate({ rating: "down" });
    const [, reply] = await messages();
    expect(reply.feedback).toEqual({ rating: "down", comment: null, created_at: now() });
    expect(await figures()).toEqual([0, 1]);
    await rate({ rating: "down", comment: "Not at all." });
    expect((await messages())[1].feedback.comment).toBe("Not at all.");
    expect(await figures()).toEqual([0, 1]);
  });

  it("is taken back with null, its comment too", async () => {
    const { rate, messages, figures } = await anAnsweredChat();
    await rate({ rating: "down", comment: "No." });
    const { status, body } = await rate({ rating: null });
    expect([status, body.data.feedback]).toEqual([200, null]);
    expect((await messages())[1].feedback).toBeNull();
    expect(await figures()).toEqual([0, 0]);
  });

  it("changes and counts nothing when it says the same again", async () => {
    const { team, key, rate, messages, figures } = await anAnsweredChat();
    await aWebhookEndpoint(platform, key, { url: receiver.url, events: ["*"] });
    expect((await rate({ rating: null, comment: null })).body.data.feedback).toBeNull();
    await rate({ rating: "up", comment: "Good." });
    const before = await messages();
    platform.advance(1_000);
    const { status, body } = await rate({ rating: "up", comment: "Good." });
    expect([status, body.data]).toEqual([200, before[1]]);
    expect(await messages()).toEqual(before);
    expect(await figures()).toEqual([1, 0]);
    expect(await eventsOf(team)).toHaveLength(1);
  });

  it("counts on the day of the reply", async () => {
    const chat = await anAnsweredChat();
    const day = today();
    platform.advance(3 * 24 * 60 * 60 * 1_000);
    await chat.rate({ rating: "up" });
    expect(await ratingsOf(chat, chat.id, { day })).toEqual([1, 0]);
    expect(await ratingsOf(chat, chat.id)).toEqual([0, 0]);
  });

  it("counts that of the bot's error message for no integration", async () => {
    const backend_url = "http://127.0.0.1:1/";
    const chat = await openWebChat(platform, { backend_url });
    const id = await chat.talk("Hello!");
    const request = { as: chat.key, params: { id, number: "2" }, body: { rating: "down" } };
    const { status, body } = await platform.call("rateMessage", request);
    expect([status, body.data.integration_id]).toEqual([200, null]);
    expect(await ratingsOf(chat, id, { integration: "none" })).toEqual([0, 1]);
  });

  it("counts exactly when many say something at once", async () => {
    const { rate, messages, figures } = await anAnsweredChat();
    const ratings = ["up", "down", null, "up", "down", null, "up", "down"];
    const answers = await Promise.all(ratings.map((rating) => rate({ rating })));
    expect(answers.map(({ status }) => status)).toEqual(ratings.map(() => 200));
    const [, { feedback }] = await messages();
    const counted = { up: [1, 0], down: [0, 1], none: [0, 0] } as const;
    expect(await figures()).toEqual(counted[(feedback?.rating ?? "none") as keyof typeof counted]);
  });

  it("refuses a message that is no reply", async () => {
    const { rate } = await anAnsweredChat();
    const answer = await rate({ rating: "up" }, 1);
    expect(answer).toBeRefused(409, "conflict");
    expect(answer.body.error.message).toBe(
      "Only replies take feedback, and this is a message of the role user. Use the number of its reply.",
    );
  });

  it.each([3, 0, "02", "2.0", "-1", "1e1", "1000000000000000000000"])(
    "answers 404 for the number %s",
    async (number) => {
      const { rate } = await anAnsweredChat();
      expect(await rate({ rating: "up" }, number)).toBeRefused(404, "not_found");
    },
  );

  it.each([
    [{}, "body.rating", "Required."],
    [{ rating: "good" }, "body.rating", 'Must be "up" or "down".'],
    [{ rating: "up", comment: 5 }, "body.comment", "Must be a string."],
    [{ rating: "up", comment: tooLong }, "body.comment", "Must be at most 2000 characters long."],
    [
      { rating: null, comment: "Why" },
      "body.comment",
      "Leave it out: with the rating null there is no feedback.",
    ],
    [{ rating: "up", stars: 5 }, "body.stars", "There is no such field."],
  ])("refuses one (%#) and points at what is wrong", async (body, path, message) => {
    const { rate, figures } = await anAnsweredChat();
    const answer = await rate(body);
    expect([answer.status, answer.body.error.details]).toEqual([422, [{ path, message }]]);
    expect(await figures()).toEqual([0, 0]);
  });

  it("takes a comment of 2,000 characters", async () => {
    const { rate } = await anAnsweredChat();
    const comment = "😀".repeat(2_000);
    expect((await rate({ rating: "up", comment })).body.data.feedback.comment).toBe(comment);
  });

  it.each(["deleteConversation", "deleteChannel", "deleteBot"])(
    "answers 404 at once after %s",
    async (operationId) => {
      const { key, rate, ...chat } = await anAnsweredChat();
      const ids = {
        deleteConversation: chat.id,
        deleteChannel: chat.channel_id,
        deleteBot: chat.bot_id,
      };
      const params = { id: ids[operationId as keyof typeof ids] };
      await platform.call(operationId, { as: key, params });
      expect(await rate({ rating: "up" })).toBeRefused(404, "not_found");
    },
  );

  it("is one request however often it dies and is repeated", async () => {
    for (const loses of ["connection_lost", "answer_lost"] as const) {
      const calls = await dyingAtEachCall(platform, loses, async () => {
        const chat = await anAnsweredChat();
        await aWebhookEndpoint(platform, chat.key, { url: receiver.url, events: ["*"] });
        const request = {
          as: chat.key,
          params: { id: chat.id, number: "2" },
          body: { rating: "up", comment: "Good." },
          headers: { "idempotency-key": "once" },
        };
        return {
          run: () => platform.call("rateMessage", request),
          check: async (_, again) => {
            expect([again.status, again.body.data.feedback.rating]).toEqual([200, "up"]);
            expect(await chat.figures()).toEqual([1, 0]);
            expect(await eventsOf(chat.team)).toHaveLength(1);
          },
        };
      });
      expect(calls).toBeGreaterThan(5);
    }
  });

  it("is refused when the feedback of a message was changed a thousand times", async () => {
    const { team, id, rate } = await anAnsweredChat();
    const key = keys.message(team.id, id, 2);
    await platform.table.update(key, { set: { feedback_changes: 999 } });
    expect((await rate({ rating: "up" })).status).toBe(200);
    expect(await rate({ rating: "down" })).toBeRefused(409, "conflict");
    expect((await rate({ rating: "up" })).body.data.feedback.rating).toBe("up");
  });
});

describe("The feedback of a message: what endpoints are told", () => {
  it("is each change, with the reply as it was shown then", async () => {
    const { team, key, bot_id, id, rate } = await anAnsweredChat();
    const events = ["message.feedback"];
    await aWebhookEndpoint(platform, key, { url: receiver.url, events });
    const first = await rate({ rating: "up", comment: "Good." });
    platform.advance(1_000);
    const second = await rate({ rating: null });
    await platform.settle();
    const { id: message_id, integration_id } = first.body.data;
    const where = { message_id, number: 2, conversation_id: id, bot_id, integration_id };
    const told = await eventsOf(team);
    expect(told.map(({ type, data }) => [type, data])).toEqual([
      [
        "message.feedback",
        {
          ...where,
          rating: "up",
          previous_rating: null,
          comment: "Good.",
          message: first.body.data,
        },
      ],
      [
        "message.feedback",
        {
          ...where,
          rating: null,
          previous_rating: "up",
          comment: null,
          message: second.body.data,
        },
      ],
    ]);
    expect(
      receiver.requests.map(({ headers }) => String(headers["webhook-id"])).toSorted(),
    ).toEqual(told.map(({ id: event }) => event).toSorted());
  });

  it("is nothing where no endpoint wants to know", async () => {
    const { team, key, rate } = await anAnsweredChat();
    const events = ["channel.disconnected"];
    await aWebhookEndpoint(platform, key, { url: receiver.url, events });
    await rate({ rating: "up" });
    expect(await deliveriesOf(team)).toEqual([]);
  });
});

describe("The feedback of a message that is erased", () => {
  const comment = "It said what Ada wanted";

  /** A room in which Ada and Bob were answered, and both replies were rated, one of them twice. */
  async function aRatedRoom() {
    const chat = await openErasableChat(platform, {});
    await aWebhookEndpoint(platform, chat.key, { url: receiver.url, events: ["*"] });
    await chat.talk("Hello!", { user: "user-ada", chat_id: "room" });
    const id = await chat.talk("Hello, all!", { user: "user-bob", chat_id: "room" });
    const rate = (number: string, body: object) =>
      platform.call("rateMessage", { as: chat.key, params: { id, number }, body });
    await rate("2", { rating: "down", comment: `${comment} not` });
    await rate("2", { rating: "up", comment });
    await rate("4", { rating: "up", comment: "Bob's" });
    await platform.settle();
    return { ...chat, id, rate };
  }

  it("loses its words, what endpoints were told and what they answered; its count stays", async () => {
    const chat = await aRatedRoom();
    expect(await rowsWith(comment, chat.team.id)).not.toEqual([]);
    await chat.erase("user-ada");
    expect(await rowsWith(comment, chat.team.id)).toEqual([]);
    const [, erased, , kept] = await chat.messages(chat.id);
    expect([erased.feedback, kept.feedback.comment]).toEqual([null, "Bob's"]);
    expect(await ratingsOf(chat, chat.id)).toEqual([2, 0]);
    expect(await rowsWith("Bob's", chat.team.id)).not.toEqual([]);
    const answer = await chat.rate("2", { rating: "up" });
    expect(answer).toBeRefused(409, "conflict");
    expect(answer.body.error.message).toBe(
      "The message was erased with its user and takes no feedback.",
    );
  });

  it("goes with its conversation; its count stays", async () => {
    const chat = await aRatedRoom();
    const params = { id: chat.id };
    await platform.call("deleteConversation", { as: chat.key, params });
    await platform.settle();
    expect(await rowsWith(comment, chat.team.id)).toEqual([]);
    expect(await ratingsOf(chat, chat.id)).toEqual([2, 0]);
  });

  /** What becomes of a rating when this happens between what it reads and what it writes. */
  async function ratedLate(chat: Awaited<ReturnType<typeof aRatedRoom>>, between: () => unknown) {
    const conversations = createConversationStore(platform.table);
    let isBefore = true;
    const late: ConversationStore = {
      ...conversations,
      message: async (...asked) => {
        const found = await conversations.message(...asked);
        if (isBefore) await between();
        isBefore = false;
        return found;
      },
    };
    const deps = { ...liveWork(), conversations: late, publicUrl: () => "http://127.0.0.1:3000" };
    const place = { team_id: chat.team.id, conversation_id: chat.id, number: 2 };
    const given = { rating: "down", comment: "A late comment" } as const;
    const mint = createMint(platform.clock());
    return rateMessage(deps, place, given, mint).catch(({ code }: ApiError) => code);
  }

  it("takes none that comes while its user is erased", async () => {
    const chat = await aRatedRoom();
    expect(await ratedLate(chat, () => chat.erase("user-ada"))).toBe("conflict");
    expect(await rowsWith("A late comment", chat.team.id)).toEqual([]);
    expect(await ratingsOf(chat, chat.id)).toEqual([2, 0]);
  });

  it("takes none that comes when its conversation is hidden and not yet erased", async () => {
    const chat = await aRatedRoom();
    const params = { id: chat.id };
    const outcome = await ratedLate(chat, async () => {
      // Nobody wakes the job.
      platform.faults = ({ operation }) =>
        operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
      await platform.call("deleteConversation", { as: chat.key, params });
      platform.faults = undefined;
    });
    expect(outcome).toBe("not_found");
    expect(await rowsWith("A late comment", chat.team.id)).toEqual([]);
  });
});
