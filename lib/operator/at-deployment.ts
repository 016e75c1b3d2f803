import { tableNameOf } from "#lib/deployed-names";
import { loadManifest } from "#lib/manifest";
import { liveQueues } from "#shared/queue/live-queues";
import type { Queues } from "#shared/queue/queues";
import { systemClock } from "#shared/runtime/clock";
import { isUnavailable } from "#shared/runtime/unavailable";
import { openDataFolder } from "../local/data-folder.ts";
import { openEmbeddedAws } from "../local/embedded-aws.ts";
import { StartError } from "../local/start-error.ts";

/** What an operator's command works with beside the table. */
export interface Deployment {
  /** Wakes workers; a deployed stage's are woken by its sweeper alone, within two minutes. */
  readonly queues: () => Queues;
}

/**
 * Runs an operator's command where the platform is: on this machine's data folder (`DATA_DIR`), or on the table of a
 * deployed stage, in the account and region that the environment's AWS settings name. Throws a StartError with what the
 * operator can do about it when the platform is not there.
 */
export function atDeployment<T>(
  stage: string | undefined,
  run: (deployment: Deployment) => Promise<T>,
): Promise<T> {
  return stage === undefined ? onThisMachine(run) : onStage(stage, run);
}

async function onThisMachine<T>(run: (deployment: Deployment) => Promise<T>): Promise<T> {
  // Files are made for their owner alone.
  process.umask(0o077);
  const folder = openDataFolder(process.env["DATA_DIR"] || ".data");
  const manifest = await loadManifest();
  const aws = openEmbeddedAws({ folder, manifest, clock: systemClock });
  try {
    return await run({ queues: liveQueues });
  } finally {
    await aws.close();
  }
}

async function onStage<T>(stage: string, run: (deployment: Deployment) => Promise<T>): Promise<T> {
  process.env["TABLE_NAME"] = tableNameOf(stage);
  try {
    return await run({ queues: () => sweptQueues });
  } catch (error) {
    throw explainAwsError(error, stage);
  }
}

/** Sends nothing: what is due stands in the table, and the sweeper looks there each minute. */
const sweptQueues: Queues = {
  send: async () => {},
  sendBatch: async () => [],
  setVisibility: async () => {},
};

const refusals = new Set([
  // What SQS says; the others are DynamoDB's.
  "AccessDenied",
  "AccessDeniedException",
  "ExpiredTokenException",
  "InvalidSignatureException",
  "UnrecognizedClientException",
]);

/** What a person can do about an error of AWS; other errors are given back. */
function explainAwsError(error: unknown, stage: string): unknown {
  if (!(error instanceof Error)) return error;
  const because = (why: string) => new StartError(why, { cause: error });
  const choose = "AWS_PROFILE and AWS_REGION choose the account and the region.";
  if (error.name === "ResourceNotFoundException") {
    return because(
      `There is no stage ${stage} here: the table ${tableNameOf(stage)} was not found. Deploy it with npm run deploy -- -c stage=${stage}. ${choose}`,
    );
  }
  if (error.name === "QueueDoesNotExist") {
    return because(
      `The stage ${stage} has its table here, but not its queues. Deploy it with npm run deploy -- -c stage=${stage}. ${choose}`,
    );
  }
  if (error.name === "CredentialsProviderError") {
    return because(`There are no AWS credentials: ${error.message}. ${choose}`);
  }
  if (/^Region (is missing|not accepted)/.test(error.message)) {
    return because(`There is no AWS region. ${choose}`);
  }
  if (refusals.has(error.name)) return because(`AWS refused: ${error.message} ${choose}`);
  if (isUnavailable(error)) return because(`AWS does not answer: ${error.message}.`);
  return error;
}
