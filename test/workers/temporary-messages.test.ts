import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat, type SlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { channels, message as fromSomebody, mention, ts } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();
let chat: SlackChat;
beforeEach(async () => {
  chat = await openSlackChat(platform, slack.fake, { backend_url: backend.url });
});
afterEach(() => expect(slack.fake.mistakes).toEqual([]));

/** With a name, so that Slack is not asked for it. */
const message = (fields: object = {}) =>
  fromSomebody({ user_profile: { display_name: "Ada" }, ...fields });
const thinking = "🤔 Thinking…";
/** What Slack was asked, but for names. */
const made = () => slack.fake.calls.filter(({ name }) => name !== "users.info");
const calls = () => made().map(({ name, params }) => [name, params["text"]]);
const isTemporary = ({ params }: { params: Readonly<Record<string, unknown>> }) =>
  params["text"] === thinking;
const posts = () => slack.fake.sent.filter(isTemporary);
/** What people see in the end. */
const standing = () => {
  const removed = slack.fake.calls.flatMap(({ name, params }) =>
    name === "chat.delete" ? [params["ts"]] : [],
  );
  return slack.fake.sent
    .filter((one) => !removed.includes(one.ts))
    .map(({ params }) => params["text"] ?? params["markdown_text"]);
};
const workRow = async () => {
  const [{ id }] = await chat.conversations();
  return platform.table.get(keys.conversationWork(chat.team.id, id));
};
const deliveries = async () =>
  (await chat.messages()).flatMap(({ delivery }: { delivery: { status: string } | null }) =>
    delivery ? [delivery.status] : [],
  );

const as = (params: Record<string, string>) => ({ as: chat.key, params });

/** Lets the time come, if it is waited for, after which an answer needs a message to stand in for it. */
const postsSoon = () => platform.lookForWait(300);

/** Answers once Slack has been asked so often. */
const after =
  (count: number, act: () => unknown = () => {}): Answer =>
  async (request, response, alive) => {
    while (made().length < count) await postsSoon();
    await act();
    await answers.echo()(request, response, alive);
  };

