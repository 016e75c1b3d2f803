import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle, type Plugin } from "esbuild";
import { makeAssets } from "./assets.ts";
import { defaultOutput } from "./build-output.ts";
import type { Manifest } from "./manifest.ts";

/** A bundle of one function. */
export interface BuiltFunction {
  /** The folder below `functions` and below the output. */
  readonly folder: string;
  /** Bytes of its handler. */
  readonly bytes: number;
  /** Bytes of the vendors' libraries beside it; 0 where it calls no model. */
  readonly vendorBytes: number;
  /** The source files that are in it, relative to the checkout. */
  readonly inputs: readonly string[];
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Event streams are only Bedrock's: the clients of tables, queues and keys load them for operations they do not have. */
const eventStreamsOfBedrockOnly: Plugin = {
  name: "event-streams-of-bedrock-only",
  setup: (build) => {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, importer }) =>
      importer.includes("eventstream-codec") ? undefined : { path, external: true },
    );
  },
};

/** What the SDK loads at its start for others than functions in Lambda, whose settings all stand in the environment. */
const settingsOfLambdaOnly: Plugin = {
  name: "settings-of-lambda-only",
  setup: (build) => {
    const replace = (filter: RegExp, contents: string) =>
      build.onLoad({ filter }, () => ({ contents, loader: "js" }));
    // Files of profiles, which a function does not have: reading them needs one more part of Node.
    replace(
      /[\\/]shared-ini-file-loader[\\/]readFile\.js$/,
      'export const fileIntercept = {}; export const readFile = async () => "";',
    );
    // Endpoints that a service tells itself, which no command of ours asks it for.
    replace(
      /[\\/]endpoint-cache[\\/]dist-es[\\/]EndpointCache\.js$/,
      "export class EndpointCache {}",
    );
    // Another way of trying again than ours, and the region of a machine of EC2.
    replace(
      /[\\/]util-retry[\\/]AdaptiveRetryStrategy\.js$/,
      "export class AdaptiveRetryStrategy {}",
    );
    replace(
      /[\\/]getInstanceMetadataRegion\.js$/,
      "export const getInstanceMetadataRegion = async () => undefined;",
    );
    // Digests in JavaScript, for where Node's own are missing.
    replace(/[\\/]Sha256Js\.js$/, "export class Sha256Js {}");
    replace(/[\\/]Md5Js\.js$/, "export class Md5Js {}");
    // Of its own package a client reads nothing but the version.
    build.onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-\w+[\\/]package\.json$/ },
      async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, "utf8")) as {
          readonly version: string;
        };
        return { contents: JSON.stringify({ version }), loader: "json" };
      },
    );
  },
};

/** Schemas of tools are applied without formats: none is left in them. */
const schemasWithoutFormats: Plugin = {
  name: "schemas-without-formats",
  setup: (build) => {
    build.onLoad({ filter: /[\\/]@cfworker[\\/]json-schema[\\/].*[\\/]format\.js$/ }, () => ({
      contents: "export const format = {};",
      loader: "js",
    }));
  },
};

/** The errors of AWS that the code knows by their class. Others keep their name, and are of their client's one class. */
export const errorsByClass: ReadonlySet<string> = new Set([
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "TransactionConflictException",
]);

/**
 * A client describes all its operations and errors in one file, in a way that keeps esbuild from leaving out those that
 * nobody uses: each error is registered, and the keys of objects are computed.
 */
const usedSchemasOnly: Plugin = {
  name: "used-schemas-only",
  setup: (build) => {
    const filter = /[\\/]@aws-sdk[\\/]client-\w+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/;
    build.onLoad({ filter }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const names = new Map(
        [...source.matchAll(/^const (_\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]),
      );
      const contents = source
        .replace(/\[(_\w+)\]:/g, (key, name: string) => {
          const literal = names.get(name);
          return literal === undefined ? key : `${literal}:`;
        })
        .replace(/^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm, (line, error: string) =>
          errorsByClass.has(error) ? line : "",
        );
      return { contents, loader: "js" };
    });
  },
};

