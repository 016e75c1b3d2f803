import { firstBytes } from "../runtime/first-bytes.ts";
import { type Fields, fieldsOf, isFields, textIn } from "../schema/json-fields.ts";
import type { ToolResult } from "./tool-box.ts";

const mostBytes = 262_144;

/**
 * Writes what an MCP tool answered as text: the texts of it, notes in the place of images, sounds and files, and the
 * structured content as JSON when there is no text. What the protocol does not know is written as JSON, so that nothing
 * is lost. At most 256 KiB and a note.
 */
export function toolResultOf(result: unknown): ToolResult {
  try {
    return written(result);
  } catch (error) {
    // The end of the stack.
    if (!(error instanceof RangeError)) throw error;
    return { text: "The answer of the tool is nested too deeply to be read.", is_error: true };
  }
}

function written(result: unknown): ToolResult {
  // The first revision of the protocol wrapped it.
  const { toolResult } = fieldsOf(result);
  const answer = toolResult ?? result;
  if (!isFields(answer)) return { text: cut(textOrJson(answer)), is_error: false };
  const { content, structuredContent, isError, _meta, ...others } = answer;
  const blocks = blocksOf(content);
  const parts = blocks.map(textOf).filter((part) => part !== "");
  const hasStructure = structuredContent !== undefined && structuredContent !== null;
  const isText = (block: string | Fields) => typeof block === "string" || block["type"] === "text";
  const texts = blocks.filter(isText).map(textOf);
  if (hasStructure && texts.every((text) => text.trim() === "")) {
    parts.push(JSON.stringify(structuredContent));
  }
  if (content === undefined && !hasStructure) {
    const { resultType: _, ...rest } = others;
    if (Object.keys(rest).length > 0) parts.push(JSON.stringify(rest));
  }
  const isFailed = isError === true || isError === "true" || blocks.some(isErrorBlock);
  return { text: cut(parts.join("\n")), is_error: isFailed };
}

const textOrJson = (value: unknown) =>
  value === undefined || value === null ? "" : (textIn(value) ?? JSON.stringify(value));

/** A list of blocks, one block or a text alone; null is none. */
function blocksOf(content: unknown): readonly (string | Fields)[] {
  const all: readonly unknown[] = Array.isArray(content) ? content : [content];
  return all.flatMap((block): (string | Fields)[] => {
    if (block === undefined || block === null) return [];
    return isFields(block) ? [block] : [textOrJson(block)];
  });
}

const isErrorBlock = (block: string | Fields) =>
  typeof block !== "string" && block["type"] === "error";

function textOf(block: string | Fields): string {
  if (typeof block === "string") return block;
  const { type, text, data, mimeType, uri, name } = block;
  switch (type) {
    case "text":
      return textOrJson(text);
    case "image":
    case "audio":
      return `[${type}: ${textIn(mimeType) ?? "unknown type"}, ${sizeOf(data)}; not shown]`;
    case "resource_link":
      return `[link to a resource: ${textIn(name) ?? "without a name"}, ${textOrJson(uri)}]`;
    case "resource":
      return resourceText(fieldsOf(block["resource"]));
    case "error":
      return wordsOf(block);
    default:
      return textIn(text) ?? JSON.stringify(block);
  }
}

function resourceText({ uri, text, blob, mimeType }: Fields): string {
  const name = textOrJson(uri);
  if (text !== undefined && text !== null) return `[resource ${name}]\n${textOrJson(text)}`;
  return `[resource ${name}: ${textIn(mimeType) ?? "unknown type"}, ${sizeOf(blob)}; not shown]`;
}

function wordsOf(block: Fields): string {
  const { text, message, error } = block;
  const words = [text, message, error, fieldsOf(error)["message"]];
  return words.find((one) => typeof one === "string") ?? JSON.stringify(block);
}

const sizeOf = (base64: unknown) =>
  `${Buffer.byteLength(textIn(base64) ?? "", "base64").toLocaleString("en-US")} bytes`;

function cut(text: string): string {
  const wellFormed = text.toWellFormed();
  const bytes = Buffer.byteLength(wellFormed);
  if (bytes <= mostBytes) return wellFormed;
  const start = firstBytes(wellFormed, mostBytes);
  return `${start}\n\n[Cut: these are the first 262,144 of ${bytes.toLocaleString("en-US")} bytes.]`;
}
