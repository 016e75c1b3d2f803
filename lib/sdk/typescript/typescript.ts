import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { apiPage } from "../api-page.ts";
import { commonFiles } from "../common-files.ts";
import type { Language } from "../language.ts";
import { helperNamesOf, refuseClashes } from "../names.ts";
import { filesIn } from "../read-files.ts";
import { tgz } from "../tgz.ts";
import { casing, indexFile, resourcesFile, statusesFile, typesFile } from "./emit.ts";
import { sample } from "./sample.ts";
import { surfaceOf } from "./surface.ts";

const here = import.meta.dirname;
const run = promisify(execFile);

const manifest = (version: string) => ({
  name: "@chatbot-platform/sdk",
  version,
  description:
    "The API of a chatbot platform: bots, backends, channels, conversations, agent loops, webhooks.",
  license: "Apache-2.0",
  type: "module",
  sideEffects: false,
  engines: { node: ">=20" },
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  files: ["dist", "examples", "README.md", "api.md", "CHANGELOG.md", "LICENSE"],
});

const tsconfig = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
    module: "nodenext",
    moduleResolution: "nodenext",
    rootDir: "src",
    outDir: "dist",
    declaration: true,
    stripInternal: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
  },
  include: ["src"],
};

/** What the run-time exports, none of which a type of the document may be called. */
const exportsOf = (runtime: readonly (readonly [string, string])[]) =>
  runtime
    .filter(([name]) => name !== "types.ts")
    .flatMap(([, text]) => [
      ...text.matchAll(/^export (?:async )?(?:class|interface|type|const|function\*?) (\w+)/gm),
    ])
    .map(([, name = ""]) => name);

/** `@chatbot-platform/sdk`: ESM on web standards, without dependencies. */
export const typescript: Language = {
  name: "typescript",
  title: "TypeScript",
  packed: "typescript.tgz",
  sources: async (model) => {
    const runtime = await filesIn(join(here, "runtime"));
    refuseClashes(model, casing, { own: exportsOf(runtime), helpers: helperNamesOf(casing) });
    const files = new Map<string, string>();
    const source = {
      ...Object.fromEntries(runtime),
      "index.ts": indexFile(model),
      "resources.ts": resourcesFile(model),
      "statuses.ts": statusesFile(model),
      "types.ts": typesFile(model),
    };
    // A compiled file imports compiled files.
    for (const [name, text] of Object.entries(source)) {
      files.set(`src/${name}`, text.replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.js"'));
    }
    for (const [name, text] of await filesIn(join(here, "examples"))) {
      files.set(`examples/${name}`, text);
    }
    files.set("package.json", `${JSON.stringify(manifest(model.version), null, 2)}\n`);
    files.set("tsconfig.json", `${JSON.stringify(tsconfig, null, 2)}\n`);
    files.set("README.md", await readFile(join(here, "README.md"), "utf8"));
    files.set("api.md", apiPage(model, casing, helperNamesOf(casing)));
    for (const [name, text] of await commonFiles(model)) files.set(name, text);
    return files;
  },
  pack: async (folder) => {
    const { resolve } = createRequire(import.meta.url);
    const compiler = join(dirname(resolve("typescript-compiler/package.json")), "bin/tsc");
    await run(process.execPath, [compiler, "-p", folder]).catch((error: { stdout?: string }) => {
      throw new Error(`The TypeScript SDK does not compile:\n${error.stdout}`, { cause: error });
    });
    const files = new Map<string, string>();
    for (const name of ["package.json", "README.md", "LICENSE", "api.md", "CHANGELOG.md"]) {
      files.set(`package/${name}`, await readFile(join(folder, name), "utf8"));
    }
    for (const [name, text] of await filesIn(join(folder, "dist"))) {
      files.set(`package/dist/${name}`, text);
    }
    for (const [name, text] of await filesIn(join(folder, "examples"))) {
      files.set(`package/examples/${name}`, text);
    }
    return tgz(files);
  },
  sample,
  surface: async (folder) =>
    surfaceOf(
      new Map((await filesIn(join(folder, "dist"))).filter(([name]) => name.endsWith(".d.ts"))),
    ),
};
