import { createHash } from "node:crypto";
import * as v from "valibot";
import { type Answer, answers, type BackendRequest } from "./fake-backend.ts";
import { modelSays, type Said, type Vendor } from "./fake-models.ts";

/** A file as a vendor was given it. */
export interface GivenFile {
  readonly kind: "image" | "document" | "audio";
  readonly type: string;
  readonly name?: string;
  readonly bytes: Buffer;
}

const said = v.pipe(
  v.string(),
  v.check((text) => text.trim() !== "", "text content blocks must contain non-whitespace text"),
);
const base64 = v.pipe(
  v.string(),
  v.check((text) => Buffer.from(text, "base64").toString("base64") === text, "is no base64"),
);
const dataUrl = (type: RegExp) =>
  v.pipe(
    v.string(),
    v.check((url) => {
      const [, is = "", data = ""] = /^data:([^;]+);base64,(.+)$/.exec(url) ?? [];
      return type.test(is) && Buffer.from(data, "base64").toString("base64") === data;
    }, "is no data URL of the kind"),
  );
const imageType = /^image\/(jpeg|png|gif|webp)$/;

/** What each vendor takes in its body, and nothing else. */
const bodies = {
  openai: v.strictObject({
    model: said,
    stream: v.literal(false),
    temperature: v.optional(v.number()),
    max_tokens: v.optional(v.number()),
    max_completion_tokens: v.optional(v.number()),
    messages: v.array(
      v.variant("role", [
        v.strictObject({ role: v.picklist(["system", "developer"]), content: said }),
        v.strictObject({ role: v.literal("assistant"), content: said }),
        v.strictObject({
          role: v.literal("user"),
          content: v.union([
            said,
            v.pipe(
              v.array(
                v.variant("type", [
                  v.strictObject({ type: v.literal("text"), text: said }),
                  v.strictObject({
                    type: v.literal("image_url"),
                    image_url: v.strictObject({ url: dataUrl(imageType) }),
                  }),
                  v.strictObject({
                    type: v.literal("file"),
                    file: v.strictObject({
                      filename: said,
                      file_data: dataUrl(/^application\/pdf$/),
                    }),
                  }),
                  v.strictObject({
                    type: v.literal("input_audio"),
                    input_audio: v.strictObject({
                      data: base64,
                      format: v.picklist(["wav", "mp3"]),
                    }),
                  }),
                ]),
              ),
              v.minLength(1),
            ),
          ]),
        }),
      ]),
    ),
  }),
  anthropic: v.strictObject({
    model: said,
    stream: v.literal(false),
    max_tokens: v.number(),
    temperature: v.optional(v.number()),
    system: v.optional(v.array(v.strictObject({ type: v.literal("text"), text: said }))),
    messages: v.array(
      v.strictObject({
        role: v.picklist(["user", "assistant"]),
        content: v.pipe(
          v.array(
            v.variant("type", [
              v.strictObject({ type: v.literal("text"), text: said }),
              v.strictObject({
                type: v.literal("image"),
                source: v.strictObject({
                  type: v.literal("base64"),
                  media_type: v.pipe(v.string(), v.regex(imageType)),
                  data: v.pipe(base64, v.maxLength(5_242_880, "image exceeds 5 MB maximum")),
                }),
              }),
              v.strictObject({
                type: v.literal("document"),
                title: v.optional(said),
                source: v.strictObject({
                  type: v.literal("base64"),
                  media_type: v.literal("application/pdf"),
                  data: base64,
                }),
              }),
            ]),
          ),
          v.minLength(1),
        ),
      }),
    ),
  }),
  bedrock: v.strictObject({
    system: v.optional(v.array(v.strictObject({ text: said }))),
    inferenceConfig: v.optional(
      v.strictObject({
        temperature: v.optional(v.number()),
        maxTokens: v.optional(v.number()),
      }),
    ),
    messages: v.array(
      v.strictObject({
        role: v.picklist(["user", "assistant"]),
        content: v.pipe(
          v.array(
            v.union([
              v.strictObject({ text: said }),
              v.strictObject({
                image: v.strictObject({
                  format: v.picklist(["jpeg", "png", "gif", "webp"]),
                  source: v.strictObject({ bytes: base64 }),
                }),
              }),
              v.strictObject({
                document: v.strictObject({
                  format: v.literal("pdf"),
                  name: v.pipe(v.string(), v.regex(/^(?!.*  )[a-zA-Z0-9 ()[\]-]{1,200}$/)),
                  source: v.strictObject({ bytes: base64 }),
                }),
              }),
            ]),
          ),
          v.minLength(1),
        ),
      }),
    ),
  }),
} as const;

