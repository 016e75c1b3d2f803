import { auditPart } from "../audit/audit-store.ts";
import type { Caller } from "../auth/scopes.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedApiKey, type StoredApiKey } from "./api-key.ts";
import { type ApiKeyStore, newValue, shownApiKey } from "./api-key-store.ts";

/** Gives a key a new value. The present one lives for the grace; one that had a grace already ends. */
export async function rotateApiKey(
  { apiKeys }: { readonly apiKeys: ApiKeyStore },
  caller: Caller,
  id: Id<"key">,
  { grace_seconds }: { readonly grace_seconds: number },
  mint: Mint,
) {
  const { key, stored } = newValue(mint);
  return overChanges(["API key", id], async () => {
    const seen = await apiKeys.find(caller.team_id, id);
    if (!seen) throw notFound();
    const credentials = await apiKeys.credentialsOf([seen]);
    if (seen.hash === stored.hash || seen.previous_hash === stored.hash) {
      // A repeat of the request: this value was given.
      const { prefix, last_four } = stored;
      return { ...shownApiKey(seen, credentials), prefix, last_four, key };
    }
    // The team is being deleted, and what admits its requests is gone.
    if (!credentials.has(seen.hash)) throw notFound();
    const end = endOf(seen);
    checkEnds(end, caller, mint.now);
    const graceEnd = Math.floor(mint.now / 1000) + grace_seconds;
    const present_ends = grace_seconds === 0 ? undefined : Math.min(graceEnd, end);
    const rotated = { ...seen, ...stored, updated_at: isoTime(mint.now) };
    const value = { ...stored, updated_at: rotated.updated_at, present_ends };
    const audit = auditPart(caller, mint, {
      action: "api_key.rotated",
      resource_id: id,
      before: auditedApiKey(seen),
      after: auditedApiKey(rotated),
    });
    const outcome = await apiKeys.replaceValue(caller.team_id, seen, credentials, value, audit);
    return outcome === "replaced" ? { ...shownApiKey(rotated, credentials), key } : undefined;
  });
}

/** The unix second in which a key ends. */
const endOf = ({ expires_at }: StoredApiKey) =>
  expires_at ? Date.parse(expires_at) / 1000 : Infinity;

/** Throws when the key has ended, or would be given a value that lives longer than the one that asks. */
function checkEnds(end: number, { valid_until = Infinity }: Caller, now: number): void {
  if (end * 1000 <= now) {
    throw new ApiError("conflict", "The key has expired. Make a new one with POST /v1/api-keys.");
  }
  if (end > valid_until) {
    throw new ApiError(
      "conflict",
      `The key that you use ends at ${isoTime(valid_until * 1000)}, before the one that you rotate. Use a key that lives as long.`,
    );
  }
}
