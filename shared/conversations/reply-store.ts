import { isoTime } from "../runtime/clock.ts";
import { equals, exists } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Item, Parts, Refusal, Table } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversation } from "./conversation-store.ts";
import {
  asConversationWork,
  type ConversationWork,
  endHandling,
  type Ending,
  signsOf,
  type TemporaryMessage,
} from "./conversation-work.ts";
import type { StoredMessage } from "./message.ts";
import { type NewReply, noReplyParts, replyParts } from "./reply-parts.ts";
import type { Turn } from "./turn.ts";

/**
 * Whether the work of a conversation ended here, goes on with a further message, or belongs to another now. It is `held`,
 * with its lease, while messages are still to be taken back: then `endHeld` is the end.
 */
export type Handled = "finished" | "more" | "lost" | "held";

/**
 * Writes of a reply, all conditional on the lease. To a turn of which something was erased meanwhile nothing is written:
 * what is left of it is another turn.
 */
export interface ReplyStore {
  /** Stores a reply that is still to be delivered. A turn gets one reply, whoever writes it. */
  putPending(turn: Turn, reply: NewReply, now: number): Promise<StoredMessage | Handled>;
  /** Stores a reply that is delivered with this very write, and ends the handling of its turn. */
  putDelivered(turn: Turn, reply: NewReply, now: number): Promise<Handled>;
  /** Writes down what was sent of a reply, while more of it is still to be sent. */
  setProgress(turn: Turn, reply: StoredMessage): Promise<"written" | "lost">;
  /** Writes down what became of a stored reply, with what was sent of it, and ends the handling of its turn. */
  setDelivery(
    turn: Turn,
    reply: StoredMessage,
    delivery: NonNullable<StoredMessage["delivery"]>,
    now: number,
  ): Promise<Handled>;
  /** Leaves a turn without a reply, and ends its handling. */
  leaveUnanswered(turn: Turn, now: number): Promise<Handled>;
  /** Nothing is left to answer up to this number. */
  finish(lease: Lease<"conversation">, handled: number, now: number): Promise<Handled>;
  /** Ends a handling that was held, with what could not be taken back. */
  endHeld(
    lease: Lease<"conversation">,
    work: Pick<ConversationWork, "handled" | "last_inbound">,
    left: readonly TemporaryMessage[],
    now: number,
  ): Promise<Handled>;
}

/** Replies over the table. */
export const createReplyStore = (table: Table): ReplyStore => ({
  putPending: async (turn, reply, now) => {
    const { lease } = turn;
    let head: StoredConversation | undefined = turn.conversation;
    const stored = await overChanges(["conversation", turn.conversation.id], async (isOld) => {
      if (isOld) head = asConversation(await table.get(headKey(lease)));
      if (!head) return "lost";
      const { message, parts } = replyParts(turn, head, reply, now);
      // Who sends it after a crash no longer knows what else was in the turn.
      const signs = signsOf(turn, turn.earlier);
      const work = {
        update: lease.key,
        change: { set: { claims: 0, ...(signs.length > 0 && { signs }) } },
        condition: equals("lease_token", lease.token),
      };
      const outcome = await table.transactOnce({ work }, parts);
      if (outcome.applied) return message;
      const failed: Refusals = outcome.failed;
      const refused = questionsOf(failed);
      if (refused.some(wantsNoReply)) return "erased";
      head = asConversation(failed["head"]?.item);
      return refused.length > 0 || failed["work"] ? "lost" : undefined;
    });
    const known = { ...knownOf(turn, []), handled: handledBefore(lease) };
    return stored === "erased" ? handle(table, lease, known, now, nothing) : stored;
  },

  putDelivered: (turn, reply, now) =>
    handle(
      table,
      turn.lease,
      knownOf(turn, reply.delivery?.status === "sent" ? turn.earlier : saidIn(turn)),
      now,
      (head) => head && replyParts(turn, head, reply, now).parts,
    ),

  setProgress: async ({ lease }, reply) => {
    const outcome = await table.transact({
      work: {
        update: lease.key,
        change: { set: { claims: 0 } },
        condition: equals("lease_token", lease.token),
      },
      reply: {
        update: keys.message(lease.ref.team_id, reply.conversation_id, reply.number),
        change: { set: sentOf(reply) },
        condition: exists("address"),
      },
    });
    return outcome.applied ? "written" : "lost";
  },

  setDelivery: (turn, reply, delivery, now) => {
    const sent = sentOf(reply);
    const parts: Parts = {
      reply: {
        update: keys.message(turn.lease.ref.team_id, reply.conversation_id, reply.number),
        change: {
          set: { delivery, updated_at: isoTime(now), ...sent },
          remove: ["send_at"],
        },
        // Erasing takes the address: where it was sent to is not to be written again.
        ...(sent.parts_sent && { condition: exists("address") }),
      },
    };
    const { reply_to: handled = turn.question.number } = reply;
    // Of blank words nothing is sent either.
    const unanswered = reply.parts_sent ? [] : [reply];
    const known = knownOf(turn, [...turn.earlier, ...unanswered]);
    return handle(table, turn.lease, { ...known, handled }, now, () => parts);
  },

  leaveUnanswered: (turn, now) =>
    handle(table, turn.lease, knownOf(turn, saidIn(turn)), now, () => noReplyParts(turn)),

  finish: (lease, handled, now) =>
    handle(table, lease, { handled, last_inbound: handled, isHeld: owes(lease) }, now, nothing),

  endHeld: (lease, { handled, last_inbound }, left, now) =>
    handle(table, lease, { handled, last_inbound, left }, now, nothing),
});

