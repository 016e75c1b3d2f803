import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { fullName, methodsOf, type SdkModel } from "#lib/sdk/model";
import { typescript as language } from "#lib/sdk/typescript/typescript";
import { errorOf, valueOf } from "./bench.ts";
import { get, ok } from "./cases/canned.ts";
import { answerByExample } from "./examples.ts";
import { answersSigned, secret } from "./listening.ts";
import { inOneCopy } from "./one-copy.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { checkSecondReading } from "./second-reading.ts";
import { tool } from "./tool.ts";
import { mutants } from "./typescript-mutants.ts";

const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve("typescript-compiler/package.json")), "bin/tsc");
/** Without its types, so that not each of many that are started reads them. */
const driver = ({ work }: Places) => join(work, "driver.js");
const types = ({ work }: Places) => join(work, "types.js");

const driverOf =
  (places: Places, entry: string): StartDriver =>
  (env) =>
    startDriver(process.execPath, [driver(places), pathToFileURL(entry).href], env);

const installed = ({ work }: Places) => join(work, "node_modules/@chatbot-platform/sdk");

export const typescript: Proven = {
  language,
  needs: [],
  cases: [
    {
      title: "refuses to hold a key in a browser unless it is told that this is meant",
      run: async (bench) => {
        const window = "data:text/javascript,globalThis.window={document:{}}";
        const inBrowser = bench.startDriver({ NODE_OPTIONS: `--import=${window}` });
        try {
          bench.proxy.plan(ok);
          const error = await errorOf({ ...bench, driver: inBrowser }, get);
          assert.equal(error.class, "ChatbotPlatformError");
          assert.match(error.message, /browser.*dangerouslyAllowBrowser/);
          assert.equal(bench.proxy.seen.length, 0);
          const client = { own: { dangerouslyAllowBrowser: true } };
          await valueOf({ ...bench, driver: inBrowser }, { ...get, client });
        } finally {
          await inBrowser.close();
        }
      },
    },
  ],
  install: async (places) => {
    await writeFile(
      join(places.work, "package.json"),
      JSON.stringify({ type: "module", private: true }),
    );
    const quietly = ["--offline", "--no-audit", "--no-fund", "--silent"];
    await tool("npm", ["install", ...quietly, places.packed], { cwd: places.work });
    for (const [name, to] of [
      ["driver.ts", driver(places)],
      ["typescript-types.ts", types(places)],
    ] as const) {
      const text = await readFile(join(import.meta.dirname, name), "utf8");
      await writeFile(to, stripTypeScriptTypes(text));
    }
    return driverOf(places, join(installed(places), "dist/index.js"));
  },
  installMutants: (places, mutated) => {
    const copy = join(places.work, "mutants");
    const compiled = mutated.map(({ file, text }) => ({
      file: file.replace(/^src\//, "").replace(/\.ts$/, ".js"),
      text: stripTypeScriptTypes(text),
    }));
    const start = driverOf(places, join(copy, "index.js"));
    return inOneCopy(join(installed(places), "dist"), copy, compiled, start);
  },
  checkDocumentation: async (places, { model, proxy, platform }) => {
    await refuseTooLarge(places);
    const samples = await writePrograms(places, model);
    await checkSecondReading(model, places.work);
    await compile(places.work);
    await tool(process.execPath, [types(places)]);
    const env = { CHATBOT_PLATFORM_API_KEY: platform.key, CHATBOT_PLATFORM_BASE_URL: proxy.url };
    proxy.plan();
    for (const name of ["readme", "quickstart", "agent-loop"]) await runProgram(places, name, env);
    const listening = (name: string, given: Readonly<Record<string, string>>) => ({
      program: process.execPath,
      args: [join(places.work, "out", `${name}.js`)],
      env: { ...env, ...given },
    });
    const { backendExample, events } = model;
    const backend = listening("backend", { SIGNING_SECRET: secret });
    await answersSigned(backend, backendExample.request, 200);
    const webhooks = listening("webhooks", { CHATBOT_PLATFORM_WEBHOOK_SECRET: secret });
    await answersSigned(webhooks, events[0]?.example, 204);
    proxy.answerAll(answerByExample(model));
    await runProgram(places, "samples", env);
    const asked = proxy.seen.length;
    proxy.plan();
    assert.equal(asked, samples, "Each sample asks once.");
  },
  mutants,
};

/** What an SDK adds to a program stays small; each operation takes about 25 bytes of it. */
async function refuseTooLarge(places: Places): Promise<void> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        'import { ChatbotPlatform } from "@chatbot-platform/sdk"; export const client = new ChatbotPlatform();',
      resolveDir: places.work,
    },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  assert.ok(bytes <= 6 * 1024, `The bundle has ${bytes} bytes.`);
}

/** README, examples and samples as files beside the installed package. Gives how many samples there are. */
async function writePrograms(places: Places, model: SdkModel): Promise<number> {
  const readme = await readFile(join(installed(places), "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  // The README is one program from its first block to its last; what it started is stopped.
  await writeFile(join(places.work, "readme.ts"), [...blocks, "server.close();\n"].join("\n"));
  for (const name of await readdir(join(installed(places), "examples"))) {
    await cp(join(installed(places), "examples", name), join(places.work, name));
  }
  const samples = methodsOf(model);
  const folder = join(places.work, "samples");
  await mkdir(folder, { recursive: true });
  for (const method of samples) {
    await writeFile(join(folder, `${fullName(method)}.ts`), language.sample(model, method));
  }
  await writeFile(
    join(places.work, "samples.ts"),
    samples.map((method) => `await import("./samples/${fullName(method)}.js");\n`).join(""),
  );
  return samples.length;
}

/** As strictly as users may. */
async function compile(work: string): Promise<void> {
  const types = dirname(require.resolve("@types/node/package.json"));
  await mkdir(join(work, "node_modules/@types"), { recursive: true });
  await cp(types, join(work, "node_modules/@types/node"), { recursive: true });
  // What it needs lies beside it.
  const beside = join(types, "../../undici-types");
  await cp(beside, join(work, "node_modules/undici-types"), { recursive: true });
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
    lib: ["es2023"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    rootDir: ".",
    outDir: "out",
  };
  await writeFile(
    join(work, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["*.ts", "samples/*.ts"] }),
  );
  await tool(process.execPath, [compiler, "-p", work]);
}

async function runProgram(
  { work }: Places,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await tool(process.execPath, [join(work, "out", `${name}.js`)], { env, seconds: 30 });
}
