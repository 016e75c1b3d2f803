import type { StoredBot } from "../bots/bot.ts";
import { askBackend, type BackendDeps, type BackendRequest } from "../integrations/backend.ts";
import { chooseBackends } from "../integrations/choose-backends.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { IntegrationStore } from "../integrations/integration-store.ts";
import { isoTime } from "../runtime/clock.ts";
import { type Id, newId } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import type { StoredConversation } from "./conversation.ts";
import type { StoredMessage } from "./message.ts";
import type { NewReply } from "./reply-store.ts";

/** No backend is asked with less time left. */
const leastMs = 1_000;

/** Asks the drawn backend, then the fallbacks; when none answers, the reply is the bot's error message. */
export async function askBackends(
  deps: AskDeps,
  teamId: Id<"team">,
  turn: {
    readonly bot: StoredBot;
    readonly conversation: StoredConversation;
    readonly integrations: readonly StoredIntegration[];
    readonly history: readonly StoredMessage[];
    readonly question: StoredMessage;
  },
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<NewReply> {
  const { bot, conversation, question } = turn;
  const request = requestOf(turn);
  for (const integration of chooseBackends(turn.integrations, question.id)) {
    const left = deadline - deps.clock();
    if (left < leastMs) break;
    const answer = await askBackend(deps, teamId, integration, {
      id: question.id,
      request,
      timeout_ms: Math.min(integration.timeout_seconds * 1_000, left),
      signal,
    });
    if (answer.ok) {
      const { content, attachments, metadata } = answer;
      const reply = emptyReply(conversation.id, deps.clock());
      return { ...reply, content, attachments, metadata, integration_id: integration.id };
    }
    signal.throwIfAborted();
    await showError(deps, teamId, integration, answer.message);
  }
  return failedReply(bot, conversation.id, deps.clock());
}

export interface AskDeps extends BackendDeps {
  readonly integrations: IntegrationStore;
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

function requestOf({
  bot,
  conversation,
  history,
  question,
}: Parameters<typeof askBackends>[2]): BackendRequest {
  const { system_prompt } = bot.settings;
  const user = question.user ?? conversation.user;
  return {
    messages: [
      ...(system_prompt ? [{ role: "system", content: system_prompt }] : []),
      ...history.map(({ role, content }) => ({ role, content })),
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
      thread_id: conversation.thread_id,
    },
  };
}
