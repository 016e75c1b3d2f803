import { apiKeyFrom, hashApiKey } from "../auth/api-key.ts";
import { Scope } from "../auth/scopes.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { keys } from "../table/keys.ts";
import type { Item } from "../table/table.ts";

/** A new key with its two rows: what lists show, and the credential that requests are admitted by. */
export function newApiKey(
  teamId: Id<"team">,
  name: string,
  rateLimit: number,
  mint: Mint,
): { key_id: Id<"key">; key: string; items: [Item, Item] } {
  const keyId = mint.id("key");
  const key = apiKeyFrom(mint.bytes());
  const hash = hashApiKey(key);
  const createdAt = isoTime(mint.now);
  const scopes = Scope.options;
  return {
    key_id: keyId,
    key,
    items: [
      {
        ...keys.apiKey(teamId, keyId),
        id: keyId,
        name,
        scopes,
        prefix: key.slice(0, 12),
        last_four: key.slice(-4),
        hash,
        created_at: createdAt,
        updated_at: createdAt,
      },
      {
        ...keys.credential(hash),
        team_id: teamId,
        key_id: keyId,
        scopes,
        rate_limit: rateLimit,
        window_number: 0,
        window_count: 0,
      },
    ],
  };
}
