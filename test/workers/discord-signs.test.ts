import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { useDiscord } from "#test/support/discord-channel";
import { type DiscordChat, openDiscordChat } from "#test/support/discord-chat";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { ask, snowflake } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const backend = useFakeBackend();
let chat: DiscordChat;
const open = async (collect_ms = 0) => {
  const bot = { settings: { conversation: { collect_ms } } };
  chat = await openDiscordChat(platform, discord.fake, { bot, backend_url: backend.url });
};
beforeEach(() => open());
afterEach(() => expect(discord.fake.mistakes).toEqual([]));

let commands = 0;
/** Has somebody type `/ask` and gives the token of that. The answer of the hook is known by the time a worker comes. */
const say = async (text: string): Promise<string> => {
  const token = `token-${++commands}`;
  discord.fake.tokens.set(token, 0);
  const id = snowflake(platform.clock() - 20_000, commands);
  const { status, text: said } = await chat.tell(ask(text, undefined, "server", { id, token }));
  expect([status, JSON.parse(said)]).toEqual([200, { type: 5 }]);
  return token;
};
/** What people see: where the bot is still thinking, and where it has answered. */
const seen = (tokens: readonly string[]) =>
  tokens.map((token) =>
    discord.fake.taken_back.has(token)
      ? "nothing"
      : discord.fake.tokens.get(token) === 0
        ? "thinking"
        : "an answer",
  );
const delivery = async () => (await chat.messages()).at(-1)?.delivery?.status;
const workRow = async () => {
  const [{ id }] = await chat.conversations();
  return platform.table.get(keys.conversationWork(chat.team.id, id));
};
const update = (body: object) =>
  platform.call("updateChannel", { as: chat.key, params: { id: chat.channel_id }, body });
const goOn = async () => {
  for (let round = 0; round < 4; round++) {
    platform.advance(61_000);
    await platform.sweep();
    await withLog(() => platform.settle());
  }
};

describe("The sign of Discord that a bot is thinking", () => {
  it("is taken back of the commands before the one that is answered", async () => {
    await open(1_500);
    const tokens = [await say("One"), await say("Two"), await say("Three")];
    platform.advance(3_000);
    await platform.settle();
    expect(seen(tokens)).toEqual(["nothing", "nothing", "an answer"]);
    expect((await chat.messages()).map(({ role }: { role: string }) => role)).toHaveLength(4);
    const { due_at, signs, temporary_messages } = (await workRow())!;
    expect([due_at, signs, temporary_messages]).toEqual([undefined, undefined, undefined]);
  });

  it("is taken back where the answer is blank, of which nothing is sent", async () => {
    backend.answer(answers.json({ content: " \n" }));
    const tokens = [await say("One")];
    await platform.settle();
    expect([seen(tokens), await delivery()]).toEqual([["nothing"], "sent"]);
  });

  it.each<[string, string | undefined, () => unknown]>([
    ["not sent any more", "skipped", () => update({ enabled: false })],
    [
      "refused",
      "failed",
      () => {
        const error = { status: 400, code: 50_035, message: "Invalid Form Body" };
        discord.fake.refuse("PATCH original", error);
      },
    ],
  ])("is taken back of a command whose answer is %s", async (_, status, act) => {
    const answering: Answer = async (...request) => {
      await act();
      await answers.echo()(...request);
    };
    backend.answer(answering);
    const tokens = [await say("Hello")];
    await platform.settle();
    expect(await delivery()).toBe(status);
    expect(seen(tokens)).toEqual(["nothing"]);
  });

  it("is taken back of a command that gets no answer", async () => {
    await open(1_500);
    const tokens = [await say("One"), await say("Two")];
    const body = { status: "paused" };
    await platform.call("updateBot", { as: chat.key, params: { id: chat.bot_id }, body });
    platform.advance(3_000);
    await platform.settle();
    expect(seen(tokens)).toEqual(["nothing", "nothing"]);
    expect(backend.requests).toEqual([]);
  });

  it("is taken back after a wait too, and of a channel whose credentials are dead", async () => {
    const response_delay = { min_ms: 10_000, max_ms: 10_000 };
    const settings = { conversation: { collect_ms: 1_500 }, response_delay };
    chat = await openDiscordChat(platform, discord.fake, {
      bot: { settings },
      backend_url: backend.url,
    });
    const tokens = [await say("One"), await say("Two")];
    platform.advance(3_000);
    await platform.settle();
    expect(seen(tokens)).toEqual(["thinking", "thinking"]);
    const key = keys.channel(chat.team.id, chat.bot_id, chat.channel_id);
    await platform.table.update(key, { set: { status: "disconnected" } });
    platform.advance(10_000);
    await platform.settle();
    expect(await delivery()).toBe("skipped");
    expect(seen(tokens)).toEqual(["nothing", "nothing"]);
  });

  it("is left to Discord once the token of the command is over", async () => {
    await open(1_500);
    await say("One");
    await say("Two");
    platform.advance(16 * 60_000);
    await platform.settle();
    expect(await delivery()).toBe("sent");
    expect(discord.fake.calls.map(({ name }) => name)).toEqual(["POST message"]);
  });

  it("is taken back of a command whose conversation is deleted while it is answered", async () => {
    backend.answer(async (...request) => {
      const [{ id }] = await chat.conversations();
      await platform.call("deleteConversation", { as: chat.key, params: { id } });
      while (await platform.table.get(keys.conversationWork(chat.team.id, id))) await sleep(5);
      await answers.echo()(...request);
    });
    const tokens = [await say("Hello")];
    await platform.settle();
    expect(seen(tokens)).toEqual(["nothing"]);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "is taken back after a worker that dies at any call to the table or the queue: %s",
    async (loses) => {
      for (let at = 0, isOver = false; !isOver; at++) {
        await open(1_500);
        const tokens = [await say("One"), await say("Two")];
        let count = 0;
        platform.advance(3_000);
        platform.faults = () => {
          const call = count++;
          if (call < at) return undefined;
          return { kind: call === at ? loses : "connection_lost" };
        };
        await withLog(() => platform.settle());
        platform.faults = undefined;
        await goOn();
        expect([at, await delivery(), seen(tokens)]).toEqual([
          at,
          "sent",
          ["nothing", "an answer"],
        ]);
        expect(await workRow()).not.toHaveProperty("signs");
        isOver = count <= at;
      }
    },
  );
});