/** Zod comes with the model and MCP libraries; its 40 languages of error messages (256 KB) are never shown. */
const englishErrorsOnly: Plugin = {
  name: "english-errors-only",
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

/** What the vendors' libraries are called beside a handler. */
const vendorsFile = "vendors.js";

/**
 * What talks to vendors of models is loaded by who first needs it: inside of a handler, each start of it would read a
 * megabyte for those who use none.
 */
const vendorsApart: Plugin = {
  name: "vendors-apart",
  setup: (build) => {
    build.onResolve({ filter: /^\.\/vendors\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: `./${vendorsFile}`, external: true } : undefined,
    );
  },
};

/** Calls that make a schema, Valibot's and those of `shared/schema`, and have no other effect. */
const callsThatMakeSchemas =
  /(?<![.\w]|function )(?:v\.(?!(?:parse|safeParse|getDotPath)\b)\w+|allNames|boundedRecord|deleted|id|idParams|named|omittable|text|wholeNumber)\(/g;

/** The fields of a route that are for the reference, as Prettier lays them out. */
const saidOfRoutes =
  /^ {2}(?:(?:summary|description):\s+"(?:[^"\\]|\\.)*"|example: \{(?:.*\}|[\s\S]*?^ {2}\})),$/gm;

/**
 * Names, sentences and examples are for the reference, which is made of the checkout: no function says them. A schema that
 * a function does not use is not in it either: that making one has no effect, esbuild must be told at each call.
 */
const ofSchemasWhatIsUsed: Plugin = {
  name: "of-schemas-what-is-used",
  setup: (build) => {
    build.onLoad({ filter: /[\\/](shared|functions)[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source
        .replace(/\bv\.(description|title)\(\s*"(?:[^"\\]|\\.)*",?\s*\)/g, 'v.$1("")')
        .replace(/(: NameAndText = )\[[^\]]*\]/g, '$1["", ""]')
        .replace(/\bv\.examples\(\[[^\]]*\]\)/g, "v.examples([])")
        .replace(saidOfRoutes, "")
        .replace(callsThatMakeSchemas, "/* @__PURE__ */ $&");
      return { contents, loader: "ts" };
    });
  },
};

/**
 * Bundles every function in one pass into `<out>/<folder>/handler.js`, beside the files that it reads.
 * What was in `out` before is removed.
 */
export async function build(
  manifest: Manifest,
  out: string = defaultOutput,
): Promise<readonly BuiltFunction[]> {
  const folders = [...manifest.routes, ...manifest.workers].map(({ folder }) => folder);
  await emptied(out);
  const [{ metafile }, assets] = await Promise.all([
    bundle({
      absWorkingDir: root,
      entryPoints: [
        { in: "shared/models/vendors.ts", out: "vendors" },
        ...folders.map((folder) => ({
          in: `functions/${folder}/handler.ts`,
          out: `${folder}/handler`,
        })),
      ],
      outdir: out,
      bundle: true,
      minify: true,
      platform: "node",
      target: "node24",
      // CommonJS starts about 10 ms sooner than ESM on Node 24.
      format: "cjs",
      // The SDK's ESM files shake down to two thirds of its CommonJS ones.
      mainFields: ["module", "main"],
      alias: {
        "@aws-sdk/credential-provider-node": join(root, "lib/aws/environment-credentials.ts"),
      },
      plugins: [
        eventStreamsOfBedrockOnly,
        settingsOfLambdaOnly,
        schemasWithoutFormats,
        usedSchemasOnly,
        englishErrorsOnly,
        vendorsApart,
        ofSchemasWhatIsUsed,
      ],
      // An `import()` of a built-in asks for each of its exports, and one of `node:http` loads undici: 17 ms of a first
      // request to an endpoint without TLS. This makes it a `require`.
      supported: { "dynamic-import": false },
      define: { "import.meta.dirname": "__dirname" },
      legalComments: "none",
      metafile: true,
      logLevel: "warning",
    }),
    makeAssets(manifest),
  ]);
  // The checkout's own package.json would make these ES modules when one is tried out here.
  await writeFile(join(out, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
  for (const { folder, name, bytes } of assets) await writeFile(join(out, folder, name), bytes);

  const outputs = Object.values(metafile.outputs);
  const vendors = outputs.find(({ entryPoint }) => entryPoint === "shared/models/vendors.ts");
  const built = folders.map((folder) => {
    const entry = `functions/${folder}/handler.ts`;
    const output = outputs.find(({ entryPoint }) => entryPoint === entry);
    if (!output) throw new Error(`${entry} was not bundled.`);
    const callsVendors = output.imports.some(({ path }) => path === `./${vendorsFile}`);
    return {
      folder,
      bytes: output.bytes,
      vendorBytes: callsVendors ? (vendors?.bytes ?? 0) : 0,
      inputs: Object.keys(output.inputs),
    };
  });
  const file = join(out, vendorsFile);
  for (const { folder, vendorBytes } of built) {
    if (vendorBytes > 0) await copyFile(file, join(out, folder, vendorsFile));
  }
  await rm(file);
  return built;
}

async function emptied(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}
