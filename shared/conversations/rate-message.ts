import * as v from "valibot";
import { ApiError, notFound } from "../errors/api-error.ts";
import { type Added, type Figure, figuresPart } from "../figures/figures.ts";
import type { Queues } from "../queue/queues.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Operation, Table } from "../table/table.ts";
import {
  nobodyWants,
  type Reported,
  reportParts,
  wakeDeliveries,
} from "../webhooks/report-event.ts";
import type { StoredWebhook } from "../webhooks/webhook.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import type { StoredConversation } from "./conversation.ts";
import { MessageFeedback } from "./conversation-events.ts";
import type { ConversationStore } from "./conversation-store.ts";
import {
  type Feedback,
  isErased,
  type Message,
  shownMessage,
  type StoredMessage,
} from "./message.ts";
import { messageFeedbackId } from "./message-feedback.ts";
import { shownContent } from "./shown-content.ts";

/** What is said of a reply; without a rating what was said before is taken back. */
interface Rating {
  readonly rating: Feedback["rating"] | null;
  readonly comment: string | null;
}

/** Which message is meant. */
interface Place {
  readonly team_id: Id<"team">;
  readonly conversation_id: Id<"conv">;
  readonly number: number;
}

export interface RateMessageDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly conversations: ConversationStore;
  readonly publicUrl: () => string;
}

/** Erasing a message looks for what was told of each change. */
const mostChanges = 1_000;

/**
 * Keeps what is said of a reply, in place of what was said before, in one transaction with the figures of the integration
 * on the day of the reply and the event for those endpoints that want it. The same again changes nothing. Gives the
 * message as it is shown then.
 */
export function rateMessage(
  deps: RateMessageDeps,
  place: Place,
  given: Rating,
  mint: Mint,
): Promise<Message> {
  const { table, conversations } = deps;
  const { team_id, conversation_id, number } = place;
  const shown = (message: StoredMessage) =>
    shownMessage(message, shownContent(message, { ...deps, team_id, now: mint.now }));
  return overChanges(["message", `${conversation_id} ${number}`], async () => {
    const [found, message, webhooks] = await Promise.all([
      conversations.find(team_id, conversation_id),
      conversations.message(team_id, conversation_id, number),
      readWanting(table, team_id, "message.feedback"),
    ]);
    if (!found || !message) throw notFound();
    checkRated(message);
    const { feedback, feedback_changes = 0 } = message;
    const before = { rating: feedback?.rating ?? null, comment: feedback?.comment ?? null };
    if (before.rating === given.rating && before.comment === given.comment) return shown(message);
    if (feedback_changes >= mostChanges) {
      throw new ApiError(
        "conflict",
        `The feedback of this message was changed ${mostChanges} times, which is the most. It stays as it is.`,
      );
    }
    const next = rated(message, given, mint.now);
    const { parts, delivery_ids } = reportOf(place, found.conversation, webhooks, {
      previous_rating: before.rating,
      message: shown(next),
      id: messageFeedbackId(next),
      at: mint.now,
    });
    const outcome = await table.transactOnce(
      {
        message: messagePart(team_id, message, next),
        // Nothing can be added once its head says that it is being erased.
        head: {
          check: keys.conversation(team_id, conversation_id),
          condition: missing("erasing"),
        },
        figures: countPart(team_id, found.conversation, message, before.rating, given.rating),
      },
      parts,
    );
    if (!outcome.applied) return undefined;
    await wakeDeliveries(deps, team_id, delivery_ids);
    return shown(next);
  });
}

function checkRated(message: StoredMessage): void {
  if (message.role !== "assistant") {
    throw new ApiError(
      "conflict",
      `Only replies take feedback, and this is a message of the role ${message.role}. Use the number of its reply.`,
    );
  }
  if (isErased(message)) {
    throw new ApiError("conflict", "The message was erased with its user and takes no feedback.");
  }
}

function rated(message: StoredMessage, { rating, comment }: Rating, now: number): StoredMessage {
  const { feedback: _, feedback_changes = 0, ...rest } = message;
  return {
    ...rest,
    ...(rating !== null && { feedback: { rating, comment, created_at: isoTime(now) } }),
    feedback_changes: feedback_changes + 1,
    updated_at: isoTime(Math.max(now, Date.parse(message.updated_at))),
  };
}

/** The part that changes the message, if nobody has rated or erased it since it was read. */
const messagePart = (
  teamId: Id<"team">,
  seen: StoredMessage,
  { feedback, feedback_changes, updated_at }: StoredMessage,
): Operation => ({
  update: keys.message(teamId, seen.conversation_id, seen.number),
  change: {
    set: { feedback, feedback_changes, updated_at },
    ...(!feedback && { remove: ["feedback"] }),
  },
  condition: all(
    equals("content", seen.content),
    seen.feedback_changes === undefined
      ? missing("feedback_changes")
      : equals("feedback_changes", seen.feedback_changes),
  ),
});

/** The part that counts another rating, on the day of the reply; none where only the comment is another. */
function countPart(
  teamId: Id<"team">,
  { bot_id }: StoredConversation,
  { integration_id, conversation_id, created_at }: StoredMessage,
  before: Rating["rating"],
  now: Rating["rating"],
): Operation | undefined {
  if (before === now) return undefined;
  const added: Added<Figure> = {
    ...(before && { [`feedback_${before}`]: -1 }),
    ...(now && { [`feedback_${now}`]: 1 }),
  };
  const counted = { bot_id, integration_id: integration_id ?? "none", conversation_id } as const;
  return figuresPart(teamId, counted, Date.parse(created_at), added);
}

/** The event of a rating, for those who want it. */
function reportOf(
  { team_id }: Place,
  { bot_id }: StoredConversation,
  webhooks: readonly StoredWebhook[],
  told: {
    readonly previous_rating: Rating["rating"];
    readonly message: Message;
    readonly id: Id<"evt">;
    readonly at: number;
  },
): Reported {
  if (webhooks.length === 0) return nobodyWants;
  const { previous_rating, message, id, at } = told;
  const { number, conversation_id, integration_id, feedback } = message;
  const data = {
    message_id: message.id,
    number,
    conversation_id,
    bot_id,
    integration_id,
    rating: feedback?.rating ?? null,
    previous_rating,
    comment: feedback?.comment ?? null,
    message,
  };
  return reportParts(team_id, webhooks, {
    id,
    type: "message.feedback",
    at,
    // As the API shows it.
    data: v.parse(MessageFeedback, data),
  });
}
