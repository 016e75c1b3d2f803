import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedApiKey, type StoredApiKey } from "./api-key.ts";
import type { ApiKeyStore } from "./api-key-store.ts";

/** Ends a key at once. Throws for the last one that can make others for ever. */
export async function deleteApiKey(
  { apiKeys }: { readonly apiKeys: ApiKeyStore },
  by: Actor,
  id: Id<"key">,
  mint: Mint,
): Promise<"removed"> {
  const teamId = by.team_id;
  return overChanges(["API key", id], async () => {
    const seen = await apiKeys.find(teamId, id);
    if (!seen) throw notFound();
    const other = isLasting(seen) ? await anotherLasting(apiKeys, teamId, id) : undefined;
    const audit = auditPart(by, mint, {
      action: "api_key.deleted",
      resource_id: id,
      before: auditedApiKey(seen),
      after: null,
    });
    const outcome = await apiKeys.remove(teamId, seen, other, audit);
    return outcome === "removed" ? outcome : undefined;
  });
}

/** Whether a key has the scope `admin` and no end. */
const isLasting = ({ scopes, expires_at = null }: StoredApiKey) =>
  scopes.includes("admin") && expires_at === null;

async function anotherLasting(apiKeys: ApiKeyStore, teamId: Id<"team">, id: Id<"key">) {
  const other = (await apiKeys.list(teamId)).find((one) => one.id !== id && isLasting(one));
  if (other) return other.id;
  throw new ApiError(
    "conflict",
    "This is the team's last key with the scope admin and without an end. Make another such key first.",
  );
}
