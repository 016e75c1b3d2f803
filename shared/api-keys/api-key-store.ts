import { asCredential, type Credential } from "../auth/admit.ts";
import { apiKeyFrom, hashApiKey } from "../auth/api-key.ts";
import type { Scope } from "../auth/scopes.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { all, equals, exists } from "../table/condition.ts";
import { keys, prefixes, under } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { ApiKey, StoredApiKey } from "./api-key.ts";

/** The keys of one team at a time: of each the row that lists show, and the credential that admits requests. */
export interface ApiKeyStore {
  find(teamId: Id<"team">, id: Id<"key">): Promise<StoredApiKey | undefined>;
  /** Newest first. */
  list(teamId: Id<"team">): Promise<StoredApiKey[]>;
  /** What admits requests of these keys, by hash: of each its own, and that of its value before. */
  credentialsOf(apiKeys: readonly StoredApiKey[]): Promise<Credentials>;
  /**
   * Gives a key another value, if key and credentials are as they were read. The present value ends at the unix second
   * `present_ends`, or now; the one before ends now.
   */
  replaceValue(
    teamId: Id<"team">,
    apiKey: StoredApiKey,
    seen: Credentials,
    value: NewValue,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /** Ends a key at once, if it has the value that was read, and if the other one is there, where one must be left. */
  remove(
    teamId: Id<"team">,
    apiKey: StoredApiKey,
    mustStay: Id<"key"> | undefined,
    withIt: Parts,
  ): Promise<"removed" | "changed">;
  /** Sets the requests per minute of every key. */
  setRateLimit(teamId: Id<"team">, limit: number): Promise<void>;
  /** Ends every key at once. The rows that lists show go with the team. */
  deleteCredentials(teamId: Id<"team">): Promise<void>;
}

/** What admits requests of some keys, by hash. */
export type Credentials = ReadonlyMap<string, Credential>;

/** A key as the API shows it, with the last use of its values. */
export const shownApiKey = (stored: StoredApiKey, credentials: Credentials): ApiKey => ({
  ...stored,
  expires_at: stored.expires_at ?? null,
  last_used_at: lastUse(hashesOf(stored).map((hash) => credentials.get(hash))),
});

/** The minute in which one of these counted a request last. */
function lastUse(credentials: readonly (Credential | undefined)[]): string | null {
  const window = Math.max(...credentials.map((one) => one?.window_number ?? 0));
  return window === 0 ? null : isoTime(window * 60_000);
}

/** What is stored of a key's value. */
type StoredValue = Pick<StoredApiKey, "hash" | "prefix" | "last_four">;

/** What a key is given in place of its value. */
export interface NewValue extends StoredValue {
  readonly updated_at: string;
  /** Unix seconds. */
  readonly present_ends: number | undefined;
}

/** A new value of a key, known only to the answer that shows it, and what is stored of it. */
export function newValue(mint: Mint): { readonly key: string; readonly stored: StoredValue } {
  const key = apiKeyFrom(mint.bytes());
  return {
    key,
    stored: { hash: hashApiKey(key), prefix: key.slice(0, 12), last_four: key.slice(-4) },
  };
}

/** What a new key is given. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Requests per minute. */
  readonly rate_limit: number;
  /** The team's, which signs cursors: that of the key that makes this one, so both go on behind the same cursor. */
  readonly cursor_key: string;
  /** Unix seconds; without it the key has no end. */
  readonly valid_until?: number | undefined;
}

/** A new key, known only to this answer, and its two rows as parts of a transaction. */
export function newApiKey(
  teamId: Id<"team">,
  { name, scopes, rate_limit, cursor_key, valid_until }: NewApiKey,
  mint: Mint,
) {
  const id = mint.id("key");
  const { key, stored } = newValue(mint);
  const at = isoTime(mint.now);
  const parts = {
    api_key: {
      putIfAbsent: {
        ...keys.apiKey(teamId, id),
        id,
        name,
        scopes,
        ...stored,
        expires_at: valid_until === undefined ? null : isoTime(valid_until * 1000),
        created_at: at,
        updated_at: at,
      },
    },
    credential: {
      putIfAbsent: {
        ...keys.credential(stored.hash),
        team_id: teamId,
        key_id: id,
        key_name: name,
        scopes,
        cursor_key,
        rate_limit,
        window_number: 0,
        window_count: 0,
        ...(valid_until !== undefined && { valid_until }),
      },
    },
  } satisfies Parts;
  return { id, key, parts };
}

