import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandOptions, root, run } from "./command.ts";
import type { Emulator } from "./emulator.ts";

/** The stage that is made for this. */
const stage = "emulator";

/** The platform deployed into an emulator, handled as an operator would. */
export interface Deployment {
  readonly bootstrap: () => Promise<void>;
  /** `npm run deploy`. Gives what it printed. */
  readonly deploy: () => Promise<string>;
  /** As `deploy`, but takes the bundles as they are. */
  readonly deployAgain: () => Promise<string>;
  readonly destroy: () => Promise<void>;
  /** `npm run team -- --stage … create`: makes a team and gives its id and key. */
  readonly makeTeam: (
    name: string,
  ) => Promise<{ readonly team_id: string; readonly api_key: string }>;
  readonly deleteTeam: (teamId: string) => Promise<void>;
  /** Where the API answers. Known once it is deployed. */
  readonly apiUrl: () => string;
  /** Runs the e2e suite against the deployed API with the keys of two teams. Gives its last lines. */
  readonly testApi: (first: string, other: string) => Promise<string>;
}

/** Deploys into an emulator. */
export function createDeployment({ url, env, folder }: Emulator): Deployment {
  const outputsFile = join(folder, "outputs.json");
  const assembly = join(folder, "cdk.out");
  const options = (name: string, timeout_seconds: number): CommandOptions => ({
    env,
    timeout_seconds,
    log: join(folder, `${name}.log`),
  });
  const cdk = join(root, "node_modules/.bin/cdk");
  const common = ["-c", `stage=${stage}`, "--no-notices", "--output", assembly];
  const unasked = ["--require-approval", "never", "--outputs-file", outputsFile];
  const team = (...args: string[]) =>
    run(
      "npm",
      ["run", "--silent", "team", "--", "--stage", stage, ...args, "--json"],
      options("team", 60),
    );
  const apiUrl = () => {
    // Written by the CDK after each deployment.
    const outputs = JSON.parse(readFileSync(outputsFile, "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const id = outputs[`ChatbotPlatform-${stage}-Api`]?.["ApiId"];
    if (id === undefined) throw new Error(`${outputsFile} does not say which API was made.`);
    return `${url}/_aws/execute-api/${id}/$default`;
  };

  return {
    bootstrap: async () => {
      const where = "aws://000000000000/us-east-1";
      await run(cdk, ["bootstrap", where, "--no-notices"], options("bootstrap", 180));
    },
    deploy: () =>
      run("npm", ["run", "deploy", "--", ...common, ...unasked], options("deploy", 300)),
    deployAgain: () =>
      run(
        cdk,
        ["deploy", "--all", "--build", "true", ...common, ...unasked],
        options("deploy", 300),
      ),
    destroy: async () => {
      const args = ["run", "destroy", "--", ...common, "--force"];
      await run("npm", args, options("destroy", 180));
    },
    makeTeam: async (name) =>
      // What the command promises, held by its own test.
      JSON.parse(await team("create", "--name", name, "--plan", "enterprise")) as {
        team_id: string;
        api_key: string;
      },
    deleteTeam: async (teamId) => {
      await team("delete", "--team", teamId);
    },
    apiUrl,
    testApi: async (first, other) => {
      const log = options("e2e", 300);
      const keys = { API_URL: apiUrl(), API_KEY: first, OTHER_API_KEY: other };
      await run("npm", ["test", "--", "test/e2e/api.test.ts"], {
        ...log,
        env: { ...env, ...keys },
      });
      // Jest reports to stderr, which the log has.
      return /Tests: +(.*)/.exec(readFileSync(log.log, "utf8"))?.[1] ?? "";
    },
  };
}
