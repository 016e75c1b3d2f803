import { isoTime } from "../runtime/clock.ts";
import { all, type Change, changes, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Operation, Table } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import { finished, waiting } from "../work/work-item.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversation } from "./conversation-store.ts";
import type { StoredMessage } from "./message.ts";

/** A reply before it has its number. */
export type NewReply = Omit<StoredMessage, "number" | "reply_to" | "created_at" | "updated_at">;

/** Whether the work of a conversation ended here, goes on with a further message, or belongs to another now. */
export type Handled = "finished" | "more" | "lost";

/** Writes of a reply, all conditional on the lease. */
export interface ReplyStore {
  /** Stores a reply that is still to be delivered. A message gets one reply, whoever writes it. */
  putPending(
    lease: Lease,
    head: StoredConversation,
    question: StoredMessage,
    reply: NewReply,
    now: number,
  ): Promise<StoredMessage | "lost">;
  /** Stores a reply that is delivered with this very write, and goes on. */
  putDelivered(
    lease: Lease,
    head: StoredConversation,
    question: StoredMessage,
    reply: NewReply,
    lastInbound: number,
    now: number,
  ): Promise<Handled>;
  /** Writes down what became of a stored reply, and goes on. */
  setDelivery(
    lease: Lease,
    question: StoredMessage,
    reply: StoredMessage,
    delivery: NonNullable<StoredMessage["delivery"]>,
    lastInbound: number,
    now: number,
  ): Promise<Handled>;
  /** Leaves a message without a reply, and goes on. */
  leaveUnanswered(
    lease: Lease,
    question: StoredMessage,
    lastInbound: number,
    now: number,
  ): Promise<Handled>;
  /** Nothing is left to answer up to this number. */
  finish(lease: Lease, handled: number, now: number): Promise<Handled>;
}

const tries = 20;
const busy = "Other messages came into the conversation in each try.";

/** Replies over the table. */
export function createReplyStore(table: Table): ReplyStore {
  const put = (
    { ref }: Lease,
    head: StoredConversation,
    question: StoredMessage,
    reply: NewReply,
    now: number,
  ): { message: StoredMessage; operations: Operation[] } => {
    const at = isoTime(Math.max(now, Date.parse(head.last_message_at)));
    const number = head.message_count + 1;
    const message = {
      ...reply,
      number,
      reply_to: question.number,
      created_at: at,
      updated_at: at,
    };
    return {
      message,
      operations: [
        {
          update: keys.message(ref.team_id, head.id, question.number),
          change: { set: { reply_number: number } },
          condition: missing("reply_number"),
        },
        { putIfAbsent: { ...message, ...keys.message(ref.team_id, head.id, number) } },
        {
          update: keys.conversation(ref.team_id, head.id),
          change: {
            set: { message_count: number, last_message_at: at },
            add: { assistant_count: 1 },
          },
          condition: all(equals("message_count", head.message_count), missing("erasing")),
        },
      ],
    };
  };

  /** The end of one message's handling: finish when it was the last that came, otherwise wait for nothing. */
  const goOn = (
    { key, token }: Lease,
    handled: number,
    lastInbound: number,
    now: number,
  ): Operation => {
    const progress: Change = { set: { handled, claims: 0, sweeps: 0 } };
    return lastInbound > handled
      ? {
          update: key,
          change: changes({ set: { handled } }, waiting(now, now)),
          condition: equals("lease_token", token),
        }
      : {
          update: key,
          change: changes(progress, finished),
          condition: all(equals("lease_token", token), equals("last_inbound", lastInbound)),
        };
  };

  /** Does something together with the end of the handling; another message may have come in between. */
  const withEnd = async (
    lease: Lease,
    handled: number,
    lastInbound: number,
    now: number,
    operations: readonly Operation[],
  ): Promise<Handled | "refused"> => {
    let last = lastInbound;
    for (let attempt = 1; attempt <= 2; attempt++) {
      const end = goOn(lease, handled, last, now);
      const outcome = await table.transact([end, ...operations]);
      if (outcome.applied) return last > handled ? "more" : "finished";
      if (!outcome.failed.has(0)) return "refused";
      const work = outcome.failed.get(0);
      if (!work || work["lease_token"] !== lease.token) return "lost";
      last = Number(work["last_inbound"]);
    }
    return "lost";
  };

  const ended = (outcome: Handled | "refused"): Handled =>
    outcome === "refused" ? "lost" : outcome;

  return {
    putPending: async (lease, head, question, reply, now) => {
      let current = head;
      for (let attempt = 1; attempt <= tries; attempt++) {
        const { message, operations } = put(lease, current, question, reply, now);
        const outcome = await table.transact([
          ...operations,
          {
            update: lease.key,
            change: { set: { claims: 0 } },
            condition: equals("lease_token", lease.token),
          },
        ]);
        if (outcome.applied) return message;
        const changed = asConversation(outcome.failed.get(2));
        if (outcome.failed.has(0) || outcome.failed.has(3) || !changed) return "lost";
        current = changed;
      }
      throw new Error(busy);
    },

    putDelivered: async (lease, head, question, reply, lastInbound, now) => {
      let current = head;
      for (let attempt = 1; attempt <= tries; attempt++) {
        const { operations } = put(lease, current, question, reply, now);
        const handled = question.number;
        const outcome = await withEnd(lease, handled, lastInbound, now, operations);
        if (outcome !== "refused") return outcome;
        const changed = asConversation(
          await table.get(keys.conversation(lease.ref.team_id, current.id)),
        );
        if (!changed || changed.message_count === current.message_count) return "lost";
        current = changed;
      }
      throw new Error(busy);
    },

    setDelivery: async (lease, question, reply, delivery, lastInbound, now) => {
      const update: Operation = {
        update: keys.message(lease.ref.team_id, reply.conversation_id, reply.number),
        change: { set: { delivery, updated_at: isoTime(now) }, remove: ["send_at"] },
      };
      return ended(await withEnd(lease, question.number, lastInbound, now, [update]));
    },

    leaveUnanswered: async (lease, question, lastInbound, now) => {
      const update: Operation = {
        update: keys.message(lease.ref.team_id, question.conversation_id, question.number),
        change: { set: { reply_number: 0 } },
        condition: missing("reply_number"),
      };
      return ended(await withEnd(lease, question.number, lastInbound, now, [update]));
    },

    finish: async (lease, handled, now) => ended(await withEnd(lease, handled, handled, now, [])),
  };
}
