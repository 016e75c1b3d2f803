import { describe, expect, it } from "@jest/globals";
import { asHook } from "#shared/channels/hook";
import { receiveEvents } from "#shared/conversations/receive-events";
import { inbound } from "#shared/platforms/slack/inbound";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import type { Table } from "#shared/table/table";
import { liveWork } from "#shared/work/live-work";
import { usageOf } from "#test/support/counted";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat, type SlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { file, inChannel, mention, ts } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();

const open = (settings: object = {}) =>
  openSlackChat(platform, slack.fake, {
    bot: { settings: { typing_indicator: false, ...settings } },
    backend_url: backend.url,
  });

const text = "<@U0BOT> What is this?";
/** In the words of a workspace where we have another id, so that only the other event says that we are meant. */
const elsewhere = "<@U0ALIAS> What is this?";
const withFile = () => {
  slack.fake.files.set("cat.png", { bytes: Buffer.from("a cat"), type: "image/png" });
  const url_private_download = new URL("/files-pri/cat.png", slack.fake.url).href;
  return { subtype: "file_share", files: [file({ url_private_download })] };
};
const asMessage = inChannel({ text });
const asMention = mention({ text });
/** The same with a file that can be fetched. */
const second = () => inChannel({ text, ...withFile() });

const shown = async (chat: SlackChat): Promise<readonly (readonly [string, unknown])[]> =>
  (await chat.messages()).map(({ role, content }: { role: string; content: unknown }) => [
    role,
    content,
  ]);
const asked = () =>
  backend.requests.map(
    ({ body }) => (JSON.parse(body) as { messages: { content: unknown }[] }).messages,
  );
const posts = () => slack.fake.calls.filter(({ name }) => name === "chat.postMessage").length;
const words = { type: "text", text: "What is this?" };
const line = { type: "text", text: "[file] cat.png" };
const image = { type: "image_url", image_url: { url: expect.any(String) } };

/** Has the backend answer once something was done while it was asked. */
const meanwhile =
  (act: () => Promise<unknown>): Answer =>
  async (...request) => {
    await act();
    await answers.json({ content: "A cat." })(...request);
  };

