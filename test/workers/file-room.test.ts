import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { aPhoto, useFileChat } from "#test/support/file-chat";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { message } from "../fixtures/slack/events.ts";
import { ada } from "../fixtures/telegram/updates.ts";

// The worker reads it at its first message. There is room for one file.
const before = process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "128";
afterAll(() => {
  if (before === undefined) delete process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];
  else process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = before;
});

const platform = usePlatform();
const on = useFileChat(platform);
const slack = useSlack();
const store = useFakeBackend();

const image = { type: "image_url", image_url: { url: expect.any(String) } };
const of = (id: number) => ({
  from: { ...ada, id },
  chat: { id, type: "private", first_name: "Ada" },
});

describe("A process whose memory holds one file", () => {
  it("fetches those of all chats one after the other", async () => {
    const { answer, release } = held((_, response) => void response.end("a cat"));
    on.put("cat", { answer });
    on.put("dog");
    await on.tell({ ...of(1), ...aPhoto("cat") });
    const running = platform.settle();
    while (on.wanted().length < 1) await sleep(5);
    await on.tell({ ...of(2), ...aPhoto("dog") });
    await on.tell({ ...of(3), text: "Hello!" });
    while (on.asked().length < 1) await sleep(5);
    expect(on.asked()[0]?.[0]?.content).toBe("Hello!");
    expect(on.wanted()).toEqual(["cat"]);
    release();
    await running;
    expect(on.wanted()).toEqual(["cat", "dog"]);
    expect(on.asked().slice(1)).toEqual([0, 1].map(() => [{ role: "user", content: [image] }]));
  });

  it("gives a file that found room too late another time of its own", async () => {
    on.put("cat", { answer: answers.hang() });
    on.put("dog");
    await on.tell({ ...of(1), ...aPhoto("cat") });
    const running = platform.settle();
    while (on.wanted().length < 1) await sleep(5);
    await on.tell({ ...of(2), ...aPhoto("dog") });
    // In steps, so that leases are renewed.
    for (let second = 0; second < 45; second++) {
      platform.advance(1_000);
      await sleep(5);
    }
    await running;
    for (let second = 0; second < 15; second++) {
      platform.advance(1_000);
      await platform.settle();
    }
    expect(on.asked().map((messages) => messages[0]?.content)).toEqual([
      "[file] This file could not be read. It did not come in time.",
      [image],
    ]);
  });

  it("sends attachments one after the other where they pass through it", async () => {
    const { answer, release } = held(answers.json("a report"));
    store.answer(answer, answers.json("another"));
    const attachments = [{ type: "file", url: `${store.url}/a.json`, name: "a.json" }];
    on.backend.answer(answers.json({ content: "Here it is.", attachments }));
    const chat = await openSlackChat(platform, slack.fake, {
      bot: { settings: { typing_indicator: false } },
      backend_url: on.backend.url,
    });
    await chat.tell(message({ channel: "D0ADA" }));
    const running = platform.settle();
    await store.received(1);
    await chat.tell(message({ channel: "D0BOB", user: "U0BOB" }));
    const posts = () => slack.fake.calls.filter(({ name }) => name === "chat.postMessage").length;
    while (posts() < 2) await sleep(5);
    await sleep(20);
    expect(store.requests).toHaveLength(1);
    release();
    await running;
    expect(store.requests).toHaveLength(2);
    expect(slack.fake.uploads.size).toBe(2);
  });
});
