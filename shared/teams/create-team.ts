import { auditedApiKey } from "../api-keys/api-key.ts";
import { asApiKey, newApiKey } from "../api-keys/api-key-store.ts";
import { operatorOf } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { Scope } from "../auth/scopes.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { auditedTeam, type Plan, requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/** Makes a team with its first key, which has every scope. The key's value is known only to this answer. */
export async function createTeam(
  { teams }: { teams: TeamStore },
  { name, plan }: { name: string; plan: Plan },
  mint: Mint,
): Promise<{ team_id: Id<"team">; api_key: string }> {
  const id = mint.id("team");
  const first = {
    name: "First key",
    scopes: Scope.options,
    rate_limit: requestsPerMinute[plan],
    cursor_key: Buffer.from(mint.bytes()).toString("base64url"),
  };
  const { key, parts } = newApiKey(id, first, mint);
  const team = { id, name, plan, created_at: isoTime(mint.now) };
  const audit = auditPart(operatorOf(id), mint, {
    action: "team.created",
    resource_id: id,
    before: null,
    after: { ...auditedTeam(team), api_key: auditedApiKey(asApiKey(parts.api_key.putIfAbsent)) },
  });
  await teams.insert(team, { ...parts, ...audit });
  return { team_id: id, api_key: key };
}
