import { parseExactly } from "../schema/exact-json.ts";
import { entriesOf, type Fields, fieldsOf, isFields, wordsIn } from "../schema/json-fields.ts";
import {
  AnswerProblem,
  fieldProblem,
  finishIn,
  modelIn,
  refuseBrokenOff,
  refuseError,
  refuseTooMany,
  tokensIn,
  type WireAnswer,
  WireCalls,
} from "./wire-answer.ts";

/** Stands for the signature of a thought that has none: the SDK asks for one, and sends no thought without it. */
const unsigned = "-";

/** Reads a message of any server with Anthropic's interface. Blocks of unknown kinds are passed over. Throws `AnswerProblem`. */
export function readMessage(answer: Fields): WireAnswer {
  refuseError(answer["error"]);
  const { content, stop_reason, usage } = answer;
  if (answer["type"] === "error") throw new AnswerProblem("it is an error without words");
  refuseBrokenOff("stop_reason", stop_reason);
  const called = new WireCalls();
  const blocks = blocksOf(content).flatMap((block, index) =>
    blockOf(called, block, `content[${index}]`),
  );
  refuseTooMany("content", blocks);
  const tokens = fieldsOf(usage);
  return {
    text: blocks.map((block) => ("text" in block ? block.text : "")).join(""),
    calls: called.calls,
    model: modelIn(answer["model"]),
    body: {
      type: "message",
      role: "assistant",
      content: blocks,
      stop_reason: finishIn("stop_reason", stop_reason, synonyms, called),
      stop_sequence: null,
      usage: {
        input_tokens: tokensIn(tokens["input_tokens"] ?? tokens["prompt_tokens"]),
        output_tokens: tokensIn(tokens["output_tokens"] ?? tokens["completion_tokens"]),
        cache_creation_input_tokens: tokensIn(tokens["cache_creation_input_tokens"]),
        cache_read_input_tokens: tokensIn(tokens["cache_read_input_tokens"]),
      },
    },
  };
}

/** The body of a request as the server is to see it: thoughts that came without a signature go back without one. */
export function withoutPlaceholders(body: string): string {
  if (!body.includes(`"signature":"${unsigned}"`)) return body;
  const request = parseExactly(body);
  for (const message of entriesOf(fieldsOf(request)["messages"])) {
    for (const block of entriesOf(fieldsOf(message)["content"])) {
      if (!isFields(block) || block["type"] !== "thinking") continue;
      if (block["signature"] === unsigned) Reflect.deleteProperty(block, "signature");
    }
  }
  return JSON.stringify(request);
}

function blocksOf(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  if (typeof content === "string") return [content];
  if (content === null) return [];
  throw fieldProblem("content", content, "a list of blocks", false);
}

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: object;
    };

function blockOf(called: WireCalls, given: unknown, field: string): Block | [] {
  const block: Fields = typeof given === "string" ? { type: "text", text: given } : fieldsOf(given);
  const text = wordsIn(block["text"]);
  switch (block["type"] ?? kindOf(block)) {
    case "text":
      return text === undefined ? [] : { type: "text", text };
    case "thinking": {
      const { thinking, signature } = block;
      return {
        type: "thinking",
        thinking: wordsIn(thinking) ?? text ?? "",
        signature: typeof signature === "string" ? signature : unsigned,
      };
    }
    case "redacted_thinking": {
      const data = wordsIn(block["data"]);
      return data === undefined ? [] : { type: "redacted_thinking", data };
    }
    case "tool_use": {
      const { id, name } = called.add(`${field}.name`, {
        id: block["id"],
        name: block["name"],
        arguments: block["input"],
      });
      return { type: "tool_use", id, name, input: {} };
    }
    default:
      return [];
  }
}

/** What a block without a type is. */
const kindOf = ({ text, thinking, name }: Fields) =>
  typeof text === "string"
    ? "text"
    : thinking === undefined
      ? name !== undefined && "tool_use"
      : "thinking";

/** The words of other interfaces for what Anthropic's calls otherwise. */
const synonyms: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};
