import { type Id, idFrom } from "../runtime/ids.ts";
import { matches } from "../schema/matches.ts";
import { prefixes } from "../table/keys.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { Table } from "../table/table.ts";
import type { AuditAction, AuditEntry } from "./audit-entry.ts";
import { asAuditEntry, daysKept } from "./audit-store.ts";

/** Which entries are asked for. */
export interface AuditFilter {
  readonly resource_id?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
}

const mostExamined = 10_000;
/** Sorts after every id. */
const last = "aud_~";

/** A team's audit log, newest first: ids begin with their time, so a time is a range of keys. */
export async function listAuditEntries(
  { table }: { readonly table: Table },
  teamId: Id<"team">,
  { created_after, created_before, ...wanted }: AuditFilter,
  { per_page, page, after }: PageRequest,
  now: number,
): Promise<Page<AuditEntry>> {
  const log = { table, pk: prefixes.auditEntries(teamId).pk, wanted };
  // The table removes late what is past its time.
  const oldest = firstIdOf(now - daysKept * 24 * 60 * 60 * 1000);
  const from = created_after === undefined ? oldest : later(oldest, firstIdAt(created_after));
  const before = created_before === undefined ? last : firstIdAt(created_before);
  const skip = after === undefined ? (page - 1) * per_page : 0;
  const newest = await examine(log, { from, before }, { skip, take: per_page, countAll: true });
  const count = { total: newest.total, total_is_exact: newest.isWhole };
  if (after === undefined) return { rows: newest.rows, next: newest.next, ...count };
  const rest = { from, before: after < before ? after : before };
  const { rows, next } = await examine(log, rest, { skip, take: per_page, countAll: false });
  return { rows, next, ...count };
}

/** Sorts before every id of this millisecond and after those of earlier ones. */
const firstIdOf = (unixMs: number) => idFrom("aud", Math.max(0, unixMs), new Uint8Array(10));
const firstIdAt = (time: string) => firstIdOf(Date.parse(time));
const later = (one: string, other: string) => (one > other ? one : other);

interface Log {
  readonly table: Table;
  readonly pk: string;
  readonly wanted: Pick<AuditFilter, "resource_id" | "action">;
}

/** Which of the entries that fit are taken, and whether the rest is looked at too. */
interface Taking {
  readonly skip: number;
  readonly take: number;
  readonly countAll: boolean;
}

/** What was found; `next` is the position of the last one taken, or looked at, when there may be more. */
interface Found {
  readonly rows: readonly AuditEntry[];
  readonly total: number;
  readonly isWhole: boolean;
  readonly next: string | undefined;
}

/** Looks at entries of a range from the newest on, at as many as may be examined at once. */
async function examine(
  { table, pk, wanted }: Log,
  { from, before }: { readonly from: string; readonly before: string },
  { skip, take, countAll }: Taking,
): Promise<Found> {
  const rows: AuditEntry[] = [];
  let [examined, total] = [0, 0];
  let position: string | undefined;
  const found = (isWhole: boolean): Found => {
    const isFull = total > skip + take;
    return {
      rows,
      total,
      isWhole,
      next: isFull ? rows.at(-1)?.id : isWhole ? undefined : position,
    };
  };
  // DynamoDB refuses a range that ends before it begins.
  if (before <= from) return found(true);
  const pages = table.queryPages({
    pk,
    where: { between: [from, before] },
    descending: true,
    // The one that the range ends before may be read too.
    ...(!countAll && { limit: take + 2 }),
  });
  for await (const items of pages) {
    for (const entry of items.map(asAuditEntry)) {
      if (entry.id === before) continue;
      const isEnough = !countAll && total > skip + take;
      if (isEnough || examined === mostExamined) return found(false);
      examined += 1;
      position = entry.id;
      if (!matches(entry, wanted)) continue;
      total += 1;
      if (total > skip && rows.length < take) rows.push(entry);
    }
  }
  return found(true);
}
