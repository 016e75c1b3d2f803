import type { StoredBot } from "../bots/bot.ts";
import { tokensIn } from "../figures/count-usage.ts";
import { bucketOf } from "../figures/figures.ts";
import { askBackend, type BackendDeps, type BackendRequest } from "../integrations/backend.ts";
import { chooseBackends } from "../integrations/choose-backends.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { IntegrationStore } from "../integrations/integration-store.ts";
import type { FileKind } from "../models/file-kinds.ts";
import type { OpenFiles } from "../models/given-files.ts";
import type { QuotedMessage } from "../platforms/inbound-event.ts";
import { type Id, newId } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import type { ShownContent } from "../schema/content.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversationWork } from "./conversation-work.ts";
import type { StoredMessage, User } from "./message.ts";
import { recordFailure, type RecordFailureDeps } from "./record-failure.ts";
import type { NewReply } from "./reply-parts.ts";
import { shownContent } from "./shown-content.ts";

/** No backend is asked with less time left. */
const leastMs = 1_000;

/** A reply, with the backend that gave it. */
export interface GivenReply {
  readonly reply: NewReply;
  /** Undefined where none did. */
  readonly answered: StoredIntegration | undefined;
}

/**
 * Asks the drawn backend, then the fallbacks; when none answers, the reply is the bot's error message. Each failure is
 * written down before the next is asked, so that who goes on after a crash asks the next one. `lost`: with the lease.
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
): Promise<GivenReply | "lost"> {
  const { bot, conversation, question } = turn;
  const { team_id: teamId } = lease.ref;
  const showing = { ...deps, team_id: teamId, now: deps.clock() };
  const request = requestOf(turn, (message) => shownContent(message, showing));
  const failed = failedBackends(lease, question);
  const backends = chooseBackends(turn.integrations, question.id, {
    now: deps.clock(),
    stays_with: bot.settings.routing.sticky === null ? undefined : conversation.stays_with,
    failed,
  });
  const isTimeLeft = () => deadline - deps.clock() >= leastMs;
  let isAsked = isTimeLeft();
  for (const [place, integration] of backends.entries()) {
    if (!isAsked) break;
    const startedAt = deps.clock();
    const left = Math.max(leastMs, deadline - startedAt);
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
      const reply = {
        ...emptyReply(conversation.id, deps.clock()),
        content,
        attachments,
        metadata,
        integration_id: integration.id,
        figures: {
          replies: 1,
          [failed.length === 0 ? "asked_first" : "fallbacks"]: 1,
          [`latency_${bucketOf(deps.clock() - startedAt)}`]: 1,
          ...tokensIn(metadata["usage"]),
        },
        // The answer of a fallback binds nobody.
        stays_with: integration.fallback ? undefined : integration.id,
      };
      return { reply, answered: integration };
    }
    signal.throwIfAborted();
    // Settled here, because the event says it.
    isAsked = place + 1 < backends.length && isTimeLeft();
    const failure = { question, integration, failed: [...failed], answer, fallback_used: isAsked };
    if ((await recordFailure(deps, lease, failure)) === "lost") return "lost";
    failed.push(integration.id);
  }
  return { reply: failedReply(bot, conversation.id, deps.clock()), answered: undefined };
}

/** The backends that have failed for a question already, before the worker died that had asked them. */
function failedBackends({ item }: Lease<"conversation">, { number }: StoredMessage): Id<"int">[] {
  const { failed_backends } = asConversationWork(item);
  return failed_backends?.question === number ? [...failed_backends.integration_ids] : [];
}

export interface AskDeps extends BackendDeps, RecordFailureDeps {
  readonly integrations: IntegrationStore;
  /** Where files of messages are reached. */
  readonly publicUrl: () => string;
}

/** The reply when no backend answered. */
export const failedReply = (bot: StoredBot, conversationId: Id<"conv">, now: number): NewReply => ({
  ...emptyReply(conversationId, now),
  figures: { unanswered: 1 },
  content: bot.settings.error_message,
  metadata: { failed: true },
});

const emptyReply = (conversation_id: Id<"conv">, now: number) =>
  ({
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
  }) satisfies Omit<NewReply, "figures">;

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
