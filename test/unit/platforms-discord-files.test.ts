import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import type { Address } from "#shared/platforms/inbound-event";
import type { Attachment } from "#shared/schema/content";
import { sentAt } from "../fixtures/discord/interactions.ts";
import { address, discord, over } from "../support/discord-case.ts";
import { answers, type FakeBackend, startFakeBackend } from "../support/fake-backend.ts";
import type { FakeDiscord } from "../support/fake-discord.ts";
import { deliver } from "../support/platform-case.ts";

const { adapter, channel } = discord;
const { credentials } = channel;
const fetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeDiscord;
let host: FakeBackend;
let deps: AdapterDeps;
beforeEach(async () => {
  fake = await discord.start();
  host = await startFakeBackend();
  host.answer((_, response) => {
    response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF-1.7\r\n--\r\n");
  });
  const clock = () => sentAt + 60_000;
  deps = { fetch, base_url: fake.url, clock, signal: new AbortController().signal };
});
afterEach(async () => {
  await Promise.all([fake.close(), host.close()]);
  expect(fake.mistakes).toEqual([]);
});

describe("a file that goes to Discord", () => {
  const attachment = (fields: Partial<Attachment> = {}): Attachment => ({
    type: "file",
    url: `${host.url}/files/report%20one.pdf?signature=1`,
    name: undefined,
    mime_type: undefined,
    ...fields,
  });
  const say = (text: string, attachments: readonly Attachment[], to: Address = address) =>
    deliver(discord, deps, { reply: { text, attachments }, address: to });
  const file = { filename: "report.pdf", type: "application/pdf", bytes: "%PDF-1.7\r\n--\r\n" };

  it("follows the text in a message of its own", async () => {
    const sent = await say("Here it is:", [attachment({ name: "report.pdf" })]);
    expect(sent).toMatchObject([{ ok: true }, { ok: true, id: "182", address: { sent: 2 } }]);
    expect(fake.sent[1]).toMatchObject({
      name: "POST follow-up",
      fields: {
        attachments: [{ id: 0, filename: "report.pdf" }],
        allowed_mentions: { parse: [] },
        flags: 4,
      },
      file,
    });
  });

  it("takes the place of the sign when there is no text, once however often it is sent", async () => {
    for (let times = 0; times < 2; times += 1) await say("", [attachment({ name: "report.pdf" })]);
    expect(fake.sent).toMatchObject([{ name: "PATCH original", file }]);
  });

  it("goes into the channel when the command is over, once too", async () => {
    fake.refuse("PATCH original", over);
    const [sent] = await say("", [attachment()]);
    await say("", [attachment()], sent?.ok ? sent.address : undefined);
    expect(fake.sent).toMatchObject([{ name: "POST message", file: { bytes: file.bytes } }]);
  });

  it("has the name of its address when it has no other, and its own type", async () => {
    await say("", [
      attachment({ mime_type: "text/csv" }),
      attachment({ url: `${host.url}/%zz` }),
      attachment({ url: host.url, name: 'a "b"\r\nc' }),
    ]);
    expect(fake.sent.map((message) => message.file)).toMatchObject([
      { filename: "report one.pdf", type: "text/csv" },
      { filename: "%zz", type: "application/pdf" },
      { filename: "a %22b%22%0D%0Ac" },
    ]);
  });

  it.each([
    ["it is not there", () => host.answer(answers.status(404))],
    ["its server is down", () => host.answer(answers.resetBeforeHeaders())],
    ["it is empty", () => host.answer(answers.status(200))],
    ["it is larger than we take", () => host.answer(answers.endlessBody(21 * 1_048_576))],
    ["there is a page instead of it", () => host.answer(answers.html("<h1>Sign in</h1>"))],
    [
      "Discord does not take as much",
      () => fake.refuse("PATCH original", { status: 413, code: 40_005, message: "Too large" }),
    ],
    [
      "Discord does not take it",
      () => fake.refuse("PATCH original", { status: 400, code: 50_046, message: "Invalid file" }),
    ],
    [
      "the app may not send files there",
      () => fake.refuse("PATCH original", { status: 403, code: 50_013, message: "Missing" }),
    ],
    [
      "the server takes none",
      () => fake.refuse("PATCH original", { status: 403, code: 400_001, message: "Limited" }),
    ],
    [
      "the app may not send files into the channel",
      () => {
        fake.refuse("PATCH original", over);
        fake.refuse("POST message", { status: 403, code: 50_013, message: "Missing" });
      },
    ],
  ])("is a link when %s", async (_, plan) => {
    plan();
    const one = attachment({ name: "report" });
    expect(await say("", [one])).toMatchObject([{ ok: true, id: expect.any(String) }]);
    expect(fake.sent).toMatchObject([{ fields: { content: `report: ${one.url}` } }]);
    expect(fake.sent[0]?.file).toBeUndefined();
  });

  it("is a link when it is larger than its user may be sent, which is not tried", async () => {
    const limit = file.bytes.length;
    expect(await say("", [attachment()], { ...address, size_limit: limit })).toMatchObject([
      { ok: true },
    ]);
    expect(fake.sent[0]?.file?.bytes).toBe(file.bytes);
    await say("", [attachment()], { ...address, sent: 1, size_limit: limit - 1 });
    expect(fake.calls.length).toBe(2);
    expect(fake.sent[1]).toMatchObject({ fields: { content: attachment().url } });
  });

  it("is tried again when Discord is down", async () => {
    fake.misbehave(answers.status(503));
    expect(await say("", [attachment()])).toMatchObject([{ class: "retry", code: "503" }]);
    expect(fake.sent).toEqual([]);
  });

  it("is fetched without any token", async () => {
    await say("", [attachment()]);
    const seen = JSON.stringify(host.requests);
    for (const secret of [credentials.bot_token, address.token]) expect(seen).not.toContain(secret);
  });
});

describe("a file from Discord", () => {
  const place = () => `${fake.url.replace("/api/v10", "")}/attachments/cat.png?ex=1&is=2&hm=3`;
  const fetched = (url = place(), mime_type = "image/png") =>
    adapter.download(deps, credentials, { url, mime_type });

  it("is fetched without a token, with the type that the command said", async () => {
    fake.files.set("cat.png", { bytes: Buffer.from("png"), type: "binary/octet-stream" });
    expect(await fetched()).toEqual({
      ok: true,
      bytes: Buffer.from("png"),
      mime_type: "image/png",
    });
  });

  it("is gone when its link has ended", async () => {
    expect(await fetched()).toMatchObject({ ok: false, class: "refused", code: "gone" });
  });

  it("is not fetched from elsewhere", async () => {
    for (const url of [
      `${host.url}/a`,
      "https://cdn.discordapp.com.example/a",
      "http://cdn.discordapp.com/a",
      "https://cdn.discord.com/a",
      "",
    ]) {
      expect(await fetched(url)).toMatchObject({ ok: false, code: "wrong_host" });
    }
    fake.misbehave(answers.redirect(`${host.url}/a`));
    expect(await fetched()).toMatchObject({ ok: false, code: "wrong_host" });
    expect(host.requests).toEqual([]);
  });

  it("is tried again when Discord is busy", async () => {
    fake.misbehave(answers.status(429, { "retry-after": "3" }));
    expect(await fetched()).toMatchObject({ ok: false, class: "retry", retry_after_ms: 3_000 });
  });
});
