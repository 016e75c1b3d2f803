import type { Address } from "../platforms/inbound-event.ts";
import type { Id } from "../runtime/ids.ts";
import { all, type Change, changes, equals } from "../table/condition.ts";
import type { Item, Operation } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import { finish, wait, type WorkItem } from "../work/work-item.ts";
import type { StoredMessage } from "./message.ts";

/** The work of a conversation: what was said last and what has been dealt with, by message number. */
export interface ConversationWork extends WorkItem {
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  readonly last_inbound: number;
  readonly handled: number;
  /** How many times a platform wanted a reply later, by the reply's number. */
  readonly sending?: { readonly reply: number; readonly tries: number };
  /** How many times files of a turn were to be had later, by the number of its last message. */
  readonly fetching?: { readonly question: number; readonly tries: number };
  /** The backends that have failed for a turn, by the number of its last message; gone when that was handled. */
  readonly failed_backends?: {
    readonly question: number;
    readonly integration_ids: readonly Id<"int">[];
  };
  /** What is to be taken back when the handling ends. */
  readonly temporary_messages?: readonly TemporaryMessage[];
  /** The same of signs that a platform shows and that no answer takes the place of. */
  readonly signs?: readonly Shown[];
}

/** A message of ours that stands in for a sign of life. */
export interface TemporaryMessage {
  /** The message that is answered meanwhile, by its number. */
  readonly question: number;
  /** Not there until it is known. */
  readonly sent?: Shown;
}

/** Something that people see at a platform: what that calls it, and where it is. */
export interface Shown {
  readonly id: string;
  readonly address: Address;
}

/** The work in its row. */
export const asConversationWork = (item: Item) => item as Item & ConversationWork;

/** The signs that no answer takes the place of: those of these messages, and what an earlier worker wrote down. */
export const signsOf = (
  { work }: { readonly work: Pick<ConversationWork, "signs"> },
  unanswered: readonly Pick<StoredMessage, "sign_id" | "address">[],
): readonly Shown[] => [
  ...(work.signs ?? []),
  ...unanswered.flatMap(({ sign_id: id, address }) => (id && address ? [{ id, address }] : [])),
];

/** What is known where the handling of a message ends. */
export interface Ending extends Pick<ConversationWork, "handled" | "last_inbound"> {
  /** Whether the lease is kept, because something is to be taken back first. */
  readonly isHeld?: boolean;
  /** Signs among that. */
  readonly signs?: readonly Shown[];
  /** What could not be taken back. */
  readonly left?: readonly TemporaryMessage[];
}

const noFailures: Change = { remove: ["failed_backends"] };

/**
 * The part that ends the handling of a message: work finishes when that was the last that came in, and otherwise goes on
 * at once. It is refused when the lease is lost, or when another message came in since `last_inbound` was read.
 */
export function endHandling(
  { key, token }: Lease<"conversation">,
  { handled, last_inbound, isHeld = false, signs = [], left = [] }: Ending,
  now: number,
): Operation {
  const mine = equals("lease_token", token);
  if (isHeld) {
    const set = { handled, claims: 0, sweeps: 0, ...(signs.length > 0 && { signs }) };
    return { update: key, change: changes({ set }, noFailures), condition: mine };
  }
  const rest = changes(
    left.length > 0
      ? { set: { temporary_messages: left }, remove: ["signs"] }
      : { remove: ["temporary_messages", "signs"] },
    noFailures,
  );
  return last_inbound > handled
    ? {
        update: key,
        change: changes(wait(now, now), { set: { handled } }, rest),
        condition: mine,
      }
    : {
        update: key,
        change: changes({ set: { handled, claims: 0, sweeps: 0 } }, finish, rest),
        condition: all(mine, equals("last_inbound", last_inbound)),
      };
}
