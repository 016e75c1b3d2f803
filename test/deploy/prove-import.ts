import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiOf, askOf } from "#lib/api";
import { bucketNameOf, keyAliasOf } from "#lib/deployed-names";
import { makeBot, makeIntegration } from "#lib/one-of-each";
import { root } from "./command.ts";
import { createDeployment, type Deployment } from "./deployment.ts";
import type { Emulator } from "./emulator.ts";
import { changedBetween, deployedFunctions } from "./functions.ts";
import { mustBe, mustPrint } from "./must.ts";
import { phase } from "./phase.ts";

/** Keeps its data as `prod` does, with the settings of an operator. */
const stage = "kept";
const settings = {
  [stage]: {
    like: "prod",
    home: { account: "000000000000", region: "us-east-1" },
    // Alarms over metric math would roll the stack back there.
    monitoring: "none",
  },
};
const dataStack = `ChatbotPlatform-${stage}-Data`;

/**
 * Proves that nothing is deployed when nothing has changed, and that a stage whose table and key were kept comes back to
 * them by the import of the operations guide: with its data and files, and with the key that opens its secrets.
 */
export async function proveImport(bare: Emulator): Promise<void> {
  const settingsFile = join(bare.folder, "stages.json");
  writeFileSync(settingsFile, JSON.stringify(settings));
  const emulator = { ...bare, env: { ...bare.env, STAGES_FILE: settingsFile } };
  const deployment = await createDeployment(emulator, stage);
  await phase("Bootstraps the account", deployment.bootstrap);
  await phase("Deploys a stage that keeps its data", () => deployment.deploy("bundles"));
  await deployAgain(emulator, deployment);
  const { team_id, api_key } = JSON.parse(
    await deployment.team("create", "--name", "Acme", "--plan", "enterprise"),
    // What the command promises, held by its own test.
  ) as { team_id: string; api_key: string };
  const asks = () => askOf(apiOf(deployment.apiUrl(), api_key));
  const bot = await phase("Makes a bot and a secret", async () => {
    const { id } = await makeBot(asks(), { name: "Kept" });
    await makeIntegration(asks(), id, secret);
    return id;
  });

  const file = { Bucket: bucketNameOf(stage, "000000000000", "us-east-1"), Key: "team_a/file_1" };
  await emulator.ask([["s3", "put_object", file]]);
  await phase("Is not destroyed as long as it is protected", async () => {
    const failure: unknown = await deployment.destroy("assembly").then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) throw new Error("The data stack was destroyed all the same.");
    const isProtected =
      failure instanceof Error &&
      failure.message.includes("while TerminationProtection is enabled");
    if (!isProtected) throw failure;
  });
  await phase("Destroys it", async () => {
    const unprotect = { StackName: dataStack, EnableTerminationProtection: false };
    await emulator.ask([["cloudformation", "update_termination_protection", unprotect]]);
    await deployment.destroy("assembly");
  });
  await phase("Imports its table, key and alias", async () => {
    await deployment.importData(mappingOfGuide(await keptKey(emulator)));
  });
  await phase("Deploys it again", () => deployment.deploy("assembly"));
  await phase("Finds what was there, and opens its secrets", async () => {
    const ask = asks();
    const found = (await ask("getBot", { params: { id: bot } })) as { name: string };
    if (found.name !== "Kept") throw new Error(`The bot is ${JSON.stringify(found)}.`);
    // Sealing another one opens the team's data key, which only the old key can.
    await makeIntegration(ask, bot, secret);
    // Throws when it is not there.
    await emulator.ask([["s3", "head_object", file]]);
    const teams = await deployment.team("list");
    if (!teams.includes(team_id)) throw new Error(`The team is not among ${teams}.`);
  });
}

/** Deploys from sources alone, which make what is deployed. */
async function deployAgain(emulator: Emulator, { checkout, deploy }: Deployment): Promise<void> {
  const before = await deployedFunctions(emulator);
  rmSync(join(checkout, "dist"), { recursive: true });
  const printed = await phase("Builds it again, and deploys it without a change", () =>
    deploy("sources"),
  );
  mustPrint(printed, `${dataStack} (no changes)`, `ChatbotPlatform-${stage}-Api (no changes)`);
  mustBe(changedBetween(before, await deployedFunctions(emulator)), [], "no function");
}

const secret = { url: "https://example.com/chat", headers: { "X-Key": "a secret" } };

async function keptKey({ ask }: Emulator): Promise<KeptKey> {
  const [answer] = await ask([["kms", "describe_key", { KeyId: keyAliasOf(stage) }]]);
  // As AWS documents it: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
  return (answer as { KeyMetadata: KeptKey }).KeyMetadata;
}

interface KeptKey {
  readonly KeyId: string;
  readonly Arn: string;
}

/** The mapping that the operations guide gives to `cdk import`. */
function mappingOfGuide({ KeyId, Arn }: KeptKey): string {
  const guide = readFileSync(join(root, "lib/aws/README.md"), "utf8");
  const mapping = /--resource-mapping-inline '([^]*?\n\})'/.exec(guide)?.[1];
  if (mapping === undefined) throw new Error("The guide gives no mapping to cdk import.");
  const [, , , region = "", account = ""] = Arn.split(":");
  return mapping
    .replaceAll("STAGE", stage)
    .replace(`'"$KEY"'`, KeyId)
    .replaceAll(`'"$BUCKET"'`, bucketNameOf(stage, account, region));
}
