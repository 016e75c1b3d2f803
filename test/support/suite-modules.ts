import { readFileSync, statSync } from "node:fs";
import {
  type LoadHookSync,
  registerHooks,
  type ResolveHookSync,
  stripTypeScriptTypes,
} from "node:module";
import { pathToFileURL } from "node:url";

const root = new URL("../../", import.meta.url).href;
const packages = `${root}node_modules/`;
/** They are of the worker. */
const loaders = `${root}test/support/suite-`;
const globals = "jest:globals";

let count = 0;

/** A suite of its own, as modules carry it in their URL. */
export const newSuite = (): string => `?suite=${++count}`;

/** Loads a file in a suite, with all that it imports: anew what this checkout has, once in a process what packages have. */
export const importIn = (suite: string, path: string): Promise<unknown> =>
  import(pathToFileURL(path).href + suite);

const [ofSuite, everySuite] = [/\?suite=\d+$/, /\?suite=\d+/g];

/** A text about modules, such as a stack, that says nothing of suites. */
export const withoutSuites = (text: string): string => text.replaceAll(everySuite, "");

const isOurs = (url: string) =>
  url.startsWith(root) && !url.startsWith(packages) && !url.startsWith(loaders);

/** What was found before, by who looks for what: files do not move while tests run. */
const found = new Map<string, ReturnType<ResolveHookSync>>();

const resolve: ResolveHookSync = (specifier, context, next) => {
  const [suite] = ofSuite.exec(context.parentURL ?? "") ?? [];
  if (suite === undefined) return next(specifier, context);
  const key = `${specifier} ${withoutSuites(context.parentURL ?? "")}`;
  const module =
    specifier === "@jest/globals"
      ? { url: globals }
      : (found.get(key) ?? { ...next(specifier, context) });
  found.set(key, module);
  const { url } = module;
  const isAnew = isOurs(url) || url === globals;
  return { ...module, url: isAnew ? `${url}${suite}` : url, shortCircuit: true };
};

const load: LoadHookSync = (url, context, next) => {
  const plain = url.replace(ofSuite, "");
  if (plain === globals) return { format: "module", source: globalsSource, shortCircuit: true };
  if (plain === url || !plain.endsWith(".ts")) return next(url, context);
  return { format: "module", source: sourceOf(new URL(plain)), shortCircuit: true };
};

/** Sources without their types, by URL, while their files are as they were. */
const stripped = new Map<string, { readonly mtimeMs: number; readonly source: string }>();

function sourceOf(file: URL): string {
  const { mtimeMs } = statSync(file);
  const known = stripped.get(file.href);
  if (known?.mtimeMs === mtimeMs) return known.source;
  const source = stripTypeScriptTypes(readFileSync(file, "utf8"));
  stripped.set(file.href, { mtimeMs, source });
  return source;
}

const globalsSource = `export const {
  afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test,
} = globalThis;`;

registerHooks({ resolve, load });
