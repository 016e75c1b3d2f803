import * as v from "valibot";
import { isFields } from "../schema/json-fields.ts";

// Sentences go on behind "The backend's". None repeats what it said: that may be meant for a user, or for nobody.

/** Tells what a backend sent in place of JSON. */
export function toldOfText(text: string): string {
  const [, kind = "plain text"] = kindsOfText.find(([begin]) => begin.test(text)) ?? [];
  return `answer is not JSON: it is ${kind}.`;
}

const kindsOfText: readonly (readonly [RegExp, string])[] = [
  [/^\s*$/, "empty"],
  [/^\s*</, "a web page"],
  [/^\s*[{[]/, "cut off or broken"],
];

/** Tells where JSON is no answer of a backend. */
export function toldOfIssue(json: unknown, [issue]: [v.GenericIssue, ...unknown[]]): string {
  const field = v.getDotPath(issue);
  if (field !== "content" && field !== null) {
    const why = issue.message.startsWith("Invalid ") ? "" : ` ${issue.message}`;
    return `answer has a field that is not as documented: \`${field}\`.${why}`;
  }
  if (!isFields(json)) return noText(Array.isArray(json) ? "it is a list" : "it is no object");
  const place = ["content", ...othersPlaces].find((name) => Object.hasOwn(json, name));
  if (place === "content") return noText("that is empty or no text");
  return noText(place === undefined ? "there is no such field" : `it has \`${place}\` instead`);
}

const noText = (why: string) => `answer has no text in \`content\`: ${why}.`;

/** Where other products and frameworks have theirs. */
const othersPlaces = ["Content", "text", "answer", "output", "message", "choices"];