describe("A temporary message", () => {
  it("stands in a direct chat while the backend works, and is taken back after the answer", async () => {
    backend.answer(after(1));
    await chat.tell(message());
    await platform.settle();
    expect(calls()).toEqual([
      ["chat.postMessage", thinking],
      ["chat.postMessage", undefined],
      ["chat.delete", undefined],
    ]);
    expect(standing()).toEqual(["Hello"]);
    const { due_at, temporary_messages, lease_token } = (await workRow())!;
    expect([due_at, temporary_messages, lease_token]).toEqual([undefined, undefined, undefined]);
    expect(await chat.messages()).toHaveLength(2);
  });

  it("is not needed in a thread, where Slack has a place for the sign of life", async () => {
    backend.answer(after(1));
    await chat.tell(mention());
    await platform.settle();
    expect(calls().map(([name]) => name)).toEqual([
      "assistant.threads.setStatus",
      "chat.postMessage",
    ]);
    expect(posts()).toEqual([]);
  });

  it("stands in a thread where that is refused, once", async () => {
    slack.fake.refuse("assistant.threads.setStatus", { error: "missing_scope" });
    backend.answer(after(2));
    await chat.tell(mention());
    await platform.settle();
    expect(posts()).toMatchObject([{ params: { channel: channels.public, thread_ts: ts } }]);
    expect(standing()).toEqual(["Hello"]);
  });

  it.each([
    ["wants to be left alone", { error: "ratelimited", status: 429 }],
    ["knows the token no more", { error: "token_revoked" }],
    ["does not see the channel", { error: "channel_not_found" }],
  ])("is not posted where Slack %s", async (_, error) => {
    slack.fake.refuse("assistant.threads.setStatus", error);
    backend.answer(after(1));
    await chat.tell(mention());
    await platform.settle();
    expect(standing()).toEqual(["Hello"]);
    expect(posts()).toEqual([]);
  });

  it("stays until an answer that Slack wants later is sent", async () => {
    const refuse = () =>
      slack.fake.refuse("chat.postMessage", { error: "ratelimited", status: 429 });
    backend.answer(after(1, refuse));
    await chat.tell(message());
    await platform.settle();
    expect(standing()).toEqual([thinking]);
    platform.advance(2_000);
    await platform.settle();
    expect(standing()).toEqual(["Hello"]);
    expect(posts()).toHaveLength(1);
  });

  it.each<[string, string, () => unknown]>([
    [
      "an answer that fails",
      "failed",
      () => slack.fake.refuse("chat.postMessage", { error: "is_archived" }),
    ],
    [
      "one that is not sent any more",
      "skipped",
      () =>
        platform.call("updateChannel", {
          as: chat.key,
          params: { id: chat.channel_id },
          body: { enabled: false },
        }),
    ],
  ])("is taken back after %s", async (_, status, act) => {
    backend.answer(after(1, act));
    await chat.tell(message());
    await platform.settle();
    expect(await deliveries()).toEqual([status]);
    expect(posts()).toHaveLength(1);
    expect(standing()).toEqual([]);
  });

  it("is taken back where the message is erased before it was answered", async () => {
    await chat.tell(message({ user: "U0BOB", ts: "1795999999.000100" }));
    await platform.settle();
    const before = made().length;
    const erase = async () => {
      platform.advance(1);
      const params = { bot_id: chat.bot_id, user_id: "U0ADA" };
      await platform.call("deleteBotUser", { as: chat.key, params });
      while (JSON.stringify(await chat.messages()).includes("U0ADA")) await sleep(5);
    };
    backend.answer(after(before + 1, erase));
    await chat.tell(message());
    await platform.settle();
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    expect(standing()).toEqual(["Hello"]);
    expect((await workRow())!["due_at"]).toBeUndefined();
  });

  it.each([
    ["conversation", (id: string) => platform.call("deleteConversation", as({ id }))],
    ["channel", () => platform.call("deleteChannel", as({ id: chat.channel_id }))],
    [
      "user",
      () => {
        // Younger than the request it would stay.
        platform.advance(1);
        return platform.call("deleteBotUser", as({ bot_id: chat.bot_id, user_id: "U0ADA" }));
      },
    ],
  ])("is taken back where the %s is deleted while it stands", async (_, erase) => {
    backend.answer(
      after(1, async () => {
        const [{ id }] = await chat.conversations();
        await erase(id);
        while (await platform.table.get(keys.conversationWork(chat.team.id, id))) await sleep(5);
      }),
    );
    await chat.tell(message());
    await platform.settle();
    expect(posts()).toHaveLength(1);
    expect(standing()).toEqual([]);
  });

  it("that Slack does not take back now is taken back with the next answer", async () => {
    backend.answer(
      after(1, () => slack.fake.refuse("chat.delete", { error: "ratelimited", status: 429 })),
      after(4),
    );
    const { lines } = await withLog(async () => {
      await chat.tell(message());
      await platform.settle();
    });
    expect(lines.filter(({ event }) => event === "message_not_removed")).toHaveLength(1);
    expect(standing()).toEqual([thinking, "Hello"]);
    expect((await workRow())!["due_at"]).toBeUndefined();
    await chat.tell(message({ ts: "1796000002.000100", text: "Still there?" }));
    await platform.settle();
    expect(standing()).toEqual(["Hello", "Still there?"]);
    expect((await workRow())!["temporary_messages"]).toBeUndefined();
  });

  it("that Slack refuses to take back stays, and hinders nothing", async () => {
    backend.answer(
      after(1, () => slack.fake.refuse("chat.delete", { error: "cant_delete_message" })),
    );
    await withLog(async () => {
      await chat.tell(message());
      await platform.settle();
    });
    expect(standing()).toEqual([thinking, "Hello"]);
    expect((await workRow())!["temporary_messages"]).toBeUndefined();
  });

  it("is not asked for of a bot that gives no sign of life", async () => {
    chat = await openSlackChat(platform, slack.fake, {
      bot: { settings: { typing_indicator: false } },
      backend_url: backend.url,
    });
    await chat.tell(message());
    await platform.settle();
    expect(calls()).toEqual([["chat.postMessage", undefined]]);
  });
});

