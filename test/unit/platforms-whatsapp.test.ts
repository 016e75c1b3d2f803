import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import { platforms } from "#shared/platforms/catalogue";
import type { Attachment } from "#shared/schema/content";
import { groupId, sheena, wamid } from "../fixtures/whatsapp/calls.ts";
import { answers, startFakeBackend } from "../support/fake-backend.ts";
import type { FakeWhatsApp } from "../support/fake-whatsapp.ts";
import { deliver } from "../support/platform-case.ts";
import { whatsapp } from "../support/whatsapp-case.ts";

const { adapter, inbound, channel } = whatsapp;
const { credentials } = channel;
const safeFetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeWhatsApp;
let deps: AdapterDeps;
beforeEach(async () => {
  fake = await whatsapp.start();
  const { signal } = new AbortController();
  const clock = () => Date.UTC(2026, 10, 29);
  deps = { fetch: safeFetch, base_url: fake.url, clock, signal };
});
afterEach(async () => {
  await fake.close();
  expect(fake.mistakes).toEqual([]);
});

const direct = { to: sheena.phone, message_id: wamid };
const say = (text: string, attachments: readonly Attachment[] = [], address: object = direct) =>
  deliver(whatsapp, deps, { reply: { text, attachments }, address: { ...address } });
const sent = () => fake.sent.map(({ params }) => params);
const bodies = () => sent().map(({ text }) => String(Object(text)["body"]));

