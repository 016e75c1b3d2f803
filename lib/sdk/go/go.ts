import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { apiPage } from "../api-page.ts";
import type { Files, Language } from "../language.ts";
import { methodsOf, type SdkModel } from "../model.ts";
import { refuseClashes } from "../names.ts";
import { zip } from "../zip.ts";
import { casing, clientFile, helperNames, resourcesFile, statusesFile, typesFile } from "./emit.ts";
import { sample } from "./sample.ts";
import { surfaceOf } from "./surface.ts";
import { goName } from "./words-of.ts";

const here = import.meta.dirname;

/** What programs import. It has no dot, so that nobody's server is ever asked for it. */
export const modulePath = "chatbot-platform/chatbot";

/** What the run-time exports, none of which a type of the document may be called. */
const exportsOf = (runtime: readonly (readonly [string, string])[]) =>
  runtime
    .flatMap(([, text]) => [...text.matchAll(/^(?:type|func|var|const) ([A-Z]\w*)/gm)])
    .map(([, name = ""]) => name);

/** A module on the standard library alone, for Go 1.24 and newer. Nothing has to be compiled to pack it. */
export const go: Language = {
  name: "go",
  title: "Go",
  packed: "go.zip",
  sources: async (model) => {
    const runtime = await filesIn(join(here, "runtime"));
    refuseClashes(model, casing, {
      own: [...exportsOf(runtime), "Client", "New"],
      helpers: helperNames,
    });
    const files = new Map<string, string>(runtime);
    files.set("chatbot.go", clientFile(model));
    files.set("resources.go", resourcesFile(model));
    files.set("statuses.go", statusesFile(model));
    files.set("types.go", typesFile(model));
    for (const [name, text] of await filesIn(join(here, "examples"))) {
      files.set(`examples/${name.replace(/\.go$/, "")}/main.go`, text);
    }
    files.set("go.mod", `module ${modulePath}\n\ngo 1.24\n`);
    files.set("README.md", await readFile(join(here, "README.md"), "utf8"));
    files.set("LICENSE", await readFile(join(here, "../../../LICENSE"), "utf8"));
    files.set("api.md", methodsPage(model));
    files.set(
      "CHANGELOG.md",
      `# Changelog\n\nThe version is that of the API that it was made of.\n\n## ${model.version}\n\nThe first.\n`,
    );
    return files;
  },
  pack: async (folder) => {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = await Promise.all(
      names
        .filter((one) => one.isFile())
        .map(async ({ name, parentPath }) => {
          const path = join(parentPath, name);
          const below = path.slice(join(folder, "/").length).replaceAll("\\", "/");
          return [`chatbot/${below}`, await readFile(path, "utf8")] as const;
        }),
    );
    return zip(new Map(files.sort(([a], [b]) => (a < b ? -1 : 1))));
  },
  sample,
  surface: async (folder) => surfaceOf(await goFilesIn(folder)),
};

/** `api.md`, with the arguments that calls have in Go alone. */
function methodsPage(model: SdkModel): string {
  const withQuery = new Set(
    methodsOf(model)
      .filter(({ body, query }) => body && query.length > 0)
      .map(({ resource, name }) => `${goName(resource)}.${goName(name)}`),
  );
  return apiPage(model, casing, helperNames).replaceAll(
    /`client\.([\w.]+)\((.*?)\)`/g,
    (_, name: string, given: string) => {
      const all = ["ctx", ...(given ? [given] : []), ...(withQuery.has(name) ? ["query"] : [])];
      return `\`client.${name}(${all.join(", ")})\``;
    },
  );
}

const goFilesIn = async (folder: string): Promise<Files> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".go"));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
    ),
  );
};

async function filesIn(folder: string): Promise<(readonly [string, string])[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
  );
}
