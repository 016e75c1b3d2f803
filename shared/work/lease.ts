import { newToken } from "../runtime/ids.ts";
import { all, atMost, below, either, equals, exists, missing } from "../table/condition.ts";
import type { Key } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { WorkItem } from "./work-item.ts";
import { workKey, type WorkKind, type WorkRef } from "./work-kinds.ts";

/** A claim may come this early; the worker sleeps the rest. */
const earlyMs = 1_000;
/** A message comes early where two clocks are so far apart; one that comes earlier is not the one that the work waits for. */
const apartMs = 5_000;

/** A right to work on an item until `until`; every write of the work is conditional on its token. */
export interface Lease<K extends WorkKind = WorkKind> {
  readonly ref: WorkRef<K>;
  readonly key: Key;
  readonly token: string;
  readonly until: number;
  /** The item as it was claimed. */
  readonly item: Item & WorkItem;
}

/** What became of a claim. */
export type Claim =
  | { readonly outcome: "claimed"; readonly lease: Lease }
  | { readonly outcome: "finished" | "taken" | "waits" }
  | { readonly outcome: "early"; readonly not_before: number };

/** What a row has as work, beside what its noun keeps in it. */
const asWork = (item: Item) => item as Item & WorkItem;

/** Claims work that is due and nobody's. A lost answer is told by the token, which only this caller has. */
export async function claim(
  table: Table,
  ref: WorkRef,
  now: number,
  leaseMs: number,
): Promise<Claim> {
  const key = workKey(ref);
  const token = newToken();
  const until = now + leaseMs;
  const outcome = await table.update(
    key,
    { set: { lease_token: token, lease_until: until }, add: { claims: 1 } },
    all(
      exists("due_at"),
      atMost("not_before", now + earlyMs),
      either(missing("lease_until"), below("lease_until", now)),
    ),
  );
  const item = outcome.item && asWork(outcome.item);
  if (item && (outcome.applied || item.lease_token === token)) {
    return { outcome: "claimed", lease: { ref, key, token, until, item } };
  }
  if (item?.due_at === undefined) return { outcome: "finished" };
  const { lease_until = 0, not_before = 0 } = item;
  if (lease_until >= now) return { outcome: "taken" };
  return not_before - now <= apartMs ? { outcome: "early", not_before } : { outcome: "waits" };
}

/** Prolongs a lease. It may be lost to another owner, or its work may be finished by somebody who ended it. */
export async function renew(
  table: Table,
  { key, token }: Lease,
  until: number,
): Promise<"renewed" | "lost" | "finished"> {
  const outcome = await table.update(
    key,
    { set: { lease_until: until, sweeps: 0 } },
    equals("lease_token", token),
  );
  if (outcome.applied) return "renewed";
  return outcome.item?.["due_at"] === undefined ? "finished" : "lost";
}
