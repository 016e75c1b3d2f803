import { loadWorkers } from "#lib/manifest";
import { liveQueues } from "#shared/queue/live-queues";
import type { Queues } from "#shared/queue/queues";
import { systemClock } from "#shared/runtime/clock";
import { type AwsPlace, explainAwsError, namesAt, reachAws } from "../local/aws-place.ts";
import { findDataFolder, openDataFolder } from "../local/data-folder.ts";

/** What an operator's command works with beside the table. */
export interface Deployment {
  /** Wakes workers; elsewhere than in a data folder they are woken by the sweeper alone, within two minutes. */
  readonly queues: () => Queues;
}

/**
 * Runs an operator's command where the platform is: on this machine's data folder (`DATA_DIR`), or where the
 * environment's AWS settings lead. Throws a StartError with what the operator can do about it when the platform is not
 * there; in a data folder one is begun where the command may be the first.
 */
export function atDeployment<T>(
  place: AwsPlace | undefined,
  run: (deployment: Deployment) => Promise<T>,
  mayBegin = false,
): Promise<T> {
  return place ? inAws(place, run) : onThisMachine(run, mayBegin);
}

async function onThisMachine<T>(
  run: (deployment: Deployment) => Promise<T>,
  mayBegin: boolean,
): Promise<T> {
  // Files are made for their owner alone.
  process.umask(0o077);
  const open = mayBegin ? openDataFolder : findDataFolder;
  const folder = open(process.env["DATA_DIR"] || ".data");
  const workers = await loadWorkers();
  // Loaded only where it is used.
  const { openEmbeddedAws } = await import("../local/embedded-aws.ts");
  const aws = openEmbeddedAws({ folder, manifest: { workers }, clock: systemClock });
  try {
    return await run({ queues: liveQueues });
  } finally {
    await aws.close();
  }
}

async function inAws<T>(place: AwsPlace, run: (deployment: Deployment) => Promise<T>): Promise<T> {
  reachAws(place);
  const { table, keyAlias } = namesAt(place);
  Object.assign(process.env, { TABLE_NAME: table, KMS_KEY_ID: keyAlias });
  try {
    return await run({ queues: () => sweptQueues });
  } catch (error) {
    throw explainAwsError(error, place);
  }
}

/** Sends nothing: what is due stands in the table, and the sweeper looks there each minute. */
const sweptQueues: Queues = {
  send: async () => {},
  sendBatch: async () => [],
  setVisibility: async () => {},
};
