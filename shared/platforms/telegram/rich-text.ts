import { entriesOf, type Fields, fieldsOf, isFields, textIn } from "../../schema/json-fields.ts";

/** A rich message as a text with entities, and the blocks in it that are files. */
export interface FlatRichMessage {
  readonly text: string;
  readonly entities: readonly Fields[];
  readonly files: readonly Fields[];
}

/** Telegram nests sixteen levels; what comes deeper is not from there. */
const mostLevels = 64;

/** Reads the blocks of a rich message, one under the other. */
export function flatRichMessage(message: unknown): FlatRichMessage {
  const flat = new Flat();
  flat.blocks(fieldsOf(message)["blocks"], 0);
  return { text: flat.text.trimEnd(), entities: flat.entities, files: flat.files };
}

class Flat {
  text = "";
  readonly entities: Fields[] = [];
  readonly files: Fields[] = [];

  blocks(blocks: unknown, level: number): void {
    if (level > mostLevels) return;
    for (const block of entriesOf(blocks)) this.block(fieldsOf(block), level + 1);
  }

  private block(block: Fields, level: number): void {
    const type = textIn(block["type"]);
    if (type === "pre") {
      this.line(`\`\`\`${textIn(block["language"]) ?? ""}`);
      this.words(block["text"], level);
      this.line("");
      this.line("```");
    } else if (type === "list") {
      for (const item of entriesOf(block["items"])) {
        this.text += `${textIn(fieldsOf(item)["label"]) ?? "-"} `;
        this.blocks(fieldsOf(item)["blocks"], level);
      }
    } else if (type === "table") {
      for (const row of entriesOf(block["cells"])) this.row(row, level);
    } else if (type === "divider") {
      this.line("---");
    } else {
      if (type !== undefined && fileBlocks.has(type)) this.files.push(block);
      for (const part of [block["summary"], block["text"], fieldsOf(block["caption"])["text"]]) {
        if (part === undefined) continue;
        this.words(part, level);
        this.line("");
      }
      const { expression } = block;
      if (typeof expression === "string") this.line(expression);
      this.blocks(block["blocks"], level);
    }
  }

  private row(cells: unknown, level: number): void {
    for (const [index, cell] of entriesOf(cells).entries()) {
      if (index > 0) this.text += " | ";
      this.words(fieldsOf(cell)["text"], level);
    }
    this.line("");
  }

  /** A text, a list of texts, or one with a meaning. */
  private words(rich: unknown, level: number): void {
    if (level > mostLevels) return;
    if (typeof rich === "string") this.text += rich;
    else if (Array.isArray(rich)) for (const part of rich) this.words(part, level + 1);
    else if (isFields(rich)) {
      const offset = this.text.length;
      const type = rich["type"] === "url" ? "text_link" : rich["type"];
      this.text += textIn(rich["alternative_text"]) ?? textIn(rich["expression"]) ?? "";
      this.words(rich["text"] ?? fieldsOf(rich["button"])["text"], level + 1);
      this.entities.push({ ...rich, type, offset, length: this.text.length - offset });
    }
  }

  private line(text: string): void {
    this.text += `${text}\n`;
  }
}

const fileBlocks = new Set(["photo", "video", "animation", "audio", "document", "voice_note"]);
