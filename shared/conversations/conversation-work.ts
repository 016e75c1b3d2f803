import type { Id } from "../runtime/ids.ts";
import { all, changes, equals } from "../table/condition.ts";
import type { Item, Operation } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import { finish, wait, type WorkItem } from "../work/work-item.ts";

/** The work of a conversation: what was said last and what has been dealt with, by message number. */
export interface ConversationWork extends WorkItem {
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  readonly last_inbound: number;
  readonly handled: number;
  /** How many times a platform wanted a reply later, by the reply's number. */
  readonly sending?: { readonly reply: number; readonly tries: number };
}

/** The work in its row. */
export const asConversationWork = (item: Item) => item as Item & ConversationWork;

/**
 * The part that ends the handling of a message: work finishes when that was the last that came in, and otherwise goes on
 * at once. It is refused when the lease is lost, or when another message came in since `last_inbound` was read.
 */
export function endHandling(
  { key, token }: Lease<"conversation">,
  { handled, last_inbound }: Pick<ConversationWork, "handled" | "last_inbound">,
  now: number,
): Operation {
  return last_inbound > handled
    ? {
        update: key,
        change: changes(wait(now, now), { set: { handled } }),
        condition: equals("lease_token", token),
      }
    : {
        update: key,
        change: changes({ set: { handled, claims: 0, sweeps: 0 } }, finish),
        condition: all(equals("lease_token", token), equals("last_inbound", last_inbound)),
      };
}
