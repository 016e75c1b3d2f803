import { beforeEach, describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
let chat: Awaited<ReturnType<typeof openWebChat>>;
beforeEach(async () => {
  chat = await openWebChat(platform, { backend_url: backend.url });
});

const kib = 1024;
const user = { id: "ada" };
const send = (body: unknown, query: Record<string, string> = {}) =>
  platform.call("sendMessage", { as: chat.key, params: { id: chat.channel_id }, body, query });

const text = (length: number) => ({ type: "text", text: "x".repeat(length) });
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const file = (fields: object) => ({ type: "file", file: { url: "https://a.test/f", ...fields } });

describe("POST /v1/channels/{id}/messages", () => {
  it.each<[string, unknown, string, string]>([
    ["nothing at all", {}, "body.content", "Required."],
    ["nobody", { content: "Hi" }, "body.user", "Required."],
    ["a user without id", { user: {}, content: "Hi" }, "body.user.id", "Required."],
    ["a user who is a text", { user: "ada", content: "Hi" }, "body.user", "Must be an object."],
    [
      "a number as user id",
      { user: { id: 7 }, content: "Hi" },
      "body.user.id",
      "Must be a string.",
    ],
    [
      "an empty user id",
      { user: { id: "" }, content: "Hi" },
      "body.user.id",
      "Must be 1 to 128 characters long.",
    ],
    [
      "a user id of 129 characters",
      { user: { id: "😀".repeat(129) }, content: "Hi" },
      "body.user.id",
      "Must be 1 to 128 characters long.",
    ],
    [
      "a name of 101 characters",
      { user: { id: "a", name: "é".repeat(101) }, content: "Hi" },
      "body.user.name",
      "Must be at most 100 characters long.",
    ],
    [
      "a username of 101 characters",
      { user: { id: "a", username: "é".repeat(101) }, content: "Hi" },
      "body.user.username",
      "Must be at most 100 characters long.",
    ],
    [
      "an e-mail address nobody asked for",
      { user: { id: "a", email: "a@b.test" }, content: "Hi" },
      "body.user.email",
      "There is no such field.",
    ],
    [
      "an empty chat_id",
      { user, chat_id: "", content: "Hi" },
      "body.chat_id",
      "Must be 1 to 128 characters long.",
    ],
    [
      "a message_id of 129 characters",
      { user, message_id: "m".repeat(129), content: "Hi" },
      "body.message_id",
      "Must be 1 to 128 characters long.",
    ],
    [
      "half a surrogate pair",
      { user, content: "\udc00" },
      "body.content",
      "Holds half of a surrogate pair, which is no text.",
    ],
    ["an empty text", { user, content: "" }, "body.content", "Must be 1 to 32768 characters long."],
    [
      "a number as content",
      { user, content: 5 },
      "body.content",
      "Must be a text, or a list of 1 to 50 parts.",
    ],
    [
      "null as content",
      { user, content: null },
      "body.content",
      "Must be a text, or a list of 1 to 50 parts.",
    ],
    ["no parts", { user, content: [] }, "body.content", "Must be 1 to 50 parts."],
    [
      "51 parts",
      { user, content: Array.from({ length: 51 }, () => text(1)) },
      "body.content",
      "Must be 1 to 50 parts.",
    ],
    ["a part that is a text", { user, content: ["Hi"] }, "body.content.0", "Must be an object."],
    [
      "a part of an unknown type",
      { user, content: [text(1), { type: "video" }] },
      "body.content.1.type",
      'Must be "text" or "image_url" or "file".',
    ],
    [
      "an image without a URL",
      { user, content: [{ type: "image_url", image_url: {} }] },
      "body.content.0.image_url.url",
      "Required.",
    ],
    [
      "a part with a field nobody knows",
      { user, content: [{ type: "text", text: "Hi", cache: true }] },
      "body.content.0.cache",
      "There is no such field.",
    ],
    [
      "a file name of 256 characters",
      { user, content: [file({ name: "n".repeat(256) })] },
      "body.content.0.file.name",
      "Must be 1 to 255 characters long.",
    ],
    ["32 KiB and a byte", { user, content: "x".repeat(32 * kib + 1) }, "body.content", "32"],
    [
      "32 KiB and a byte in fewer characters",
      { user, content: `${"é".repeat(16 * kib)}x` },
      "body.content",
      "Must be at most 32 KiB.",
    ],
    [
      "parts of more than 32 KiB together",
      { user, content: [text(20 * kib), text(20 * kib)] },
      "body.content",
      "Must be at most 32 KiB.",
    ],
    [
      "a field nobody knows",
      { user, content: "Hi", stream: true },
      "body.stream",
      "There is no such field.",
    ],
  ])("refuses %s and says where and why", async (_, body, path, message) => {
    const answer = await send(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toContainEqual({
      path,
      message: expect.stringContaining(message),
    });
  });

  it.each(["-1", "26", "1.5", "", "soon", "1e1"])("refuses wait=%s", async (wait) => {
    const { status, body } = await send({ user, content: "Hi" }, { wait });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: "query.wait", message: "Must be a whole number from 0 to 25." },
    ]);
  });

  it("has kept nothing of what it refused", async () => {
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(0);
  });

  it.each<[string, unknown]>([
    ["a text of 32 KiB", "x".repeat(32 * kib)],
    ["a text of 32 KiB whose characters JSON escapes", `"\n\\\t`.repeat(8 * kib)],
    ["a text of emojis of 32 KiB", "😀".repeat(8 * kib)],
    ["50 parts", Array.from({ length: 50 }, () => text(1))],
    ["a control character", "a\u0000b\u001f"],
    [
      "text, image and file",
      [
        text(3),
        image("https://a.test/i.png"),
        file({ name: "a.pdf", mime_type: "application/pdf" }),
      ],
    ],
  ])("keeps %s as it came and hands it to the backend", async (_, content) => {
    backend.answer(answers.json({ content: "Got it" }));
    const { status, body } = await chat.say(content, { wait: 25 });
    expect([status, body.data.message.content]).toEqual([201, content]);
    expect(body.data.reply.content).toBe("Got it");
    const asked = JSON.parse(backend.requests[0]?.body ?? "{}") as {
      messages: { content: unknown }[];
    };
    expect(asked.messages.at(-1)?.content).toEqual(content);
  });

  it("counts ids and names in characters, not in UTF-16 units or bytes", async () => {
    const { status, body } = await send({
      user: { id: "😀".repeat(128), name: "é".repeat(100), username: "😀".repeat(100) },
      chat_id: "漢".repeat(128),
      message_id: "😀".repeat(128),
      content: "Hi",
    });
    expect(status).toBe(201);
    expect(body.data.message.user.id).toBe("😀".repeat(128));
  });

  it("takes null for what is left out, in parts too", async () => {
    const file = { url: "https://example.com/a.pdf", name: null, mime_type: null };
    const { status, body } = await send({
      user: { id: "ada", name: null, username: null },
      chat_id: null,
      message_id: null,
      content: [{ type: "file", file }],
    });
    expect(status).toBe(201);
    expect(body.data.message.content).toEqual([{ type: "file", file: { url: file.url } }]);
    const conversation = await platform.call("getConversation", {
      as: chat.key,
      params: { id: body.data.message.conversation_id },
    });
    expect(conversation.body.data.chat_id).toBe("ada");
  });

  it("gives an absent name and username as null", async () => {
    const { body } = await send({ user: { id: "ada", name: null }, content: "Hi" });
    expect(body.data.message.user).toEqual({ id: "ada", name: null, username: null });
  });
});
