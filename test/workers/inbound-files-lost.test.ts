import { describe, expect, it } from "@jest/globals";
import { asChannel } from "#shared/channels/channel-store";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { answers } from "#test/support/fake-backend";
import { aDocument, aPhoto, lost, useFileChat, words } from "#test/support/file-chat";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { readable } from "#test/support/stored-rows";
import { botToken } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";
import { ada } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const on = useFileChat(platform);

const image = { type: "image_url", image_url: { url: expect.any(String) } };
const mebibyte = 1_048_576;
const wait = (seconds: number) =>
  on.fake.refuse("getFile", {
    error_code: 429,
    description: `Too Many Requests: retry after ${seconds}`,
    parameters: { retry_after: seconds },
  });
const replies = async () =>
  (await on.chat.messages()).filter(({ role }: { role: string }) => role === "assistant");

describe("A file that cannot be had is a sentence, and its message is answered:", () => {
  it.each([
    [
      "one that the message says is too large",
      () => on.put("report"),
      { file_size: 20 * mebibyte + 1 },
      "It is larger than 20 MiB.",
    ],
    [
      "one that turns out to be too large",
      () => on.put("report", { bytes: Buffer.alloc(20 * mebibyte + 1) }),
      {},
      "It is larger than 20 MiB.",
    ],
    [
      "one that has no end",
      () => on.put("report", { answer: answers.endlessBody() }),
      {},
      "It is larger than 20 MiB.",
    ],
    [
      "one that is gone",
      () => on.put("report", { answer: answers.status(404) }),
      {},
      "It is no longer there.",
    ],
    [
      "one that Telegram does not know",
      () => undefined,
      {},
      "Telegram: Bad Request: invalid file_id",
    ],
    [
      "a page instead of it",
      () => on.put("report", { answer: answers.html("<h1>Sign in</h1>") }),
      {},
      "The platform sent a page instead of it.",
    ],
    [
      "one that is kept elsewhere",
      () => on.put("report", { answer: answers.redirect(`${on.backend.url}/report`) }),
      {},
      "It is not kept at a place of the platform.",
    ],
    [
      "one that is to be asked for in more than 30 seconds",
      () => {
        on.put("report");
        wait(31);
      },
      {},
      "Telegram: Too Many Requests: retry after 31",
    ],
  ])("%s", async (_, plan, fields, why) => {
    plan();
    await on.say({ ...aDocument("report", fields), caption: "Read this" });
    expect(on.shown()).toEqual([words("Read this"), lost(why, "report.pdf")]);
    const [message, reply] = await on.chat.messages();
    expect(message.content).toEqual(on.shown());
    expect(reply).toMatchObject({ delivery: { status: "sent" } });
    expect(await on.rows()).toEqual([]);
    expect(on.backend.requests.map(({ path }) => path)).toEqual(["/"]);
    await on.say({ text: "And now?" });
    expect(on.asked().at(-1)?.[0]?.content).toEqual(message.content);
    expect(on.wanted().length).toBeLessThanOrEqual(1);
  });

  it("one that does not come in 40 seconds, and what came beside it is there", async () => {
    on.put("report", { answer: answers.hang() });
    on.put("cat");
    await on.tell({ ...aPhoto("cat"), media_group_id: "album" });
    await on.tell({ ...aDocument("report"), media_group_id: "album" });
    platform.advance(2_000);
    const done = platform.settle();
    while (on.fake.calls.filter(({ name }) => name === "file").length < 2) await pause();
    while ((await on.rows()).length < 1) await pause();
    // In steps, so that the lease is renewed.
    for (let second = 0; second < 40; second++) {
      expect(on.asked()).toEqual([]);
      platform.advance(1_000);
      await pause();
    }
    await done;
    expect(on.asked()[0]?.map(({ content }) => content)).toEqual([
      [image],
      lost("It did not come in time.", "report.pdf").text,
    ]);
    expect(await replies()).toMatchObject([{ delivery: { status: "sent" } }]);
  });
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("A file that a platform gives later", () => {
  it("is fetched after the time that is named, and holds up nobody else", async () => {
    on.put("cat");
    wait(14);
    await on.say(aPhoto("cat"));
    await on.say({ from: { ...ada, id: 1 }, chat: { id: 1, type: "private" }, text: "Hi" });
    expect(on.asked().map((messages) => messages.at(-1)?.content)).toEqual(["Hi"]);
    platform.advance(13_000);
    await platform.settle();
    expect(on.asked()).toHaveLength(1);
    platform.advance(1_000);
    await platform.settle();
    expect(on.asked().slice(1)).toEqual([[{ role: "user", content: [image] }]]);
  });

  it("is asked for three times, after 2 and 10 seconds, and is then lost", async () => {
    on.put("cat", { answer: answers.status(502) });
    await on.say(aPhoto("cat"));
    for (const seconds of [2, 10]) {
      platform.advance(seconds * 1_000 - 1);
      await platform.settle();
      const before = on.wanted().length;
      platform.advance(1);
      await platform.settle();
      expect(on.wanted()).toHaveLength(before + 1);
    }
    expect(on.wanted()).toHaveLength(3);
    expect(on.asked()).toEqual([
      [{ role: "user", content: lost("The platform answered with status 502.").text }],
    ]);
    on.put("cat", { answer: answers.status(503) });
    await on.say(aPhoto("cat"));
    expect(on.asked()).toHaveLength(1);
  });

  it.each([
    ["cuts the connection", answers.resetAfterHeaders()],
    ["sends something else than HTTP", answers.raw("nonsense\r\n\r\n")],
  ])("comes again where it %s", async (_, answer) => {
    on.put("cat", { answer });
    await on.say(aPhoto("cat"));
    on.put("cat");
    platform.advance(2_000);
    await platform.settle();
    expect(on.asked()).toEqual([[{ role: "user", content: [image] }]]);
  });

  it("is not fetched again for another that comes later", async () => {
    on.put("cat");
    on.put("dog", { answer: answers.status(502) });
    for (const id of ["cat", "dog"]) await on.tell({ ...aPhoto(id), media_group_id: "album" });
    platform.advance(2_000);
    await platform.settle();
    on.put("dog");
    platform.advance(2_000);
    await platform.settle();
    expect(on.wanted()).toEqual(["cat", "dog", "dog"]);
    expect(on.asked()[0]?.map(({ content }) => content)).toEqual([[image], [image]]);
  });
});

describe("A bucket that is out of reach", () => {
  it("is tried again, and the file is lost where it stays so", async () => {
    on.put("cat");
    platform.faults = ({ service }) => (service === "s3" ? { kind: "throttle" } : undefined);
    await on.say(aPhoto("cat"));
    platform.faults = undefined;
    expect(on.asked()).toEqual([]);
    platform.advance(2_000);
    await platform.settle();
    expect(on.asked()).toEqual([[{ role: "user", content: [image] }]]);

    platform.faults = ({ service }) => (service === "s3" ? { kind: "throttle" } : undefined);
    on.put("dog");
    await on.say(aPhoto("dog"));
    for (const seconds of [2, 10]) {
      platform.advance(seconds * 1_000);
      await platform.settle();
    }
    expect(on.asked().at(-1)?.at(-1)?.content).toBe(lost("It could not be kept.").text);
  });
});

describe("Credentials that are dead", () => {
  it("disconnect the channel once, and the message is kept as it is until there are others", async () => {
    const url = `${on.backend.url}/events`;
    await aWebhookEndpoint(platform, on.chat.key, { url, events: ["channel.disconnected"] });
    for (const id of ["cat", "dog"]) on.put(id);
    on.fake.refuse("getFile", { error_code: 401, description: "Unauthorized" });
    await on.say(aPhoto("cat"));
    const { team, bot_id, channel_id } = on.chat;
    const key = keys.channel(team.id, bot_id, channel_id);
    expect(asChannel(await platform.table.get(key))).toMatchObject({
      status: "disconnected",
      status_reason: "Telegram: Unauthorized",
    });
    expect(on.backend.requests.map(({ path }) => path)).toEqual(["/events"]);
    expect(on.fake.calls.map(({ name }) => name)).toEqual(["getFile"]);
    expect(await on.chat.messages()).toMatchObject([{ content: "[file]" }]);

    await platform.table.update(key, { set: { status: "connected" } });
    await on.say(aPhoto("dog"));
    const asked = JSON.parse(on.backend.requests.at(-1)?.body ?? "{}").messages;
    expect(asked.map(({ content }: { content: unknown }) => content)).toEqual([[image], [image]]);
  });

  it("that were changed meanwhile are taken as they are now", async () => {
    on.put("cat", {});
    const { team, bot_id, channel_id } = on.chat;
    const key = keys.channel(team.id, bot_id, channel_id);
    on.fake.misbehave(async (_, response) => {
      await platform.table.update(key, { add: { version: 1 } });
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ ok: false, error_code: 401, description: "Unauthorized" }));
    });
    await on.say(aPhoto("cat"));
    expect(asChannel(await platform.table.get(key))).toMatchObject({ status: "connected" });
    expect(on.shown()).toEqual([image]);
  });
});

describe("The token", () => {
  it("stands in no log, answer or row, whatever becomes of a file", async () => {
    const { lines } = await withLog(async () => {
      on.put("one", { answer: answers.status(404) });
      on.put("two", { answer: answers.redirect(`${on.backend.url}/elsewhere`) });
      on.put("three", { answer: answers.resetBeforeHeaders() });
      on.put("four");
      for (const id of ["one", "two", "three", "four"]) await on.say(aDocument(id));
      on.fake.refuse("getFile", { error_code: 400, description: `Bad Request: ${botToken}` });
      await on.say(aDocument("four"));
      for (const seconds of [2, 10]) {
        platform.advance(seconds * 1_000);
        await platform.settle();
      }
    });
    const rows = (await allRows()).filter(({ pk }) => pk.includes(on.chat.team.id)).map(readable);
    const all = JSON.stringify([lines, rows, on.asked(), await on.chat.messages()]);
    const [, ofBot = "-"] = botToken.split(":");
    expect(all).toContain("no longer there");
    expect(all).not.toContain(ofBot);
    expect(on.backend.requests.map(({ path }) => path)).not.toContain("/elsewhere");
  });
});
