import { entriesOf, type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";
import { mostCalls, readJson } from "./wire-answer.ts";

/**
 * A chat completion of a server that streams although it was told not to, put together of its events; undefined when a
 * text is no such stream. One that breaks off is an answer that was aborted.
 */
export function streamedCompletion(text: string): Fields | undefined {
  const given = [...text.matchAll(event)].map(([, json = ""]) => json);
  const events = given.filter((json) => json !== "[DONE]").map(readJson);
  if (events.length < 2) return undefined;
  const whole: Record<string, unknown> = {};
  const choices = new Map<unknown, Piece>();
  for (const { choices: pieces, ...about } of events.map(fieldsOf)) {
    Object.assign(whole, said(about));
    for (const { index = 0, delta, message, ...more } of entriesOf(pieces).map(fieldsOf)) {
      const choice = choices.get(index) ?? { message: {} };
      choices.set(index, choice);
      add(choice, more);
      if (isFields(message)) choice["message"] = message;
      else add(choice["message"] as Piece, fieldsOf(delta));
    }
  }
  const found = [...choices.values()];
  const saysEnd = given.includes("[DONE]") || found.some((choice) => choice["finish_reason"]);
  const isEnded = saysEnd && events.every(isFields);
  return { ...whole, choices: isEnded ? found : [...found, { finish_reason: "aborted" }] };
}

/** Only these are events of an answer: reading what is none would cost more than reading what is one. */
const event = /(?:^|\n)[ \t]*data:[ \t]*(\[DONE\]|\{[^\n]*)/g;

/** Of our own making, to be added to. */
type Piece = Record<string, unknown>;

const said = (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** What is said once, or again as it was. */
const once = new Set(["id", "type", "name", "role", "index", "finish_reason"]);

function add(whole: Piece, more: Fields): void {
  for (const [name, value] of Object.entries(said(more))) {
    const before = whole[name];
    if (name === "tool_calls") addCalls((whole[name] ??= []) as Piece[], entriesOf(value));
    else if (once.has(name)) whole[name] = before || value;
    else if (typeof before === "string" && typeof value === "string") whole[name] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) {
      for (const one of value as unknown[]) before.push(one);
    } else if (isFields(value) && name.startsWith("function")) {
      const called: Piece = isFields(before) ? before : {};
      add(called, value);
      whole[name] = called;
    } else whole[name] = Array.isArray(value) ? [...value] : value;
  }
}

/** A piece belongs to the call with its index or id, one that has neither to the last. */
function addCalls(calls: Piece[], pieces: readonly unknown[]): void {
  for (const piece of pieces.map(fieldsOf)) {
    const { index, id } = piece;
    const found =
      index === undefined && !id
        ? calls.at(-1)
        : calls.find((call) => (index === undefined ? call["id"] === id : call["index"] === index));
    const call = found ?? {};
    // With one more than are taken there are too many.
    if (!found && calls.length <= mostCalls) calls.push(call);
    add(call, piece);
  }
}
