import * as v from "valibot";
import { omittable, text } from "./fields.ts";

/** The most bytes of what a user says or a backend answers. */
export const maxContentBytes = 32 * 1024;

/** Who said a message. */
export const Role = v.pipe(
  v.picklist(["user", "assistant", "system"]),
  v.title("Role"),
  v.description("Who said it: a user, the bot (`assistant`), or the platform (`system`)."),
);

const Url = v.pipe(
  text(1, 2_048),
  v.description("Where the file is: an address that whoever reads the message can open."),
);
const FileName = v.pipe(
  omittable(text(1, 255)),
  v.description("What the file is called, where that is known."),
);
const MimeType = v.pipe(
  omittable(text(1, 255)),
  v.description("The type of the file, such as `application/pdf`, where it is known."),
);

/** One part of a message in OpenAI's format. */
const Part = v.pipe(
  v.variant("type", [
    v.pipe(
      v.strictObject({
        type: v.literal("text"),
        text: v.pipe(text(1, maxContentBytes), v.description("What is said in this part.")),
      }),
      v.title("TextPart"),
      v.description("A part that is text."),
    ),
    v.pipe(
      v.strictObject({
        type: v.literal("image_url"),
        image_url: v.pipe(
          v.strictObject({ url: Url }),
          v.title("ImageUrl"),
          v.description("The address of an image."),
        ),
      }),
      v.title("ImagePart"),
      v.description("A part that is an image."),
    ),
    v.pipe(
      v.strictObject({
        type: v.literal("file"),
        file: v.pipe(
          v.strictObject({ url: Url, name: FileName, mime_type: MimeType }),
          v.title("FileReference"),
          v.description("The address of a file, and what is known of it."),
        ),
      }),
      v.title("FilePart"),
      v.description("A part that is a file of another kind."),
    ),
  ]),
  v.title("ContentPart"),
  v.description("One part of a message, in OpenAI's format."),
);

const partCount = "Must be 1 to 50 parts.";
const Parts = v.pipe(v.array(Part), v.minLength(1, partCount), v.maxLength(50, partCount));

/** Text, or parts of text, images and files. */
export const Content = v.pipe(
  v.union([text(1, maxContentBytes), Parts], "Must be a text, or a list of 1 to 50 parts."),
  v.check(
    (content) =>
      Buffer.byteLength(typeof content === "string" ? content : JSON.stringify(content)) <=
      maxContentBytes,
    "Must be at most 32 KiB.",
  ),
  v.description(
    "Text, or a list of parts in OpenAI's format; at most 32 KiB of UTF-8, the parts as JSON.",
  ),
);
export type Content = v.InferOutput<typeof Content>;

/** A file that goes to the user with a reply. */
export const Attachment = v.pipe(
  v.object({
    type: v.pipe(
      v.picklist(["image", "file", "audio", "video"]),
      v.title("AttachmentType"),
      v.description("How the platform is to show a file to the user."),
    ),
    url: Url,
    name: FileName,
    mime_type: MimeType,
  }),
  v.title("Attachment"),
  v.description("A file that goes to the user with a reply."),
);
export type Attachment = v.InferOutput<typeof Attachment>;

/** The content of a message as it is kept and shown. */
export const ShownContent = v.union([v.string(), v.array(Part)]);
export type ShownContent = v.InferOutput<typeof ShownContent>;

/** What a message says in plain text; a picture or another file is named. */
export const plainText = (content: ShownContent): string =>
  typeof content === "string" ? content : content.map(wordsOf).join("\n");

function wordsOf(part: Exclude<ShownContent, string>[number]): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "image_url":
      return "[image]";
    case "file":
      return `[file] ${part.file.name ?? ""}`.trimEnd();
  }
}

/** What a message says in place of a file that cannot be had; `why` is a sentence. */
export const lostFile = (name: string | null, why: string) =>
  `[file${name === null ? "" : ` ${name}`}] This file could not be read. ${why}`;
