import * as v from "valibot";
import type { OpenFiles } from "../models/given-files.ts";
import { explained } from "../outbound/explained-error.ts";
import { failureCodes, OutboundError } from "../outbound/outbound-error.ts";
import { redirectWords } from "../outbound/redirect-words.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { signedHeaders } from "../outbound/signed-headers.ts";
import type { Id } from "../runtime/ids.ts";
import { version } from "../runtime/version.ts";
import { maxContentBytes, plainText, type ShownContent } from "../schema/content.ts";
import { parseLongNumbersAsText } from "../schema/exact-json.ts";
import { problemOfFreeJson } from "../schema/free-json.ts";
import { isTooDeep, mostLevels } from "../schema/nesting.ts";
import { askModel, type AskModelDeps } from "./ask-model.ts";
import type { BackendAnswer } from "./backend-answer.ts";
import { BackendReply } from "./backend-contract.ts";
import type { StoredIntegration } from "./integration.ts";
import { headerPlace, signingSecretPlace } from "./secret-places.ts";
import { toldOfIssue, toldOfText } from "./unfit-answer.ts";

/** What a backend is asked: the body of the call, as documented. */
export interface BackendRequest {
  readonly messages: readonly { readonly role: string; readonly content: ShownContent }[];
  readonly conversation_id: Id<"conv"> | null;
  readonly user: {
    readonly id: string;
    readonly platform: string;
    readonly name: string | null;
    readonly username: string | null;
  };
  readonly bot: { readonly id: Id<"bot">; readonly name: string };
  readonly metadata: {
    readonly channel: string;
    readonly channel_id: Id<"ch"> | null;
    readonly chat_id: string | null;
    readonly message_id: string;
    readonly thread_id: string | null;
    /** Of a message of a platform, where there is one. */
    readonly choice?: unknown;
    readonly reply_to?: unknown;
  };
}

/** One call of a backend. */
export interface BackendCall {
  /** The same for every repeat. */
  readonly id: Id<"msg">;
  readonly request: BackendRequest;
  readonly timeout_ms: number;
  readonly signal?: AbortSignal;
  /** For models, which are given files and no URLs; without it they are told that there were some. */
  readonly openFiles?: OpenFiles;
}

const mebibyte = 1_048_576;
const mostMetadataBytes = 16 * 1024;

/** Asks a backend once. Whatever the backend does is an answer; only a missing key or a stop is thrown. */
export async function askBackend(
  deps: BackendDeps,
  teamId: Id<"team">,
  integration: StoredIntegration,
  call: BackendCall,
): Promise<BackendAnswer> {
  const { type } = integration;
  if (type === "webhook") return askServer(deps, teamId, integration, call);
  const { messages } = call.request;
  if (type !== "echo") {
    return askModel(deps, teamId, { ...integration, type }, { ...call, messages });
  }
  const last = messages.at(-1);
  const content = last ? plainText(last.content) : "";
  return { ok: true, status: null, content: content || "…", attachments: [], metadata: {} };
}

async function askServer(
  deps: BackendDeps,
  teamId: Id<"team">,
  integration: StoredIntegration,
  { id, request, timeout_ms, signal }: BackendCall,
): Promise<BackendAnswer> {
  const body = JSON.stringify(request);
  const botId = request.bot.id;
  const headers = await headersOf(deps, teamId, integration, { id, body, botId });
  const url = integration.url ?? "";
  try {
    const answer = await deps.fetch(url, {
      method: "POST",
      headers,
      body,
      timeout_ms,
      max_bytes: mebibyte,
      ...(signal && { signal }),
    });
    const { status } = answer;
    if (status < 200 || status > 299) {
      const message = `The backend answered with HTTP status ${status}${redirectWords(answer, url)}.`;
      return { ok: false, status, code: "http_error", message };
    }
    return read(status, answer.text());
  } catch (error) {
    if (!(error instanceof OutboundError) || error.code === "aborted") throw error;
    return { ok: false, status: null, code: failureCodes[error.code], message: explained(error) };
  }
}

export interface BackendDeps extends AskModelDeps {
  readonly fetch: SafeFetch;
}

async function headersOf(
  deps: BackendDeps,
  teamId: Id<"team">,
  integration: StoredIntegration,
  { id, body, botId }: { readonly id: Id<"msg">; readonly body: string; readonly botId: Id<"bot"> },
): Promise<Record<string, string>> {
  const { headers, signing_secret } = integration;
  if (!signing_secret) {
    throw new Error(`The integration ${integration.id} has no secret to sign with.`);
  }
  const receiver = {
    headers,
    signer: { ...integration, signing_secret },
    headerPlace: (name: string) => headerPlace(integration.id, name),
    secretPlace: signingSecretPlace(integration.id),
  };
  return {
    // Laravel and Rails answer with pages and redirects who does not ask for JSON.
    accept: "application/json",
    ...(await signedHeaders(deps, teamId, receiver, { id, body })),
    "x-chatbot-platform-version": version,
    "x-bot-id": botId,
    "x-integration-id": integration.id,
  };
}

function read(status: number, text: string): BackendAnswer {
  const invalid = (what: string): BackendAnswer => ({
    ok: false,
    status,
    code: "invalid_response",
    message: `The backend's ${what}`,
  });
  let json: unknown;
  try {
    json = parseLongNumbersAsText(text);
  } catch {
    return invalid(toldOfText(text));
  }
  if (isTooDeep(json)) {
    return invalid(`answer is nested more than ${mostLevels} levels deep.`);
  }
  const answer = v.safeParse(BackendReply, json);
  if (!answer.success) return invalid(toldOfIssue(json, answer.issues));
  const { content, attachments = [], metadata = {} } = answer.output;
  if (Buffer.byteLength(content) > maxContentBytes) {
    const message = "The backend's `content` is longer than 32 KiB.";
    return { ok: false, status, code: "response_too_large", message };
  }
  if (!content.isWellFormed()) {
    return invalid("`content` has half of a surrogate pair, which is no text.");
  }
  const problem = problemOfFreeJson(metadata, mostMetadataBytes);
  if (problem !== undefined) {
    return invalid(`\`metadata\` cannot be kept. ${problem}`);
  }
  return { ok: true, status, content, attachments, metadata };
}
