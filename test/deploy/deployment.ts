import { readFileSync } from "node:fs";
import { join } from "node:path";
import { copyCheckout } from "#test/support/copy-checkout";
import { type CommandOptions, root, run } from "./command.ts";
import type { Emulator } from "./emulator.ts";

/** The platform deployed into an emulator, handled as an operator would. */
export interface Deployment extends RunningPlatform {
  /** The copy of the checkout that is deployed, with a build of its own. */
  readonly checkout: string;
  readonly bootstrap: () => Promise<void>;
  /** `npm run deploy`. Gives what it printed. */
  readonly deploy: () => Promise<string>;
  /** As `deploy`, but takes the bundles as they are. */
  readonly deployAgain: () => Promise<string>;
  readonly destroy: () => Promise<void>;
  /** The CDK's import into the data stack. The mapping says which things are given to which parts of it. */
  readonly importData: (mapping: string) => Promise<void>;
  readonly deleteTeam: (teamId: string) => Promise<void>;
}

/** A platform over an emulator, with an operator. */
export interface RunningPlatform {
  /** Where the API answers. Known once it runs. */
  readonly apiUrl: () => string;
  /** `npm run team -- …args --json`. Gives what it printed. */
  readonly team: (...args: string[]) => Promise<string>;
}

/** Deploys into an emulator; unless another is given, the stage that is made for this. */
export function createDeployment(emulator: Emulator, stage = "emulator"): Deployment {
  const { url, env, folder } = emulator;
  const checkout = copyCheckout(join(folder, "checkout"));
  const outputsFile = join(folder, "outputs.json");
  const assembly = join(folder, "cdk.out");
  const options = (name: string, timeout_seconds: number): CommandOptions => ({
    env,
    cwd: checkout,
    timeout_seconds,
    log: join(folder, `${name}.log`),
  });
  const cdk = join(root, "node_modules/.bin/cdk");
  const common = ["-c", `stage=${stage}`, "--no-notices", "--output", assembly];
  const unasked = ["--require-approval", "never", "--outputs-file", outputsFile];
  const team = teamCommand(emulator, "--stage", stage);
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
    checkout,
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
    importData: async (mapping) => {
      const stack = `ChatbotPlatform-${stage}-Data`;
      const args = ["import", stack, ...common, "--resource-mapping-inline", mapping];
      await run(cdk, args, options("import", 180));
    },
    deleteTeam: async (teamId) => {
      await team("delete", "--team", teamId);
    },
    apiUrl,
    team,
  };
}

/** `npm run team` with options that say where the platform is. */
export const teamCommand =
  ({ env, folder }: Emulator, ...where: string[]): RunningPlatform["team"] =>
  (...args) =>
    run("npm", ["run", "--silent", "team", "--", ...where, ...args, "--json"], {
      env,
      timeout_seconds: 60,
      log: join(folder, "team.log"),
    });
