import { type ApiKeyInput, auditedApiKey } from "../api-keys/api-key.ts";
import { type ApiKeyStore, asApiKey, newApiKey, shownApiKey } from "../api-keys/api-key-store.ts";
import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { type Caller, Scope } from "../auth/scopes.ts";
import { invalid, notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { isoTime } from "../runtime/clock.ts";
import { createMint, type Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/**
 * Makes another key of a team, which lives no longer than the one that asks; the operator asks without one. Its value is
 * known only to this answer.
 */
export async function createApiKey(
  { teams, apiKeys }: CreateApiKeyDeps,
  by: Maker,
  { name, scopes: wanted = Scope.options, expires_at }: ApiKeyInput,
  mint: Mint,
) {
  const { team_id, cursor_key, valid_until } = by;
  // Only the operator and a key with `admin`, which is everything, come here: they can give every scope.
  const scopes = Scope.options.filter((scope) => wanted.includes(scope));
  const end = expires_at === undefined ? valid_until : endOf(expires_at, valid_until, mint.now);
  const seed = mint.bytes();
  return overChanges(["team", team_id], async () => {
    const team = await teams.find(team_id);
    if (!team) throw notFound();
    const rate_limit = requestsPerMinute[team.plan];
    const given = { name, scopes, rate_limit, cursor_key, valid_until: end };
    // Each try makes the same key.
    const { id, key, parts } = newApiKey(team_id, given, createMint(mint.now, seed));
    checkRoom("api-keys", await apiKeys.list(team_id), id);
    const audit = auditPart(by, mint, {
      action: "api_key.created",
      resource_id: id,
      before: null,
      after: auditedApiKey(asApiKey(parts.api_key.putIfAbsent)),
    });
    const outcome = await teams.insertApiKey(team, parts, audit);
    if (outcome === "gone") throw notFound();
    return outcome === "changed" ? undefined : { ...shownApiKey(outcome, new Map()), key };
  });
}

/** Who asks for a key, with what it goes on with. */
type Maker = Actor & Pick<Caller, "cursor_key" | "valid_until">;

export interface CreateApiKeyDeps {
  readonly teams: TeamStore;
  readonly apiKeys: ApiKeyStore;
}

/** The unix second in which a key is to end. Throws when that is over, or later than the key that asks. */
function endOf(expiresAt: string, latest = Infinity, now: number): number {
  const end = Math.floor(Date.parse(expiresAt) / 1000);
  if (end * 1000 <= now) throw invalid("body.expires_at", "Must lie in the future.");
  if (end > latest) {
    throw invalid(
      "body.expires_at",
      `Must be no later than ${isoTime(latest * 1000)}, when the key that you use ends.`,
    );
  }
  return end;
}