describe("One mention that comes as two events", () => {
  it.each([
    ["as a message first", [asMessage, asMention]],
    ["as a mention first", [asMention, asMessage]],
    ["as a message that names us otherwise first", [inChannel({ text: elsewhere }), asMention]],
    ["as such a message last", [asMention, inChannel({ text: elsewhere })]],
  ])("is one message with one answer: %s", async (_, events) => {
    const chat = await open();
    for (const event of events) await chat.tell(event);
    await platform.settle();
    for (const event of events) await chat.tell(event);
    await platform.settle();
    expect((await shown(chat)).map(([role]) => role)).toEqual(["user", "assistant"]);
    expect(posts()).toBe(1);
    expect(backend.requests).toHaveLength(1);
    expect(Object.values(await usageOf(chat.team.id))).toEqual([{ messages: 1, replies: 1 }]);
  });

  it.each([
    ["known", asMessage],
    ["unknown", inChannel({ text: elsewhere })],
  ])(
    "is one message with one answer when both come at once, by a name that is %s",
    async (_, one) => {
      for (let round = 0; round < 10; round++) {
        const chat = await open();
        const before = posts();
        await Promise.all([
          chat.tell(one),
          chat.tell(asMention),
          chat.tell(one),
          chat.tell(asMention),
        ]);
        await platform.settle();
        expect((await shown(chat)).map(([role]) => role)).toEqual(["user", "assistant"]);
        expect(posts()).toBe(before + 1);
      }
    },
  );

  it("is answered after what is being answered in its thread, when that was the first to be for us", async () => {
    const chat = await open();
    const thread_ts = "1795999999.000200";
    const late = { ts: "1796000002.000100", thread_ts };
    backend.answer(
      meanwhile(async () => {
        await chat.tell(inChannel({ text: elsewhere, ...late }));
        await chat.tell(mention({ text: elsewhere, ...late }));
      }),
      answers.json({ content: "A dog." }),
    );
    await chat.tell(mention({ text: "<@U0BOT> And this?", thread_ts }));
    await platform.settle();
    expect(await shown(chat)).toEqual([
      ["user", "And this?"],
      ["user", "@U0ALIAS What is this?"],
      ["assistant", "A cat."],
      ["assistant", "A dog."],
    ]);
  });

  it("is told to the backend with what came after it, when that was for us and came to be answered first", async () => {
    const chat = await open();
    const thread_ts = "1795999999.000200";
    const early = { ts: "1796000001.000100", thread_ts };
    await chat.tell(inChannel({ text: elsewhere, ...early }));
    await chat.tell(mention({ text: "<@U0BOT> Well?", ts: "1796000002.000100", thread_ts }));
    await platform.settle();
    await chat.tell(mention({ text: elsewhere, ...early }));
    await platform.settle();
    expect(asked().map((messages) => messages.map(({ content }) => content))).toEqual([
      ["@U0ALIAS What is this?", "Well?"],
    ]);
    expect(posts()).toBe(1);
  });

  it("stays unanswered when the bot was paused as it came first", async () => {
    const chat = await open();
    const set = (status: string) =>
      platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body: { status } });
    await set("paused");
    await chat.tell(asMention);
    await set("active");
    await chat.tell(asMessage);
    await chat.tell(asMention);
    await platform.settle();
    expect((await shown(chat)).map(([role]) => role)).toEqual(["user"]);
  });

  it("stays unanswered where the bot never answers in groups", async () => {
    const chat = await open({ should_respond: { groups: "never" } });
    await chat.tell(inChannel({ text: elsewhere }));
    await chat.tell(mention({ text: elsewhere }));
    await platform.settle();
    expect((await shown(chat)).map(([role]) => role)).toEqual(["user"]);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "is answered once when a hook dies anywhere (%s) and is called again",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const chat = await open();
        await chat.tell(inChannel({ text: elsewhere }));
        return {
          run: () => chat.tell(mention({ text: elsewhere })),
          check: async (_, again) => {
            expect(again.status).toBe(200);
            platform.advance(60_000);
            await platform.sweep();
            await platform.settle();
            expect((await shown(chat)).map(([role]) => role)).toEqual(["user", "assistant"]);
          },
        };
      });
    },
  );
});

describe("What comes between reading a kept message and completing it", () => {
  /** Has Slack tell of something, and does something just before that is written down. */
  async function tellAfter(chat: SlackChat, body: object, act: () => Promise<unknown>) {
    const hook = asHook(await platform.table.get(keys.hook(chat.channel_id)))!;
    const { events } = inbound.parse(
      { headers: {}, body: Buffer.from(JSON.stringify(body)) },
      { account: hook.account, now: platform.clock() },
    );
    let isDone = false;
    const transactOnce: Table["transact"] = async (parts, withIt) => {
      if (!isDone) {
        isDone = true;
        await act();
      }
      return platform.table.transactOnce(parts, withIt);
    };
    const deps = { ...liveWork(), table: { ...platform.table, transactOnce } };
    await receiveEvents(deps, hook, events, createMint(platform.clock()));
    expect(isDone).toBe(true);
  }
  const waiting = { conversation: { collect_ms: 5_000 } };
  const answerAll = async () => {
    platform.advance(6_000);
    await platform.settle();
  };

  it("is an answer: then no file is added", async () => {
    const chat = await open(waiting);
    await chat.tell(asMention);
    await tellAfter(chat, second(), answerAll);
    expect((await shown(chat))[0]).toEqual(["user", "What is this?"]);
    expect(posts()).toBe(1);
  });

  it("is another such call, whose file was fetched since: then that one stays", async () => {
    const chat = await open(waiting);
    await chat.tell(asMention);
    const [{ id }] = await chat.conversations();
    const key = keys.message(chat.team.id, id, 1);
    const fetched = [words, { type: "text", text: "A file that was fetched." }];
    await tellAfter(chat, second(), async () => {
      await chat.tell(second());
      await platform.table.update(key, { set: { content: fetched }, remove: ["files"] });
    });
    expect(await platform.table.get(key)).toMatchObject({ content: fetched });
    expect(await platform.table.get(key)).not.toHaveProperty("files");
    await answerAll();
  });

  it("is a message after it that is for the bot: then that one is answered, and this one with it", async () => {
    const chat = await open(waiting);
    const thread_ts = "1795999999.000200";
    const early = { ts: "1796000001.000100", thread_ts, text: elsewhere };
    await chat.tell(inChannel(early));
    await tellAfter(chat, mention(early), async () => {
      const later = { ts: "1796000002.000100", thread_ts, user: "U0BOB" };
      await chat.tell(mention({ ...later, text: "<@U0BOT> Well?" }));
    });
    await answerAll();
    expect(asked().map((messages) => messages.map(({ content }) => content))).toEqual([
      ["@U0ALIAS What is this?", "Well?"],
    ]);
    expect(posts()).toBe(1);
  });
});

