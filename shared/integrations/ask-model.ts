import type { CallModel, ModelAnswer, ModelCall } from "../models/call-model.ts";
import { type Chat, type ChatMessage, chatOf, filesOf } from "../models/chat-messages.ts";
import type { FileKind } from "../models/file-kinds.ts";
import type { OpenedFile, OpenFiles } from "../models/given-files.ts";
import type { Vendor } from "../models/vendor-files.ts";
import type { SigningDeps } from "../outbound/signed-headers.ts";
import type { Id } from "../runtime/ids.ts";
import { maxContentBytes } from "../schema/content.ts";
import type { BackendAnswer } from "./backend-answer.ts";
import type { StoredIntegration } from "./integration.ts";
import { headerPlace } from "./secret-places.ts";

export interface AskModelDeps extends SigningDeps {
  readonly callModel: CallModel;
}

/** An integration whose model is asked. */
export type ModelIntegration = StoredIntegration & { readonly type: Vendor };

/** What a model is asked. */
interface AskedModel {
  readonly messages: readonly ChatMessage[];
  readonly timeout_ms: number;
  readonly signal?: AbortSignal | undefined;
  /** Without it a model is told that there were files. */
  readonly openFiles?: OpenFiles | undefined;
}

/** No second call is begun with less time left. */
const leastMs = 1_000;

/**
 * Asks a vendor's model once. One that refuses the files of a conversation is asked once more without them, where a
 * second is left of the time; either way the answer says then what it does not take.
 */
export async function askModel(
  deps: AskModelDeps,
  teamId: Id<"team">,
  integration: ModelIntegration,
  { messages, timeout_ms, signal = new AbortController().signal, openFiles }: AskedModel,
): Promise<BackendAnswer> {
  const endsAt = deps.clock() + timeout_ms;
  const leftMs = () => Math.max(1, endsAt - deps.clock());
  const { type, model: name = "", url, settings = {} } = integration;
  const files = filesOf(messages);
  const refused = refusedKinds(integration, deps.clock());
  const [headers, opened] = await Promise.all([
    openHeaders(deps, teamId, integration),
    // Half of the time at most, so that the model has some.
    files.length > 0 && openFiles
      ? openFiles(files, { timeout_ms: timeout_ms / 2, signal })
      : new Map<string, OpenedFile>(),
  ]);
  const model: ModelCall["model"] = {
    provider: type,
    name,
    base_url: url,
    api_key: undefined,
    headers,
    temperature: settings.temperature ?? null,
    max_output_tokens: settings.max_output_tokens ?? null,
  };
  const ask = async (chat: Chat) =>
    deps.callModel({ ...chat, model, tools: [], timeout_ms: leftMs(), signal });

  const chat = chatOf(type, messages, opened, refused);
  const answer = await ask(chat);
  const refusal = answer.ok ? undefined : answer.file_refusal;
  if (!refusal) return backendAnswer(answer, name);
  const isAskedAgain = leftMs() >= leastMs;
  const without = chatOf(type, messages, opened, new Set(everyKind));
  const last = backendAnswer(isAskedAgain ? await ask(without) : answer, name);
  const named = refusal.kinds.filter((kind) => chat.kinds.has(kind));
  return refusal.is_lasting
    ? { ...last, refuses: named.length > 0 ? named : [...chat.kinds] }
    : last;
}

const everyKind: readonly FileKind[] = ["image", "document", "audio"];

/** The kinds of files that a model said it does not take, less than an hour ago. */
const refusedKinds = ({ refuses_until = {} }: StoredIntegration, now: number) =>
  new Set(everyKind.filter((kind) => (refuses_until[kind] ?? 0) > now));

async function openHeaders(
  { secrets }: AskModelDeps,
  teamId: Id<"team">,
  { id, headers }: StoredIntegration,
): Promise<Record<string, string>> {
  const opening = Object.entries(headers).map(async ([name, sealed]) => {
    const value = await secrets.open(teamId, headerPlace(id, name), sealed);
    return [name.toLowerCase(), value] as const;
  });
  // Libraries put theirs behind it.
  return {
    ...Object.fromEntries(await Promise.all(opening)),
    "user-agent": "ChatbotPlatform/1.0",
  };
}

function backendAnswer(answer: ModelAnswer, name: string): BackendAnswer {
  if (!answer.ok) {
    const { status, code, message } = answer;
    return { ok: false, status, code, message };
  }
  const { status, text, finish_reason, answered_by } = answer;
  const { input_tokens, output_tokens, cached_tokens } = answer;
  if (text.trim() === "") {
    const message = "The model called a tool, and it was given none.";
    return { ok: false, status, code: "invalid_response", message };
  }
  if (Buffer.byteLength(text) > maxContentBytes) {
    const message = "The model's answer is longer than 32 KiB.";
    return { ok: false, status, code: "response_too_large", message };
  }
  const usage = { input_tokens, output_tokens, ...(cached_tokens > 0 && { cached_tokens }) };
  const isCut = finish_reason === "length";
  const metadata = { model: answered_by ?? name, usage, ...(isCut && { truncated: true }) };
  return { ok: true, status, content: text, attachments: [], metadata };
}
