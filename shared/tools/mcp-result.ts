import type { CallToolResult } from "@modelcontextprotocol/client";
import { firstBytes } from "../runtime/first-bytes.ts";
import type { ToolResult } from "./tool-box.ts";

const mostBytes = 262_144;

type Block = CallToolResult["content"][number];

/**
 * Writes what an MCP tool answered as text: the texts of it, notes in the place of images, sounds and files, and the
 * structured content as JSON when there is no text. At most 256 KiB and a note.
 */
export function toolResultOf({ content, structuredContent, isError }: CallToolResult): ToolResult {
  const parts = content.map(textOf);
  const hasText = content.some(({ type }) => type === "text");
  if (structuredContent !== undefined && !hasText) parts.push(JSON.stringify(structuredContent));
  return { text: cut(parts.join("\n")), is_error: isError === true };
}

function textOf(block: Block): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type}: ${block.mimeType}, ${sizeOf(block.data)}; not shown]`;
    case "resource_link":
      return `[link to a resource: ${block.name}, ${block.uri}]`;
    case "resource": {
      const { resource } = block;
      if ("text" in resource) return `[resource ${resource.uri}]\n${resource.text}`;
      return `[resource ${resource.uri}: ${resource.mimeType ?? "unknown type"}, ${sizeOf(resource.blob)}; not shown]`;
    }
  }
}

const sizeOf = (base64: string) =>
  `${Buffer.byteLength(base64, "base64").toLocaleString("en-US")} bytes`;

function cut(text: string): string {
  const wellFormed = text.toWellFormed();
  const bytes = Buffer.byteLength(wellFormed);
  if (bytes <= mostBytes) return wellFormed;
  const start = firstBytes(wellFormed, mostBytes);
  return `${start}\n\n[Cut: these are the first 262,144 of ${bytes.toLocaleString("en-US")} bytes.]`;
}
