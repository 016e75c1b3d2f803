import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { deleteFiles } from "../operator/stage-bucket.ts";
import { runCdk, stageNameIn } from "./deploy-command.ts";
import type { Stage } from "./stages.ts";
import { stageOf } from "./stages-file.ts";

/**
 * `npm run destroy`: has the CDK destroy a stage. Of one that does not keep its data the files are deleted before the
 * bucket, which CloudFormation does not delete while it holds any, and after all that could put one there.
 */
export async function destroy(args: string[]): Promise<void> {
  try {
    const stage = stageOf(stageNameIn(args));
    process.exitCode = await destroyStage(stage, args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function destroyStage(stage: Stage, args: readonly string[]): Promise<number> {
  if (stage.keepsData) return runCdk(["destroy", "--all", ...args]);
  const { isSure, profile, region, synthesised } = read(args);
  if (!isSure && !(await agrees(stage))) {
    process.stderr.write("Nothing was removed.\n");
    return 1;
  }
  // Where the CDK goes, the files are.
  if (profile !== undefined) process.env["AWS_PROFILE"] = profile;
  if (region !== undefined) process.env["AWS_REGION"] = region;
  const unasked = [...args, "--force"];
  const api = await runCdk(["destroy", `ChatbotPlatform-${stage.name}-Api`, ...unasked]);
  if (api !== 0) return api;
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const files = await deleteFiles(
    stage.name,
    stage.home?.region ?? AWS_REGION ?? AWS_DEFAULT_REGION,
  );
  if (files) process.stderr.write(`${files.bucket}: deleted ${files.deleted} files\n`);
  return runCdk(["destroy", "--all", "--build", "true", ...synthesised, ...unasked]);
}

/** What of the CDK's arguments matters here. */
function read(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      force: { type: "boolean", short: "f" },
      yes: { type: "boolean", short: "y" },
      profile: { type: "string" },
      region: { type: "string" },
      output: { type: "string", short: "o" },
      app: { type: "string", short: "a" },
    },
    strict: false,
  });
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    isSure: values.force === true || values.yes === true,
    profile: text(values.profile),
    region: text(values.region),
    // What the first of two commands has built and synthesised: in the folder that cdk.json names, unless another is given.
    synthesised: values.app === undefined ? ["--app", text(values.output) ?? "cdk.out"] : [],
  };
}

async function agrees({ name }: Stage): Promise<boolean> {
  const { stdin: input, stderr: output } = process;
  const asked = createInterface({ input, output });
  try {
    const ended = new Promise<string>((resolve) => asked.once("close", () => resolve("")));
    const question = `This removes the stage ${name} with its table, its key and its files, for good. Its name, to go on: `;
    return (await Promise.race([asked.question(question), ended])).trim() === name;
  } finally {
    asked.close();
  }
}
