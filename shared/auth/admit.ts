import { type Id, newToken } from "../runtime/ids.ts";
import {
  above,
  all,
  atLeast,
  below,
  belowAttribute,
  either,
  equals,
  missing,
} from "../table/condition.ts";
import { type Key, keys } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { KeyHolder, Scope } from "./scopes.ts";

/** What asking for admission came to. `window` counts minutes since 1970. */
export type Admission =
  | {
      readonly outcome: "admitted";
      readonly holder: KeyHolder;
      readonly limit: number;
      readonly used: number;
      readonly window: number;
    }
  | {
      readonly outcome: "limited";
      readonly holder: KeyHolder;
      readonly limit: number;
      readonly window: number;
    }
  | { readonly outcome: "unknown" | "expired" | "contended" };

/** What a request is admitted by. */
export interface Credential {
  readonly team_id: Id<"team">;
  readonly key_id: Id<"key">;
  /** Credentials from before names were kept lack it. */
  readonly key_name?: string;
  readonly scopes: readonly Scope[];
  /** Credentials from before cursors were signed lack it. */
  readonly cursor_key?: string;
  readonly rate_limit: number;
  readonly window_number: number;
  readonly window_count: number;
  /** Unix seconds; without it there is no end. */
  readonly valid_until?: number;
}

/** A stored credential; its shape is held by `test/contract/data-model.test.ts`. */
export const asCredential = (item: Item) => item as Item & Credential;

const holderOf = ({
  team_id,
  key_id,
  key_name,
  scopes,
  cursor_key = "",
  valid_until,
}: Credential): KeyHolder => ({
  team_id,
  key_id,
  key_name: key_name ?? null,
  scopes,
  cursor_key,
  valid_until,
});

/**
 * Admits a request of the key with this hash, in one conditional update: it finds the credential, checks that it is
 * valid and counts the request, never above the limit of the minute. An answer lost by the network can only count
 * too much.
 */
export async function admit(
  table: Table,
  hash: string,
  nowMs: number,
  seenWindow: number | undefined,
): Promise<Admission> {
  const nowSeconds = Math.floor(nowMs / 1000);
  let window = Math.floor(nowSeconds / 60);
  const valid = either(missing("valid_until"), above("valid_until", nowSeconds));
  const key = keys.credential(hash);
  const add = () =>
    table.update(
      key,
      { add: { window_count: 1 } },
      all(equals("window_number", window), belowAttribute("window_count", "rate_limit"), valid),
    );
  const roll = () =>
    table.update(
      key,
      { set: { window_number: window, window_count: 1 } },
      all(below("window_number", window), atLeast("rate_limit", 1), valid),
    );
  const reset = (seen: number) =>
    table.update(
      key,
      { set: { window_number: window, window_count: 1 } },
      all(equals("window_number", seen), atLeast("rate_limit", 1), valid),
    );

  let next = seenWindow === window ? add : roll;
  for (let attempt = 1; attempt <= 4; attempt++) {
    const outcome = await next();
    if (!outcome.item) return { outcome: outcome.applied ? "contended" : "unknown" };
    const stored = asCredential(outcome.item);
    const limit = stored.rate_limit;
    if (outcome.applied) {
      const { cursor_key = await addCursorKey(table, key) } = stored;
      const holder = holderOf({ ...stored, cursor_key });
      return { outcome: "admitted", holder, limit, used: stored.window_count, window };
    }
    if (stored.valid_until !== undefined && stored.valid_until <= nowSeconds) {
      return { outcome: "expired" };
    }
    if (stored.window_number > window + 1) {
      // A clock was set back: the stored window lies further ahead than clocks disagree.
      next = () => reset(stored.window_number);
      continue;
    }
    if (stored.window_number === window + 1) window += 1;
    if (stored.window_number === window) {
      if (stored.window_count >= limit) {
        return { outcome: "limited", holder: holderOf(stored), limit, window };
      }
      next = add;
    } else next = roll;
  }
  return { outcome: "contended" };
}

/** Gives a credential without a cursor key one, once: such a team had no other API key that could have another. */
async function addCursorKey(table: Table, key: Key): Promise<string> {
  const made = newToken();
  const { item } = await table.update(key, { set: { cursor_key: made } }, missing("cursor_key"));
  return (item && asCredential(item).cursor_key) ?? made;
}
