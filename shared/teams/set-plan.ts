import type { ApiKeyStore } from "../api-keys/api-key-store.ts";
import { operatorOf } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedTeam, type Plan, requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/** Changes a team's plan; its keys follow at the latest with their next minute. */
export async function setPlan(
  { teams, apiKeys }: { readonly teams: TeamStore; readonly apiKeys: ApiKeyStore },
  teamId: Id<"team">,
  plan: Plan,
  mint: Mint,
): Promise<"changed" | "unknown"> {
  const outcome = await overChanges(["team", teamId], async () => {
    const seen = await teams.find(teamId);
    if (!seen) return "unknown";
    // The command may have died before the keys followed.
    if (seen.plan === plan) return "changed";
    const audit = auditPart(operatorOf(teamId), mint, {
      action: "team.plan_changed",
      resource_id: teamId,
      before: auditedTeam(seen),
      after: auditedTeam({ ...seen, plan }),
    });
    return (await teams.setPlan(seen, plan, audit)) === "set" ? "changed" : undefined;
  });
  if (outcome === "changed") await apiKeys.setRateLimit(teamId, requestsPerMinute[plan]);
  return outcome;
}
