import { parseArgs } from "node:util";
import * as v from "valibot";
import { Scope } from "#shared/auth/scopes";
import type { Id } from "#shared/runtime/ids";
import { text } from "#shared/schema/fields";
import { Plan } from "#shared/teams/team";
import type { AwsPlace } from "../local/aws-place.ts";
import type { Deployment } from "./at-deployment.ts";
import {
  placeOptions,
  readArguments,
  readPlace,
  runCommand,
  UsageError,
} from "./operator-command.ts";
import type * as Teams from "./teams.ts";

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

/** `npm run team`: exits with 0, with 1 when it could not be done, with 2 when the arguments are wrong. */
export const team = (args: string[]): Promise<void> =>
  runCommand("team", async () => {
    const { run, place, json, mayBegin } = readCommand(args);
    const output = run
      ? await runAt(place, run, mayBegin)
      : { text: help.trimEnd(), json: { help } };
    return json ? JSON.stringify(output.json) : output.text;
  });

type Run = (teams: typeof Teams, deployment: Deployment) => Promise<Teams.Output>;

/** Loads the platform, which arguments that are wrong need not wait for. */
async function runAt(
  place: AwsPlace | undefined,
  run: Run,
  mayBegin?: true,
): Promise<Teams.Output> {
  const { atDeployment } = await import("./at-deployment.ts");
  const teams = await import("./teams.ts");
  return atDeployment(place, (deployment) => run(teams, deployment), mayBegin);
}

interface Command {
  /** Undefined prints the help. */
  readonly run: Run | undefined;
  /** Undefined is this machine's data folder. */
  readonly place: AwsPlace | undefined;
  readonly json: boolean;
  /** Whether it may be the first on a data folder. */
  readonly mayBegin?: true;
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
      return { run: (teams) => teams.create(input), place, json, mayBegin: true };
    }
    case "list":
      only();
      return { run: (teams) => teams.list(), place, json };
    case "set-plan": {
      only("team", "plan");
      const [id, next] = [readTeam(teamId), readPlan(plan)];
      return { run: (teams) => teams.changePlan(id, next), place, json };
    }
    case "create-key": {
      only("team", "name", "scopes");
      const id = readTeam(teamId);
      const input = { name: readName(name ?? "Made by the operator"), scopes: readScopes(scopes) };
      return { run: (teams) => teams.createKey(id, input), place, json };
    }
    case "delete": {
      only("team");
      const id = readTeam(teamId);
      return { run: (teams, deployment) => teams.remove(id, deployment), place, json };
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
