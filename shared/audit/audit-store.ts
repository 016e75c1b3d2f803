import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { keys } from "../table/keys.ts";
import type { Item, Parts } from "../table/table.ts";
import type { Actor, AuditAction, AuditEntry } from "./audit-entry.ts";
import { type Fields, whatChanged } from "./what-changed.ts";

/** Days that an entry is kept. */
export const daysKept = 90;

/** What was done to which resource. */
interface Change {
  readonly action: AuditAction;
  readonly resource_id: Id;
  /** All that the log may tell of it as it was, secrets as they are stored; null when it is new. */
  readonly before: Fields | null;
  /** The same as it is from now on; null when it is no more. */
  readonly after: Fields | null;
}

/**
 * The part of a change's transaction that writes it down. A request writes one entry: asked for again it makes the same
 * one, so a repeat after a crash writes no second.
 */
export function auditPart(by: Actor, mint: Mint, { action, resource_id, ...sides }: Change) {
  const entry: AuditEntry = {
    id: mint.onlyId("aud"),
    actor: { type: by.key_id ? "api_key" : "operator", id: by.key_id, name: by.key_name },
    action,
    resource_id,
    ...whatChanged(sides.before, sides.after),
    request_id: by.request_id,
    created_at: isoTime(mint.now),
  };
  const remove_at = Math.floor(mint.now / 1000) + daysKept * 24 * 60 * 60;
  const row = { ...keys.auditEntry(by.team_id, entry.id), ...entry, remove_at };
  return { audit: { putIfAbsent: row } } satisfies Parts;
}

/** A stored entry; its shape is held by `test/contract/data-model.test.ts`. */
export const asAuditEntry = (item: Item) => item as Item & AuditEntry;
