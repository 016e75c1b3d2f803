import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withAssets } from "#lib/assets";
import { loadHandler, loadManifest, type Manifest } from "#lib/manifest";
// What nearly every function of a route needs; what is its own, it loads at its first call.
import "#shared/http/serve";
import { hearEveryone } from "#shared/runtime/announce";
import { type Clock, systemClock } from "#shared/runtime/clock";
import { stop as announceStop } from "#shared/runtime/stopping";
import { keepPlacesHere } from "#shared/work/live-places";
import { placesInMemory } from "#shared/work/place-records";
import { inMemory, lockServer, openDataFolder } from "./data-folder.ts";
import type { BlobServer } from "./embedded-aws.ts";
import type { FaultPlan } from "./embedded/faults.ts";
import { type EventSource, type SourceQueues, startEventSource } from "./event-source.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { loadedAtFirstCall, loadRest } from "./route-functions.ts";
import { explainFileError } from "./start-error.ts";
import { createSweeperClock, type SweeperClock } from "./sweeper-clock.ts";

/** How the platform runs on this machine. */
export interface PlatformOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** The folder of everything that is kept, or `:memory:`. */
  readonly dataDir: string;
  /** The address that others reach the API at; by default its own. */
  readonly publicUrl?: string | undefined;
  /** Opens the embedded DynamoDB and SQS on loopback for other programs. */
  readonly endpoints?: boolean;
  /**
   * Queues that are used in place of the embedded engine, with table and key, which this process has been led to. Others
   * may be at work on them too.
   */
  readonly remote?: SourceQueues | undefined;
  readonly clock?: Clock;
  /** The most functions of each worker at once; alone, by default ten times what AWS gets, because here they only wait. */
  readonly functionsOfWorker?: number;
  /** What goes wrong with the calls of functions to AWS, for tests. */
  readonly faults?: FaultPlan;
}

/** The whole platform in this process. */
export interface LocalPlatform {
  readonly url: string;
  /** Where DynamoDB and SQS are, if they were asked for. */
  readonly endpointUrl: string | undefined;
  /** Lets workers take what is due now: for tests whose clock jumps. */
  look(): void;
  /**
   * Takes no more requests and messages, lets what runs end for up to 8 s, then says that the process is stopping and
   * closes everything: within 10 s.
   */
  stop(): Promise<void>;
}

const graceMs = 8_000;
const releaseMs = 1_500;
const restAfterMs = 5_000;

/**
 * Starts the platform: every function of the manifest over the embedded table and queues, or over remote ones. One to a
 * process, because functions find their world in the process's environment. Throws a StartError when something stands
 * in the way.
 */
export async function startPlatform(options: PlatformOptions): Promise<LocalPlatform> {
  const { port, dataDir, publicUrl, remote, clock = systemClock } = options;
  const isAlone = !remote;
  const folder = dataDir === inMemory ? undefined : openDataFolder(dataDir);
  const closers: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    if (folder) closers.push(lockServer(folder));
    const gateway = await startGateway({ port, clock });
    closers.push(() => gateway.close());
    const manifest = await loadManifest();
    let endpointUrl: string | undefined;
    let blobs: BlobServer | undefined;
    const url = `http://127.0.0.1:${gateway.port}`;
    const openEmbedded = async () => {
      // Loaded only where it is used.
      const { openEmbeddedAws } = await import("./embedded-aws.ts");
      const aws = openEmbeddedAws({ folder, manifest, clock, faults: options.faults });
      closers.push(() => aws.close());
      blobs = aws.serveBlobs(publicUrl ?? url);
      if (options.endpoints) endpointUrl = await aws.listen(0);
      return aws.queues;
    };
    const queues = remote ?? (await openEmbedded());
    const assets = folder?.assets ?? mkdtempSync(join(tmpdir(), "platform-"));
    if (!folder) closers.push(() => rmSync(assets, { recursive: true, force: true }));
    setEnvironment({ PUBLIC_URL: publicUrl ?? url, ASSETS_DIR: assets });

    const functionsOf = (fromAws: number) =>
      options.functionsOfWorker ?? (isAlone ? fromAws * 10 : fromAws);
    const { routes, queued, clocked } = await loadFunctions(manifest, functionsOf, assets);
    if (isAlone) {
      // The leases of a process that died are removed at the start of the next: nobody waits for their end.
      process.env["LEASE_SECONDS"] ||= "60";
      keepPlacesHere({ newRecord: placesInMemory, functionsOf });
      hearEveryone();
    }
    const sweeper = createSweeperClock(clocked);
    // Before any worker claims something: the leases of a process that was killed are still there.
    await sweeper.begin(isAlone);
    const sources = queued.map((worker) => startEventSource(worker, queues, clock));
    sweeper.start();
    gateway.serve(routes, blobs);
    const folders = manifest.routes.map(({ folder }) => folder);
    const settled = setTimeout(() => void loadRest(folders), restAfterMs).unref();
    closers.push(() => clearTimeout(settled));

    let stopped: Promise<void> | undefined;
    return {
      url,
      endpointUrl,
      look: () => sources.forEach((source) => source.look()),
      stop: () => (stopped ??= stopInOrder(gateway, [...sources, sweeper]).then(closeAll)),
    };
  } catch (error) {
    await closeAll();
    throw folder ? explainFileError(error, folder.path) : error;
  }
}

async function stopInOrder(
  gateway: Gateway,
  workers: readonly (EventSource | SweeperClock)[],
): Promise<void> {
  const all = [gateway, ...workers];
  for (const part of all) part.refuse();
  const idle = () => Promise.all(all.map((part) => part.idle()));
  await within(graceMs, idle());
  announceStop();
  await within(releaseMs, idle());
}

async function within(ms: number, ended: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

function setEnvironment(values: Readonly<Record<string, string>>): void {
  const defaults = { ALLOW_PRIVATE_URLS: "true", LOG_LEVEL: "warn" };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ||= value;
  Object.assign(process.env, values);
}

async function loadFunctions(
  manifest: Manifest,
  functionsOfWorker: (fromAws: number) => number,
  assets: string,
) {
  const { routes, workers } = manifest;
  const loaded = await Promise.all(
    workers.map(async ({ folder, worker }) => ({ worker, handler: await loadHandler(folder) })),
  );
  return {
    routes: routes.map(({ folder, route }) => {
      const handler = loadedAtFirstCall(folder);
      return { route, handler: withAssets({ folder, handler }, manifest, assets) };
    }),
    queued: loaded.flatMap(({ worker: { name, timeoutSeconds, trigger }, handler }) =>
      "queue" in trigger
        ? [
            {
              name,
              timeoutSeconds,
              ...trigger,
              maxConcurrency: functionsOfWorker(trigger.maxConcurrency),
              handler,
            },
          ]
        : [],
    ),
    clocked: loaded.flatMap(({ worker: { name, timeoutSeconds, trigger }, handler }) =>
      "everyMinutes" in trigger ? [{ name, timeoutSeconds, ...trigger, handler }] : [],
    ),
  };
}
