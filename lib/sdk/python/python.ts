import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "#shared/runtime/version";
import { apiPage } from "../api-page.ts";
import { commonFiles } from "../common-files.ts";
import type { Files, Language } from "../language.ts";
import { helperNamesOf, refuseClashes } from "../names.ts";
import { filesIn } from "../read-files.ts";
import { tgz } from "../tgz.ts";
import { casing, resourcesFile, typesFile } from "./emit.ts";
import { indexFile, statusesFile, versionFile } from "./emit-client.ts";
import { sample } from "./sample.ts";
import { surfaceOf } from "./surface.ts";
import { unasync } from "./unasync.ts";
import { wheel, wheelName } from "./wheel.ts";

const here = import.meta.dirname;
const summary =
  "The API of a chatbot platform: bots, backends, channels, conversations, agent loops, webhooks.";
const dependency = "httpx2>=2.12,<3";

const pyproject = `[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "chatbot-platform"
version = "${version}"
description = "${summary}"
readme = "README.md"
license = "Apache-2.0"
requires-python = ">=3.10"
dependencies = ["${dependency}"]

[tool.hatch.build.targets.wheel]
packages = ["chatbot_platform"]
`;

const metadata = (readme: string) => `Metadata-Version: 2.4
Name: chatbot-platform
Version: ${version}
Summary: ${summary}
License-Expression: Apache-2.0
Requires-Python: >=3.10
Requires-Dist: ${dependency}
Classifier: Typing :: Typed
Description-Content-Type: text/markdown

${readme}`;

/** What the run-time exports, none of which a type of the document may be called. */
const exportsOf = (runtime: readonly (readonly [string, string])[]) =>
  runtime.flatMap(([, text]) =>
    [...text.matchAll(/^class ([A-Z]\w+)/gm)].map(([, name = ""]) => name),
  );

/** `chatbot-platform`: a sync and an async client on httpx2. */
export const python: Language = {
  name: "python",
  title: "Python",
  packed: wheelName(version),
  sources: async (model) => {
    const shared = await filesIn(join(here, "runtime"));
    const [aio, sync] = await Promise.all(
      ["aio", "sync"].map((name) => filesIn(join(here, "runtime", name))),
    );
    if (!aio || !sync) throw new Error("The run-time has two clients.");
    refuseClashes(model, casing, {
      own: exportsOf([...shared, ...aio]),
      helpers: helperNamesOf(casing),
    });
    const files = new Map<string, string>();
    const add = (folder: string, all: Iterable<readonly [string, string]>) => {
      for (const [name, text] of all) files.set(`${folder}/${name}`, text);
    };
    add("chatbot_platform", shared);
    add("chatbot_platform", [
      ["__init__.py", indexFile(model)],
      ["types.py", typesFile(model)],
      ["statuses.py", statusesFile(model)],
      ["version.py", versionFile(model)],
      ["py.typed", ""],
    ]);
    add("chatbot_platform/aio", [...aio, ["resources.py", resourcesFile(model, true)]]);
    // One source makes both, but for what is there twice or only where there are promises.
    const isOwn = new Set([...sync.map(([name]) => name), "paginator.py"]);
    add("chatbot_platform/sync", [
      ...sync,
      ...aio
        .filter(([name]) => !isOwn.has(name))
        .map(([name, text]) => [name, unasync(text)] as const),
      ["resources.py", resourcesFile(model, false)],
    ]);
    add("examples", await filesIn(join(here, "examples")));
    files.set("pyproject.toml", pyproject);
    files.set("README.md", await readFile(join(here, "README.md"), "utf8"));
    // Whoever reads it gives them by their names.
    files.set(
      "api.md",
      apiPage(model, casing, helperNamesOf(casing)).replaceAll("params)`", "**params)`"),
    );
    for (const [name, text] of await commonFiles(model)) files.set(name, text);
    return files;
  },
  pack: async (folder) => {
    const files = new Map(await packageFiles(folder));
    const text = (name: string) => readFile(join(folder, name), "utf8");
    files.set(`chatbot_platform-${version}.dist-info/licenses/LICENSE`, await text("LICENSE"));
    // An environment keeps what is to be read in a place of its own.
    const documents = `chatbot_platform-${version}.data/data/share/doc/chatbot-platform`;
    for (const name of ["README.md", "api.md", "CHANGELOG.md"]) {
      files.set(`${documents}/${name}`, await text(name));
    }
    for (const [name, example] of await filesIn(join(folder, "examples"))) {
      files.set(`${documents}/examples/${name}`, example);
    }
    const about = metadata(await text("README.md"));
    await writeSourceDistribution(folder, about);
    return wheel(version, files, about);
  },
  sample,
  surface: async (folder) => surfaceOf(await packageFiles(folder)),
};

/** Beside the sources, for whoever packs it again: Linux distributions do. */
async function writeSourceDistribution(folder: string, about: string): Promise<void> {
  const top = `chatbot_platform-${version}`;
  const names = ["LICENSE", "README.md", "api.md", "CHANGELOG.md", "pyproject.toml"];
  const files = new Map([[`${top}/PKG-INFO`, about]]);
  for (const name of names) files.set(`${top}/${name}`, await readFile(join(folder, name), "utf8"));
  for (const [name, example] of await filesIn(join(folder, "examples"))) {
    files.set(`${top}/examples/${name}`, example);
  }
  for (const [name, text] of await packageFiles(folder)) files.set(`${top}/${name}`, text);
  await mkdir(join(folder, "dist"), { recursive: true });
  await writeFile(join(folder, sourceDistribution), tgz(files));
}

/** Where that is, below the folder of the SDK. */
export const sourceDistribution = `dist/chatbot_platform-${version}.tar.gz`;

async function packageFiles(folder: string): Promise<Files> {
  const folders = ["chatbot_platform", "chatbot_platform/aio", "chatbot_platform/sync"];
  const all = await Promise.all(
    folders.map(async (name) =>
      (await filesIn(join(folder, name))).map(([file, text]) => [`${name}/${file}`, text] as const),
    ),
  );
  return new Map(all.flat());
}
