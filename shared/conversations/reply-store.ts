import { isoTime } from "../runtime/clock.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Parts, Refusal, Table } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversation } from "./conversation-store.ts";
import { asConversationWork, endHandling } from "./conversation-work.ts";
import type { StoredMessage } from "./message.ts";
import type { Turn } from "./turn.ts";

/** A reply before it has its number. */
export type NewReply = Omit<StoredMessage, "number" | "reply_to" | "created_at" | "updated_at">;

/** Whether the work of a conversation ended here, goes on with a further message, or belongs to another now. */
export type Handled = "finished" | "more" | "lost";

/** Writes of a reply, all conditional on the lease. To a message that was erased meanwhile nothing is written. */
export interface ReplyStore {
  /** Stores a reply that is still to be delivered. A message gets one reply, whoever writes it. */
  putPending(turn: Turn, reply: NewReply, now: number): Promise<StoredMessage | Handled>;
  /** Stores a reply that is delivered with this very write, and ends the handling of its message. */
  putDelivered(turn: Turn, reply: NewReply, now: number): Promise<Handled>;
  /** Writes down what became of a stored reply, and ends the handling of its message. */
  setDelivery(
    turn: Turn,
    reply: StoredMessage,
    delivery: NonNullable<StoredMessage["delivery"]>,
    now: number,
  ): Promise<Handled>;
  /** Leaves a message without a reply, and ends its handling. */
  leaveUnanswered(turn: Turn, now: number): Promise<Handled>;
  /** Nothing is left to answer up to this number. */
  finish(lease: Lease<"conversation">, handled: number, now: number): Promise<Handled>;
}

/** Replies over the table. */
export const createReplyStore = (table: Table): ReplyStore => ({
  putPending: async (turn, reply, now) => {
    const { lease } = turn;
    let head: StoredConversation | undefined = turn.conversation;
    return overChanges(["conversation", turn.conversation.id], async (hasWaited) => {
      if (hasWaited) head = await headNow(table, turn);
      if (!head) return "lost";
      const { message, parts } = replyParts(turn, head, reply, now);
      const outcome = await table.transact({
        ...parts,
        work: {
          update: lease.key,
          change: { set: { claims: 0 } },
          condition: equals("lease_token", lease.token),
        },
      });
      if (outcome.applied) return message;
      const { failed } = outcome;
      if (wantsNoReply(failed.question)) return handleTurn(table, turn, now, {});
      head = asConversation(failed.head?.item);
      return failed.question || failed.work ? "lost" : undefined;
    });
  },

  putDelivered: async (turn, reply, now) => {
    const { lease, question, work } = turn;
    let head: StoredConversation = turn.conversation;
    return overChanges(["conversation", turn.conversation.id], async (hasWaited) => {
      if (hasWaited) head = (await headNow(table, turn)) ?? head;
      const { parts } = replyParts(turn, head, reply, now);
      const handled = { handled: question.number, last_inbound: work.last_inbound };
      const outcome = await handle(table, lease, handled, now, parts);
      if (outcome !== "refused") return outcome;
      const changed = await headNow(table, turn);
      if (!changed || changed.message_count === head.message_count) return "lost";
      head = changed;
      return undefined;
    });
  },

  setDelivery: async (turn, reply, delivery, now) => {
    const parts: Parts = {
      reply: {
        update: keys.message(turn.lease.ref.team_id, reply.conversation_id, reply.number),
        change: { set: { delivery, updated_at: isoTime(now) }, remove: ["send_at"] },
      },
    };
    return handleTurn(table, turn, now, parts);
  },

  leaveUnanswered: async (turn, now) => {
    const { lease, question } = turn;
    const parts: Parts = {
      question: {
        update: keys.message(lease.ref.team_id, question.conversation_id, question.number),
        change: { set: { reply_number: 0 } },
        condition: missing("reply_number"),
      },
    };
    return handleTurn(table, turn, now, parts);
  },

  finish: async (lease, handled, now) =>
    lostIfRefused(await handle(table, lease, { handled, last_inbound: handled }, now, {})),
});

const headNow = async (table: Table, { lease, conversation }: Turn) =>
  asConversation(await table.get(keys.conversation(lease.ref.team_id, conversation.id)));

/** The parts that put a reply under the next number of its conversation, once. */
function replyParts(
  { lease: { ref }, question }: Turn,
  head: StoredConversation,
  reply: NewReply,
  now: number,
) {
  const at = isoTime(Math.max(now, Date.parse(head.last_message_at)));
  const number = head.message_count + 1;
  const message: StoredMessage = {
    ...reply,
    number,
    reply_to: question.number,
    created_at: at,
    updated_at: at,
  };
  const parts = {
    question: {
      update: keys.message(ref.team_id, head.id, question.number),
      change: { set: { reply_number: number } },
      condition: missing("reply_number"),
    },
    reply: { putIfAbsent: { ...message, ...keys.message(ref.team_id, head.id, number) } },
    head: {
      update: keys.conversation(ref.team_id, head.id),
      change: {
        set: { message_count: number, last_message_at: at },
        add: { assistant_count: 1 },
      },
      condition: all(equals("message_count", head.message_count), missing("erasing")),
    },
  };
  return { message, parts };
}

/** Does something together with the end of the handling; another message may have come in between. */
async function handle(
  table: Table,
  lease: Lease<"conversation">,
  { handled, last_inbound }: { readonly handled: number; readonly last_inbound: number },
  now: number,
  parts: Parts,
): Promise<Handled | "refused"> {
  let last = last_inbound;
  for (let attempt = 1; attempt <= 2; attempt++) {
    const work = endHandling(lease, { handled, last_inbound: last }, now);
    const outcome = await table.transact({ work }, parts);
    if (outcome.applied) return last > handled ? "more" : "finished";
    const { work: refusal, question } = outcome.failed;
    if (!refusal) {
      if (!wantsNoReply(question)) return "refused";
      return handle(table, lease, { handled, last_inbound: last }, now, {});
    }
    const { item } = refusal;
    if (item?.["lease_token"] !== lease.token) return "lost";
    last = asConversationWork(item).last_inbound;
  }
  return "lost";
}

/** Whether what refused a reply is its message, which was erased and gets none any more. */
const wantsNoReply = (question: Refusal | undefined) => question?.item?.["reply_number"] === 0;

const lostIfRefused = (outcome: Handled | "refused"): Handled =>
  outcome === "refused" ? "lost" : outcome;

const handleTurn = async (
  table: Table,
  { lease, question, work: { last_inbound } }: Turn,
  now: number,
  parts: Parts,
) =>
  lostIfRefused(await handle(table, lease, { handled: question.number, last_inbound }, now, parts));
