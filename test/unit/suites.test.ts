import { describe, expect, it } from "@jest/globals";
import * as valibot from "valibot";
import type * as manifest from "#lib/manifest";
import { loadManifest } from "#lib/manifest";
import { Scope } from "#shared/auth/scopes";
import { serve as ownServe } from "#shared/http/serve";
import { useClock } from "#shared/runtime/clock";
import type * as answers from "#test/support/openapi-answer";
import { theDocument } from "#test/support/openapi-answer";
import SuiteEnvironment from "#test/support/suite-environment";
import { importIn, newSuite } from "#test/support/suite-modules";
import { importedBy, keepsState } from "#test/support/suite-state";

describe("What a suite imports", () => {
  it("is loaded once for all of its files", async () => {
    expect((await import("#shared/runtime/clock")).useClock).toBe(useClock);
  });

  it("is loaded anew for another suite when it is ours and may keep something", async () => {
    const suite = newSuite();
    const load = (file: string) => importIn(suite, file) as Promise<Record<string, unknown>>;
    const clock = await load("shared/runtime/clock.ts");
    expect([typeof clock["useClock"], clock["useClock"] === useClock]).toEqual(["function", false]);
    expect(await load("shared/runtime/clock.ts")).toBe(clock);
    // It keeps nothing itself, and asks the clock, which does.
    const { serve } = await load("shared/http/serve.ts");
    expect([typeof serve, serve === ownServe]).toEqual(["function", false]);
  });

  it("is the same for all when it keeps nothing and imports nothing that does, and when it is a package", async () => {
    const elsewhere = await importIn(newSuite(), "lib/manifest.ts");
    const [own, other] = await Promise.all(
      [{ loadManifest }, elsewhere as typeof manifest].map((module) => module.loadManifest()),
    );
    expect(other?.routes).toHaveLength(own!.routes.length);
    for (const [index, { route }] of own!.routes.entries()) {
      expect(other?.routes[index]?.route).toBe(route);
    }
    // Each schema of Valibot has what made it.
    expect(Scope).toHaveProperty("reference", valibot.picklist);
  });

  it("has one OpenAPI document with all other suites of the worker, of the same routes", async () => {
    const elsewhere = await importIn(newSuite(), "test/support/openapi-answer.ts");
    const other = elsewhere as typeof answers;
    expect(other.theDocument).not.toBe(theDocument);
    expect(await other.theDocument()).toBe(await theDocument());
  });

  it.each([
    "let count = 0;",
    "export let count = 0;",
    "const known = new Map();",
    "const known = new Map                  ();",
    "export const known =\n  new BoundedMap(10_000);",
    "const bytes = new Uint8Array(8);",
    "const closers = [];",
    "const first = process.env.FIRST;",
    "class Kept {\n  static count = 0;\n}",
    "register(route);",
    "const load = (name) => import(name);",
  ])("may keep something where %j stands in a module", (line) => {
    expect(keepsState(`import { a } from "b";\n\n${line}\n`)).toBe(true);
  });

  it.each([
    'import { a } from "b";',
    'const kinds = new Set(["a"]);',
    "const noBytes = new Uint8Array();",
    'const graphemes = new Intl.Segmenter("en");',
    "const kinds = new Map([\n  [1, 2],\n]);",
    "export const now = () => process.env.NOW;",
    "function count() {\n  let count = 0;\n  const all = [];\n  all.push(count);\n}",
    "export const Name = v.string();",
    "class Kept {\n  static of(name) {}\n}",
  ])("keeps nothing where only %j stands in a module", (line) => {
    expect(keepsState(`${line}\n`)).toBe(false);
  });

  it("is found in every form of an import", () => {
    const source = `import { a,\n  b } from "#c";\nimport * as d from "./d.ts";\nexport * from "e";\nimport "f";\n`;
    expect(importedBy(source)).toEqual(["#c", "./d.ts", "e", "f"]);
  });
});

describe("What a suite changes", () => {
  it("is put back after it: globals, timers, variables", async () => {
    // Its timers are of the globals; the time zone of dates and the like have no part in it.
    const projectConfig = { fakeTimers: {} } as ConstructorParameters<
      typeof SuiteEnvironment
    >[0]["projectConfig"];
    const environment = new SuiteEnvironment({ projectConfig });
    await environment.setup();
    const now = () => [fetch, setTimeout, Date, Reflect.get(process, "exit"), { ...process.env }];
    const before = now();
    environment.fakeTimersModern.useFakeTimers();
    globalThis.fetch = () => Promise.reject(new Error("Not here."));
    process.exit = () => undefined as never;
    process.env["LEFT_BY_A_SUITE"] = "yes";
    delete process.env["PATH"];
    expect(setTimeout).not.toBe(before[1]);
    await environment.teardown();
    expect(now()).toEqual(before);
  });
});
