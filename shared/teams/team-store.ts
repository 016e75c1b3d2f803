import type { StoredApiKey } from "../api-keys/api-key.ts";
import { asApiKey, type newApiKey } from "../api-keys/api-key-store.ts";
import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, whyNoChild } from "../table/another-child.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys, lists } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { Plan, StoredTeam } from "./team.ts";

/** Teams. */
export interface TeamStore {
  find(teamId: Id<"team">): Promise<StoredTeam | undefined>;
  list(): Promise<StoredTeam[]>;
  /** `withIt` joins the transaction. */
  insert(team: StoredTeam, withIt: Parts): Promise<void>;
  /**
   * Puts an API key, if the team has the plan that was read, whose limit the key has, and made nothing else since then. A
   * repeat gives the key that is there.
   */
  insertApiKey(
    team: StoredTeam,
    parts: ReturnType<typeof newApiKey>["parts"],
    withIt: Parts,
  ): Promise<StoredApiKey | NoChild>;
  /** Gives the team a plan in place of the one it was read with. */
  setPlan(seen: StoredTeam, plan: Plan, withIt: Parts): Promise<"set" | "changed">;
  /** Marks the team as deleted and puts with it the job that erases it. */
  markDeleted(teamId: Id<"team">, at: string, withIt: Parts): Promise<"marked" | "unknown">;
}

/** A stored team; its shape is held by `test/contract/data-model.test.ts`. */
const asTeam = (item: Item | undefined) => item as (Item & StoredTeam) | undefined;

/** Teams over the table. */
export const createTeamStore = (table: Table): TeamStore => ({
  find: async (teamId) => {
    const team = asTeam(await table.get(keys.team(teamId)));
    return team?.deleted_at === undefined ? team : undefined;
  },

  list: async () => {
    const rows = await table.queryAll({ pk: lists.teams, index: "listed" });
    const teams = await table.batchGet(rows);
    return teams.flatMap((row) => {
      const team = asTeam(row);
      return team && team.deleted_at === undefined ? [team] : [];
    });
  },

  insert: async (team, withIt) => {
    const item = { ...keys.team(team.id), list_pk: lists.teams, list_sk: team.id, ...team };
    const outcome = await table.transact({ team: { putIfAbsent: item } }, withIt);
    if (!outcome.applied) throw new Error(`The id ${team.id} was made twice.`);
  },

  insertApiKey: async (team, parts, withIt) => {
    const another = anotherChild(keys.team(team.id), team, equals("plan", team.plan));
    const outcome = await table.transact({ team: another, ...parts }, withIt);
    if (outcome.applied) return asApiKey(parts.api_key.putIfAbsent);
    const there = outcome.failed.api_key?.item;
    if (there) return asApiKey(there);
    if (outcome.failed.team) return whyNoChild(outcome.failed.team);
    throw new Error(`The value of ${parts.api_key.putIfAbsent.id} was made twice.`);
  },

  setPlan: async (seen, plan, withIt) => {
    const outcome = await table.transact(
      {
        team: {
          update: keys.team(seen.id),
          change: { set: { plan } },
          condition: all(equals("plan", seen.plan), missing("deleted_at")),
        },
      },
      withIt,
    );
    return outcome.applied ? "set" : "changed";
  },

  markDeleted: async (teamId, at, withIt) => {
    const outcome = await table.transact(
      {
        team: {
          update: keys.team(teamId),
          change: { set: { deleted_at: at } },
          condition: missing("deleted_at"),
        },
      },
      withIt,
    );
    return outcome.applied ? "marked" : "unknown";
  },
});
