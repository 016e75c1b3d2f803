import type { ApiKeyStore } from "../api-keys/api-key-store.ts";
import { operatorOf } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { auditedTeam } from "../teams/team.ts";
import type { TeamStore } from "../teams/team-store.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Ends a team: its keys stop working at once, then a job erases all it has, and their rest if this died half-way. */
export async function deleteTeam(
  deps: DeleteTeamDeps,
  teamId: Id<"team">,
  mint: Mint,
): Promise<"deleted" | "unknown"> {
  const seen = await deps.teams.find(teamId);
  if (!seen) return "unknown";
  const { row, ref } = erasureJob(teamId, { erase: "team" }, mint);
  const audit = auditPart(operatorOf(teamId), mint, {
    action: "team.deleted",
    resource_id: teamId,
    before: auditedTeam(seen),
    after: null,
  });
  const withIt = { job: { putIfAbsent: row }, ...audit };
  const outcome = await deps.teams.markDeleted(teamId, isoTime(mint.now), withIt);
  if (outcome === "unknown") return outcome;
  // A team that is marked makes no more keys.
  await deps.apiKeys.deleteCredentials(teamId);
  await wake(deps, ref, mint.now);
  return "deleted";
}

export interface DeleteTeamDeps {
  readonly teams: TeamStore;
  readonly apiKeys: ApiKeyStore;
  readonly queues: Queues;
  readonly clock: Clock;
}
