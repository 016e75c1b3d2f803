import * as v from "valibot";
import { createAgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import type { CancelDeps } from "../executions/cancel-execution.ts";
import { eraseExecutionsOf } from "./erase-agent-loop.ts";
import { limits } from "../teams/team.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { removeWork, tryInAnHour, waitUntil } from "../work/end-lease.ts";
import { workKinds } from "../work/work-kinds.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import { eraseUnderBot, removeBot } from "./erase-bot.ts";
import { eraseConversationsOf, removeCounts } from "./erase-channel.ts";
import { eraseConversation, type Progress, type Slice } from "./erase-conversation.ts";
import { eraseUser } from "./erase-user.ts";
import { Erasure } from "./job.ts";

/** What erasing needs. */
export type ErasureDeps = WorkDeps & CancelDeps;

const sliceMs = 600_000;
const secondLookMs = workKinds.job.longestWaitMs;

/** The jobs worker's part: erases for a slice of time, goes on later, looks a second time, ends. */
export const runErasure = (deps: ErasureDeps): Work<"job"> => ({
  run: async (lease, signal) => {
    const erasure = v.parse(Erasure, lease.item);
    const until = deps.clock() + sliceMs;
    const slice: Slice = {
      isOver: () => {
        signal.throwIfAborted();
        return deps.clock() > until;
      },
    };
    const { team_id } = lease.ref;
    const progress = await erase(deps, team_id, erasure, slice);
    if (progress === "out_of_time") return waitUntil(deps, lease, deps.clock());
    const looked = lease.item["looked"] === true;
    if (progress === "not_yet" || (!looked && looksTwice(erasure))) {
      // What slipped in while the deletion was on its way shows now.
      return waitUntil(deps, lease, deps.clock() + secondLookMs, { looked: true });
    }
    await eraseLast(deps.table, team_id, erasure);
    await removeWork(deps, lease);
  },

  // An alarm has told the operator.
  giveUp: tryInAnHour(deps),
});

const looksTwice = ({ erase: what }: Erasure) =>
  what === "channel" || what === "bot" || what === "agent_loop" || what === "team";

function erase(
  deps: ErasureDeps,
  teamId: string,
  job: Erasure,
  slice: Slice,
): Promise<Progress | "not_yet"> {
  const { table } = deps;
  switch (job.erase) {
    case "conversation":
      return eraseConversation(table, teamId, job.bot_id, job.conversation_id, slice);
    case "channel":
      return eraseConversationsOf(table, teamId, job.bot_id, job.channel_id, slice);
    case "bot":
      return eraseUnderBot(table, teamId, job.bot_id, slice);
    case "user":
      return eraseUser(table, teamId, job, slice);
    case "agent_loop":
      return eraseExecutionsOf(deps, teamId, job.agent_loop_id, slice);
    case "team":
      return eraseTeam(deps, teamId, slice);
  }
}

/** Everything under the team's bots and loops; the deleted ones too, whose own jobs may not be done. */
async function eraseTeam(
  deps: ErasureDeps,
  teamId: string,
  slice: Slice,
): Promise<Progress | "not_yet"> {
  const { table } = deps;
  let outcome: Progress | "not_yet" = "done";
  for (const loopId of await loopIds(table, teamId)) {
    await table.deleteAll([keys.schedule(teamId, loopId)]);
    const progress = await eraseExecutionsOf(deps, teamId, loopId, slice);
    if (progress === "out_of_time") return progress;
    if (progress === "not_yet") outcome = progress;
  }
  for (const botId of await botIds(table, teamId)) {
    const progress = await eraseUnderBot(table, teamId, botId, slice);
    if (progress === "out_of_time") return progress;
  }
  return outcome;
}

async function loopIds(table: Table, teamId: string): Promise<string[]> {
  const { pk, prefix } = prefixes.agentLoops(teamId);
  const rows = await table.queryAll({ pk, where: { begins: prefix } });
  return rows.map(({ sk }) => sk.slice(prefix.length));
}

async function botIds(table: Table, teamId: string): Promise<string[]> {
  const { pk, prefix } = prefixes.bots(teamId);
  const rows = await table.queryAll({ pk, where: { begins: prefix }, limit: limits.bots });
  return rows.map(({ sk }) => sk.slice(prefix.length));
}

const removeLoop = (table: Table, teamId: string, loopId: string) =>
  createAgentLoopStore(table).remove(teamId, loopId);

/** What goes last, when nothing is left under it. */
async function eraseLast(table: Table, teamId: string, job: Erasure): Promise<void> {
  if (job.erase === "channel") await removeCounts(table, teamId, job.bot_id, job.channel_id);
  if (job.erase === "bot") await removeBot(table, teamId, job.bot_id);
  if (job.erase === "agent_loop") await removeLoop(table, teamId, job.agent_loop_id);
  if (job.erase !== "team") return;
  for (const loopId of await loopIds(table, teamId)) await removeLoop(table, teamId, loopId);
  for (const botId of await botIds(table, teamId)) await removeBot(table, teamId, botId);
  const { pk } = prefixes.ofTeam(teamId);
  const rows = await table.queryAll({ pk });
  const last = new Set([keys.team(teamId).sk, keys.dataKey(teamId).sk]);
  await table.deleteAll(rows.filter(({ sk }) => !last.has(sk)));
  await table.deleteAll([keys.dataKey(teamId), keys.team(teamId)]);
}
