import * as v from "valibot";
import { omittable, text } from "./fields.ts";

/** The most bytes of what a user says or a backend answers. */
export const maxContentBytes = 32 * 1024;

const PartUrl = text(1, 2_048);

/** One part of a message in OpenAI's format. */
const Part = v.variant("type", [
  v.strictObject({ type: v.literal("text"), text: text(1, maxContentBytes) }),
  v.strictObject({ type: v.literal("image_url"), image_url: v.strictObject({ url: PartUrl }) }),
  v.strictObject({
    type: v.literal("file"),
    file: v.strictObject({
      url: PartUrl,
      name: omittable(text(1, 255)),
      mime_type: omittable(text(1, 255)),
    }),
  }),
]);

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
export const Attachment = v.object({
  type: v.picklist(["image", "file", "audio", "video"]),
  url: text(1, 2_048),
  name: omittable(text(1, 255)),
  mime_type: omittable(text(1, 255)),
});
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
