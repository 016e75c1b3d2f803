import { entriesOf, type Fields, fieldsOf, isFields, wordsIn } from "../schema/json-fields.ts";
import {
  fieldProblem,
  finishIn,
  refuseBrokenOff,
  refuseError,
  refuseTooMany,
  tokensIn,
  type WireAnswer,
  WireCalls,
} from "./wire-answer.ts";

/** Reads an answer of Bedrock's Converse. Blocks of unknown kinds are passed over. Throws `AnswerProblem`. */
export function readConverse(answer: Fields): WireAnswer {
  refuseError(answer["error"]);
  const { output, stopReason, usage } = answer;
  refuseBrokenOff("stopReason", stopReason);
  const { content } = fieldsOf(fieldsOf(output)["message"]);
  if (!Array.isArray(content)) {
    throw fieldProblem("output.message.content", content, "a list of blocks", false);
  }
  const called = new WireCalls();
  const blocks = content.flatMap((block: unknown, index) =>
    blocksOf(called, fieldsOf(block), `output.message.content[${index}]`),
  );
  refuseTooMany("output.message.content", blocks);
  const tokens = fieldsOf(usage);
  const [inputTokens, outputTokens] = [
    tokensIn(tokens["inputTokens"]),
    tokensIn(tokens["outputTokens"]),
  ];
  return {
    text: blocks.map(({ text }) => text ?? "").join(""),
    calls: called.calls,
    // Its answers do not say.
    model: undefined,
    body: {
      output: { message: { role: "assistant", content: blocks } },
      stopReason: finishIn("stopReason", stopReason, synonyms, called) ?? "",
      usage: {
        inputTokens,
        outputTokens,
        totalTokens: inputTokens + outputTokens,
        cacheReadInputTokens: tokensIn(tokens["cacheReadInputTokens"]),
        cacheWriteInputTokens: tokensIn(tokens["cacheWriteInputTokens"]),
      },
    },
  };
}

interface Block {
  readonly text?: string;
  readonly reasoningContent?: object;
  readonly toolUse?: object;
}

function blocksOf(called: WireCalls, block: Fields, field: string): Block[] {
  const { toolUse, reasoningContent, citationsContent } = block;
  const texts = [block, ...entriesOf(fieldsOf(citationsContent)["content"]).map(fieldsOf)];
  const said: Block[] = texts.flatMap(({ text }) =>
    wordsIn(text) === undefined ? [] : [{ text: String(text) }],
  );
  const thought = thoughtOf(fieldsOf(reasoningContent));
  if (thought) said.push({ reasoningContent: thought });
  if (isFields(toolUse)) {
    const { id, name } = called.add(`${field}.toolUse.name`, {
      id: toolUse["toolUseId"],
      name: toolUse["name"],
      arguments: toolUse["input"],
    });
    said.push({ toolUse: { toolUseId: id, name, input: {} } });
  }
  return said;
}

function thoughtOf({
  reasoningText,
  redactedReasoning,
  redactedContent,
}: Fields): object | undefined {
  if (isFields(reasoningText)) {
    const { text, signature } = reasoningText;
    return { reasoningText: { text: wordsIn(text) ?? "", signature: wordsIn(signature) } };
  }
  if (typeof redactedContent === "string") return { redactedContent };
  const data = wordsIn(fieldsOf(redactedReasoning)["data"]);
  return data === undefined ? undefined : { redactedReasoning: { data } };
}

/** The words of other interfaces for what Converse calls otherwise. */
const synonyms: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  model_context_window_exceeded: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
};
