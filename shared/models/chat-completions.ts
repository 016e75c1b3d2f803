import { entriesOf, type Fields, fieldsOf, isFields, wordsIn } from "../schema/json-fields.ts";
import { keptFields } from "./kept-fields.ts";
import {
  contentText,
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

/**
 * Reads a chat completion of any server with OpenAI's interface: what is needed in any of the forms that servers give
 * it, and nothing else. Calls may stand in any choice. Throws `AnswerProblem`.
 */
export function readChatCompletion(answer: Fields): WireAnswer {
  refuseError(answer["error"]);
  const { choices } = answer;
  if (!Array.isArray(choices)) throw fieldProblem("choices", choices, "a list", false);
  refuseTooMany("choices", choices);
  const found = choices.flatMap((choice: unknown, index) => choiceOf(choice, `choices[${index}]`));
  const [first] = found;
  if (!first) {
    const [choice] = choices as unknown[];
    throw choice === undefined
      ? fieldProblem("choices", choices, "a list with an answer")
      : fieldProblem("choices[0].message", fieldsOf(choice)["message"], "an object");
  }
  const called = new WireCalls();
  const kept = found.map(({ message, field }) =>
    keptFields(message, addCalls(called, message, field)),
  );
  const text = found.map(({ text }) => text).find((text) => text !== "") ?? "";
  const { calls } = called;
  // The reason of the choice that says most.
  const saying =
    found.find(({ message }) => hasCalls(message)) ??
    found.find(({ text }) => text !== "") ??
    first;
  const { usage } = answer;
  const tokens = fieldsOf(usage);
  return {
    text,
    calls,
    model: modelIn(answer["model"]),
    kept: {
      message: Object.assign({}, ...kept.map(({ message }) => message).toReversed()),
      tool_calls: kept.flatMap(({ tool_calls }) => tool_calls),
    },
    body: {
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: text,
            tool_calls: calls.map(({ id, name }) => ({
              id,
              type: "function",
              function: { name, arguments: "{}" },
            })),
          },
          finish_reason: finishIn(`${saying.field}.finish_reason`, saying.finish, synonyms, called),
        },
      ],
      usage: {
        prompt_tokens: tokensIn(tokens["prompt_tokens"] ?? tokens["input_tokens"]),
        completion_tokens: tokensIn(tokens["completion_tokens"] ?? tokens["output_tokens"]),
        prompt_tokens_details: { cached_tokens: cachedIn(tokens) },
      },
    },
  };
}

/** OpenAI's place for it, and DeepSeek's. */
const cachedIn = ({ prompt_tokens_details, prompt_cache_hit_tokens }: Fields) =>
  tokensIn(fieldsOf(prompt_tokens_details)["cached_tokens"] ?? prompt_cache_hit_tokens);

interface Choice {
  readonly field: string;
  readonly message: Fields;
  readonly text: string;
  readonly finish: unknown;
}

function choiceOf(choice: unknown, field: string): Choice | [] {
  if (!isFields(choice)) return [];
  const { finish_reason: finish, text } = choice;
  refuseError(choice["error"], true);
  refuseBrokenOff(`${field}.finish_reason`, finish);
  const given =
    choice["message"] ??
    choice["delta"] ??
    (typeof text === "string" ? { content: text } : undefined);
  if (!isFields(given)) return [];
  refuseError(given["error"], true);
  const said = contentText(given["content"], `${field}.message.content`);
  const spoken = wordsIn(fieldsOf(given["audio"])["transcript"]) ?? "";
  const parts = [said === "" ? spoken : said, ...refusalsIn(given)];
  const whole = parts.filter((part) => part !== "").join("\n\n");
  return { field, message: given, text: whole, finish };
}

/** What the model says when it refuses: it stands beside a content or in a block of it. */
const refusalsIn = ({ refusal, content }: Fields): readonly string[] =>
  [refusal, ...entriesOf(content).map((block) => fieldsOf(block)["refusal"])].flatMap(
    (said) => wordsIn(said) ?? [],
  );

const hasCalls = (message: Fields) => givenCalls(message).length > 0;

/** Calls in the list, and in the field that was before there was a list. */
const givenCalls = ({ tool_calls, function_call }: Fields): readonly Fields[] => {
  const listed = isFields(tool_calls) ? [tool_calls] : entriesOf(tool_calls).filter(isFields);
  return listed.length === 0 && isFields(function_call) ? [function_call] : listed;
};

function addCalls(called: WireCalls, message: Fields, field: string): readonly Fields[] {
  const given = givenCalls(message);
  for (const [index, call] of given.entries()) {
    const of = isFields(call["function"]) ? call["function"] : call;
    called.add(`${field}.message.tool_calls[${index}].function.name`, {
      id: call["id"],
      name: of["name"],
      arguments: of["arguments"] ?? of["parameters"],
    });
  }
  return given;
}

/** Other words for what OpenAI's interface calls `stop`, `length`, `tool_calls` and `content_filter`. */
const synonyms: Readonly<Record<string, string>> = {
  eos: "stop",
  eos_token: "stop",
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  max_output_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  tool_call: "tool_calls",
  tool_use: "tool_calls",
  safety: "content_filter",
  sensitive: "content_filter",
  prohibited_content: "content_filter",
};
