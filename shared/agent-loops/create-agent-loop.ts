import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { overChanges } from "../table/over-changes.ts";
import type { TeamStore } from "../teams/team-store.ts";
import { wake } from "../work/wake.ts";
import { type AgentLoopInput, auditedAgentLoop, type StoredAgentLoop } from "./agent-loop.ts";
import type { AgentLoopStore } from "./agent-loop-store.ts";
import { checkAgentLoop } from "./check-agent-loop.ts";
import { checkLoopSize } from "./check-loop-size.ts";
import { schedulePart } from "./schedule-items.ts";
import { loopSealer } from "./seal-agent-loop.ts";
import { shownAgentLoop } from "./shown-agent-loop.ts";

/** Creates an agent loop; the secret that signs its callbacks is in this answer and never again. */
export async function createAgentLoop(
  deps: CreateAgentLoopDeps,
  by: Actor,
  input: AgentLoopInput,
  mint: Mint,
) {
  const teamId = by.team_id;
  checkAgentLoop(input, mint.now, deps.allowPrivate());
  const id = mint.id("loop");
  const secret = input.callback ? signingSecret(mint.bytes()) : null;
  return overChanges(["team", teamId], async () => {
    const team = await deps.teams.find(teamId);
    if (!team) throw notFound();
    checkRoom("agent-loops", await deps.loops.list(teamId), id);
    const loop = await newLoop(deps, teamId, id, input, secret, isoTime(mint.now));
    checkLoopSize(loop);
    const { schedule, next } = schedulePart(teamId, loop, mint.now);
    const audit = auditPart(by, mint, {
      action: "agent_loop.created",
      resource_id: id,
      before: null,
      after: auditedAgentLoop(loop),
    });
    const withIt = next === undefined ? audit : { ...audit, schedule };
    const outcome = await deps.loops.insert(teamId, loop, team, withIt);
    if (outcome === "gone") throw notFound();
    if (outcome === "changed") return undefined;
    if (next !== undefined) {
      await wake(deps, { kind: "schedule", team_id: teamId, agent_loop_id: id }, next);
    }
    const next_run_at = next === undefined ? null : isoTime(next);
    const shown = shownAgentLoop(loop, { next_run_at, last_execution_at: null });
    return { ...shown, signing_secret: secret };
  });
}

export interface CreateAgentLoopDeps extends SaveAgentLoopDeps {
  readonly teams: TeamStore;
}

export interface SaveAgentLoopDeps {
  readonly loops: AgentLoopStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}

async function newLoop(
  { secrets }: SaveAgentLoopDeps,
  teamId: Id<"team">,
  id: Id<"loop">,
  input: AgentLoopInput,
  secret: string | null,
  at: string,
): Promise<StoredAgentLoop> {
  const seal = loopSealer(secrets, teamId, id, undefined);
  return {
    ...input,
    id,
    model: await seal.model(input.model),
    tools: await seal.tools(input.tools),
    callback:
      input.callback && secret !== null
        ? {
            url: input.callback.url,
            headers: await seal.callbackHeaders(input.callback.headers),
            signing_secret: await seal.signingSecret(secret),
          }
        : null,
    version: 1,
    created_at: at,
    updated_at: at,
  };
}
