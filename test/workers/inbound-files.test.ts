import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { keptSeconds } from "#shared/files/file";
import { held } from "#test/support/fake-backend";
import { aDocument, aPhoto, lost, useFileChat, words } from "#test/support/file-chat";
import { aWebhookEndpoint } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { entity, group, said } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const on = useFileChat(platform);

const image = { type: "image_url", image_url: { url: expect.any(String) } };
const day = 24 * 60 * 60_000;

describe("A file of a message", () => {
  it("reaches the backend behind a URL that anybody can read, a picture as an image", async () => {
    on.put("large", { bytes: Buffer.from("a cat"), type: "image/jpeg" });
    await on.say(said.photo);
    const [text, picture] = on.shown();
    expect([text, picture]).toEqual([words("A cat"), image]);
    expect(await on.read(picture)).toEqual({ type: "image/jpeg", text: "a cat" });
  });

  it.each([
    ["a document", aDocument("report"), { name: "report.pdf", mime_type: "application/pdf" }],
    ["a voice message", { voice: { file_id: "report" } }, { mime_type: "audio/ogg" }],
    ["a sticker", { sticker: { file_id: "report" } }, undefined],
    ["a nameless document", { document: { file_id: "report" } }, { mime_type: "text/csv" }],
  ])("that is %s has its name and type", async (_, message, file) => {
    on.put("report", { bytes: Buffer.from("1,2"), type: "text/csv" });
    await on.say(message);
    expect(on.shown()).toEqual([
      file ? { type: "file", file: { url: expect.any(String), ...file } } : image,
    ]);
    expect(await on.read(on.shown()[0])).toMatchObject({ text: "1,2" });
  });

  it("is shown by the API as it was to the backend, and is stored as a reference", async () => {
    on.put("cat");
    await on.say({ ...aPhoto("cat"), caption: "Look" });
    const [message] = await on.chat.messages();
    expect(message.content).toEqual(on.shown());
    expect(await on.read(message.content[1])).toMatchObject({ text: "cat" });
    const [row] = await platform.table.queryAll({
      pk: `TEAM#${on.chat.team.id}#CONVERSATION#${message.conversation_id}`,
      where: { begins: "MESSAGE#" },
    });
    expect(row).not.toHaveProperty("files");
    expect(JSON.stringify(row)).not.toContain("http");
  });

  it("has a URL of the day on which it is shown", async () => {
    on.put("cat");
    await on.say(aPhoto("cat"));
    const [before] = on.shown();
    platform.advance(day);
    await on.say({ text: "And now?" });
    const [earlier] = (on.asked().at(-1)?.[0]?.content ?? []) as (typeof before)[];
    expect(earlier?.image_url?.url).not.toBe(before?.image_url?.url);
    expect(await on.read(earlier)).toMatchObject({ text: "cat" });
    expect(on.wanted()).toEqual(["cat"]);
  });

  it("is a line of text when it is kept no more", async () => {
    on.put("report");
    await on.say(aDocument("report"));
    platform.advance((keptSeconds + 1) * 1_000);
    await on.say({ text: "And now?" });
    const gone = [lost("It is no longer kept.", "report.pdf")];
    expect(on.asked().at(-1)?.[0]).toEqual({ role: "user", content: gone });
    expect((await on.chat.messages())[0].content).toEqual(gone);
  });

  it("is told of by its name when it has just been kept", async () => {
    const url = `${on.backend.url}/events`;
    await aWebhookEndpoint(platform, on.chat.key, { url, events: ["message.received"] });
    on.put("report");
    await on.say(aDocument("report"));
    const [event] = on.backend.requests.filter(({ path }) => path === "/events");
    expect(JSON.parse(event?.body ?? "").data.message.content).toBe("[file] report.pdf");
  });

  it("is named by an echo", async () => {
    const chat = await on.open();
    const { body } = await platform.call("listIntegrations", {
      as: chat.key,
      params: { bot_id: chat.bot_id },
    });
    const others = body.data.filter(({ type }: { type: string }) => type !== "echo");
    for (const { id } of others) {
      await platform.call("deleteIntegration", { as: chat.key, params: { id } });
    }
    on.put("cat");
    on.put("report");
    await on.say({ ...aPhoto("cat"), caption: "Look" });
    await on.say(aDocument("report"));
    expect(on.fake.sent.map(({ params }) => params["rich_message"])).toEqual([
      { markdown: "Look\n[image]" },
      { markdown: "[file] report.pdf" },
    ]);
  });
});

