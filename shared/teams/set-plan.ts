import type { Id } from "../runtime/ids.ts";
import { type Plan, requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/** Changes a team's plan; its keys follow at the latest with their next minute. */
export async function setPlan(
  { teams }: { teams: TeamStore },
  teamId: Id<"team">,
  plan: Plan,
): Promise<"changed" | "unknown"> {
  const outcome = await teams.setPlan(teamId, plan);
  if (outcome === "unknown") return outcome;
  for (const { hash, previous_hash } of await teams.apiKeys(teamId)) {
    await teams.setRateLimit(hash, requestsPerMinute[plan]);
    if (previous_hash) await teams.setRateLimit(previous_hash, requestsPerMinute[plan]);
  }
  return outcome;
}