const nothing = () => ({});

/** Whether something is still to be taken back that another worker has left. */
function owes({ item }: Lease<"conversation">): boolean {
  const { temporary_messages = [], signs = [] } = asConversationWork(item);
  return temporary_messages.length > 0 || signs.length > 0;
}

const headKey = ({ ref }: Lease<"conversation">) =>
  keys.conversation(ref.team_id, ref.conversation_id);

/** All that was said in a turn. */
const saidIn = ({ earlier, question }: Turn) => [...earlier, question];

function knownOf(turn: Turn, unanswered: readonly StoredMessage[]): Known {
  const { question, work, conversation, temporary } = turn;
  const signs = signsOf(turn, unanswered);
  return {
    handled: question.number,
    last_inbound: work.last_inbound,
    isHeld: temporary.list.length > 0 || signs.length > 0,
    signs,
    head: conversation,
  };
}

/** What is written down of the sending of a reply. */
const sentOf = ({ parts_sent, address }: StoredMessage) =>
  parts_sent ? { parts_sent, address } : {};

/** What had been dealt with before this turn: what is left of one is still to be answered. */
const handledBefore = ({ item }: Lease<"conversation">) => asConversationWork(item).handled;

/**
 * Does something together with the end of the handling, however many messages come in between. `partsOf` is given the
 * head as it is now, when that was read; without parts the handling is lost.
 */
function handle(
  table: Table,
  lease: Lease<"conversation">,
  known: Known,
  now: number,
  partsOf: (head: StoredConversation | undefined) => Parts | undefined,
): Promise<Handled> {
  let { handled, last_inbound, head } = known;
  let isErased = false;
  /** Whether the work is still this lease's. */
  const learnWork = (row: Item | undefined) => {
    if (row?.["lease_token"] !== lease.token) return false;
    ({ last_inbound } = asConversationWork(row));
    return true;
  };
  return overChanges(["conversation", lease.ref.conversation_id], async (isOld) => {
    if (isOld) {
      const [headRow, workRow] = await table.batchGet([headKey(lease), lease.key]);
      head = asConversation(headRow);
      if (!learnWork(workRow)) return "lost";
    }
    const parts = isErased ? {} : partsOf(head);
    if (!parts) return "lost";
    const work = endHandling(lease, { ...known, handled, last_inbound }, now);
    const outcome = await table.transactOnce({ work }, parts);
    if (outcome.applied) {
      if (known.isHeld) return "held";
      return last_inbound > handled ? "more" : "finished";
    }
    const failed: Refusals = outcome.failed;
    const refused = questionsOf(failed);
    if (refused.some(wantsNoReply)) {
      isErased = true;
      handled = handledBefore(lease);
      return undefined;
    }
    if (refused.length > 0 || (!failed["work"] && !failed["head"])) return "lost";
    if (failed["work"] && !learnWork(failed["work"].item)) return "lost";
    if (failed["head"]) head = asConversation(failed["head"].item);
    return undefined;
  });
}

type Refusals = Readonly<Record<string, Refusal | undefined>>;

/** The messages of a turn that refused what was to be written to them. */
const questionsOf = (failed: Refusals): Refusal[] =>
  Object.entries(failed).flatMap(([name, refusal]) =>
    refusal && name.startsWith("question ") ? [refusal] : [],
  );

/** Whether a message was erased, and gets no reply any more. */
const wantsNoReply = ({ item }: Refusal) => item?.["reply_number"] === 0;

/** What is known of a conversation whose message was handled. */
interface Known extends Ending {
  readonly head?: StoredConversation;
}