describe("a reply on WhatsApp", () => {
  it("quotes what it answers, previews no links, and has a tag that comes back", async () => {
    expect(await say("**Hi** there")).toEqual([{ ok: true, id: "wamid.1" }]);
    expect(sent()).toEqual([
      {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: sheena.phone,
        context: { message_id: wamid },
        type: "text",
        text: { body: "*Hi* there", preview_url: false },
        biz_opaque_callback_data: "msg_1#0",
      },
    ]);
  });

  it("goes to the id of who hides the number", async () => {
    await say("Hi", [], { recipient: sheena.bsuid, message_id: wamid });
    expect(sent()).toMatchObject([{ recipient_type: "individual", recipient: sheena.bsuid }]);
    expect(sent()[0]).not.toHaveProperty("to");
  });

  it("goes to the group that it is asked in", async () => {
    await say("Hi", [], { group_id: groupId, message_id: wamid });
    expect(sent()).toMatchObject([{ recipient_type: "group", to: groupId }]);
  });

  it("quotes with its first part only, and splits at the limit as it is written", async () => {
    await say("**Hi** there. ".repeat(700));
    expect(sent().map((one) => "context" in one)).toEqual([true, false, false]);
    expect(bodies().every((body) => body.length <= 4_096 && !body.includes("**"))).toBe(true);
    expect(sent().map((one) => one["biz_opaque_callback_data"])).toEqual([
      "msg_1#0",
      "msg_1#1",
      "msg_1#2",
    ]);
  });

  it("shows tables as code, those that are longer than a message as well", async () => {
    const row = "| **a** | [b](https://b.example) |\n";
    await say(`Look:\n| One | Two |\n|---|---|\n${row.repeat(200)}\n**So** it is.`);
    expect(bodies()[0]).toMatch(
      /^Look:\n```\nOne \| Two\n-+\|-+\na +\| b \(https:\/\/b\.example\)\n/,
    );
    expect(bodies().map((body) => body.split("```").length)).toEqual([3, 3]);
    expect(bodies()[1]).toMatch(/^```\na +\| b .*\n```\n\n\*So\* it is\.$/s);
  });

  it("says what to do when the window is closed", async () => {
    fake.silent.add(sheena.phone);
    expect(await say("Hi")).toEqual([
      {
        ok: false,
        class: "recipient",
        code: "131047",
        message:
          "WhatsApp: (#131047) Re-engagement message. More than 24 hours have passed. WhatsApp takes answers for 24 hours after a person's last message.",
      },
    ]);
  });

  it("comes back with its tag when it fails to reach its user, in whatever order", async () => {
    await say("one");
    await say("two", [], { recipient: sheena.bsuid });
    const told = (id: string, name: string, error?: { code: number; message: string }) =>
      inbound.parse(whatsapp.signed(fake.tells(id, name, error), 0), { account: null, now: 0 });
    const error = { code: 131056, message: "pair rate limit hit" };
    expect(told("wamid.2", "failed", error).events).toEqual([
      {
        kind: "delivery_failed",
        tag: "msg_1#0",
        message_id: "wamid.2",
        failure: {
          class: "retry",
          code: "131056",
          message: "WhatsApp: pair rate limit hit.",
          retry_after_ms: 6_000,
        },
      },
    ]);
    expect(told("wamid.1", "delivered").events).toEqual([]);
  });

  it("finds the number gone, or kept from the token, which no other message would mend", async () => {
    fake.refuse("POST number/messages", {
      code: 100,
      error_subcode: 33,
      message: "No such object",
    });
    expect(await say("Hi")).toMatchObject([
      { class: "disconnected", code: "no_phone_number_id", field: "phone_number_id" },
    ]);
  });

  it("is sent once when its answer is lost: whether to repeat it is for the worker to say", async () => {
    fake.misbehave(answers.resetBeforeHeaders());
    expect(await say("a")).toMatchObject([{ ok: false, class: "retry", code: "network" }]);
    expect(fake.calls).toEqual([]);
  });
});

describe("a file that goes to WhatsApp", () => {
  const attachment = (fields: Partial<Attachment> = {}): Attachment => ({
    type: "image",
    url: "https://a.example/files/a%20b.pdf?signature=1",
    name: undefined,
    mime_type: undefined,
    ...fields,
  });
  const link = attachment().url;

  it.each([
    ["a picture", { name: "A cat" }, { type: "image", image: { link, caption: "A cat" } }],
    ["a picture without a name", {}, { type: "image", image: { link } }],
    ["a JPEG", { mime_type: "image/JPEG" }, { type: "image", image: { link } }],
    [
      "a picture of another kind",
      { name: "cat.webp", mime_type: "image/webp" },
      { type: "document", document: { link, filename: "cat.webp" } },
    ],
    [
      "a picture of another kind by its address alone",
      { url: "https://a.example/cat.WEBP?s=1" },
      { type: "document", document: { filename: "cat.WEBP" } },
    ],
    ["a picture by its type", { name: "cat.webp", mime_type: "image/png" }, { type: "image" }],
    ["a video", { type: "video", name: "V" }, { type: "video", video: { link, caption: "V" } }],
    [
      "a sound, which has no caption",
      { type: "audio", name: "S", mime_type: "audio/ogg; codecs=opus" },
      { type: "audio", audio: { link } },
    ],
    [
      "a sound of another kind",
      { type: "audio", name: "S.wav", mime_type: "audio/wav" },
      { type: "document", document: { link, filename: "S.wav" } },
    ],
    [
      "a file with the name of its address",
      { type: "file", mime_type: "application/pdf" },
      { type: "document", document: { link, filename: "a b.pdf" } },
    ],
    ["a long caption", { name: "🙂".repeat(600) }, { image: { link, caption: "🙂".repeat(512) } }],
  ] as const)("goes by its link: %s", async (_, fields, expected) => {
    expect(await say("", [attachment(fields)])).toEqual([{ ok: true, id: "wamid.1" }]);
    expect(sent()).toMatchObject([{ ...expected, context: { message_id: wamid } }]);
  });

  it.each([131051, 131052, 131053, 100])(
    "is a text with the link when it is refused with %i",
    async (code) => {
      fake.refuse("POST number/messages", { code });
      const sentAs = await say("", [attachment({ name: "A **cat**" })]);
      expect(sentAs).toEqual([{ ok: true, id: "wamid.1" }]);
      expect(bodies()).toEqual([`A **cat**: ${link}`]);
    },
  );

  it("comes after the text", async () => {
    await say("Look", [attachment()]);
    expect(sent().map(({ type, context }) => [type, context !== undefined])).toEqual([
      ["text", true],
      ["image", false],
    ]);
  });
});

describe("while an answer is made on WhatsApp", () => {
  it("shows that somebody is typing, and that the message was read", async () => {
    expect(await adapter.typing?.(deps, credentials, direct)).toEqual({ ok: true });
    expect(fake.calls).toEqual([
      {
        name: "POST number/messages",
        params: {
          messaging_product: "whatsapp",
          status: "read",
          message_id: wamid,
          typing_indicator: { type: "text" },
        },
      },
    ]);
    // It is gone after 25 seconds.
    expect(platforms.whatsapp.typing_every_ms).toBeLessThan(25_000);
  });

  it("tells when it cannot", async () => {
    fake.refuse("POST number/messages", { code: 131009 });
    expect(await adapter.typing?.(deps, credentials, direct)).toMatchObject({ class: "refused" });
  });
});

describe("a file from WhatsApp", () => {
  const id = "1003383421387256";
  const fetched = (mime_type?: string) =>
    adapter.download(deps, credentials, { media_id: id, ...(mime_type && { mime_type }) });
  const file = { bytes: Buffer.from("OggS"), type: "audio/ogg; codecs=opus" };

  it("is asked for and fetched with the token", async () => {
    fake.media.set(id, file);
    const got = { ok: true, bytes: file.bytes };
    expect(await fetched("audio/mpeg")).toEqual({ ...got, mime_type: "audio/mpeg" });
    expect(await fetched()).toEqual({ ...got, mime_type: "audio/ogg" });
  });

  it("may be gone", async () => {
    expect(await fetched()).toMatchObject({ class: "refused", message: "It is no longer there." });
    fake.media.set(id, { ...file, url: `${fake.url.slice(0, -6)}/files/gone` });
    expect(await fetched()).toMatchObject({ class: "refused", code: "gone" });
  });

  it("is not fetched when it is too large", async () => {
    fake.media.set(id, { ...file, file_size: 20 * 1_048_576 + 1 });
    expect(await fetched()).toMatchObject({ class: "refused", code: "too_large" });
  });

  it("is not fetched from elsewhere, so that the token goes nowhere", async () => {
    const other = await startFakeBackend();
    for (const url of [
      `${other.url}/a`,
      "https://lookaside.fbsbx.com.example/a",
      "http://lookaside.fbsbx.com/a",
      "",
    ]) {
      fake.media.set(id, { ...file, url });
      expect(await fetched()).toMatchObject({ ok: false, code: "wrong_host" });
    }
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it("has an id that is never another path", async () => {
    const found = await adapter.download(deps, credentials, { media_id: "../app?x=1" });
    expect(found).toMatchObject({ ok: false });
    expect(fake.calls.map(({ name }) => name)).toEqual(["GET ..%2Fapp%3Fx%3D1"]);
  });

  it("is not there where its id is no text", async () => {
    const found = await adapter.download(deps, credentials, { media_id: "\ud83d" });
    expect(found).toMatchObject({ ok: false, class: "refused" });
  });

  it("is tried again when Meta is busy", async () => {
    fake.refuse("GET media", { code: 4, status: 400 });
    expect(await fetched()).toMatchObject({ class: "retry" });
  });
});
