import type { ApiKeyStore } from "../api-keys/api-key-store.ts";
import type { Id } from "../runtime/ids.ts";
import { type Plan, requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/** Changes a team's plan; its keys follow at the latest with their next minute. */
export async function setPlan(
  { teams, apiKeys }: { readonly teams: TeamStore; readonly apiKeys: ApiKeyStore },
  teamId: Id<"team">,
  plan: Plan,
): Promise<"changed" | "unknown"> {
  const outcome = await teams.setPlan(teamId, plan);
  if (outcome === "changed") await apiKeys.setRateLimit(teamId, requestsPerMinute[plan]);
  return outcome;
}
