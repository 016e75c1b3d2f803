import { ApiError } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { limits } from "../teams/team.ts";
import { wake } from "../work/wake.ts";
import type { AgentLoopInput, StoredAgentLoop } from "./agent-loop.ts";
import type { AgentLoopStore } from "./agent-loop-store.ts";
import { checkAgentLoop } from "./check-agent-loop.ts";
import { checkLoopSize } from "./check-loop-size.ts";
import { schedulePart } from "./schedule-items.ts";
import { loopSealer } from "./seal-agent-loop.ts";
import { shownAgentLoop } from "./shown-agent-loop.ts";

/** Creates an agent loop; the secret that signs its callbacks is in this answer and never again. */
export async function createAgentLoop(
  deps: SaveAgentLoopDeps,
  teamId: Id<"team">,
  input: AgentLoopInput,
  mint: Mint,
) {
  checkAgentLoop(input, mint.now, deps.allowPrivate());
  const at = isoTime(mint.now);
  const id = mint.id("loop");
  const others = (await deps.loops.list(teamId)).filter((loop) => loop.id !== id);
  if (others.length >= limits.agent_loops) {
    throw new ApiError(
      "conflict",
      `A team can have ${limits.agent_loops} agent loops. Delete one to make another.`,
    );
  }
  const seal = loopSealer(deps.secrets, teamId, id, undefined);
  const secret = input.callback ? signingSecret(mint.bytes()) : null;
  const loop: StoredAgentLoop = {
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
  checkLoopSize(loop);
  const { schedule, next } = schedulePart(teamId, loop, mint.now);
  await deps.loops.insert(teamId, loop, next === undefined ? {} : { schedule });
  if (next !== undefined) {
    await wake(deps, { kind: "schedule", team_id: teamId, agent_loop_id: id }, next);
  }
  const dates = { next_run_at: next === undefined ? null : isoTime(next), last_execution_at: null };
  return { ...shownAgentLoop(loop, dates), signing_secret: secret };
}

export interface SaveAgentLoopDeps {
  readonly loops: AgentLoopStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly secrets: TeamSecrets;
  readonly allowPrivate: () => boolean;
}
