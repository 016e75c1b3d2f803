import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { route as getBot } from "#functions/bots/get/route";
import { build } from "#lib/build";
import { loadManifest } from "#lib/manifest";
import { type Memory, memoryKindOf } from "#lib/memory";
import { benchEvent } from "./bench-event.ts";
import { loadModule, type ModuleLoad } from "./module-load.ts";
import { quantiles } from "./quantiles.ts";
import { refusingTable } from "./refusing-table.ts";
import { say, shown, table } from "./say.ts";

/** What the deployed functions have, and why. */
export interface MemorySettings {
  /** The stage. */
  readonly name: string;
  readonly memoryMb: Memory;
  readonly memoryReasons: Readonly<Record<keyof Memory, string>>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const defaultBundlesProgram = fileURLToPath(
  new URL("../aws/default-bundles-program.ts", import.meta.url),
);
const run = promisify(execFile);
/** Fresh processes for each bundle; odd, so that one of them is the median. */
const rounds = 9;

/**
 * Bundles every function and prints what each weighs, how long it loads and what memory it has; then how the routes
 * that read, and hooks, compare with what `NodejsFunction` makes of them.
 */
export async function bundlesPart({
  name: stage,
  memoryMb,
  memoryReasons,
}: MemorySettings): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "chatbot-platform-bench-"));
  const endpoint = await refusingTable();
  try {
    const { routes, workers } = await loadManifest();
    const bundles = join(folder, "bundles");
    const builds = [];
    for (let count = 0; count < 3; count++) {
      builds.push(await timed(() => build({ routes, workers }, bundles)));
    }
    builds.sort(([, one], [, other]) => one - other);
    const [built, buildSeconds] = builds[1] ?? [[], Number.NaN];
    // It is for those who try a bundle out here; Lambda gets a function's folder alone.
    rmSync(join(bundles, "package.json"));
    const compared = routes
      .filter(({ route }) => route.method === "GET" || "signed" in route.auth)
      .map((one) => one.folder);
    const [defaults, defaultSeconds] = await timed(() => buildByDefault(compared, folder));

    const kinds = new Map([
      ...routes.map(({ folder: name, route }) => [name, memoryKindOf(route)] as const),
      ...workers.map(({ folder: name, worker }) => [name, memoryKindOf(worker)] as const),
    ]);
    const isRoute = new Set(routes.map((one) => one.folder));
    const ours = new Map<string, ModuleLoad[]>(built.map((one) => [one.folder, []]));
    const theirs = new Map<string, ModuleLoad[]>(compared.map((one) => [one, []]));
    const event = benchEvent(getBot.example.data.id, "");
    const variables = { ...lambdaVariables, HOME: folder, AWS_ENDPOINT_URL_DYNAMODB: endpoint.url };
    const load = async (file: string, name: string) => {
      const assets = { ASSETS_DIR: join(bundles, name) };
      const asked = isRoute.has(name) ? event : undefined;
      const measured = await loadModule(file, { ...variables, ...assets }, asked);
      if ((measured.status ?? 0) >= 500) throw new Error(`${name} answered ${measured.status}.`);
      return measured;
    };
    for (let round = 0; round < rounds; round++) {
      for (const [name, loads] of ours) {
        loads.push(await load(join(bundles, name, "handler.js"), name));
        const file = defaults.get(name);
        if (file !== undefined) theirs.get(name)?.push(await load(file, name));
      }
    }

    table(
      `Bundles, and loading them in a fresh process of Node ${process.versions.node}: median of ${rounds}, taken inside it around the import
(targets: routes that read 220 KB, those that send or seal 248 KB; RSS is the peak, for routes with a first request; memory is that of the stage ${stage})`,
      ["function", "KB", "load ms", "RSS MB", "memory MB", "why"],
      built.map(({ folder: name, bytes }) => {
        const loads = ours.get(name) ?? [];
        const kind = kinds.get(name) ?? "usual";
        return [
          name,
          Math.round(bytes / 1024),
          median(loads, "load_ms"),
          Math.round(median(loads, "rss_mb")),
          memoryMb[kind],
          memoryReasons[kind],
        ];
      }),
    );
    const loaded = compared.map((name) => {
      const [our, their] = [ours.get(name) ?? [], theirs.get(name) ?? []];
      const pair = (of: Measure) => [median(our, of), median(their, of)] as const;
      return { name, load: pair("load_ms"), cpu: pair("load_cpu_ms"), answer: pair("answer_ms") };
    });
    table(
      `Routes that read and hooks, beside what NodejsFunction of aws-cdk-lib bundles by default for NODEJS_24_X: median of ${rounds}, in turns
(target: load 0.50 of the default's. That leaves the SDK to the runtime; here it finds the same packages in node_modules
by NODE_PATH, as Lambda finds its own copy. "CPU" is the processor's time of the load, which other programs change least;
"answer" from before the import until the first request is answered: a key looked up in a table that refuses it, over
plain HTTP; public routes and hooks ask no table)`,
      [
        "function",
        ...["load", "CPU", "answer"].flatMap((what) => [`${what} ms`, "default", "ratio"]),
      ],
      loaded.map(({ name, load, cpu, answer }) => [
        name,
        ...[load, cpu, answer].flatMap(([our, their]) => [our, their, our / their]),
      ]),
    );
    const within = (of: "load" | "cpu") =>
      loaded.filter(({ [of]: [our, their] }) => our / their <= 0.5).length;
    say(
      `\n${within("load")} of ${compared.length} routes that read and hooks load within 0.50 of the default by the clock, ${within("cpu")} by CPU time.
Load of the machine in the last minute: ${shown(loadavg()[0] ?? Number.NaN)} on ${availableParallelism()} cores.`,
    );

    const [, synthSeconds] = await timed(() => synthesise(join(folder, "cdk.out")));
    table(
      "Building and synthesising (targets: build 5 s, synth 15 s)",
      ["what", "s"],
      [
        [`build of all ${built.length} bundles, median of 3`, buildSeconds],
        [`NodejsFunction, its ${compared.length} routes, for comparison`, defaultSeconds],
        ["cdk synth, its build included", synthSeconds],
      ],
    );
  } finally {
    await endpoint.stop();
  }
}

/** As Lambda sets them, as far as a handler or the SDK reads them. */
const lambdaVariables = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
  NODE_PATH: join(root, "node_modules"),
  TABLE_NAME: "bench",
  LOG_LEVEL: "error",
};

/** The bundles that `NodejsFunction` makes of folders, by folder. */
async function buildByDefault(
  folders: readonly string[],
  out: string,
): Promise<ReadonlyMap<string, string>> {
  const args = [defaultBundlesProgram, join(out, "defaults"), ...folders];
  const { stdout } = await run(process.execPath, args);
  // What the program prints, in the order of its arguments.
  const files = JSON.parse(stdout) as readonly string[];
  return new Map(folders.map((folder, index) => [folder, files[index] ?? ""]));
}

/** What `npm run synth` does, apart from where it writes templates. */
const synthesise = (out: string) =>
  run(process.execPath, [join(root, "node_modules/aws-cdk/bin/cdk"), "synth", "-q", "-o", out], {
    cwd: root,
  });

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const begin = performance.now();
  const value = await work();
  return [value, (performance.now() - begin) / 1000];
}

type Measure = Exclude<keyof ModuleLoad, "status">;

const median = (loads: readonly ModuleLoad[], of: Measure): number =>
  quantiles(loads.map((one) => one[of]))(0.5);