describe("A file that comes with the second event of a mention", () => {
  it("is added, once, and the backend is told of it", async () => {
    const chat = await open({ conversation: { collect_ms: 5_000 } });
    await chat.tell(asMention);
    await chat.tell(second());
    await chat.tell(second());
    await chat.tell(asMention);
    expect(await shown(chat)).toEqual([["user", [words, line]]]);
    const [{ id }] = await chat.conversations();
    expect(await platform.table.get(keys.message(chat.team.id, id, 1))).toMatchObject({
      files: [{ part: 1, name: "cat.png", is_image: true }],
    });
    backend.answer(answers.json({ content: "A cat." }));
    platform.advance(6_000);
    await platform.settle();
    expect(asked()).toEqual([[{ role: "user", content: [words, image] }]]);
    expect(posts()).toBe(1);
  });

  it("is there from the first, and stays, when that event came first", async () => {
    const chat = await open();
    await chat.tell(second());
    await chat.tell(asMention);
    await platform.settle();
    expect((await shown(chat))[0]).toEqual(["user", [words, image]]);
  });

  it("is kept when it comes while the bot answers, which is told of it next time", async () => {
    const chat = await open();
    const thread_ts = ts;
    backend.answer(
      meanwhile(() => chat.tell(second())),
      answers.echo(),
    );
    await chat.tell(asMention);
    await platform.settle();
    await chat.tell(mention({ text: "<@U0BOT> Sure?", ts: "1796000002.000100", thread_ts }));
    await platform.settle();
    expect(asked().map((messages) => messages.map(({ content }) => content))).toEqual([
      ["What is this?"],
      [[words, image], "A cat.", "Sure?"],
    ]);
    expect(posts()).toBe(2);
  });

  it("changes nothing once its message was answered, or erased", async () => {
    const chat = await open();
    await chat.tell(asMention);
    await platform.settle();
    expect((await chat.tell(second())).status).toBe(200);
    expect(await shown(chat)).toEqual([
      ["user", "What is this?"],
      ["assistant", "What is this?"],
    ]);
    const thread_ts = ts;
    const later = { ts: "1796000002.000100", thread_ts };
    await chat.tell(inChannel({ user: "U0BOB", ...later }));
    platform.advance(1);
    await platform.call("deleteBotUser", {
      as: chat.key,
      params: { bot_id: chat.bot_id, user_id: "U0BOB" },
    });
    await platform.settle();
    const before = await shown(chat);
    await chat.tell(inChannel({ user: "U0BOB", ...withFile(), ...later }));
    await chat.tell(mention({ user: "U0BOB", ...later }));
    await platform.settle();
    expect(await shown(chat)).toEqual(before);
    expect(posts()).toBe(1);
  });
});
