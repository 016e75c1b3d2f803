import { expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { lost, words } from "#test/support/file-chat";
import { usePlatform } from "#test/support/test-platform";
import { useWhatsApp } from "#test/support/whatsapp-channel";
import { openWhatsAppChat } from "#test/support/whatsapp-chat";
import { media, message } from "../fixtures/whatsapp/calls.ts";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const backend = useFakeBackend(answers.json({ content: "I see." }));

const asked = () => JSON.parse(backend.requests.at(-1)?.body ?? "{}").messages.at(-1).content;
/** Somebody sends a file to a bot; `has` says whether WhatsApp still has it. */
async function send(type: string, fields: object, has: { size: number } | undefined) {
  const chat = await openWhatsAppChat(platform, whatsapp.fake, { backend_url: backend.url });
  const file = media(fields);
  whatsapp.fake.media.clear();
  if (has) {
    const bytes = Buffer.alloc(has.size);
    whatsapp.fake.media.set(file.id, { bytes, type: file.mime_type, file_size: has.size });
  }
  const timestamp = String(Math.floor(platform.clock() / 1_000));
  await chat.tell(message(type, { timestamp, [type]: file }));
  await platform.settle();
  return chat;
}
const image = { type: "image_url", image_url: { url: expect.any(String) } };
const pdf = { mime_type: "application/pdf", filename: "a.pdf" };

it.each([
  ["picture", "image", { caption: "Look" }, { size: 100 }, [words("Look"), image]],
  ["sticker", "sticker", { mime_type: "image/webp", animated: false }, { size: 100 }, [image]],
  [
    "voice message",
    "audio",
    { mime_type: "audio/ogg; codecs=opus", voice: true },
    { size: 100 },
    [{ type: "file", file: { url: expect.any(String), mime_type: "audio/ogg" } }],
  ],
  [
    "document that is too large",
    "document",
    pdf,
    { size: 20 * 1_048_576 + 1 },
    lost("It is larger than 20 MiB.", "a.pdf").text,
  ],
  [
    "document that is gone",
    "document",
    pdf,
    undefined,
    lost("It is no longer there.", "a.pdf").text,
  ],
])(
  "A %s on WhatsApp reaches the backend, or why it does not",
  async (_, type, fields, has, parts) => {
    await send(type, fields, has);
    expect(asked()).toEqual(parts);
    expect(whatsapp.fake.sent).toHaveLength(1);
  },
);

it("A file that cannot be had with a token that has ended disconnects the channel", async () => {
  const ended = { status: 401, code: 190, message: "Session has expired" };
  whatsapp.fake.refuse("GET media", ended);
  const chat = await send("image", {}, { size: 100 });
  whatsapp.fake.refuse("GET number", ended);
  expect((await chat.channel()).status).toBe("disconnected");
  expect(whatsapp.fake.sent).toEqual([]);
});
