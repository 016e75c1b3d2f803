import { usageParts, type Use } from "../figures/count-usage.ts";
import { type Added, type Figure, figuresPart } from "../figures/figures.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Parts } from "../table/table.ts";
import type { StoredConversation } from "./conversation.ts";
import { isNamed, type StoredMessage } from "./message.ts";
import type { Turn } from "./turn.ts";

/** A reply before it has its number, with what is written elsewhere when it is stored. */
export interface NewReply extends Omit<
  StoredMessage,
  "number" | "reply_to" | "created_at" | "updated_at"
> {
  /** What is counted of the integration that gave it, or of none. */
  readonly figures: Added<Figure>;
  /** The integration that the conversation stays with from now on, if its bot wants that. */
  readonly stays_with?: Id<"int"> | undefined;
}

/** The parts that put a reply under the next number of its conversation, once, and count it. */
export function replyParts(
  turn: Turn,
  head: StoredConversation,
  { figures, stays_with, ...reply }: NewReply,
  now: number,
) {
  const { ref } = turn.lease;
  const at = isoTime(Math.max(now, Date.parse(head.last_message_at)));
  // A head that was read before a message of the turn was kept refuses this, and is learned by it.
  const number = Math.max(head.message_count, turn.question.number) + 1;
  const isUnnamed = head.user.id === turn.user?.id && !isNamed(head.user);
  const beginner = isUnnamed ? turn.user : undefined;
  const message: StoredMessage = {
    ...reply,
    number,
    reply_to: turn.question.number,
    created_at: at,
    updated_at: at,
  };
  const counted = {
    bot_id: head.bot_id,
    integration_id: reply.integration_id ?? "none",
    conversation_id: head.id,
  } as const;
  const { input_tokens, output_tokens, cached_tokens } = figures;
  const tokens = { input_tokens, output_tokens, cached_tokens };
  const parts: Parts = {
    ...pointAt(turn, number),
    ...usageOf(turn, [{ at: now, counts: { replies: 1, ...tokens } }]),
    figures: figuresPart(ref.team_id, counted, now, figures),
    reply: { putIfAbsent: { ...message, ...keys.message(ref.team_id, head.id, number) } },
    head: {
      update: keys.conversation(ref.team_id, head.id),
      change: {
        set: {
          message_count: number,
          last_message_at: at,
          ...(beginner && { user: beginner }),
          ...(stays_with !== undefined && { stays_with }),
        },
        add: { assistant_count: 1 },
      },
      condition: all(equals("message_count", head.message_count), missing("erasing")),
    },
  };
  return { message, parts };
}

/** The parts that leave a turn without a reply, once. */
export const noReplyParts = (turn: Turn): Parts => ({ ...pointAt(turn, 0), ...usageOf(turn, []) });

/** The parts that leave one message of a conversation without a reply, once. */
export const leftParts = (
  team_id: Id<"team">,
  { conversation_id, number, ...message }: Unanswered,
): Parts => ({
  message: {
    update: keys.message(team_id, conversation_id, number),
    change: { set: { reply_number: 0 } },
    condition: missing("reply_number"),
  },
  ...usageParts(team_id, conversation_id, wantedOf([message])),
});

/** What is looked at of a message that may get no reply. */
export type Unanswered = Pick<
  StoredMessage,
  "conversation_id" | "number" | "answer" | "created_at" | "reply_number"
>;

/** Whether a message waits for its reply: until it gets one, or is left without, nothing has counted it. */
export const isWaiting = ({ answer, reply_number }: Unanswered): boolean =>
  answer === true && reply_number === undefined;

/** The parts that tell each message of a turn the number of its reply, 0 for none, once, and who said it. */
const pointAt = ({ lease: { ref }, earlier, question, user }: Turn, reply_number: number): Parts =>
  Object.fromEntries(
    [...earlier, question].map(({ conversation_id, number }) => [
      `question ${number}`,
      {
        update: keys.message(ref.team_id, conversation_id, number),
        // Of one user, as all of a turn.
        change: { set: { reply_number, user } },
        condition: missing("reply_number"),
      },
    ]),
  );

/**
 * The parts that count the messages of a turn, once, since they go with `pointAt`; with them goes what else is counted of
 * the team.
 */
const usageOf = ({ lease: { ref }, earlier, question }: Turn, others: readonly Use[]): Parts =>
  usageParts(ref.team_id, ref.conversation_id, [...wantedOf([...earlier, question]), ...others]);

/** Messages on the days on which they came; those that wanted no answer were counted when they were kept. */
const wantedOf = (messages: readonly Pick<Unanswered, "answer" | "created_at">[]): Use[] =>
  messages
    .filter(({ answer }) => answer === true)
    .map(({ created_at }) => ({ at: Date.parse(created_at), counts: { messages: 1 } }));
