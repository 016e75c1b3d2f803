import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { type FakeTelegram, startFakeTelegram } from "#test/support/fake-telegram";
import { costOf, withLog } from "#test/support/log-lines";
import { botToken } from "#test/support/telegram-channel";
import { openTelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const backend = useFakeBackend();
let fake: FakeTelegram;
beforeAll(async () => {
  fake = await startFakeTelegram(botToken);
});
afterAll(() => fake.close());

/** A chat with a bot of 2 KB, as the data model assumes it, and what a message of somebody there costs with its reply. */
async function aChat() {
  const settings = { system_prompt: "x".repeat(1_500) };
  const chat = await openTelegramChat(platform, fake, {
    bot: { settings },
    backend_url: backend.url,
  });
  let message_id = 0;
  const say = async () => {
    platform.advance(1_000);
    const { lines } = await withLog(async () => {
      await chat.tell({ message_id: ++message_id, text: "x".repeat(300) });
      await platform.settle();
    });
    return {
      hook: costOf(lines.filter(({ route }) => route === "receiveTelegramUpdate")),
      worker: costOf(lines.filter(({ worker }) => worker === "inbound")),
    };
  };
  return { chat, say };
}

describe("A message of Telegram", () => {
  it("costs at most 11 write units and 7 read units in the hook, and 19 and 8 in the worker", async () => {
    const { say } = await aChat();
    await say();
    for (let count = 0; count < 12; count++) {
      const { hook, worker } = await say();
      expect(hook.calls).toBeLessThanOrEqual(6);
      expect(hook.reads).toBeLessThanOrEqual(7);
      expect(hook.writes).toBeLessThanOrEqual(11);
      expect(worker.calls).toBeLessThanOrEqual(8);
      expect(worker.reads).toBeLessThanOrEqual(8);
      // Of those 4 count it.
      expect(worker.writes).toBeLessThanOrEqual(19);
    }
  });

  it("costs in a long conversation what it costs in a short one", async () => {
    const { say } = await aChat();
    // So many are the history that a backend is given.
    for (let count = 1; count < 12; count++) await say();
    const short = await say();
    for (let count = 0; count < 60; count++) await say();
    expect(await say()).toEqual(short);
  });

  it("costs at most eight read units and no write when it comes again", async () => {
    const { chat, say } = await aChat();
    await say();
    platform.advance(1_000);
    const { lines } = await withLog(async () => {
      await chat.tell({ message_id: 1, text: "x".repeat(300) });
      await platform.settle();
    });
    expect(lines.filter(({ worker }) => worker !== undefined)).toEqual([]);
    const { reads, writes } = costOf(lines);
    expect(writes).toBe(0);
    expect(reads).toBeLessThanOrEqual(8);
  });

  it("costs a write of the work and of the reply for each part after the first", async () => {
    const { say } = await aChat();
    await say();
    const one = await say();
    const attachments = [1, 2, 3].map((number) => ({
      type: "image",
      url: `https://a.example/${number}.png`,
    }));
    backend.answer(answers.json({ content: "Look:", attachments }), answers.echo());
    const four = await say();
    expect(four.worker.calls - one.worker.calls).toBe(3);
    expect(four.worker.writes - one.worker.writes).toBeLessThanOrEqual(3 * 4);
  });
});
