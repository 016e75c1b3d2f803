import { existsSync, readFileSync, statSync } from "node:fs";
import {
  type LoadHookSync,
  registerHooks,
  type ResolveHookSync,
  stripTypeScriptTypes,
} from "node:module";
import { pathToFileURL } from "node:url";
import { forgetKept } from "./suite-kept.ts";
import { importedBy, keepsState } from "./suite-state.ts";

const root = new URL("../../", import.meta.url).href;
const packages = `${root}node_modules/`;
/** They are of the worker. */
const loaders = `${root}test/support/suite-`;
const globals = "jest:globals";
/** Of what lies here, what keeps nothing is loaded once in a worker, like packages. */
const sharedParts = ["functions/", "lib/", "shared/", "test/support/"].map((part) => root + part);
/** They only look as if they kept something: what a text or a number always means, an example in a text, random bytes. */
const keepNothing = [
  "lib/local/embedded/dynamodb/request-expressions.ts",
  "lib/openapi/texts.ts",
  "shared/outbound/charset.ts",
  "shared/outbound/public-address.ts",
  "shared/runtime/ids.ts",
  "shared/table/expression.ts",
  "shared/tools/zoned-time.ts",
].map((file) => root + file);

let count = 0;
const nextSuite = () => `?suite=${++count}`;

/** Where modules are that all suites have: another place once one of them was edited. */
let common = nextSuite();

/** A suite of its own, as modules carry it in their URL. */
export function newSuite(): string {
  if ([...stripped].some(([url, { mtimeMs }]) => mtimeOf(new URL(url)) !== mtimeMs)) {
    common = nextSuite();
    shared.clear();
    forgetKept();
  }
  return nextSuite();
}

/**
 * Loads a file in a suite, with all that it imports: anew what this checkout has and may keep something, once in a
 * process what keeps nothing and what packages have.
 */
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
  if (url !== globals && !isOurs(url)) return { ...module, shortCircuit: true };
  return { ...module, url: `${url}${isShared(url) ? common : suite}`, shortCircuit: true };
};

/** Whether all suites have a module together, by URL. */
const shared = new Map<string, boolean>();

function isShared(url: string): boolean {
  const known = shared.get(url);
  if (known !== undefined) return known;
  const reached = new Set([url]);
  for (const one of reached) {
    const file = new URL(one);
    // What is not there stands in a text that only looks like an import.
    const isOfAll =
      one.endsWith(".ts") &&
      sharedParts.some((part) => one.startsWith(part)) &&
      !one.startsWith(loaders) &&
      existsSync(file);
    const source = isOfAll && shared.get(one) !== false ? sourceOf(file) : undefined;
    if (source === undefined || (keepsState(source) && !keepNothing.includes(one))) {
      shared.set(url, false);
      return false;
    }
    for (const name of importedBy(source)) {
      // It speaks to the tests of its suite.
      if (name === "@jest/globals") reached.add(globals);
      if (name.startsWith("#")) reached.add(`${root}${name.slice(1)}.ts`);
      if (name.startsWith(".")) reached.add(new URL(name, one).href);
    }
  }
  for (const one of reached) shared.set(one, true);
  return true;
}

const load: LoadHookSync = (url, context, next) => {
  const plain = url.replace(ofSuite, "");
  if (plain === globals) return { format: "module", source: globalsSource, shortCircuit: true };
  if (plain === url || !plain.endsWith(".ts")) return next(url, context);
  return { format: "module", source: sourceOf(new URL(plain)), shortCircuit: true };
};

/** Sources without their types, by URL, while their files are as they were. */
const stripped = new Map<string, { readonly mtimeMs: number; readonly source: string }>();

const mtimeOf = (file: URL) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function sourceOf(file: URL): string {
  const mtimeMs = mtimeOf(file);
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
