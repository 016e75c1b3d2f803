import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "#shared/runtime/version";
import { createDeployment } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { changedBetween, deployedFunctions } from "./functions.ts";
import { mustBe, mustPrint } from "./must.ts";
import { phase } from "./phase.ts";
import { proveApi } from "./prove-api.ts";
import { proveRights } from "./prove-rights.ts";

/**
 * Proves that a clean account gets the platform by the documented commands, that it passes the e2e suite with the rights
 * it has, that one function is deployed when one has changed, and that it can be destroyed with its files.
 */
export async function proveDeployment(emulator: Emulator): Promise<void> {
  const deployment = await createDeployment(emulator);
  await phase("Bootstraps the account", deployment.bootstrap);
  const printed = await phase("Deploys", () => deployment.deploy("bundles"));
  mustPrint(printed, "ApiUrl = ", "MakeATeam = npm run team -- --stage emulator create");
  const teamId = await proveApi(emulator, deployment);
  const before = await deployedFunctions(emulator);
  const next = `${version}-next`;
  changeBundle(join(deployment.checkout, "dist/system/health/handler.js"), version, next);
  await phase("Deploys one changed function", () => deployment.deploy("bundles"));
  const changed = changedBetween(before, await deployedFunctions(emulator));
  mustBe(
    changed.map((description) => description.replace(/:.*/, "")),
    ["GET /v1/health"],
    "the function for GET /v1/health alone",
  );
  await phase("Asks the changed function", async () => {
    const { status, text } = await emulator.get(`${deployment.apiUrl()}/v1/health`);
    if (!text.includes(`"version":"${next}"`)) {
      throw new Error(`GET /v1/health answered ${status}, of another version: ${text}`);
    }
  });
  await proveRights(emulator, deployment, teamId);

  await phase("Keeps files, more than S3 lists at once", () => putFiles(emulator));
  await phase("Destroys", () => deployment.destroy("sources"));
  mustBe(await bucketsOf(emulator), [], "no bucket of the stage");
  mustBe(
    (await deployedFunctions(emulator)).map(({ description }) => description),
    [],
    "no function",
  );
}

/** The names of the buckets of the stage. */
async function bucketsOf({ ask }: Emulator): Promise<readonly string[]> {
  const [answer] = await ask([["s3", "list_buckets", {}]]);
  // As AWS documents it for ListBuckets.
  const { Buckets } = answer as { Buckets: { Name: string }[] };
  return Buckets.map(({ Name }) => Name).filter((name) => name.startsWith("chatbot-platform-"));
}

async function putFiles(emulator: Emulator): Promise<void> {
  const [Bucket] = await bucketsOf(emulator);
  const numbers = Array.from({ length: 1_001 }, (_, number) => number);
  await emulator.ask(
    numbers.map((number) => ["s3", "put_object", { Bucket, Key: `team_a/file_${number}` }]),
  );
}

/** Puts another text into the bundle of one function, as a change of its code would. */
function changeBundle(file: string, from: string, to: string): void {
  const code = readFileSync(file, "utf8");
  if (!code.includes(from)) throw new Error(`${file} does not hold ${from}.`);
  writeFileSync(file, code.replaceAll(from, to));
}
