import { describe, expect, it } from "@jest/globals";
import type * as v from "valibot";
import { loadManifest } from "#lib/manifest";

const manifest = await loadManifest();

interface Limit {
  readonly at: string;
  readonly type: string;
  readonly message: unknown;
}

/** Every limit inside a schema, with the place of its field. */
function* limitsOf(schema: unknown, at: string): Generator<Limit> {
  if (typeof schema !== "object" || schema === null) return;
  if ("kind" in schema && schema.kind === "validation") {
    const { type, message } = schema as v.GenericValidation & { message?: unknown };
    yield { at, type, message };
    return;
  }
  const parts = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(parts["pipe"])) {
    // It begins with the schema itself.
    for (const part of parts["pipe"]) yield* limitsOf(part, at);
    return;
  }
  for (const [name, entry] of Object.entries(parts["entries"] ?? {})) {
    yield* limitsOf(entry, `${at}.${name}`);
  }
  for (const name of ["wrapped", "item", "key", "value"]) yield* limitsOf(parts[name], at);
  if (Array.isArray(parts["options"])) {
    for (const option of parts["options"]) yield* limitsOf(option, at);
  }
}

const limits = manifest.routes.flatMap(({ route }) => [
  ...limitsOf(route.query, `${route.operationId} query`),
  ...limitsOf(route.body, `${route.operationId} body`),
]);

describe("what a caller sends", () => {
  it("has no limit that does not say its rule in a sentence of ours", () => {
    expect(limits.map(({ at }) => at)).toContain("createAgentLoop body.tools.allowed_tools");
    const mute = limits.filter(
      ({ message }) => typeof message !== "string" || !/^[A-Z].+\.$/.test(message),
    );
    expect(mute).toEqual([]);
  });
});
