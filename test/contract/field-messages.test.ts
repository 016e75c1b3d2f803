import { describe, expect, it } from "@jest/globals";
import type * as v from "valibot";
import { loadManifest } from "#lib/manifest";

const manifest = await loadManifest();

interface Limit {
  readonly at: string;
  readonly type: string;
  readonly message: unknown;
  /** What the reference says of the field. */
  readonly told: string;
}

/** Every limit inside a schema, with the place of its field and what is said of that. */
function* limitsOf(schema: unknown, at: string, told = ""): Generator<Limit> {
  if (typeof schema !== "object" || schema === null) return;
  if ("kind" in schema && schema.kind === "validation") {
    const { type, message } = schema as v.GenericValidation & { message?: unknown };
    yield { at, type, message, told };
    return;
  }
  const parts = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(parts["pipe"])) {
    const sentences = parts["pipe"].map((part: { description?: string }) => part.description ?? "");
    // It begins with the schema itself.
    for (const part of parts["pipe"]) yield* limitsOf(part, at, told + sentences.join(" "));
    return;
  }
  for (const [name, entry] of Object.entries(parts["entries"] ?? {})) {
    yield* limitsOf(entry, `${at}.${name}`);
  }
  for (const name of ["wrapped", "item", "key", "value"]) yield* limitsOf(parts[name], at, told);
  if (Array.isArray(parts["options"])) {
    for (const option of parts["options"]) yield* limitsOf(option, at, told);
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

  it("has no limit in bytes that the reference does not tell, whose own bounds count characters", () => {
    const inBytes = limits.flatMap(({ at, message, told }) => {
      const [size] = /\d+ KiB/.exec(String(message)) ?? [];
      return size === undefined ? [] : [{ at, size, told }];
    });
    expect(inBytes.length).toBeGreaterThan(5);
    expect(inBytes.filter(({ size, told }) => !told.includes(size))).toEqual([]);
  });
});