describe("An answer", () => {
  it.each([
    ["is refused", answers.json({ ok: false, error: "restricted_action" })],
    ["breaks", answers.resetBeforeHeaders()],
  ])("is sent where its temporary message %s", async (_, answer) => {
    let isTried = false;
    slack.fake.misbehave(async (...request) => {
      isTried = true;
      await answer(...request);
    });
    backend.answer(async (...request) => {
      while (!isTried) await postsSoon();
      await answers.echo()(...request);
    });
    await withLog(async () => {
      await chat.tell(message());
      await platform.settle();
    });
    expect(standing()).toEqual(["Hello"]);
    expect(await deliveries()).toEqual(["sent"]);
    expect((await workRow())!["temporary_messages"]).toBeUndefined();
  });

  it("that nobody has to be asked for is sent without one", async () => {
    chat = await openSlackChat(platform, slack.fake);
    await chat.tell(message());
    await platform.settle();
    expect(calls()).toEqual([["chat.postMessage", undefined]]);
  });

  it("is sent while its temporary message is posted, which is taken back once it is known", async () => {
    const late = "1796000999.000100";
    slack.fake.misbehave(async (_, response) => {
      while (slack.fake.sent.length === 0) await sleep(5);
      slack.fake.sent.push({ method: "chat.postMessage", params: { text: thinking }, ts: late });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ok: true, ts: late }));
    });
    backend.answer(async (...request) => {
      const isMeant = async () => (await workRow())!["temporary_messages"] !== undefined;
      while (!(await isMeant())) await postsSoon();
      await answers.echo()(...request);
    });
    await chat.tell(message());
    await platform.settle();
    expect(posts()).toHaveLength(1);
    expect(standing()).toEqual(["Hello"]);
  });

  it("that waits for its time finds the temporary message that was being posted, and takes it back", async () => {
    const delay = { min_ms: 20_000, max_ms: 20_000 };
    chat = await openSlackChat(platform, slack.fake, {
      bot: { settings: { response_delay: delay } },
      backend_url: backend.url,
    });
    const late = "1796000999.000100";
    slack.fake.misbehave(async (_, response) => {
      while ((await chat.messages()).length < 2) await sleep(5);
      slack.fake.sent.push({ method: "chat.postMessage", params: { text: thinking }, ts: late });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ok: true, ts: late }));
    });
    backend.answer(async (...request) => {
      const isMeant = async () => (await workRow())!["temporary_messages"] !== undefined;
      while (!(await isMeant())) await postsSoon();
      await answers.echo()(...request);
    });
    await chat.tell(message());
    await platform.settle();
    expect(standing()).toEqual([thinking]);
    platform.advance(20_000);
    await platform.settle();
    expect(standing()).toEqual(["Hello"]);
  });

  it("is sent while its temporary message hangs, and only what comes next waits for that", async () => {
    let hasBegun = false;
    slack.fake.misbehave(() => {
      hasBegun = true;
    });
    backend.answer(async (...request) => {
      while (!hasBegun) await postsSoon();
      await answers.echo()(...request);
    });
    await chat.tell(message());
    while ((await deliveries())[0] !== "sent") await sleep(5);
    expect(standing()).toEqual(["Hello"]);
    await withLog(async () => {
      platform.advance(15_000);
      await platform.settle();
    });
    expect((await workRow())!["due_at"]).toBeUndefined();
  });
});

describe("A worker that dies", () => {
  /** Dies at a call to AWS while Slack is shown that it thinks, and is followed by another. */
  const dyingAt = async (at: number, loses: "connection_lost" | "answer_lost") => {
    chat = await openSlackChat(platform, slack.fake, { backend_url: backend.url });
    slack.fake.sent.length = 0;
    // None comes where the worker died before.
    backend.answer(async (...request) => {
      for (let looks = 0; looks < 40 && made().length === 0; looks++) await postsSoon();
      await answers.echo()(...request);
    });
    await chat.tell(message());
    let count = 0;
    platform.faults = () => {
      const call = count++;
      if (call < at) return undefined;
      return { kind: call === at ? loses : "connection_lost" };
    };
    await withLog(() => platform.settle());
    platform.faults = undefined;
    for (let round = 0; round < 4; round++) {
      platform.advance(61_000);
      await platform.sweep();
      await withLog(() => platform.settle());
    }
    return count > at;
  };

  it("between a post and its record leaves one message that stays, and who goes on posts none", async () => {
    let lost = 0;
    platform.faults = ({ operation, input }) => {
      const isRecord = operation === "UpdateItem" && JSON.stringify(input).includes('"sent"');
      // It can neither write down what it has posted nor take it back, nor go on.
      if (isRecord && lost === 0) slack.fake.misbehave(answers.resetBeforeHeaders());
      if (isRecord || lost > 0) lost++;
      return lost > 0 ? { kind: "connection_lost" } : undefined;
    };
    // Long enough for another to be posted.
    const wait = async () => {
      for (let looks = 0; looks < 60; looks++) await postsSoon();
    };
    backend.answer(after(1, wait));
    await chat.tell(message());
    await withLog(() => platform.settle());
    expect(lost).toBeGreaterThan(0);
    platform.faults = undefined;
    platform.advance(61_000);
    await platform.sweep();
    await platform.settle();
    expect(posts()).toHaveLength(1);
    expect(standing()).toEqual([thinking, "Hello"]);
    expect(await workRow()).not.toHaveProperty("temporary_messages");
    await chat.tell(message({ ts: "1796000002.000100", text: "Still there?" }));
    await platform.settle();
    expect(standing()).toEqual([thinking, "Hello", "Still there?"]);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "at any call to the table or the queue leaves no message that stood in: %s",
    async (loses) => {
      for (let at = 0; ; at++) {
        const isOver = !(await dyingAt(at, loses));
        expect([at, await deliveries()]).toEqual([at, ["sent"]]);
        // One for the turn, whoever worked on it.
        expect(posts().length).toBeLessThanOrEqual(1);
        expect(standing().filter((text) => text === thinking)).toEqual([]);
        expect(await workRow()).not.toHaveProperty("temporary_messages");
        expect((await workRow())!["due_at"]).toBeUndefined();
        if (isOver) {
          expect(standing()).toEqual(["Hello"]);
          break;
        }
      }
    },
  );
});
