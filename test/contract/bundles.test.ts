import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "@jest/globals";
import { route as createBot } from "#functions/bots/create/route";
import { build, type BuiltFunction, errorsByClass } from "#lib/build";
import { type Needs, needsOfRoute, needsOfWorker } from "#lib/grants";
import { openEmbeddedAws } from "#lib/local/embedded-aws";
import { loadManifest } from "#lib/manifest";
import { languages } from "#lib/sdk/languages";
import { apiKeyFrom } from "#shared/auth/api-key";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import { eventOf } from "#test/support/test-platform";

const manifest = await loadManifest();
const [out, again] = [newFolder(), newFolder()];
const built = new Map((await build(manifest, out)).map((one) => [one.folder, one]));
await build(manifest, again);
afterAll(() => [out, again].forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function newFolder() {
  return mkdtempSync(join(tmpdir(), "bundles-"));
}

const functions: readonly (readonly [string, Needs])[] = [
  ...manifest.routes.map(({ folder, route }) => [folder, needsOfRoute(route)] as const),
  ...manifest.workers.map(({ folder, worker }) => [folder, needsOfWorker(worker)] as const),
];

const bundleOf = (folder: string): BuiltFunction => {
  const found = built.get(folder);
  if (!found) throw new Error(`${folder} was not built.`);
  return found;
};

/** The packages whose files are in a bundle. */
const packagesIn = ({ inputs }: BuiltFunction) =>
  new Set(inputs.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []));

const adaptersIn = ({ inputs }: BuiltFunction) =>
  inputs.filter((file) => /^shared\/platforms\/[^/]+\/adapter\.ts$/.test(file));

/** KB that a function may weigh: more when it speaks to queues, to the key or to others, without the libraries of vendors. */
const budget = (folder: string, { table, sends, receives, key }: Needs) => {
  // They read what models answer, and sign calls of Bedrock (42 KB); one speaks MCP too, with a checker of JSON Schema.
  if (folder === "workers/executions") return 336;
  if (folder === "integrations/test") return 264;
  // They send, seal, write audit entries (3 KB) and check a schedule with the cron library (32 KB), in its time zone (3 KB).
  if (folder === "agent-loops/create" || folder === "agent-loops/update") return 278;
  // It calls others anyway, so that platforms add little; fetching files and keeping them are 11 KB, models 34 KB, what it
  // counts and how backends do 5 KB.
  if (folder === "workers/inbound") return 321 + furtherAdapters(folder);
  // They speak to platforms (25 KB), call them safely, and seal or open what acts for a team there; places are 2 KB.
  if (speaksToPlatforms.has(folder)) return (receives ? 329 : 274) + furtherAdapters(folder);
  // It wakes workers, and opens what proves who calls: three clients of AWS.
  if (sends.length > 0 && folder.startsWith("hooks/")) return key.length > 0 ? 249 : 237;
  if (receives || sends.length > 0 || key.length > 0) return 240;
  // Its document shows each operation in each language.
  if (folder === "system/openapi") return 177 + 2 * languages.length;
  // Who reads nothing needs no key either.
  return table.length > 0 ? 213 : 180;
};

/** Each adapter beyond the first brings its own words and shapes. */
const furtherAdapters = (folder: string) => 9 * (adaptersIn(bundleOf(folder)).length - 1);

const speaksToPlatforms = new Set([
  "channels/create",
  "channels/get",
  "channels/update",
  "workers/inbound",
  "workers/jobs",
]);

const keyed = new Set(
  manifest.routes.flatMap(({ folder, route }) => ("scope" in route.auth ? [folder] : [])),
);

/** Routes that may hold a function for longer than a second, as they say themselves. */
const heldRoutes = new Set(
  manifest.routes.flatMap(({ folder, route }) => (route.mayBeHeld ? [folder] : [])),
);

/** Others only check the URLs that they are given. */
const callers = new Set(
  ["executions", "deliveries"]
    .map((name) => `workers/${name}`)
    .concat("integrations/test", ...speaksToPlatforms),
);

