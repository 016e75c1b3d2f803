import { newApiKey } from "../api-keys/api-key-items.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { type Plan, requestsPerMinute } from "./team.ts";
import type { TeamStore } from "./team-store.ts";

/** Makes a team with its first key, which has every scope. The key's value is known only to this answer. */
export async function createTeam(
  { teams }: { teams: TeamStore },
  { name, plan }: { name: string; plan: Plan },
  mint: Mint,
): Promise<{ team_id: Id<"team">; api_key: string }> {
  const id = mint.id("team");
  const { key, items } = newApiKey(id, "First key", requestsPerMinute[plan], mint);
  await teams.insert({ id, name, plan, created_at: isoTime(mint.now) }, items);
  return { team_id: id, api_key: key };
}
