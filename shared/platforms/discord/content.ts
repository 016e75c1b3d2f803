import { entriesOf, type Fields, fieldsOf, textIn, wordsIn } from "../../schema/json-fields.ts";
import { typeOf } from "../download-file.ts";
import type { InboundPart } from "../inbound-event.ts";
import { filePart, textPart, urlReference } from "../inbound-parts.ts";
import { type Named, saidText, shown } from "./said-text.ts";

/** Types of options, as the reference numbers them. */
const optionType = { string: 3, mentionable: 9, attachment: 11 };

/** Those whose value is the id of what people see. */
const namedBy = new Map<unknown, "users" | "roles" | "channels">([
  [6, "users"],
  [7, "channels"],
  [8, "roles"],
]);

/** Reads what a command says: `/ask` its message, others what was typed; then its files. Never empty. */
export function contentOf(data: Fields, name: string, named: Named): readonly InboundPart[] {
  const options = flat(data["options"], 0);
  const message = options.find(
    (option) => option["name"] === "message" && option["type"] === optionType.string,
  );
  const typed = () => options.flatMap((option) => valueOf(option, named));
  const words =
    name === "ask" && message
      ? saidText(textIn(message["value"]) ?? "", named)
      : [`/${name}`, ...typed()].join(" ");
  const attachments = fieldsOf(named.resolved["attachments"]);
  const files = options
    .filter(({ type }) => type === optionType.attachment)
    .map(({ value }) => fileOf(fieldsOf(attachments[String(value)])));
  if (words.trim() !== "") return [textPart(words), ...files];
  return files.length > 0 ? files : [textPart(`/${name}`)];
}

/** Commands are in groups of a command; what is deeper than that is not from Discord. */
const mostLevels = 2;

/** Options one after the other: those of a command of a command follow its name. */
const flat = (options: unknown, level: number): readonly Fields[] =>
  level > mostLevels
    ? []
    : entriesOf(options)
        .map(fieldsOf)
        .flatMap((option) => [option, ...flat(option["options"], level + 1)]);

/** What somebody typed as the value of an option, or as the name of a command of a command; nothing of a file. */
function valueOf({ type, name, value }: Fields, named: Named): string | readonly string[] {
  const id = String(value);
  if (type === optionType.attachment) return [];
  const isRole = Object.hasOwn(fieldsOf(named.resolved["roles"]), id);
  const kind = type === optionType.mentionable ? (isRole ? "roles" : "users") : namedBy.get(type);
  if (kind) return shown(kind, id, named);
  if (typeof value === "string") return saidText(value, named);
  return typeof value === "number" || typeof value === "boolean" ? id : (wordsIn(name) ?? []);
}

const fileOf = ({ filename, content_type, size, url }: Fields): InboundPart =>
  filePart("Discord", {
    name: wordsIn(filename) ?? null,
    mime_type: typeOf(textIn(content_type)),
    size,
    reference: urlReference(url),
  });