describe.each(functions)("the bundle of %s", (folder, needs) => {
  const bundle = bundleOf(folder);
  const packages = packagesIn(bundle);

  it("keeps its budget", () => {
    expect(bundle.bytes / 1024).toBeLessThanOrEqual(budget(folder, needs));
  });

  it("holds nothing that builds or deploys", () => {
    const foreign = [
      "aws-cdk-lib",
      "constructs",
      "esbuild",
      "@valibot/to-json-schema",
      "@scalar/api-reference",
      "typescript",
    ];
    expect(foreign.filter((name) => packages.has(name))).toEqual([]);
    expect(
      bundle.inputs.filter((file) =>
        /^(bin|test|lib\/(?!aws\/environment-credentials))/.test(file),
      ),
    ).toEqual([]);
  });

  it("holds no credentials but those of the environment", () => {
    const providers = [...packages].filter((name) =>
      /credential-provider|token-providers|client-(sso|sts)/.test(name),
    );
    expect(providers).toEqual([]);
  });

  it("has what calls other people's servers exactly when it is one that waits for them", () => {
    const calls = bundle.inputs.includes("shared/outbound/safe-fetch.ts");
    expect(calls).toBe(callers.has(folder));
  });

  it("asks for a place exactly when it may be held up by others, or by a worker that is", () => {
    const isHeld = heldRoutes.has(folder);
    expect(bundle.inputs.includes("shared/work/hold-request.ts")).toBe(isHeld);
    expect(isHeld).toBe(
      folder === "channels/send-message" || (callers.has(folder) && !folder.startsWith("workers/")),
    );
  });

  it("has the libraries of vendors beside it, and not inside, exactly when it may call models", () => {
    const libraries = [...packages].filter((name) => name.startsWith("@ai-sdk/"));
    expect(libraries).toEqual([]);
    expect(bundle.vendorBytes > 0).toBe(needs.models);
    expect(bundle.vendorBytes / 1024).toBeLessThanOrEqual(985);
    expect(existsSync(join(out, folder, "vendors.js"))).toBe(needs.models);
  });

  it("has the adapters of platforms exactly when it speaks to platforms", () => {
    expect(adaptersIn(bundle).length > 0).toBe(speaksToPlatforms.has(folder));
  });

  it("has what looks for a key exactly when it is called with one", () => {
    const asks = bundle.inputs.includes("shared/http/authenticate.ts");
    expect(asks).toBe(keyed.has(folder));
  });

  it("reads and proves calls of platforms exactly when it is a hook", () => {
    const reads = bundle.inputs.some((file) => /^shared\/platforms\/\w+\/parse\.ts$/.test(file));
    expect(reads).toBe(folder.startsWith("hooks/"));
  });

  it("has a client for queues exactly when it may use one", () => {
    const mayUse = needs.sends.length > 0 || needs.receives !== undefined;
    expect(packages.has("@aws-sdk/client-sqs")).toBe(mayUse);
  });

  it("reaches blobs exactly when it may use them", () => {
    expect(bundle.inputs.includes("shared/blobs/s3-store.ts")).toBe(needs.blobs.length > 0);
  });

  it("has a client for the key exactly when it may use it", () => {
    expect(packages.has("@aws-sdk/client-kms")).toBe(needs.key.length > 0);
  });
});