describe("The files of a turn", () => {
  it("of an album reach the backend together, also when one is lost", async () => {
    for (let at = 0; at < 10; at++) {
      if (at !== 4) on.put(`cat-${at}`);
      await on.tell({ ...aPhoto(`cat-${at}`), media_group_id: "album" });
    }
    platform.advance(2_000);
    await platform.settle();
    expect(on.asked()).toHaveLength(1);
    const contents = on.asked()[0]?.map(({ content }) => content) ?? [];
    expect(contents).toEqual(
      contents.map((_, at) =>
        at === 4 ? lost("Telegram: Bad Request: invalid file_id").text : [image],
      ),
    );
    expect(await on.rows()).toHaveLength(9);
  });

  it("are fetched three at a time", async () => {
    const waiting = [0, 1, 2, 3, 4].map((at) => {
      const { answer, release } = held((_, response) => void response.end(`cat-${at}`));
      on.put(`cat-${at}`, { answer });
      return release;
    });
    for (const at of waiting.keys()) {
      await on.tell({ ...aPhoto(`cat-${at}`), media_group_id: "album" });
    }
    platform.advance(2_000);
    const fetched = () => on.fake.calls.filter(({ name }) => name === "file").length;
    const seen: number[] = [];
    const done = platform.settle();
    for (const [at, release] of waiting.entries()) {
      while (fetched() < Math.min(5, 3 + at)) await sleep(5);
      seen.push(fetched());
      release();
    }
    await done;
    expect(seen).toEqual([3, 4, 5, 5, 5]);
    expect(on.asked()[0]?.map(({ content }) => content)).toEqual(
      [0, 1, 2, 3, 4].map(() => [image]),
    );
  });

  it("are 20 at most, and a text says so of the others", async () => {
    const ids = Array.from({ length: 22 }, (_, at) => `cat-${at}`);
    for (const id of ids) on.put(id);
    const blocks = ids.map((id) => ({ type: "photo", ...aPhoto(id) }));
    await on.say({ rich_message: { blocks } });
    expect(on.wanted()).toHaveLength(20);
    expect(on.shown().map(({ type }) => type)).toEqual(
      ids.map((_, at) => (at < 20 ? "image_url" : "text")),
    );
    expect(on.shown()[21]).toEqual(lost("There were too many for one answer."));
    expect((await on.chat.messages())[0].content.map(({ type }: { type: string }) => type)).toEqual(
      on.shown().map(({ type }) => type),
    );
  });
});

describe("A file of a message that is not answered", () => {
  const mention = {
    text: "@OurBot what is this?",
    entities: [entity("@OurBot what is this?", "@OurBot", { type: "mention" })],
  };

  it("is fetched when a backend is shown it first, and never again", async () => {
    on.put("cat");
    await on.say({ chat: group, ...aPhoto("cat") });
    expect(on.wanted()).toEqual([]);
    await on.say({ chat: group, ...mention });
    expect(on.asked()[0]).toEqual([
      { role: "user", content: [image] },
      { role: "user", content: "what is this?" },
    ]);
    await on.say({ chat: group, ...mention });
    expect(on.asked()[1]?.[0]).toEqual({ role: "user", content: [image] });
    expect(on.wanted()).toEqual(["cat"]);
  });

  it("is left where it is not shown", async () => {
    await on.open({ context_window: 2 });
    for (const id of ["one", "two"]) {
      on.put(id);
      await on.say({ chat: group, ...aPhoto(id) });
    }
    await on.say({ chat: group, ...mention });
    expect(on.wanted()).toEqual(["two"]);
  });

  it("comes after those of the turn, the newest first, and is left where there is no room", async () => {
    await on.open({ context_window: 100 });
    for (let at = 0; at < 21; at++) {
      on.put(`cat-${at}`);
      await on.say({ chat: group, ...aPhoto(`cat-${at}`) });
    }
    on.put("dog");
    await on.say({
      chat: group,
      ...aPhoto("dog"),
      caption: mention.text,
      caption_entities: mention.entities,
    });
    const newest = Array.from({ length: 19 }, (_, at) => `cat-${20 - at}`);
    expect(on.wanted()).toHaveLength(20);
    expect(new Set(on.wanted())).toEqual(new Set(["dog", ...newest]));
    expect(on.asked()[0]?.[0]).toEqual({ role: "user", content: "[file]" });
    await on.say({ chat: group, ...mention });
    expect(new Set(on.wanted().slice(20))).toEqual(new Set(["cat-0", "cat-1"]));
  });
});
