import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { operatorOf } from "#shared/audit/audit-entry";
import type { Scope } from "#shared/auth/scopes";
import { deleteTeam } from "#shared/erasure/delete-team";
import { ApiError } from "#shared/errors/api-error";
import { systemClock } from "#shared/runtime/clock";
import { type Id, newToken } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createApiKey } from "#shared/teams/create-api-key";
import { createTeam } from "#shared/teams/create-team";
import { setPlan } from "#shared/teams/set-plan";
import type { Plan } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";
import { StartError } from "../local/start-error.ts";
import type { Deployment } from "./at-deployment.ts";

/** What a command prints, for people and for programs. */
export interface Output {
  readonly text: string;
  readonly json: unknown;
}

const unknownTeam = (id: Id<"team">) => new StartError(`There is no team ${id}.`);
const liveTeams = () => createTeamStore(liveTable());
const liveApiKeys = () => createApiKeyStore(liveTable());

/** Makes a team and its first API key. */
export async function create(input: { name: string; plan: Plan }): Promise<Output> {
  const made = await createTeam({ teams: liveTeams() }, input, createMint(Date.now()));
  const { team_id, api_key } = made;
  const shownOnce = "The key is shown this once. It has every scope.";
  return {
    json: { team_id, api_key },
    text: `Team     ${team_id}\nAPI key  ${api_key}\n${shownOnce}`,
  };
}

/** Every team. */
export async function list(): Promise<Output> {
  const teams = await liveTeams().list();
  const rows = teams.map(({ id, name, plan, created_at }) => ({
    team_id: id,
    name,
    plan,
    created_at,
  }));
  const lines = rows.map((row) =>
    [row.team_id, row.plan.padEnd(10), row.created_at, row.name].join("  "),
  );
  return { json: rows, text: lines.length > 0 ? lines.join("\n") : "There is no team yet." };
}

/** Puts a team on another plan. */
export async function changePlan(id: Id<"team">, plan: Plan): Promise<Output> {
  const deps = { teams: liveTeams(), apiKeys: liveApiKeys() };
  const outcome = await setPlan(deps, id, plan, createMint(Date.now()));
  if (outcome === "unknown") throw unknownTeam(id);
  return {
    json: { team_id: id, plan },
    text: `${id} is on the plan ${plan}. Its keys follow within a minute.`,
  };
}

/** Makes a team another API key; without scopes it has every one. */
export async function createKey(
  id: Id<"team">,
  { name, scopes }: { name: string; scopes: Scope[] | undefined },
): Promise<Output> {
  const deps = { teams: liveTeams(), apiKeys: liveApiKeys() };
  if (!(await deps.teams.find(id))) throw unknownTeam(id);
  const credentials = await deps.apiKeys.credentialsOf(await deps.apiKeys.list(id));
  // All keys of a team sign cursors alike; where none is left, no cursor of theirs is used any more.
  const shared = [...credentials.values()].find((one) => one.cursor_key !== undefined);
  const by = { ...operatorOf(id), cursor_key: shared?.cursor_key ?? newToken() };
  const input = { name, scopes, expires_at: undefined };
  const made = await createApiKey(deps, by, input, createMint(Date.now())).catch(
    (error: unknown) => {
      // Its sentence is for who asks, whoever that is.
      throw error instanceof ApiError ? new StartError(error.message, { cause: error }) : error;
    },
  );
  const { id: key_id, key: api_key } = made;
  const can = scopes ? `the scopes ${made.scopes.join(", ")}` : "every scope";
  return {
    json: { team_id: id, key_id, api_key },
    text: `Team     ${id}\nKey id   ${key_id}\nAPI key  ${api_key}\nThe key is shown this once. It has ${can}.`,
  };
}

/** Deletes a team. */
export async function remove(id: Id<"team">, { queues }: Deployment): Promise<Output> {
  const deps = {
    teams: liveTeams(),
    apiKeys: liveApiKeys(),
    queues: queues(),
    clock: systemClock,
  };
  const outcome = await deleteTeam(deps, id, createMint(Date.now()));
  if (outcome === "unknown") throw unknownTeam(id);
  return {
    json: { team_id: id, deleted: true },
    text: `${id} is deleted. Its data is erased within minutes while the platform runs.`,
  };
}