/** A body whose shape was looked at. */
interface Body {
  readonly model?: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const paths = {
  openai: /^\/v1\/chat\/completions$/,
  anthropic: /^\/v1\/messages$/,
  bedrock: /^\/model\/[^/]+\/converse$/,
} as const;

/** What is wrong with a request, in a sentence of the vendor; undefined when nothing is. */
function problemOf(vendor: Vendor, { method, path, headers, body }: BackendRequest) {
  if (method !== "POST" || !paths[vendor].test(path)) return `There is no ${method} ${path}.`;
  if (headers["content-type"] !== "application/json") return "The content type is wrong.";
  if (!String(headers["user-agent"]).startsWith("ChatbotPlatform/1.0")) return "Who are you?";
  if (vendor === "anthropic" && !headers["anthropic-version"]) return "Which version?";
  if (vendor === "bedrock") {
    const hash = createHash("sha256").update(body).digest("hex");
    const isSigned = headers.authorization?.startsWith("AWS4-HMAC-SHA256 ");
    if (!isSigned || headers["x-amz-content-sha256"] !== hash) return "It is not signed.";
  }
  const read = v.safeParse(bodies[vendor], JSON.parse(body));
  if (!read.success) {
    return `${v.getDotPath(read.issues[0])}: ${read.issues[0].message}`;
  }
  const turns = (read.output as Body).messages.filter(
    ({ role }) => role === "user" || role === "assistant",
  );
  const alternate = turns.every(({ role }, place) => role === (place % 2 ? "assistant" : "user"));
  if (!alternate || turns.at(-1)?.role !== "user") return "Conversation roles must alternate";
  const documents = turns.map(({ content }) => JSON.stringify(content).split('"document":').length);
  const isSilent = turns.some(
    ({ content }, place) => documents[place]! > 1 && !JSON.stringify(content).includes('"text":'),
  );
  return vendor === "bedrock" && isSilent ? "A document needs a text." : undefined;
}

/**
 * A vendor's model that takes what its vendor documents and refuses anything else, as a vendor would; calls are refused
 * with the words of `refusing` while they have files.
 */
export const strictModel =
  (
    vendor: Vendor,
    what: Said = { text: "I see." },
    refusing?: { readonly words: string; readonly status: number; readonly if?: RegExp },
  ): Answer =>
  async (request, ...rest) => {
    const wrong = problemOf(vendor, request);
    const has = refusing && (refusing.if ?? hasFiles).test(request.body);
    const refused = wrong ?? (has ? refusing.words : undefined);
    const status = wrong === undefined ? refusing?.status : 400;
    const answer =
      refused === undefined
        ? modelSays(vendor, what)
        : answers.json({ error: { message: refused }, message: refused }, { status: status! });
    await answer(request, ...rest);
  };

const hasFiles = /base64|"bytes":|"input_audio"/;

/** What a model was told: its system prompt, and what was said by whom, files as `<kind type name>`. */
export function toldOf(vendor: Vendor, { body }: BackendRequest) {
  const request = JSON.parse(body);
  const turns: { role: string; content: unknown }[] = request.messages;
  const isTurn = ({ role }: { role: string }) => role === "user" || role === "assistant";
  const system = turns.find((turn) => !isTurn(turn))?.content ?? request.system?.[0]?.text;
  const files: GivenFile[] = [];
  const said = turns.filter(isTurn).map(({ role, content }) => {
    const parts = Array.isArray(content) ? content : [content];
    const words = parts.map((part) => {
      if (typeof part === "string") return part;
      if (typeof part.text === "string") return part.text;
      const file = fileOf[vendor](part);
      files.push(file);
      return `<${[file.kind, file.type, file.name].filter(Boolean).join(" ")}>`;
    });
    return `${role}: ${words.join(" ")}`;
  });
  return { system, said, files };
}

// The shapes were checked when they came.
// oxlint-disable-next-line typescript/no-explicit-any
const fileOf: Record<Vendor, (part: any) => GivenFile> = {
  openai: ({ image_url, file, input_audio }) => {
    if (input_audio) {
      const bytes = Buffer.from(input_audio.data, "base64");
      return { kind: "audio", type: input_audio.format, bytes };
    }
    const [, type = "", data = ""] = /^data:(.*);base64,(.*)$/.exec(
      image_url?.url ?? file.file_data,
    )!;
    const bytes = Buffer.from(data, "base64");
    return image_url
      ? { kind: "image", type, bytes }
      : { kind: "document", type, name: file.filename, bytes };
  },
  anthropic: ({ type: kind, title, source }) => ({
    kind,
    type: source.media_type,
    name: title,
    bytes: Buffer.from(source.data, "base64"),
  }),
  bedrock: ({ image, document }) =>
    image
      ? { kind: "image", type: image.format, bytes: Buffer.from(image.source.bytes, "base64") }
      : {
          kind: "document",
          type: document.format,
          name: document.name,
          bytes: Buffer.from(document.source.bytes, "base64"),
        },
};
