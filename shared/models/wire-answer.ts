import { randomUUID } from "node:crypto";
import { firstUnits } from "../runtime/first-units.ts";
import { parseExactly } from "../schema/exact-json.ts";
import { type Fields, fieldsOf, isFields, wordsIn } from "../schema/json-fields.ts";
import { endOfText, isTooDeep, mostLevels } from "../schema/nesting.ts";

/** A call of a tool as it stands in an answer. */
export interface WireCall {
  readonly id: string;
  readonly name: string;
  /** JSON with all its digits, or what was given instead of it. */
  readonly arguments: string;
}

/** Fields of an assistant's message and of its calls, in their order. */
export interface Kept {
  readonly message: Fields;
  readonly tool_calls: readonly Fields[];
}

/** What was read of a vendor's answer. */
export interface WireAnswer {
  /** The answer as the SDK's strict reader takes it; its calls have no arguments. */
  readonly body: object;
  readonly text: string;
  readonly calls: readonly WireCall[];
  /** Which model answered, as its server calls it. */
  readonly model: string | undefined;
  /** What the server wants to see again and the SDK does not know. */
  readonly kept?: Kept | undefined;
}

/** An answer that cannot be used. */
export class AnswerProblem extends Error {
  override readonly name = "AnswerProblem";
  /** Whether the same question may be answered well. */
  readonly mayPass: boolean;
  /** What the vendor put in the place of an answer. */
  readonly vendorError: unknown;

  constructor(
    message: string,
    { mayPass = false, vendorError }: { mayPass?: boolean; vendorError?: unknown } = {},
  ) {
    super(message);
    this.mayPass = mayPass;
    this.vendorError = vendorError;
  }
}

/** An answer with more than is taken, before anything is made of it. */
export class TooLargeAnswer extends AnswerProblem {}

/** What of an answer is its JSON. Some servers put the end of a stream behind it, or lines to keep the connection open before it. */
export function jsonWithin(text: string): string {
  const start = text.indexOf("{");
  const end = text.lastIndexOf("}") + 1;
  const around = `${text.slice(0, start)}\n${text.slice(end)}`;
  const isAlone = start >= 0 && around.split("\n").every(isOfStream);
  return isAlone ? text.slice(start, end) : text;
}

/** Reads JSON with all digits of its numbers; undefined when it is none. */
export function readJson(json: string): unknown {
  try {
    return parseExactly(json);
  } catch {
    return undefined;
  }
}

/** Whether a line says nothing: it is empty, begins an event or ends the stream of them, or is a comment. */
const isOfStream = (line: string) => /^\s*(?::.*|event:.*|data:\s*(?:\[DONE\]\s*)?)?$/.test(line);

/** Whether an answer ended before its JSON began, as servers do that had kept the connection open with blanks, or within it. */
export function isBrokenOff(text: string): boolean {
  const json = text
    .split("\n")
    .filter((line) => !isOfStream(line))
    .join("\n")
    .trim();
  if (!json.startsWith("{")) return json === "";
  let open = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === "{" || character === "[") open += 1;
    else if (character === "}" || character === "]") open -= 1;
    else if (character === '"') {
      at = endOfText(json, at + 1);
      if (at >= json.length) return true;
    }
  }
  return open > 0;
}

/** Throws what stands in the place of an error, unless it says that there is none. */
export function refuseError(error: unknown, mayPass = false): void {
  if (isTooDeep(error) || isError(error)) {
    throw new AnswerProblem("it holds an error", { vendorError: error, mayPass });
  }
}

const isError = (value: unknown): boolean =>
  isFields(value)
    ? Object.values(value).some(isError)
    : value !== undefined && value !== null && value !== false && value !== "" && value !== 0;

const mostEntries = 10_000;

/** Throws when a list of an answer has more entries than are taken. */
export function refuseTooMany(field: string, list: readonly unknown[]): void {
  if (list.length <= mostEntries) return;
  throw new TooLargeAnswer(
    `The model's answer has more than ${mostEntries.toLocaleString("en-US")} entries in ${field}, which is more than are taken.`,
  );
}

/** A problem of one field. */
export const fieldProblem = (field: string, value: unknown, wanted: string, mayPass = true) =>
  new AnswerProblem(
    value === undefined
      ? `${field} is missing`
      : `${field} is ${kindOf(value)} instead of ${wanted}`,
    { mayPass },
  );

const kindOf = (value: unknown) => {
  if (value === null) return "null";
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return (
    { string: "a text", number: "a number", boolean: "true or false" }[typeof value as string] ??
    "an object"
  );
};

/** The text of a content: a text, or the texts of a list of blocks; blocks of other kinds are passed over. */
export function contentText(content: unknown, field: string): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (typeof content !== "object") throw fieldProblem(field, content, "a text or a list of blocks");
  return (Array.isArray(content) ? content : [content]).map(blockText).join("");
}

