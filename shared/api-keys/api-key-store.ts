import { apiKeyFrom, hashApiKey } from "../auth/api-key.ts";
import type { Scope } from "../auth/scopes.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";

/** The keys of one team at a time: of each the row that lists show, and the credential that admits requests. */
export interface ApiKeyStore {
  /** Sets the requests per minute of every key. */
  setRateLimit(teamId: Id<"team">, limit: number): Promise<void>;
  /** Ends every key at once. The rows that lists show go with the team. */
  deleteCredentials(teamId: Id<"team">): Promise<void>;
}

/** What a new key is given. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Requests per minute. */
  readonly rate_limit: number;
  /** The team's, which signs cursors: that of the key that makes this one, so both go on behind the same cursor. */
  readonly cursor_key: string;
}

/** A new key, known only to this answer, and its two rows as parts of a transaction. */
export function newApiKey(
  teamId: Id<"team">,
  { name, scopes, rate_limit, cursor_key }: NewApiKey,
  mint: Mint,
) {
  const id = mint.id("key");
  const key = apiKeyFrom(mint.bytes());
  const hash = hashApiKey(key);
  const at = isoTime(mint.now);
  const parts = {
    api_key: {
      putIfAbsent: {
        ...keys.apiKey(teamId, id),
        id,
        name,
        scopes,
        prefix: key.slice(0, 12),
        last_four: key.slice(-4),
        hash,
        created_at: at,
        updated_at: at,
      },
    },
    credential: {
      putIfAbsent: {
        ...keys.credential(hash),
        team_id: teamId,
        key_id: id,
        scopes,
        cursor_key,
        rate_limit,
        window_number: 0,
        window_count: 0,
      },
    },
  } satisfies Parts;
  return { key, parts };
}

/** What the row of a key says of its credentials. */
export interface StoredApiKey {
  readonly hash: string;
  /** That of the key before a rotation. */
  readonly previous_hash?: string;
}

/** A stored key; its shape is held by `test/contract/data-model.test.ts`. */
const asApiKey = (item: Item) => item as Item & StoredApiKey;

/** API keys over the table. */
export const createApiKeyStore = (table: Table): ApiKeyStore => {
  const credentialsOf = async (teamId: Id<"team">) => {
    const { pk, prefix } = prefixes.apiKeys(teamId);
    const rows = await table.queryAll({ pk, where: { begins: prefix } });
    return rows
      .map(asApiKey)
      .flatMap(({ hash, previous_hash }) => (previous_hash ? [hash, previous_hash] : [hash]))
      .map(keys.credential);
  };

  return {
    setRateLimit: async (teamId, rate_limit) => {
      for (const key of await credentialsOf(teamId)) {
        await table.update(key, { set: { rate_limit } });
      }
    },

    deleteCredentials: async (teamId) => table.deleteAll(await credentialsOf(teamId)),
  };
};
