import { expect, it } from "@jest/globals";
import { useDiscord } from "#test/support/discord-channel";
import { openDiscordChat } from "#test/support/discord-chat";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { usePlatform } from "#test/support/test-platform";
import { ask, snowflake, token } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const backend = useFakeBackend();

/** Has a worker answer a command in two parts, die at a call to AWS, and be followed by another. */
async function dyingAt(at: number, loses: "connection_lost" | "answer_lost", isOver: boolean) {
  const { fake } = discord;
  const chat = await openDiscordChat(platform, fake, { backend_url: backend.url });
  fake.sent.length = 0;
  fake.tokens.clear();
  if (!isOver) fake.tokens.set(token, 0);
  backend.answer(answers.json({ content: "word ".repeat(500) }));
  // The answer of a hook is known by then.
  const begun = platform.clock() - 20_000;
  await chat.tell(ask("Hello", undefined, "server", { id: snowflake(begun, at) }));
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
  const [, reply] = await chat.messages();
  expect([at, reply]).toMatchObject([at, { delivery: { status: "sent" } }]);
  return { names: fake.sent.map(({ name }) => name), isDone: count <= at };
}

it.each(["connection_lost", "answer_lost"] as const)(
  "A worker that dies at any call is followed by one that sends the rest to Discord, what stands first once: %s",
  async (loses) => {
    for (let at = 0, isDone = false; !isDone; at++) {
      const run = await dyingAt(at, loses, false);
      ({ isDone } = run);
      expect([at, run.names.slice(0, 2)]).toEqual([at, ["PATCH original", "POST follow-up"]]);
      // A part that follows may come again, when it was sent and not yet written down: Discord cannot tell.
      expect(run.names.slice(2).filter((name) => name !== "POST follow-up")).toEqual([]);
      expect(run.names.length).toBeLessThanOrEqual(3);
    }
    expect(discord.fake.mistakes).toEqual([]);
  },
);

it.each(["connection_lost", "answer_lost"] as const)(
  "A worker that dies at any call is followed by one that sends each part into the channel once, when the command is over: %s",
  async (loses) => {
    for (let at = 0, isDone = false; !isDone; at++) {
      const run = await dyingAt(at, loses, true);
      ({ isDone } = run);
      expect([at, run.names]).toEqual([at, ["POST message", "POST message"]]);
    }
  },
);
