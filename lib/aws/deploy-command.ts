import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { awsConfig } from "#shared/runtime/aws-config";
import { loadManifest, type Manifest } from "../manifest.ts";
import { maxConcurrencyOf, type Stage } from "./stages.ts";
import { stageOrExit } from "./stages-file.ts";

const cdk = fileURLToPath(new URL("../../node_modules/.bin/cdk", import.meta.url));

/** `npm run deploy`: says what the account's limit of functions means for the stage, then has the CDK deploy it. */
export async function deploy(args: string[]): Promise<void> {
  const stage = stageOrExit(stageNameIn(args));
  const said = await concurrencyAdvice(stage, await loadManifest());
  if (said !== undefined) process.stderr.write(`${said}\n\n`);
  process.exitCode = await runCdk(["deploy", "--all", ...args]);
}

/** Runs the CDK's command line; gives its exit code. */
export async function runCdk(args: readonly string[]): Promise<number> {
  // It is interrupted with this process, and ends in its own way.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const child = spawn(cdk, args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", ignore);
  return code ?? 1;
}

/** The stage that the CDK's own arguments name: `-c stage=prod`, `--context stage=prod`. */
export function stageNameIn(args: string[]): string {
  const { values } = parseArgs({
    args,
    options: { context: { type: "string", short: "c", multiple: true } },
    strict: false,
  });
  const named = [values.context ?? []].flat().map(String);
  return named.findLast((one) => one.startsWith("stage="))?.slice("stage=".length) ?? "dev";
}

/** Workers may take so much of the account's functions; the rest is for routes. */
const workersShare = 4 / 5;

/**
 * What to know of how many functions the account runs at once: undefined when they are enough for a stage's workers and its
 * routes beside them, and a line of its own when AWS does not say.
 */
export async function concurrencyAdvice(
  stage: Stage,
  { workers }: Manifest,
): Promise<string | undefined> {
  const queued = workers.flatMap(({ worker: { trigger } }) => ("queue" in trigger ? trigger : []));
  const most = queued.reduce((sum, trigger) => sum + maxConcurrencyOf(trigger, stage), 0);
  let limit: number | undefined;
  try {
    limit = await concurrencyLimit(stage);
  } catch (error) {
    const problem = error instanceof Error ? error.message || error.name : String(error);
    return `How many functions the account may run at once is not known (${problem}); the workers of ${stage.name} take up to ${most}.`;
  }
  if (limit === undefined || most <= limit * workersShare) return undefined;
  const each = Math.max(2, Math.floor((limit * workersShare) / queued.length));
  const setting = JSON.stringify({ [stage.name]: { workerConcurrency: each } });
  return [
    `This account runs ${limit} functions at once, and the workers of ${stage.name} alone may take ${most}: while they do, every request is answered with 503.`,
    `Ask for ${enough(most)} (aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${enough(most)}), and until you have them set ${setting} in stages.json.`,
  ].join("\n");
}

/** AWS's own default, and what a stage needs beyond it. */
const enough = (most: number) => Math.max(1_000, Math.ceil(most / workersShare));

async function concurrencyLimit({ home }: Stage): Promise<number | undefined> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = home?.region ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  const client = new LambdaClient({ ...awsConfig(), maxAttempts: 1, ...(region && { region }) });
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand());
    return AccountLimit?.ConcurrentExecutions;
  } finally {
    client.destroy();
  }
}
