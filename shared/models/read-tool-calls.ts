import { firstUnits } from "../runtime/first-units.ts";
import { losesDigits, parseExactly } from "../schema/exact-json.ts";
import { problemOfFreeJson } from "../schema/free-json.ts";
import { isFields } from "../schema/json-fields.ts";
import { isTooDeep } from "../schema/nesting.ts";
import type { ToolCall } from "./call-model.ts";
import type { AssistantMessage } from "./messages.ts";
import { wellFormed } from "./well-formed.ts";
import { mostArgumentsBytes, type WireCall } from "./wire-answer.ts";

/** The most characters of a name: no tool has so many. */
const mostNameLength = 256;

/**
 * Reads the tool calls of an answer, and puts their arguments into its content as every vendor takes them back: those
 * that are no object as an empty one, names without odd characters. The last call of an answer that was cut off is one with
 * a problem, even if what is left of its arguments can be read.
 */
export function readToolCalls(
  content: AssistantMessage["content"],
  calls: readonly WireCall[],
  { isCutOff }: { readonly isCutOff: boolean },
): { readonly tool_calls: readonly ToolCall[]; readonly content: AssistantMessage["content"] } {
  if (typeof content === "string") return { tool_calls: [], content };
  const tool_calls: ToolCall[] = [];
  const parts = content.map((part, index) => {
    const call = calls[tool_calls.length];
    if (part.type !== "tool-call" || !call) return part;
    const read = readArguments(call.arguments);
    const problem = [
      call.name.length > mostNameLength && tooLong,
      read.problem,
      isCutOff && index === content.length - 1 && cutOff,
    ].find((one) => typeof one === "string");
    tool_calls.push({
      // The SDK's: some models are given ids in a form of their own.
      id: part.toolCallId,
      name: firstUnits(call.name, mostNameLength),
      ...read,
      ...(problem !== undefined && { problem }),
    });
    const input = isFields(read.arguments) ? read.arguments : {};
    return { ...part, toolName: takenName(call.name), input };
  });
  return { tool_calls, content: parts };
}

/** A name that a model has made up may have characters and a length that its own server refuses. */
const takenName = (name: string) => name.replaceAll(/[^\w-]/g, "_").slice(0, 64);

const tooLong = `There is no tool whose name has more than ${mostNameLength} characters.`;
const cutOff = "The answer reached its limit of output tokens, so the arguments are not complete.";

type Arguments = Pick<ToolCall, "arguments" | "arguments_json" | "problem">;

function readArguments(json: string, isInner = false): Arguments {
  if (Buffer.byteLength(json) > mostArgumentsBytes) {
    return unkept(`The arguments must be at most ${mostArgumentsBytes / 1024} KiB as JSON.`);
  }
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unreadable";
    return { arguments: json, problem: `The arguments are not JSON: ${why}` };
  }
  if (isTooDeep(given)) return unkept(told(problemOfFreeJson(given, mostArgumentsBytes)));
  // Some servers write them as JSON twice.
  if (typeof given === "string" && !isInner) {
    const inner = readArguments(given, true);
    if (isFields(inner.arguments)) return inner;
  }
  if (!isFields(given)) {
    return { arguments: given, problem: "The arguments must be a JSON object." };
  }
  if (hasForbiddenKey(given)) {
    return { arguments: json, problem: "The arguments have a key that is not allowed: __proto__." };
  }
  const args = wellFormed(given);
  const problem = problemOfFreeJson(args, 2 * mostArgumentsBytes);
  if (problem !== undefined) return unkept(told(problem));
  if (!losesDigits(json)) return { arguments: args };
  if (args !== given) {
    return unkept(told("Must have no half of a surrogate pair, which is no text."));
  }
  return { arguments: args, arguments_json: JSON.stringify(parseExactly(json)) };
}

const unkept = (problem: string): Arguments => ({ arguments: {}, problem });

/** A problem of a value as a sentence about the arguments. */
const told = (problem = "Must be other ones.") => `The arguments m${problem.slice(1)}`;

/** Whether JSON that is not too deep has a key that libraries take for the prototype. */
const hasForbiddenKey = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Object.hasOwn(value, "__proto__") || Object.values(value).some(hasForbiddenKey));
