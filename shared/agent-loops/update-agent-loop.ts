import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { signingSecret } from "../outbound/webhook-signature.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Table } from "../table/table.ts";
import { wake } from "../work/wake.ts";
import {
  type AgentLoopPatch,
  auditedAgentLoop,
  type StoredAgentLoop,
  type StoredCallback,
} from "./agent-loop.ts";
import { checkAgentLoop, isSameModelServer } from "./check-agent-loop.ts";
import { checkLoopSize } from "./check-loop-size.ts";
import type { SaveAgentLoopDeps } from "./create-agent-loop.ts";
import { asSchedule, schedulePart } from "./schedule-items.ts";
import { loopSealer } from "./seal-agent-loop.ts";
import { noDates, readLoopDates, shownAgentLoop } from "./shown-agent-loop.ts";

/** Changes a loop; the next execution has the change. A callback that is set gets a secret, shown here. */
export async function updateAgentLoop(
  deps: UpdateAgentLoopDeps,
  by: Actor,
  id: Id<"loop">,
  given: AgentLoopPatch,
  mint: Mint,
) {
  const teamId = by.team_id;
  const fresh = signingSecret(mint.bytes());
  return overChanges(["loop", id], async () => {
    const seen = await deps.loops.find(teamId, id);
    if (!seen) throw notFound();
    const patch = withoutUselessKey(given, seen);
    const prompts = {
      system_prompt: patch.system_prompt ?? seen.system_prompt,
      user_message: patch.user_message ?? seen.user_message,
    };
    const schedule = patch.schedule === undefined ? seen.schedule : patch.schedule;
    checkAgentLoop({ ...patch, ...prompts, schedule }, mint.now, deps.allowPrivate(), seen);
    const next = await changed(deps, teamId, seen, patch, fresh);
    const secret = next.callback && !seen.callback ? fresh : null;
    if (isSameJson(next, seen)) return answer(deps, teamId, seen, null);
    checkLoopSize(next);
    const loop = { ...next, version: seen.version + 1, updated_at: isoTime(mint.now) };
    const isRescheduled = !isSameJson(loop.schedule, seen.schedule) || loop.status !== seen.status;
    const before = isRescheduled
      ? asSchedule(await deps.table.get(keys.schedule(teamId, id)))
      : undefined;
    const part = schedulePart(teamId, loop, mint.now, before);
    const due = part.next;
    const audit = auditPart(by, mint, {
      action: "agent_loop.updated",
      resource_id: id,
      before: auditedAgentLoop(seen),
      after: auditedAgentLoop(loop),
    });
    const withIt = isRescheduled ? { ...audit, schedule: part.schedule } : audit;
    if ((await deps.loops.replace(teamId, loop, seen.version, withIt)) === "replaced") {
      if (isRescheduled && due !== undefined) {
        await wake(deps, { kind: "schedule", team_id: teamId, agent_loop_id: id }, due);
      }
      return answer(deps, teamId, loop, secret);
    }
    return undefined;
  });
}

/** The echo model calls nobody, who might need the key that another server had. */
function withoutUselessKey(patch: AgentLoopPatch, seen: StoredAgentLoop): AgentLoopPatch {
  const { model } = patch;
  if (model?.provider !== "echo" || model.api_key !== undefined) return patch;
  return isSameModelServer(model, seen.model)
    ? patch
    : { ...patch, model: { ...model, api_key: null } };
}

export interface UpdateAgentLoopDeps extends SaveAgentLoopDeps {
  readonly table: Table;
}

async function answer(
  { table }: UpdateAgentLoopDeps,
  teamId: Id<"team">,
  loop: StoredAgentLoop,
  signing_secret: string | null,
) {
  const [dates] = await readLoopDates(table, teamId, [loop]);
  const shown = shownAgentLoop(loop, dates ?? noDates);
  return { ...shown, signing_secret };
}

async function changed(
  { secrets }: UpdateAgentLoopDeps,
  teamId: Id<"team">,
  seen: StoredAgentLoop,
  { model, tools, callback, schedule, ...plain }: AgentLoopPatch,
  fresh: string,
): Promise<StoredAgentLoop> {
  const seal = loopSealer(secrets, teamId, seen.id, seen);
  const nextCallback = async (): Promise<StoredCallback | null> => {
    if (callback === undefined) return seen.callback;
    if (callback === null) return null;
    return {
      ...(seen.callback ?? { signing_secret: await seal.signingSecret(fresh) }),
      url: callback.url,
      headers: await seal.callbackHeaders(callback.headers),
    };
  };
  return {
    ...merged(seen, plain),
    model: model ? await seal.model(model) : seen.model,
    tools: tools ? await seal.tools(tools) : seen.tools,
    callback: await nextCallback(),
    schedule: schedule === undefined ? seen.schedule : schedule,
  };
}
