import { plainText, type ShownContent } from "../schema/content.ts";
import type { FileKind } from "./file-kinds.ts";
import { type ChatFile, GivenFiles, type OpenedFile, textPart } from "./given-files.ts";
import type { ModelMessage, UserPart } from "./messages.ts";
import type { Vendor } from "./vendor-files.ts";

/** A message of a conversation, as backends are shown it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: ShownContent;
}

/** What a model is called with to go on with a conversation. */
export interface Chat {
  readonly system_prompt: string;
  readonly messages: readonly ModelMessage[];
  /** By what stands for their bytes in the messages. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly kinds: ReadonlySet<FileKind>;
}

type Part = Exclude<ShownContent, string>[number];
type FilePart = Exclude<Part, { readonly type: "text" }>;

/** The files of what users said, the newest message's first. */
export const filesOf = (messages: readonly ChatMessage[]): readonly ChatFile[] =>
  filePartsOf(messages).map(fileOf);

const filePartsOf = (messages: readonly ChatMessage[]): readonly FilePart[] =>
  messages
    .filter(({ role }) => role === "user")
    .toReversed()
    .flatMap(({ content }) =>
      typeof content === "string" ? [] : content.filter((part) => part.type !== "text"),
    );

const fileOf = (part: FilePart): ChatFile =>
  part.type === "image_url"
    ? { url: part.image_url.url, name: null, mime_type: null }
    : {
        url: part.file.url,
        name: part.file.name ?? null,
        mime_type: part.file.mime_type ?? null,
      };

/**
 * Makes of a conversation what a vendor takes: roles that take turns, a user who begins, no blank texts, and of files
 * those that the vendor takes, the newest first. A text stands for each other one and says why. `refused` are kinds that
 * the model is known not to take.
 */
export function chatOf(
  vendor: Vendor,
  messages: readonly ChatMessage[],
  opened: ReadonlyMap<string, OpenedFile>,
  refused: ReadonlySet<FileKind>,
): Chat {
  const given = new GivenFiles(vendor, opened, refused);
  const parts = new Map(filePartsOf(messages).map((part) => [part, given.partOf(fileOf(part))]));
  const system = messages.filter(({ role }) => role === "system");
  const turns: Turn[] = [];
  for (const { role, content } of messages) {
    if (role === "system") continue;
    const said = partsOf(role, content, parts).filter(isSaid);
    const last = turns.at(-1);
    if (said.length === 0) continue;
    if (last?.role === role) last.parts.push(...said);
    else turns.push({ role, parts: said });
  }
  // Vendors want a user to begin, and the window of a history may begin with a reply.
  if (turns[0]?.role !== "user") turns.unshift({ role: "user", parts: [textPart(begun)] });
  if (turns.at(-1)?.role !== "user") turns.push({ role: "user", parts: [textPart(nothing)] });
  return {
    system_prompt: system.map(({ content }) => plainText(content)).join("\n\n"),
    messages: turns.map(modelMessage),
    files: given.files,
    kinds: given.kinds,
  };
}

interface Turn {
  readonly role: string;
  readonly parts: UserPart[];
}

const begun = "(The conversation began before this.)";
const nothing = "(An empty message.)";

const isSaid = (part: UserPart) => part.type !== "text" || part.text.trim() !== "";

/** Only a user's files are given to a model; what else has parts is told in words. */
function partsOf(
  role: string,
  content: ShownContent,
  parts: ReadonlyMap<FilePart, UserPart>,
): readonly UserPart[] {
  if (role !== "user" || typeof content === "string") return [textPart(plainText(content))];
  return content.flatMap((part) =>
    part.type === "text" ? textPart(part.text) : (parts.get(part) ?? []),
  );
}

function modelMessage({ role, parts }: Turn): ModelMessage {
  const joined = parts.reduce<UserPart[]>((all, part) => {
    const last = all.at(-1);
    // Servers that know no parts take a message that is one text.
    if (part.type === "text" && last?.type === "text") {
      return [...all.slice(0, -1), textPart(`${last.text}\n\n${part.text}`)];
    }
    return [...all, part];
  }, []);
  const texts = joined.flatMap((part) => (part.type === "text" ? part.text : []));
  if (role !== "user") return { role: "assistant", content: texts.join("\n\n") };
  // Bedrock takes no document that nothing is said of.
  const isSilent =
    texts.length === 0 && joined.some((part) => part.type === "file" && part.filename);
  return { role: "user", content: isSilent ? [...joined, textPart("(A file.)")] : joined };
}
