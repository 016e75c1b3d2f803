import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Item, Parts, Table } from "../table/table.ts";

/** One of the ids by which a channel knows a chat or a user who has several. */
export interface Alias {
  /** The id that it was known by first: this one stands for it. */
  readonly first_id: string;
  /** All its ids, in the row of the first. */
  readonly ids?: readonly string[];
  /** When the channel heard of it, in the row of the first; ISO 8601. */
  readonly since?: string;
}

/** Whose ids they are. */
export interface IdsOf {
  readonly team_id: Id<"team">;
  readonly channel_id: Id<"ch">;
  readonly kind: "chat" | "user";
}

/** All ids of one chat or user in a channel. */
export interface Known {
  readonly of: IdsOf;
  readonly first_id: string;
  readonly ids: readonly string[];
}

/** Further ids are not remembered. */
const mostIds = 20;

const asAlias = (item: Item | undefined) => item as (Item & Alias) | undefined;
const keyOf = ({ team_id, channel_id, kind }: IdsOf, id: string) =>
  keys.alias(team_id, channel_id, kind, id);
const unique = (ids: readonly string[]) => [...new Set(ids)];

/** The id that stands for this one; undefined where it is the only one. */
export const firstIdOf = async (table: Table, of: IdsOf, id: string) =>
  asAlias(await table.get(keyOf(of, id)))?.first_id;

/** What is known of this id in each of these. */
export async function findIds(
  table: Table,
  places: readonly IdsOf[],
  id: string,
): Promise<readonly Known[]> {
  const rows = await table.batchGet(places.map((of) => keyOf(of, id)));
  const found = places.flatMap((of, at) => {
    const row = asAlias(rows[at]);
    return row ? [{ of, first_id: row.first_id }] : [];
  });
  const heads = await table.batchGet(found.map(({ of, first_id }) => keyOf(of, first_id)));
  return found.map(({ of, first_id }, at) => ({
    of,
    first_id,
    ids: unique([id, first_id, ...(asAlias(heads[at])?.ids ?? [])]),
  }));
}

/**
 * Makes these ids one: all of them, and whatever is known under any, are then found under the one that was known first.
 * Gives that one. Writes nothing where all of them are known as one.
 */
export function joinIds(
  table: Table,
  of: IdsOf,
  given: readonly string[],
  now: number,
): Promise<string> {
  const ids = unique(given);
  const read = async (wanted: readonly string[]): Promise<Rows> => {
    const rows = await table.batchGet(wanted.map((id) => keyOf(of, id)));
    return new Map(wanted.map((id, at) => [id, asAlias(rows[at])]));
  };
  return overChanges([of.kind, `${of.channel_id} ${ids[0]}`], async () => {
    const named = await read(ids);
    const firsts = unique(ids.flatMap((id) => named.get(id)?.first_id ?? []));
    const [only] = firsts;
    if (only !== undefined && firsts.length === 1 && ids.every((id) => named.get(id))) return only;
    const heads = await read(firsts);
    const since = (id: string) => heads.get(id)?.since ?? "~";
    const [first_id = ids[0] ?? ""] = firsts.toSorted((a, b) => (since(a) < since(b) ? -1 : 1));
    const together = unique([...firsts.flatMap((id) => heads.get(id)?.ids ?? [id]), ...ids]);
    if (together.length > mostIds) return first_id;
    const others = together.filter((id) => !named.has(id) && !heads.has(id));
    const seen: Rows = new Map([...named, ...heads, ...(await read(others))]);
    const head = { first_id, ids: together, since: seen.get(first_id)?.since ?? isoTime(now) };
    const outcome = await table.transactOnce(pointAt(of, head, seen));
    return outcome.applied ? first_id : undefined;
  });
}

/** What was read, by id. */
type Rows = ReadonlyMap<string, Alias | undefined>;

/** The parts that have all ids of a head point at it, each if it is still as it was seen. */
function pointAt(of: IdsOf, head: Required<Alias>, seen: Rows): Parts {
  const { first_id } = head;
  return Object.fromEntries(
    head.ids
      .filter((id) => id === first_id || seen.get(id)?.first_id !== first_id)
      .map((id) => {
        const row = id === first_id ? head : { first_id };
        return [
          `alias ${id}`,
          { put: { ...keyOf(of, id), ...row }, condition: isStill(seen.get(id)) },
        ];
      }),
  );
}

const isStill = (row: Alias | undefined) =>
  row
    ? all(equals("first_id", row.first_id), row.ids ? equals("ids", row.ids) : missing("ids"))
    : missing("pk");

/** Erases what is known of an id, and its own row last, by which a repeat finds the rest. */
export async function eraseIds(table: Table, known: readonly Known[], id: string): Promise<void> {
  const rowsOf = (wanted: (one: string, first: string) => boolean) =>
    known.flatMap(({ of, first_id, ids }) =>
      ids.filter((one) => wanted(one, first_id)).map((one) => keyOf(of, one)),
    );
  await table.deleteAll(rowsOf((one, first) => one !== id && one !== first));
  await table.deleteAll(rowsOf((one, first) => one !== id && one === first));
  await table.deleteAll(rowsOf((one) => one === id));
}
