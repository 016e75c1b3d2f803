import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { afterRotation } from "../secrets/signing-secrets.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Table } from "../table/table.ts";
import { auditedAgentLoop } from "./agent-loop.ts";
import type { AgentLoopStore } from "./agent-loop-store.ts";
import { loopSealer } from "./seal-agent-loop.ts";
import { noDates, readLoopDates, shownAgentLoop } from "./shown-agent-loop.ts";

/** Gives a loop's callback a new signing secret; the old one signs beside it for 24 hours. */
export async function rotateLoopSecret(
  { table, loops, secrets }: RotateLoopSecretDeps,
  by: Actor,
  id: Id<"loop">,
  mint: Mint,
) {
  const teamId = by.team_id;
  const rotation = Buffer.from(mint.bytes()).toString("hex");
  const secret = signingSecret(mint.bytes());
  const [dates] = await readLoopDates(table, teamId, [{ id }]);
  const shown = (loop: Parameters<typeof shownAgentLoop>[0]) => ({
    ...shownAgentLoop(loop, dates ?? noDates),
    signing_secret: secret,
  });
  return overChanges(["loop", id], async () => {
    const seen = await loops.find(teamId, id);
    if (!seen) throw notFound();
    if (!seen.callback) {
      throw new ApiError("conflict", "The agent loop has no callback, so nothing is signed.");
    }
    if (seen.rotation_id === rotation) return shown(seen);
    const loop = {
      ...seen,
      callback: {
        ...seen.callback,
        signing_secret: await loopSealer(secrets, teamId, id, seen).signingSecret(secret),
        previous_secrets: afterRotation(seen.callback, mint.now),
      },
      rotation_id: rotation,
      version: seen.version + 1,
      updated_at: isoTime(mint.now),
    };
    const audit = auditPart(by, mint, {
      action: "agent_loop.secret_rotated",
      resource_id: id,
      before: auditedAgentLoop(seen),
      after: auditedAgentLoop(loop),
    });
    const outcome = await loops.replace(teamId, loop, seen.version, audit);
    return outcome === "replaced" ? shown(loop) : undefined;
  });
}

export interface RotateLoopSecretDeps {
  readonly table: Table;
  readonly loops: AgentLoopStore;
  readonly secrets: TeamSecrets;
}
