import type { StoredBot } from "../bots/bot.ts";
import type { BackendAnswer } from "../integrations/backend-answer.ts";
import { askBackend, type BackendDeps, type BackendRequest } from "../integrations/backend.ts";
import { chooseBackends } from "../integrations/choose-backends.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { IntegrationStore } from "../integrations/integration-store.ts";
import type { FileKind } from "../models/file-kinds.ts";
import type { OpenFiles } from "../models/given-files.ts";
import type { QuotedMessage } from "../platforms/inbound-event.ts";
import type { Queues } from "../queue/queues.ts";
import { isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import { type Id, newId } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import type { ShownContent } from "../schema/content.ts";
import { equals } from "../table/condition.ts";
import type { Table } from "../table/table.ts";
import { reportAlone } from "../webhooks/report-event.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import type { IntegrationFailed } from "./conversation-events.ts";
import type { StoredMessage, User } from "./message.ts";
import type { NewReply } from "./reply-store.ts";
import { shownContent } from "./shown-content.ts";

/** No backend is asked with less time left. */
const leastMs = 1_000;

/**
 * Asks the drawn backend, then the fallbacks; when none answers, the reply is the bot's error message. Each failure is
 * reported before the next is asked.
 */
export async function askBackends(
  deps: AskDeps,
  lease: Lease<"conversation">,
  turn: {
    readonly bot: StoredBot;
    readonly conversation: StoredConversation;
    readonly integrations: readonly StoredIntegration[];
    readonly history: readonly StoredMessage[];
    readonly question: StoredMessage;
    /** Opens the files of the history for models. */
    readonly openFiles: OpenFiles;
    /** Who said it, where the platform had to be asked. */
    readonly user?: User | undefined;
  },
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<NewReply> {
  const { bot, conversation, question } = turn;
  const { team_id: teamId } = lease.ref;
  const showing = { ...deps, team_id: teamId, now: deps.clock() };
  const request = requestOf(turn, (message) => shownContent(message, showing));
  const backends = chooseBackends(turn.integrations, question.id);
  const isTimeLeft = () => deadline - deps.clock() >= leastMs;
  let isAsked = isTimeLeft();
  for (const [place, integration] of backends.entries()) {
    if (!isAsked) break;
    const left = Math.max(leastMs, deadline - deps.clock());
    const answer = await askBackend(deps, teamId, integration, {
      id: question.id,
      request,
      timeout_ms: Math.min(integration.timeout_seconds * 1_000, left),
      signal,
      openFiles: turn.openFiles,
    });
    if (answer.refuses) await rememberRefusal(deps, teamId, integration, answer.refuses);
    if (answer.ok) {
      const { content, attachments, metadata } = answer;
      const reply = emptyReply(conversation.id, deps.clock());
      return { ...reply, content, attachments, metadata, integration_id: integration.id };
    }
    signal.throwIfAborted();
    // Settled here, because the event says it.
    isAsked = place + 1 < backends.length && isTimeLeft();
    await Promise.all([
      showError(deps, teamId, integration, answer.message),
      reportFailure(deps, lease, question, { integration, place, answer, fallback_used: isAsked }),
    ]);
  }
  return failedReply(bot, conversation.id, deps.clock());
}

export interface AskDeps extends BackendDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly integrations: IntegrationStore;
  /** Where files of messages are reached. */
  readonly publicUrl: () => string;
}

/** A backend that gave no answer, and its place among those that were to be asked. */
interface Failure {
  readonly integration: StoredIntegration;
  readonly place: number;
  readonly answer: Extract<BackendAnswer, { readonly ok: false }>;
  readonly fallback_used: boolean;
}

/** Told once for each message and backend, by who has the lease: who answers it again after a crash finds the event. */
async function reportFailure(
  deps: AskDeps,
  { ref: { team_id }, key, token }: Lease<"conversation">,
  question: StoredMessage,
  { integration, place, answer: { code, message, status }, fallback_used }: Failure,
): Promise<void> {
  const about = [question.id, integration.id, String(place), "integration.failed"];
  const data: IntegrationFailed = {
    integration_id: integration.id,
    bot_id: integration.bot_id,
    conversation_id: question.conversation_id,
    message_id: question.id,
    error: { code, message, status },
    fallback_used,
  };
  const report = {
    id: derivedId("evt", Date.parse(question.created_at), ...about),
    type: "integration.failed",
    at: deps.clock(),
    data,
  } as const;
  const work = { check: key, condition: equals("lease_token", token) };
  await reportAlone(deps, team_id, report, { work });
}

/** The reply when no backend answered. */
export const failedReply = (bot: StoredBot, conversationId: Id<"conv">, now: number): NewReply => ({
  ...emptyReply(conversationId, now),
  content: bot.settings.error_message,
  metadata: { failed: true },
});

const emptyReply = (conversation_id: Id<"conv">, now: number): NewReply => ({
  id: newId("msg", now),
  conversation_id,
  role: "assistant",
  type: "regular",
  content: "",
  attachments: [],
  integration_id: null,
  user: null,
  delivery: { status: "pending", error: null },
  metadata: {},
});

/** A model is not given again for an hour what it takes not; that this cannot be kept stops no reply. */
async function rememberRefusal(
  { integrations, clock }: AskDeps,
  teamId: Id<"team">,
  integration: StoredIntegration,
  kinds: readonly FileKind[],
): Promise<void> {
  const until = clock() + refusalMs;
  const refused = Object.fromEntries(kinds.map((kind) => [kind, until]));
  await integrations
    .setRefuses(teamId, integration, { ...integration.refuses_until, ...refused })
    .catch((error: unknown) => log("warn", "refusal_not_remembered", describeError(error)));
}

const refusalMs = 60 * 60_000;

/** Shown at most once a minute; that it cannot be shown stops no reply. */
async function showError(
  { integrations, clock }: AskDeps,
  teamId: Id<"team">,
  integration: StoredIntegration,
  message: string,
): Promise<void> {
  const now = clock();
  await integrations
    .setLastError(teamId, integration, { at: isoTime(now), message }, isoTime(now - 60_000))
    .catch((error: unknown) => log("warn", "last_error_not_shown", describeError(error)));
}

function requestOf(
  {
    bot,
    conversation,
    history,
    question,
    user = question.user ?? conversation.user,
  }: Parameters<typeof askBackends>[2],
  shown: (message: StoredMessage) => ShownContent,
): BackendRequest {
  const { system_prompt } = bot.settings;
  // What its platform said beside it; that of a web channel says nothing.
  const { choice, reply_to } = question.metadata;
  return {
    messages: [
      ...(system_prompt ? [{ role: "system", content: system_prompt }] : []),
      ...history.map((message) => ({
        role: message.role,
        content:
          message === question ? withQuoted(message, shown(message), history) : shown(message),
      })),
    ],
    conversation_id: conversation.id,
    user: {
      id: user.id,
      platform: conversation.platform,
      name: user.name,
      username: user.username,
    },
    bot: { id: bot.id, name: bot.name },
    metadata: {
      channel: conversation.platform,
      channel_id: conversation.channel_id,
      chat_id: conversation.chat_id,
      message_id: question.platform_message_id ?? question.id,
      thread_id: question.thread_id ?? null,
      ...(choice !== undefined && { choice }),
      ...(reply_to !== undefined && { reply_to }),
    },
  };
}

/** What is asked, after what it quotes where that is not among what is shown. */
function withQuoted(
  { metadata }: StoredMessage,
  content: ShownContent,
  history: readonly StoredMessage[],
): ShownContent {
  // Only what an adapter read stands there: `metadata` of a user's message is ours.
  const quoted = metadata["reply_to"] as QuotedMessage | undefined;
  const isShown = history.some(
    ({ platform_message_id, parts_sent = [] }) =>
      platform_message_id === quoted?.message_id ||
      parts_sent.some(({ id }) => id === quoted?.message_id),
  );
  if (!quoted?.text || isShown) return content;
  const lines = quoted.text.replace(/^/gm, "> ");
  return typeof content === "string"
    ? `${lines}\n\n${content}`
    : [{ type: "text", text: lines }, ...content];
}
