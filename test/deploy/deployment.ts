import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { copyCheckout } from "#test/support/copy-checkout";
import { type CommandOptions, root, run } from "./command.ts";
import { type Emulator, workFolder } from "./emulator.ts";
import { phase } from "./phase.ts";

/** The platform deployed into an emulator, handled as an operator would. */
export interface Deployment extends RunningPlatform {
  /** The copy of the checkout that is deployed, with its bundles. */
  readonly checkout: string;
  readonly bootstrap: () => Promise<void>;
  /** `npm run deploy`, of what it is given. Gives what it printed. */
  readonly deploy: (from: Source) => Promise<string>;
  /** `npm run destroy`, likewise. */
  readonly destroy: (from: Source) => Promise<void>;
  /** The CDK's import into the data stack. The mapping says which things are given to which parts of it. */
  readonly importData: (mapping: string) => Promise<void>;
  readonly deleteTeam: (teamId: string) => Promise<void>;
}

/** What a command of the CDK begins with: sources, bundles that are there, or what was synthesised before it. */
type Source = "sources" | "bundles" | "assembly";

/** A platform over an emulator, with an operator. */
export interface RunningPlatform {
  /** Where the API answers. Known once it runs. */
  readonly apiUrl: () => string;
  /** `npm run team -- …args --json`. Gives what it printed. */
  readonly team: (...args: string[]) => Promise<string>;
}

/** Seconds for each command: several times what it takes on a busy machine. */
const limit = 300;

let built: Promise<string> | undefined;

/** A copy of the checkout with its bundles, which is made once for all proofs. None of them changes it. */
export const builtCheckout = () =>
  (built ??= phase("Builds the functions", async () => {
    const checkout = copyCheckout(join(workFolder, "checkout"));
    const log = join(workFolder, "build.log");
    await run("npm", ["run", "build"], {
      env: process.env,
      cwd: checkout,
      timeout_seconds: limit,
      log,
    });
    return checkout;
  }));

/** Deploys into an emulator; unless another is given, the stage that is made for this. */
export async function createDeployment(
  emulator: Emulator,
  stage = "emulator",
): Promise<Deployment> {
  const { url, env, folder } = emulator;
  const checkout = copyCheckout(join(folder, "checkout"));
  cpSync(join(await builtCheckout(), "dist"), join(checkout, "dist"), { recursive: true });
  const outputsFile = join(folder, "outputs.json");
  const assembly = join(folder, "cdk.out");
  const options = (name: string): CommandOptions => ({
    env,
    cwd: checkout,
    timeout_seconds: limit,
    log: join(folder, `${name}.log`),
  });
  const cdk = join(root, "node_modules/.bin/cdk");
  const begun: Readonly<Record<Source, readonly string[]>> = {
    sources: ["--output", assembly],
    bundles: ["--build", "true", "--output", assembly],
    assembly: ["--build", "true", "--app", assembly],
  };
  const common = (from: Source) => ["-c", `stage=${stage}`, "--no-notices", ...begun[from]];
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
      // Not in the checkout, where the CDK would synthesise all stacks first and then use none of them.
      const away = { ...options("bootstrap"), cwd: folder };
      await run(cdk, ["bootstrap", where, "--no-notices"], away);
    },
    deploy: (from) =>
      run("npm", ["run", "deploy", "--", ...common(from), ...unasked], options("deploy")),
    destroy: async (from) => {
      const args = ["run", "destroy", "--", ...common(from), "--force"];
      await run("npm", args, options("destroy"));
    },
    importData: async (mapping) => {
      const stack = `ChatbotPlatform-${stage}-Data`;
      const args = ["import", stack, ...common("assembly"), "--resource-mapping-inline", mapping];
      await run(cdk, args, options("import"));
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