describe("the build", () => {
  it("puts what functions read beside them", () => {
    const document: unknown = JSON.parse(
      gunzipSync(readFileSync(join(out, "system/openapi/openapi.json.gz"))).toString(),
    );
    expect(document).toHaveProperty("openapi", "3.1.1");
    expect(existsSync(join(out, "system/docs/script/script.js.gz"))).toBe(true);
    expect(existsSync(join(out, "system/sdks/sdk-typescript.tgz"))).toBe(true);
  });

  it("leaves out of bundles what only the reference says", () => {
    const handler = readFileSync(join(out, "bots/create/handler.js"), "utf8");
    expect(handler).toContain("context_window");
    expect(handler).not.toContain("How many of the last messages a backend gets");
    const said = manifest.routes.filter(({ folder, route: { summary } }) =>
      readFileSync(join(out, folder, "handler.js"), "utf8").includes(`"${summary}"`),
    );
    expect(said).toEqual([]);
    expect(handler).not.toContain("Support Bot");
  });

  it("makes bundles that load without any environment, with handlers that Lambda takes", () => {
    // Its Node 24 refuses each invocation of one with a third parameter, a callback: Runtime.CallbackHandlerDeprecated.
    const script = `
      for (const folder of ${JSON.stringify([...built.keys()])}) {
        const { handler } = require(${JSON.stringify(out)} + "/" + folder + "/handler.js");
        if (typeof handler !== "function") throw new Error(folder + " has no handler");
        if (handler.length > 2) throw new Error(folder + " takes a callback");
      }
      const { generate, libraries } = require(${JSON.stringify(out)} + "/workers/inbound/vendors.js");
      if (typeof generate !== "function") throw new Error("vendors.js is no library");
      Promise.all(Object.values(libraries).map((load) => load())).then((all) => {
        if (all.some((library) => Object.keys(library).length === 0)) throw new Error("one is empty");
      });`;
    const { stderr, status } = spawnSync(process.execPath, ["-e", script], {
      env: {},
      encoding: "utf8",
    });
    // Minified sources in a stack trace tell nobody anything.
    expect(stderr.slice(-500)).toBe("");
    expect(status).toBe(0);
  });
});

describe("the errors of AWS", () => {
  it("keep their class wherever the code asks for it", () => {
    const asked = globSync("{functions,shared}/**/*.ts").flatMap((file) => {
      const source = readFileSync(file, "utf8");
      const classes = [...source.matchAll(/ instanceof (\w+Exception)\b/g)].map(([, name]) => name);
      return source.includes("@aws-sdk/client-") ? classes : [];
    });
    expect(new Set(asked)).toEqual(errorsByClass);
  });

  it("are known for what they are in a bundle: of a single write, and of a transaction", async () => {
    const aws = openEmbeddedAws({ folder: undefined, manifest, clock: Date.now });
    try {
      const endpoint = await aws.listen(0);
      const input = { name: "Acme", plan: "enterprise" as const };
      const teams = createTeamStore(liveTable());
      const { api_key } = await createTeam({ teams }, input, createMint(Date.now()));
      const ask = (as: string) => eventOf(createBot, { as, body: { name: "Support Bot" } });
      // Of those that come together all but one meet a team that another has changed meanwhile.
      const events = [ask(apiKeyFrom(new Uint8Array(32))), ...Array(8).fill(ask(api_key))];
      const script = `
        const { handler } = require(${JSON.stringify(join(out, "bots/create/handler.js"))});
        const ask = (event) => handler(event, { getRemainingTimeInMillis: () => 29_000 });
        Promise.all(${JSON.stringify(events)}.map(ask))
          .then((answers) => process.send(answers.map(({ statusCode }) => statusCode)))
          .then(() => process.disconnect());`;
      const child = spawn(process.execPath, ["-e", script], {
        env: {
          AWS_ENDPOINT_URL: endpoint,
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "test",
          AWS_SECRET_ACCESS_KEY: "test",
          TABLE_NAME: process.env["TABLE_NAME"],
        },
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const [statuses] = (await once(child, "message")) as [readonly number[]];
      expect(statuses).toEqual([401, ...Array<number>(8).fill(201)]);
    } finally {
      await aws.close();
    }
  });
});

describe("two builds of the same sources", () => {
  const filesIn = (folder: string) =>
    globSync("**", { cwd: folder })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort();

  it("are the same, byte for byte, wherever they stand", () => {
    const names = filesIn(out);
    expect(names.length).toBeGreaterThan(functions.length);
    expect(filesIn(again)).toEqual(names);
    const differing = names.filter(
      (name) => !readFileSync(join(out, name)).equals(readFileSync(join(again, name))),
    );
    expect(differing).toEqual([]);
  });

  it("say nothing of the machine that they were made on", () => {
    const places = [process.cwd(), out, again];
    const telling = filesIn(out).filter((name) => {
      const bytes = readFileSync(join(out, name));
      return places.some((place) => bytes.includes(place));
    });
    expect(telling).toEqual([]);
  });
});