/** A stored key; its shape is held by `test/contract/data-model.test.ts`. */
export const asApiKey = (item: Item) => item as Item & StoredApiKey;

const hashesOf = ({ hash, previous_hash }: StoredApiKey) =>
  previous_hash === undefined ? [hash] : [hash, previous_hash];

/** Not used in another minute, and with the same limit. */
const isAs = ({ window_number, rate_limit }: Credential) =>
  all(equals("window_number", window_number), equals("rate_limit", rate_limit));

/** API keys over the table. */
export const createApiKeyStore = (table: Table): ApiKeyStore => {
  const list = async (teamId: Id<"team">) => {
    const rows = await table.queryAll({ ...under(prefixes.apiKeys(teamId)), descending: true });
    return rows.map(asApiKey);
  };

  /** Changes every credential of a team, and those that rotations make meanwhile. */
  const changeAll = async (
    teamId: Id<"team">,
    change: (hashes: readonly string[]) => Promise<void>,
  ) => {
    const changed = new Set<string>();
    for (;;) {
      const left = (await list(teamId)).flatMap(hashesOf).filter((hash) => !changed.has(hash));
      if (left.length === 0) return;
      await change(left);
      for (const hash of left) changed.add(hash);
    }
  };

  return {
    find: async (teamId, id) => {
      const row = await table.get(keys.apiKey(teamId, id));
      return row && asApiKey(row);
    },

    list,

    credentialsOf: async (apiKeys) => {
      const hashes = apiKeys.flatMap(hashesOf);
      const rows = await table.batchGet(hashes.map(keys.credential));
      return new Map(
        rows.flatMap((row, index): [string, Credential][] =>
          row ? [[hashes[index] ?? "", asCredential(row)]] : [],
        ),
      );
    },

    replaceValue: async (teamId, apiKey, seen, { updated_at, present_ends, ...value }, withIt) => {
      const { id, name, hash, previous_hash } = apiKey;
      const present = seen.get(hash);
      if (!present) return "changed";
      const before = previous_hash === undefined ? undefined : seen.get(previous_hash);
      // The new value goes on in the minute of the old ones: what is used up stays so, and the last use is known.
      const { window_number, window_count } =
        before && before.window_number > present.window_number ? before : present;
      const place = keys.credential(hash);
      const hasGrace = present_ends !== undefined;
      const parts = {
        api_key: {
          update: keys.apiKey(teamId, id),
          change: {
            set: { ...value, updated_at, ...(hasGrace && { previous_hash: hash }) },
            ...(!hasGrace && { remove: ["previous_hash"] }),
          },
          condition: equals("hash", hash),
        },
        credential: {
          putIfAbsent: {
            ...present,
            key_name: name,
            window_number,
            window_count,
            ...keys.credential(value.hash),
          },
        },
        present: hasGrace
          ? {
              update: place,
              change: { set: { valid_until: present_ends } },
              condition: isAs(present),
            }
          : { delete: place, condition: isAs(present) },
        before:
          before && previous_hash !== undefined
            ? { delete: keys.credential(previous_hash), condition: isAs(before) }
            : undefined,
      } satisfies Parts;
      const outcome = await table.transact(parts, withIt);
      return outcome.applied ? "replaced" : "changed";
    },

    remove: async (teamId, apiKey, mustStay, withIt) => {
      const { id, hash, previous_hash } = apiKey;
      const parts = {
        api_key: { delete: keys.apiKey(teamId, id), condition: equals("hash", hash) },
        credential: { delete: keys.credential(hash) },
        before:
          previous_hash === undefined ? undefined : { delete: keys.credential(previous_hash) },
        other:
          mustStay === undefined
            ? undefined
            : { check: keys.apiKey(teamId, mustStay), condition: exists("pk") },
      } satisfies Parts;
      const outcome = await table.transact(parts, withIt);
      return outcome.applied ? "removed" : "changed";
    },

    setRateLimit: (teamId, rate_limit) =>
      changeAll(teamId, async (hashes) => {
        for (const hash of hashes) {
          await table.update(keys.credential(hash), { set: { rate_limit } });
        }
      }),

    deleteCredentials: (teamId) =>
      changeAll(teamId, (hashes) => table.deleteAll(hashes.map(keys.credential))),
  };
};