function blockText(block: unknown): string {
  if (typeof block === "string") return block;
  const { type, text } = fieldsOf(block);
  const isText = type === undefined || type === null || type === "text" || type === "output_text";
  if (!isText) return "";
  return wordsIn(text) ?? wordsIn(fieldsOf(text)["value"]) ?? "";
}

/**
 * Why an answer ended, by the name that our reader knows where a server has another; null when it does not say. Throws
 * `AnswerProblem` when that is a call of tools and there is none.
 */
export function finishIn(
  field: string,
  reason: unknown,
  synonyms: Readonly<Record<string, string>>,
  { calls }: WireCalls,
): string | null {
  const said = wordsIn(reason);
  if (said === undefined) return null;
  // Gemini says more behind it: `content_filter: RECITATION`.
  const name = said.toLowerCase().replace(/: .*/, "");
  const synonym = Object.hasOwn(synonyms, name) ? synonyms[name] : undefined;
  const known = synonym ?? (Object.values(synonyms).includes(name) ? name : said);
  if (calls.length === 0 && (known === "tool_calls" || known === "tool_use")) {
    throw new AnswerProblem(`${field} is "${said}", and no tool is called`, { mayPass: true });
  }
  return known;
}

/** Throws when an answer ended because it was broken off, so that half of it is not taken for all. */
export function refuseBrokenOff(field: string, reason: unknown): void {
  const said = wordsIn(reason)?.toLowerCase() ?? "";
  if (!brokenOff.test(said)) return;
  throw new AnswerProblem(`${field} is "${said}": the answer was broken off`, { mayPass: true });
}

const brokenOff =
  /^(?:[a-z]+_)*(?:error|abort(?:ed)?|cancel(?:l?ed)?|fail(?:ed|ure)|interrupted|timeout|timed_out)$|^(?:function_call_filter: )?malformed_|^(?:insufficient_system_resource|pause_turn|unexpected_tool_call)$/;

/** The most calls of one answer. */
export const mostCalls = 128;
/**
 * LiteLLM puts what Gemini wants to see again of its thoughts into ids: https://github.com/BerriAI/litellm/pull/16895. An id
 * shares a row with arguments and result.
 */
const mostIdLength = 32 * 1024;
/** The most bytes of one call's arguments: with its result they fit one row. Of more nothing is read. */
export const mostArgumentsBytes = 100 * 1024;
/** The most bytes of the arguments that are read: it takes a second for each few MiB, in which nobody else is served. */
const mostReadBytes = 1_048_576;

/** The calls of an answer, each with an id that no other has. Servers leave ids out, give one twice or very long ones. */
export class WireCalls {
  readonly calls: WireCall[] = [];
  readonly #ids = new Set<string>();
  #readBytes = 0;

  /** Adds a call; `field` is where it stands. Throws `AnswerProblem` when it names no tool. */
  add(
    field: string,
    call: { readonly id: unknown; readonly name: unknown; readonly arguments: unknown },
  ): WireCall {
    const { name } = call;
    if (this.calls.length === mostCalls) {
      throw new TooLargeAnswer(
        `The model called more than ${mostCalls} tools in one answer, which is more than are taken.`,
      );
    }
    if (typeof name !== "string" || name.trim() === "") {
      throw fieldProblem(field, name, "the name of a tool");
    }
    const given = typeof call.id === "number" ? String(call.id) : wordsIn(call.id);
    const isUsable = given !== undefined && given.length <= mostIdLength && !this.#ids.has(given);
    const id = isUsable ? given : ownId();
    this.#ids.add(id);
    const added = { id, name, arguments: argumentsText(call.arguments) };
    const bytes = Buffer.byteLength(added.arguments);
    if (bytes <= mostArgumentsBytes) this.#readBytes += bytes;
    if (this.#readBytes > mostReadBytes) {
      throw new TooLargeAnswer(
        "The arguments of the tools that the model called are larger than 1 MiB in all.",
      );
    }
    this.calls.push(added);
    return added;
  }
}

/** In the form that the strictest vendor takes: nine letters and digits. */
const ownId = () => randomUUID().replaceAll("-", "").slice(0, 9);

function argumentsText(value: unknown): string {
  if (value === undefined || value === null) return "{}";
  if (typeof value === "string") {
    return value.trim() === "" || value.trim() === "null" ? "{}" : value;
  }
  return isTooDeep(value) ? tooDeep : JSON.stringify(value);
}

// It cannot be written as JSON, and it need not be: what is read of it is that it is too deep.
const tooDeep = `${"[".repeat(mostLevels + 1)}${"]".repeat(mostLevels + 1)}`;

/** The name of a model, of a length that names have. */
export const modelIn = (value: unknown) => {
  const name = wordsIn(value);
  return name === undefined ? undefined : firstUnits(name, 200).toWellFormed();
};

/** A number of tokens, in whatever form. */
export const tokensIn = (value: unknown): number => {
  const tokens = Number(
    typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value),
  );
  return Number.isFinite(tokens) ? tokens : 0;
};
