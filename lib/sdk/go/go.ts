import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { apiPage } from "../api-page.ts";
import { commonFiles } from "../common-files.ts";
import type { Files, Language } from "../language.ts";
import { methodsOf, type SdkModel } from "../model.ts";
import { helperNamesOf, refuseClashes } from "../names.ts";
import { filesBelow, filesIn } from "../read-files.ts";
import { zip } from "../zip.ts";
import { casing, clientFile, resourcesFile, statusesFile, typesFile } from "./emit.ts";
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
      helpers: helperNamesOf(casing),
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
    files.set("api.md", methodsPage(model));
    for (const [name, text] of await commonFiles(model)) files.set(name, text);
    return files;
  },
  pack: async (folder) => {
    const files = await filesBelow(folder);
    return zip(new Map(files.map(([path, text]) => [`chatbot/${path}`, text] as const)));
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
  return apiPage(model, casing, helperNamesOf(casing)).replaceAll(
    /`client\.([\w.]+)\((.*?)\)`/g,
    (_, name: string, given: string) => {
      const all = ["ctx", ...(given ? [given] : []), ...(withQuery.has(name) ? ["query"] : [])];
      return `\`client.${name}(${all.join(", ")})\``;
    },
  );
}

const goFilesIn = async (folder: string): Promise<Files> =>
  new Map((await filesIn(folder)).filter(([name]) => name.endsWith(".go")));
