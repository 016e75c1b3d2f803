import type {
  LanguageModelV4,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Usage,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import type { ModelCall, ModelTool } from "./call-model.ts";
import type { AssistantMessage, AssistantPart, ModelMessage } from "./messages.ts";

/** What a vendor's library has read of an answer. */
export interface Generated {
  /** Its calls have no arguments; undefined when it is nothing. */
  readonly message: AssistantMessage | undefined;
  readonly text: string;
  readonly finish: LanguageModelV4FinishReason;
  readonly usage: LanguageModelV4Usage;
}

/** Asks a model once, in the words of its vendor's library. Throws what that throws. */
export async function generate(
  library: LanguageModelV4,
  { model, system_prompt, messages, tools, signal }: ModelCall,
): Promise<Generated> {
  const { temperature, max_output_tokens } = model;
  const { content, finishReason, usage } = await library.doGenerate({
    // Stored by us: messages of `messages.ts` and of earlier answers.
    prompt: promptOf(system_prompt, messages as readonly ModelMessage[]),
    ...(tools.length > 0 && { tools: tools.map(toolOf) }),
    // Other servers with a model of this name may not know a role of its own; OpenAI's makes one of the other.
    providerOptions: { openai: { systemMessageMode: "system" } },
    abortSignal: signal,
    headers: inLowerCase(model.headers),
    ...(temperature !== null && { temperature }),
    ...(max_output_tokens !== null && { maxOutputTokens: max_output_tokens }),
  });
  const parts = content.flatMap(partOf);
  return {
    message: parts.length === 0 ? undefined : { role: "assistant", content: parts },
    text: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    finish: finishReason,
    usage,
  };
}

/** Vendors want the results of one answer's calls together, and no empty texts. */
function promptOf(system: string, messages: readonly ModelMessage[]): LanguageModelV4Message[] {
  const prompt: LanguageModelV4Message[] = [];
  // Some servers refuse an empty one.
  if (system.trim() !== "") prompt.push({ role: "system", content: system });
  for (const message of messages) {
    const last = prompt.at(-1);
    if (message.role !== "tool") prompt.push(spoken(message));
    else if (last?.role === "tool") last.content.push(...message.content);
    else prompt.push({ ...message, content: [...message.content] });
  }
  return prompt;
}

// Written twice, because only so each role keeps the type of its parts.
const spoken = (message: Exclude<ModelMessage, { readonly role: "tool" }>) =>
  message.role === "user"
    ? { ...message, content: partsOf(message.content) }
    : { ...message, content: partsOf(message.content) };

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly providerOptions?: unknown;
}

const partsOf = <P extends Part>(content: string | readonly P[]) =>
  typeof content === "string"
    ? [{ type: "text" as const, text: content }]
    : content.filter(
        ({ type, text, providerOptions }) =>
          type !== "text" || text?.trim() !== "" || providerOptions,
      );

const toolOf = ({ name, description, input_schema }: ModelTool): LanguageModelV4FunctionTool => ({
  type: "function",
  name,
  description,
  inputSchema: input_schema,
});

/** As the library writes its own: of two that differ in case alone, both would be sent. */
const inLowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** A part of an answer as it is stored. */
function partOf(part: LanguageModelV4Content): AssistantPart | [] {
  if (part.type === "text" || part.type === "reasoning") {
    const { type, text, providerMetadata } = part;
    const isNothing = type === "text" && text === "" && !providerMetadata;
    return isNothing ? [] : { type, text, ...optionsOf(providerMetadata) };
  }
  if (part.type !== "tool-call") return [];
  const { type, toolCallId, toolName, providerMetadata } = part;
  return { type, toolCallId, toolName, input: {}, ...optionsOf(providerMetadata) };
}

/** What a vendor said beside a part goes back to it. */
const optionsOf = (providerOptions: SharedV4ProviderOptions | undefined) =>
  providerOptions && { providerOptions };
