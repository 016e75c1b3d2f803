import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys, prefixes, under } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { Target } from "../work/pace.ts";
import type { StoredAgentLoop } from "./agent-loop.ts";
import type { ExecutionCounter } from "./execution-counter.ts";

/** Agent loops of one team at a time. Loops that are being erased are not there. */
export interface AgentLoopStore {
  find(teamId: Id<"team">, loopId: Id<"loop">): Promise<StoredAgentLoop | undefined>;
  list(teamId: Id<"team">): Promise<StoredAgentLoop[]>;
  /**
   * Puts the loop and its counter, with what belongs to it, if the team made no other since it was read. Repeating it is
   * success.
   */
  insert(
    teamId: Id<"team">,
    loop: StoredAgentLoop,
    team: Parent,
    withIt: Parts,
  ): Promise<"inserted" | NoChild>;
  /** Replaces the loop if it still has the version it was read with. */
  replace(
    teamId: Id<"team">,
    loop: StoredAgentLoop,
    seenVersion: number,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /**
   * Hides the loop if it still has the version it was read with, and puts with it the job that ends its executions and
   * erases it.
   */
  markDeleted(
    teamId: Id<"team">,
    seen: StoredAgentLoop,
    at: string,
    withIt: Parts,
  ): Promise<"marked" | "changed">;
}

/** A stored loop, undefined for one that is being erased; its shape is held by `test/contract/data-model.test.ts`. */
const asLoop = (item: Item | undefined): StoredAgentLoop | undefined => {
  const loop = item as (Item & StoredAgentLoop) | undefined;
  return loop?.deleted_at === undefined ? loop : undefined;
};

/** What a change of a loop writes; what others write into its row meanwhile stays. */
const changeable = [
  "name",
  "description",
  "status",
  "system_prompt",
  "user_message",
  "model",
  "tools",
  "callback",
  "max_iterations",
  "timeout_seconds",
  "token_budget",
  "schedule",
  "rotation_id",
  "version",
  "updated_at",
] as const satisfies readonly (keyof StoredAgentLoop)[];

/** The model and the tools of a loop, or the receiver of its callbacks, as its row remembers them while it is there. */
export const calledBy = (
  teamId: Id<"team">,
  loopId: Id<"loop">,
  loop: StoredAgentLoop | undefined,
  field: "slow_until" | "callback_slow_until",
): Target => ({ key: keys.agentLoop(teamId, loopId), field, slow_until: loop?.[field] });

/** Agent loops over the table. */
export const createAgentLoopStore = (table: Table): AgentLoopStore => ({
  find: async (teamId, loopId) => asLoop(await table.get(keys.agentLoop(teamId, loopId))),

  list: async (teamId) => {
    const rows = await table.queryAll({ ...under(prefixes.agentLoops(teamId)), descending: true });
    return rows.flatMap((row) => asLoop(row) ?? []);
  },

  insert: async (teamId, loop, team, withIt) => {
    const counter: ExecutionCounter = {
      last_number: 0,
      last_created_at: null,
      last_execution_id: null,
    };
    const outcome = await table.transact(
      {
        loop: { putIfAbsent: { ...loop, ...keys.agentLoop(teamId, loop.id) } },
        counter: { putIfAbsent: { ...keys.executionCounter(teamId, loop.id), ...counter } },
        team: anotherChild(keys.team(teamId), team),
      },
      withIt,
    );
    // A repeat of the request makes the same ids: what is there already is this loop.
    if (outcome.applied || outcome.failed.loop) return "inserted";
    if (outcome.failed.team) return whyNoChild(outcome.failed.team);
    throw new Error(`An id under ${loop.id} was made twice.`);
  },

  replace: async (teamId, loop, seenVersion, withIt) => {
    const outcome = await table.transact(
      {
        loop: {
          update: keys.agentLoop(teamId, loop.id),
          change: { set: Object.fromEntries(changeable.map((field) => [field, loop[field]])) },
          condition: isAsSeen(seenVersion),
        },
      },
      withIt,
    );
    return outcome.applied ? "replaced" : "changed";
  },

  markDeleted: async (teamId, { id, version }, at, withIt) => {
    const outcome = await table.transact(
      {
        loop: {
          update: keys.agentLoop(teamId, id),
          change: { set: { deleted_at: at } },
          condition: isAsSeen(version),
        },
        schedule: { delete: keys.schedule(teamId, id) },
      },
      withIt,
    );
    return outcome.applied ? "marked" : "changed";
  },
});

const isAsSeen = (version: number) => all(equals("version", version), missing("deleted_at"));
