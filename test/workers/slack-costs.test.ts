import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { costOf, withLog } from "#test/support/log-lines";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { file, inChannel, mention, message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend();

/** A chat with a bot of 2 KB, as the data model assumes it, and what a call costs with all that follows from it. */
async function aChat(typing_indicator: boolean) {
  const chat = await openSlackChat(platform, slack.fake, {
    bot: { settings: { system_prompt: "x".repeat(1_500), typing_indicator } },
    backend_url: backend.url,
  });
  const tell = async (body: object) => {
    platform.advance(1_000);
    const { lines } = await withLog(async () => {
      await chat.tell(body);
      await platform.settle();
    });
    return {
      hook: costOf(lines.filter(({ route }) => route === "receiveSlackEvent")),
      worker: costOf(lines.filter(({ worker }) => worker === "inbound")),
    };
  };
  return { chat, tell };
}
const at = (count: number) => ({ ts: `17960000${String(count).padStart(2, "0")}.000100` });
const words = { text: "x".repeat(300) };

describe("A message of Slack", () => {
  it("costs what one of Telegram does, also in the first of an hour, which asks for a name", async () => {
    const { tell } = await aChat(false);
    await tell(message({ ...words, ...at(0) }));
    for (let count = 1; count < 12; count++) {
      // The data key is asked for again, and the channel's last message written down.
      const more = count === 6 ? 1 : 0;
      platform.advance(more * 3_600_000);
      const { hook, worker } = await tell(message({ ...words, ...at(count) }));
      expect(hook.reads).toBeLessThanOrEqual(7 + more);
      expect(hook.writes).toBeLessThanOrEqual(11);
      expect(worker.calls).toBeLessThanOrEqual(8 + 2 * more);
      expect(worker.reads).toBeLessThanOrEqual(8);
      expect(worker.writes).toBeLessThanOrEqual(19 + more);
    }
  });

  it("costs four calls, four write units and two read units more where a message stands in", async () => {
    const [without, within] = [await aChat(false), await aChat(true)];
    await without.tell(message({ ...words, ...at(0) }));
    const plain = await without.tell(message({ ...words, ...at(1) }));
    await within.tell(message({ ...words, ...at(0) }));
    slack.fake.calls.length = 0;
    backend.answer(async (...request) => {
      while (slack.fake.calls.length < 1) await platform.lookForWait(300);
      // Its id is written down.
      await sleep(50);
      await answers.echo()(...request);
    });
    const shown = await within.tell(message({ ...words, ...at(1) }));
    expect(slack.fake.calls.map(({ name }) => name)).toEqual([
      "chat.postMessage",
      "chat.postMessage",
      "chat.delete",
    ]);
    expect(shown.hook).toEqual(plain.hook);
    expect(shown.worker.calls - plain.worker.calls).toBeLessThanOrEqual(4);
    expect(shown.worker.reads - plain.worker.reads).toBeLessThanOrEqual(2);
    expect(shown.worker.writes - plain.worker.writes).toBeLessThanOrEqual(4);
  });

  it("costs at most eight read units and no write when it comes as another event, and one transaction for a file", async () => {
    const { chat, tell } = await aChat(false);
    await tell(mention({ ...at(0), ...words }));
    await tell(mention({ ...at(1), ...words }));
    const again = await tell(inChannel({ ...at(1), ...words }));
    expect(again.hook.writes).toBe(0);
    expect(again.hook.reads).toBeLessThanOrEqual(8);
    await chat.tell(inChannel({ ...at(2) }));
    await platform.settle();
    const added = await tell(
      inChannel({ ...at(2), text: "Hello", subtype: "file_share", files: [file()] }),
    );
    expect(added.hook.calls - again.hook.calls).toBe(1);
    expect(added.hook.writes).toBeLessThanOrEqual(4);
  });
});
