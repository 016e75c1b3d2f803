import { readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Context } from "aws-lambda";
import { maxBytesOf, sizeText } from "#shared/http/body-size";
import type { Route } from "#shared/http/define-route";
import type { Worker } from "#shared/queue/define-worker";

/** A route with its folder below `functions`: `bots/create`. */
export interface ManifestRoute {
  readonly folder: string;
  readonly route: Route;
}

/** A worker with its folder below `functions`: `workers/inbound`. */
export interface ManifestWorker {
  readonly folder: string;
  readonly worker: Worker;
}

/** Everything that runs: what is not found here does not exist. */
export interface Manifest {
  readonly routes: readonly ManifestRoute[];
  readonly workers: readonly ManifestWorker[];
}

/** What Lambda calls. */
export type LambdaHandler = (event: unknown, context: Context) => Promise<unknown>;

/** The folder of the functions of this checkout. */
export const functionsFolder = fileURLToPath(new URL("../functions/", import.meta.url));

/** The path of the route that answers what no other route does, whatever the method. */
export const catchAllPath = "/{proxy+}";

/**
 * Finds every `route.ts` and every `workers/<name>/worker.ts`: the only table of routes and workers there is.
 * Throws a sentence when two of them claim the same operation, address or queue, or one a body that cannot come.
 */
export async function loadManifest(root = functionsFolder): Promise<Manifest> {
  const files = await filesIn(root);
  const routes = await Promise.all(
    files
      .filter((file) => file.endsWith("/route.ts"))
      .map(async (file) => ({
        folder: dirname(file),
        // A module found on disk has no type; the contract test checks each route.
        route: (await exported(root, file, "route")) as Route,
      })),
  );
  refuseTooLarge(routes);
  refuseTwins(routes, "operation id", ({ route }) => route.operationId);
  refuseTwins(routes, "method and path", ({ route }) => addressOf(route));
  return { routes, workers: await workersOf(root, files) };
}

/** The workers alone, for programs that have no use for routes: there are more than ten times as many of these. */
export const loadWorkers = async (): Promise<readonly ManifestWorker[]> =>
  workersOf(functionsFolder, await filesIn(functionsFolder));

async function workersOf(
  root: string,
  files: readonly string[],
): Promise<readonly ManifestWorker[]> {
  const workers = await Promise.all(
    files
      .filter((file) => /^workers\/[^/]+\/worker\.ts$/.test(file))
      .map(async (file) => ({
        folder: dirname(file),
        // As above: found on disk, so without a type.
        worker: (await exported(root, file, "worker")) as Worker,
      })),
  );
  refuseTwins(workers, "worker name", ({ worker }) => worker.name);
  refuseTwins(workers, "queue", ({ worker: { trigger } }) =>
    "queue" in trigger ? trigger.queue : undefined,
  );
  return workers;
}

/** Loads what Lambda would call for a folder of the manifest. */
export async function loadHandler(folder: string, root = functionsFolder): Promise<LambdaHandler> {
  const handler = await exported(root, `${folder}/handler.ts`, "handler");
  if (typeof handler !== "function") {
    throw new Error(`functions/${folder}/handler.ts exports a \`handler\` that is no function.`);
  }
  // Checked above as far as a value can tell; its parameters are known only to its own file.
  return handler as LambdaHandler;
}

/**
 * Whether a route also answers HEAD, as it answers GET; the gateway leaves the body out. Those that everybody may read
 * do: load balancers, link checkers and caches ask so, and a program with a key does not.
 */
export const answersHead = ({ method, path, auth }: Pick<Route, "method" | "path" | "auth">) =>
  method === "GET" && "public" in auth && path !== catchAllPath;

/** The routes that also answer browsers' preflights: of each path with `cors` the first, for it is one address. */
export function answeringPreflights(routes: readonly ManifestRoute[]): ReadonlySet<Route> {
  const byPath = new Map<string, Route>();
  for (const { route } of routes) {
    const shape = shapeOf(route.path);
    if (route.cors && !byPath.has(shape)) byPath.set(shape, route);
  }
  return new Set(byPath.values());
}

async function filesIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

async function exported(root: string, file: string, name: string): Promise<unknown> {
  const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
  const value = module[name];
  if (value === undefined) throw new Error(`functions/${file} does not export \`${name}\`.`);
  return value;
}

/** A function is called with 6 MB at most, in which the bytes of a body are base64 and so a third more. */
const largestBody = 4 * 1024 * 1024;

function refuseTooLarge(routes: readonly ManifestRoute[]): void {
  const found = routes.find(({ route }) => maxBytesOf(route) > largestBody);
  if (!found) return;
  throw new Error(
    `functions/${found.folder} takes bodies of ${sizeText(maxBytesOf(found.route))}, and Lambda lets through ${sizeText(largestBody)} at most.`,
  );
}

/** Two paths that differ only in the names of their parameters are one address. */
const addressOf = ({ method, path }: Route) =>
  path === catchAllPath ? catchAllPath : `${method} ${shapeOf(path)}`;
const shapeOf = (path: string) => path.replaceAll(/\{[^{}]*\}/g, "{}");

function refuseTwins<T extends { readonly folder: string }>(
  entries: readonly T[],
  what: string,
  identityOf: (entry: T) => string | undefined,
): void {
  const first = new Map<string, string>();
  for (const entry of entries) {
    const identity = identityOf(entry);
    if (identity === undefined) continue;
    const other = first.get(identity);
    if (other !== undefined) {
      throw new Error(
        `functions/${other} and functions/${entry.folder} have the same ${what}, ${identity}.`,
      );
    }
    first.set(identity, entry.folder);
  }
}
