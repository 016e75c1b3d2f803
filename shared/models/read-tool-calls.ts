import type { AssistantContent } from "ai";
import type { ToolCall } from "./call-model.ts";

/** A call as the SDK read it: the `input` of an invalid one is its very text where that cannot be read. */
interface ReadCall {
  readonly input: unknown;
  readonly invalid?: boolean | undefined;
}

/**
 * Reads the tool calls of an answer, and its content as every vendor takes it back: ids are unique within the answer,
 * arguments that are no object are sent as an empty one. The last call of an answer that was cut off is one with a
 * problem, even if what is left of its arguments can be read.
 */
export function readToolCalls(
  content: AssistantContent,
  read: readonly ReadCall[],
  { isCutOff }: { readonly isCutOff: boolean },
): { readonly tool_calls: readonly ToolCall[]; readonly content: AssistantContent } {
  if (typeof content === "string") return { tool_calls: [], content };
  const tool_calls: ToolCall[] = [];
  const ids = new Set<string>();
  const parts = content.map((part, index) => {
    if (part.type !== "tool-call") return part;
    const call = read[tool_calls.length] ?? { input: part.input };
    const isLast = index === content.length - 1;
    // The SDK gives calls of one id the arguments of the first.
    const problem = ids.has(part.toolCallId)
      ? "Two calls of the answer have the same id, so their arguments cannot be told apart."
      : (problemOf(call) ?? (isCutOff && isLast ? cutOff : undefined));
    const id = unusedId(part.toolCallId, ids);
    ids.add(id);
    tool_calls.push({
      id,
      name: part.toolName,
      arguments: call.input,
      ...(problem !== undefined && { problem }),
    });
    return { ...part, toolCallId: id, input: isObject(call.input) ? call.input : {} };
  });
  return { tool_calls, content: parts };
}

const cutOff = "The answer reached its limit of output tokens, so the arguments are not complete.";

function problemOf({ input, invalid }: ReadCall): string | undefined {
  if (isObject(input)) return undefined;
  if (invalid !== true || typeof input !== "string") return "The arguments must be a JSON object.";
  try {
    return isObject(JSON.parse(input))
      ? "The arguments have a key that is not allowed, such as __proto__."
      : "The arguments must be a JSON object.";
  } catch (error) {
    return `The arguments are not JSON: ${error instanceof Error ? error.message : "unreadable"}`;
  }
}

const isObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function unusedId(id: string, used: ReadonlySet<string>): string {
  for (let n = 2, other = id; ; n++) {
    if (!used.has(other)) return other;
    other = `${id}_${n}`;
  }
}
