import { parseArgs } from "node:util";
import * as v from "valibot";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { operatorOf } from "#shared/audit/audit-entry";
import { Scope } from "#shared/auth/scopes";
import { deleteTeam } from "#shared/erasure/delete-team";
import { ApiError } from "#shared/errors/api-error";
import { systemClock } from "#shared/runtime/clock";
import { type Id, newToken } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { text } from "#shared/schema/fields";
import { liveTable } from "#shared/table/live-table";
import { createApiKey } from "#shared/teams/create-api-key";
import { createTeam } from "#shared/teams/create-team";
import { setPlan } from "#shared/teams/set-plan";
import { Plan } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";
import type { AwsPlace } from "../local/aws-place.ts";
import { StartError } from "../local/start-error.ts";
import { atDeployment, type Deployment } from "./at-deployment.ts";
import {
  placeOptions,
  readArguments,
  readPlace,
  runCommand,
  UsageError,
} from "./operator-command.ts";

const commands = "create, list, set-plan, create-key, delete";

const help = `Usage: npm run --silent team -- COMMAND [--aws] [--stage STAGE] [--json]

  create --name NAME --plan PLAN   makes a team and prints its id and its first API key
  list                             prints all teams
  set-plan --team ID --plan PLAN   changes a team's plan
  create-key --team ID             makes another API key for a team and prints it, for one that
                                   has lost its own; --name NAME, and --scopes SCOPE,SCOPE… if
                                   it shall not have every scope
  delete --team ID                 deletes a team; its data is erased while the platform runs

PLAN is free, pro or enterprise. --json prints one line of JSON. The teams are those of the
folder DATA_DIR (.data); the server may run meanwhile or not. With --stage they are those of
the stage that was deployed under this name, in the account and region of your AWS settings;
with --aws those of npm start -- --aws, where the AWS_ENDPOINT_URL variables lead.
`;

/** What a command prints, for people and for programs. */
interface Output {
  readonly text: string;
  readonly json: unknown;
}

/** `npm run team`: exits with 0, with 1 when it could not be done, with 2 when the arguments are wrong. */
export const team = (args: string[]): Promise<void> =>
  runCommand("team", async () => {
    const { run, place, json } = readCommand(args);
    const output = run ? await atDeployment(place, run) : { text: help.trimEnd(), json: { help } };
    return json ? JSON.stringify(output.json) : output.text;
  });

type Run = (deployment: Deployment) => Promise<Output>;

interface Command {
  /** Undefined prints the help. */
  readonly run: Run | undefined;
  /** Undefined is this machine's data folder. */
  readonly place: AwsPlace | undefined;
  readonly json: boolean;
}

function readCommand(args: string[]): Command {
  const { positionals, values } = parse(args);
  const { help: asked = false, json = false, name, plan, scopes, team: teamId } = values;
  const [command, ...rest] = positionals;
  const place = readPlace(values);
  if (asked || command === "help") return { run: undefined, place, json };
  if (command === undefined) {
    throw new UsageError(`Say what to do: ${commands}.`);
  }
  if (rest.length > 0) throw new UsageError(`What is ${rest.join(" ")}? One command at a time.`);
  const only = (...allowed: string[]) => {
    for (const option of ["name", "plan", "scopes", "team"] as const) {
      if (values[option] !== undefined && !allowed.includes(option)) {
        throw new UsageError(`${command} takes no --${option}.`);
      }
    }
  };
  switch (command) {
    case "create": {
      only("name", "plan");
      if (name === undefined) throw new UsageError("A team needs a name: --name NAME.");
      const input = { name: readName(name), plan: readPlan(plan) };
      return { run: () => create(input), place, json };
    }
    case "list":
      only();
      return { run: list, place, json };
    case "set-plan": {
      only("team", "plan");
      const [id, next] = [readTeam(teamId), readPlan(plan)];
      return { run: () => changePlan(id, next), place, json };
    }
    case "create-key": {
      only("team", "name", "scopes");
      const id = readTeam(teamId);
      const input = { name: readName(name ?? "Made by the operator"), scopes: readScopes(scopes) };
      return { run: () => createKey(id, input), place, json };
    }
    case "delete": {
      only("team");
      const id = readTeam(teamId);
      return { run: (deployment) => remove(id, deployment), place, json };
    }
    default:
      throw new UsageError(`There is no command ${command}: ${commands}.`);
  }
}

const parse = (args: string[]) =>
  readArguments(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: "string" },
        plan: { type: "string" },
        scopes: { type: "string" },
        team: { type: "string" },
        ...placeOptions,
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );

function readName(name: string): string {
  const read = v.safeParse(text(1, 100), name.trim());
  if (!read.success) throw new UsageError(`--name: ${read.issues[0].message}`);
  return read.output;
}

function readPlan(plan: string | undefined): Plan {
  if (plan === undefined) throw new UsageError("Which plan? --plan free, pro or enterprise.");
  if (!v.is(Plan, plan)) throw new UsageError(`${plan} is no plan: free, pro or enterprise.`);
  return plan;
}

function readTeam(id: string | undefined): Id<"team"> {
  if (id === undefined) throw new UsageError("Which team? --team ID; list shows the ids.");
  // What is no id of a team is found nowhere.
  return id as Id<"team">;
}

function readScopes(scopes: string | undefined): Scope[] | undefined {
  return scopes?.split(",").map((scope) => {
    if (v.is(Scope, scope)) return scope;
    throw new UsageError(`--scopes: ${scope} is no scope. There are ${Scope.options.join(", ")}.`);
  });
}

const unknownTeam = (id: Id<"team">) => new StartError(`There is no team ${id}.`);
const liveTeams = () => createTeamStore(liveTable());
const liveApiKeys = () => createApiKeyStore(liveTable());

async function create(input: { name: string; plan: Plan }): Promise<Output> {
  const made = await createTeam({ teams: liveTeams() }, input, createMint(Date.now()));
  const { team_id, api_key } = made;
  const shownOnce = "The key is shown this once. It has every scope.";
  return {
    json: { team_id, api_key },
    text: `Team     ${team_id}\nAPI key  ${api_key}\n${shownOnce}`,
  };
}

async function list(): Promise<Output> {
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

async function changePlan(id: Id<"team">, plan: Plan): Promise<Output> {
  const deps = { teams: liveTeams(), apiKeys: liveApiKeys() };
  const outcome = await setPlan(deps, id, plan, createMint(Date.now()));
  if (outcome === "unknown") throw unknownTeam(id);
  return {
    json: { team_id: id, plan },
    text: `${id} is on the plan ${plan}. Its keys follow within a minute.`,
  };
}

async function createKey(
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

async function remove(id: Id<"team">, { queues }: Deployment): Promise<Output> {
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
