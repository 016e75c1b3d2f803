import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { loadManifest } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import { events } from "#shared/events/catalogue";
import { version } from "#shared/runtime/version";
import { type Json, problemsOf, resolve } from "../support/json-schema.ts";

const packageJson = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const manifest = await loadManifest();
const routes = manifest.routes.map(({ route }) => route);
const described = routes.filter(({ path }) => path.startsWith("/v1/"));
const document = openApiDocument(manifest, { version });

interface Found {
  readonly at: string;
  readonly value: Json;
}

/** Every object inside a document, with its place. */
function* objectsIn(value: unknown, at = "#"): Generator<Found> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield { at, value: value as Json };
  for (const [name, part] of Object.entries(value)) yield* objectsIn(part, `${at}/${name}`);
}

const all = [...objectsIn(document)];
const paths = Object.entries(document["paths"] as Readonly<Record<string, Record<string, Json>>>);
const operations = paths.flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const deref = (part: Json): Json =>
  "$ref" in part ? resolve(document, String(part["$ref"])) : part;
const parametersOf = (operation: Json) =>
  ((operation["parameters"] ?? []) as readonly Json[]).map(deref);
const responsesOf = (operation: Json) =>
  Object.entries(operation["responses"] as Readonly<Record<string, Json>>).map(
    ([status, response]) => ({ status, response: deref(response) }),
  );
const operationOf = (operationId: string) => {
  const found = operations.find(({ operation }) => operation["operationId"] === operationId);
  if (!found) throw new Error(`The document lacks ${operationId}.`);
  return found.operation;
};

const choicesOf = (schema: Json) =>
  [schema["anyOf"], schema["oneOf"]].flatMap((list) =>
    ((list ?? []) as readonly Json[]).map(deref),
  );
const takesNull = (schema: Json): boolean =>
  [schema["type"]].flat().includes("null") || choicesOf(schema).some(takesNull);

/** Fields, however deep in a schema, that may be left out and must not be null. */
function leftOutNotNull(schema: Json, at: string): string[] {
  const required = (schema["required"] ?? []) as readonly string[];
  const fields = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Json>>);
  const items = schema["items"] ? [deref(schema["items"] as Json)] : [];
  return [
    ...fields.flatMap(([name, given]) => {
      const field = deref(given);
      const isWrong = !required.includes(name) && !takesNull(field);
      return [...(isWrong ? [`${at}.${name}`] : []), ...leftOutNotNull(field, `${at}.${name}`)];
    }),
    ...[...items, ...choicesOf(schema)].flatMap((part) => leftOutNotNull(part, at)),
  ];
}

describe("the OpenAPI document", () => {
  it("has an operation for every route under /v1 and no other", () => {
    const inDocument = operations.map(({ path, method }) => `${method.toUpperCase()} /v1${path}`);
    const inManifest = described.map(({ path, method }) => `${method} ${path}`);
    expect(inDocument.sort()).toEqual(inManifest.sort());
    expect(inDocument.length).toBeGreaterThan(0);
  });

  it("takes null for whatever a POST may leave out", () => {
    const bodies = operations.flatMap(({ method, operation }) => {
      const body = operation["requestBody"] as Json | undefined;
      const content = body && (deref(body)["content"] as { "application/json"?: { schema: Json } });
      // What is taken as bytes has no fields.
      if (method !== "post" || !content?.["application/json"]) return [];
      const at = String(operation["operationId"]);
      return [{ at, schema: deref(content["application/json"].schema) }];
    });
    expect(bodies.length).toBeGreaterThan(5);
    expect(bodies.flatMap(({ at, schema }) => leftOutNotNull(schema, at))).toEqual([]);
  });

  it("says its version, which is the package's", () => {
    expect(document["openapi"]).toBe("3.1.1");
    expect((document["info"] as Json)["version"]).toBe(packageJson.version);
  });

  it("points at nothing that is not there", () => {
    const refs = all.flatMap(({ value }) => ("$ref" in value ? [String(value["$ref"])] : []));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) expect(resolve(document, ref)).toBeDefined();
  });

  it("has no component that nothing uses, but for what any event is, which receivers read", () => {
    const text = JSON.stringify(document);
    const unused = ["schemas", "responses", "headers", "parameters"].flatMap((kind) =>
      Object.keys((document["components"] as Record<string, Json>)[kind] ?? {})
        .map((name) => `#/components/${kind}/${name}`)
        .filter((ref) => !text.includes(`"${ref}"`)),
    );
    expect(unused).toEqual(["#/components/schemas/WebhookEvent"]);
    const { discriminator, oneOf } = resolve(document, "#/components/schemas/WebhookEvent");
    const types = events.map(({ type }) => type);
    expect(Object.keys((discriminator as Json)["mapping"] as Json)).toEqual(types);
    expect(oneOf).toHaveLength(types.length);
  });

  it("gives every component a name that tools accept", () => {
    const names = Object.values(document["components"] as Record<string, Json>).flatMap((kind) =>
      Object.keys(kind),
    );
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  it("describes every tag that it uses", () => {
    const tags = (document["tags"] as readonly Json[]).map(({ name }) => name);
    for (const { operation } of operations) {
      expect(tags).toEqual(expect.arrayContaining(operation["tags"] as string[]));
    }
    for (const tag of document["tags"] as readonly Json[]) expect(tag["description"]).toBeTruthy();
  });

  it("has a pattern for every id of ours in a path", () => {
    const ids = operations.flatMap(({ operation }) =>
      parametersOf(operation).filter(
        ({ in: place, name }) => place === "path" && !["user_id", "number"].includes(String(name)),
      ),
    );
    for (const { name, schema } of ids) {
      expect({ name, pattern: (schema as Json)["pattern"] }).toEqual({
        name,
        pattern: expect.stringMatching(/^\^[a-z]+_/),
      });
    }
  });

  it("has a pattern for the id of every resource", () => {
    const schemas = Object.entries(
      (document["components"] as { schemas: Record<string, Json> }).schemas,
    );
    // What platforms, clients and models name.
    const foreign = ["ChatUser", "MessageSender", "BackendUser", "MessageChoice", "ToolCall"];
    const ids = schemas.flatMap(([name, schema]) => {
      const id = ((schema["properties"] ?? {}) as Record<string, Json>)["id"];
      return id && !foreign.includes(name) ? [{ name, pattern: id["pattern"] }] : [];
    });
    expect(ids.length).toBeGreaterThan(0);
    for (const { name, pattern } of ids) {
      expect({ name, pattern }).toEqual({ name, pattern: expect.any(String) });
    }
  });

  it("shows examples only where they fit their schemas", () => {
    const shown = all.flatMap(({ at, value }) => {
      const { schema, example, examples } = value;
      if (schema === undefined) return [];
      const many = Array.isArray(examples) ? [] : Object.values((examples ?? {}) as Json);
      const values = [
        ...(example === undefined ? [] : [example]),
        ...many.map((one) => (one as Json)["value"]),
      ];
      return values.map((one) => problemsOf(document, schema, one, at));
    });
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.flat()).toEqual([]);
  });

  it("leads from everything that is created to what can be done with it", () => {
    for (const { operationId, location, status } of described) {
      if (status !== 201 || !location) continue;
      const { response } = responsesOf(operationOf(operationId)).find(
        (one) => one.status === "201",
      )!;
      const links = Object.values((response["links"] ?? {}) as Record<string, Json>);
      const readers = described.filter(({ method, path }) => method === "GET" && path === location);
      expect(links.map((link) => link["operationId"])).toEqual(
        expect.arrayContaining(readers.map((reader) => reader.operationId)),
      );
      for (const link of links) {
        const target = parametersOf(operationOf(String(link["operationId"])));
        for (const name of Object.keys(link["parameters"] as Json)) {
          expect(target).toContainEqual(expect.objectContaining({ in: "path", name }));
        }
      }
    }
  });

  it("describes the events of webhooks", () => {
    expect(Object.keys(document["webhooks"] as Json)).toEqual([
      "message.received",
      "integration.failed",
      "agent_loop.completed",
      "channel.disconnected",
      "message.feedback",
      "webhook.test",
      "backend.message",
    ]);
  });
});

describe.each(described.map((route) => [route.operationId, route] as const))("%s", (id, route) => {
  const operation = operationOf(id);
  const statuses = responsesOf(operation).map(({ status }) => status);

  it("is called after a verb and a noun, with a summary that is one line", () => {
    expect(id).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
    expect(operation["summary"]).toMatch(/^[A-Z][^\n]{3,79}[^.\n]$/);
  });

  it("declares the parameters of its path and no others", () => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = parametersOf(operation).filter((one) => one["in"] === "path");
    expect(new Set(declared.map(({ name }) => name))).toEqual(new Set(inPath));
    for (const { required } of declared) expect(required).toBe(true);
  });

  it("has a body unless it is read or deleted, and then one with an example", () => {
    if (route.method === "GET" || route.method === "DELETE") {
      expect(operation["requestBody"]).toBeUndefined();
    } else if (route.body) {
      expect(route.example?.body).toBeDefined();
    }
  });

  it("has examples that its own schemas take", () => {
    const { example } = route;
    if (example?.body !== undefined && route.body) v.parse(route.body, example.body);
    for (const body of Object.values(example?.bodies ?? {})) {
      if (route.body) v.parse(route.body, body);
    }
    if (example?.data !== undefined) v.parse(route.data, example.data);
  });

  it("shows an example of its answer", () => {
    if (route.answers === "raw" || route.answers === "redirect") return;
    const { response } = responsesOf(operation).find(
      ({ status }) => status === String(route.status),
    )!;
    const content = (response["content"] as Record<string, Json>)["application/json"];
    expect(content).toHaveProperty("example");
  });

  it("names every status that it can answer with", () => {
    const isKnown = "scope" in route.auth;
    const expected = [
      String(route.status),
      ...(route.input === "bytes" ? ["413"] : ["422"]),
      ...("signed" in route.auth ? ["401"] : []),
      "500",
      ...(isKnown ? ["401", "429", "503"] : []),
      ...(isKnown && route.auth.scope !== "any" ? ["403"] : []),
      ...(route.params ? ["404"] : []),
      ...(route.body ? ["400", "413", "415"] : []),
      ...(isKnown && route.method === "POST" ? ["400", "409"] : []),
    ];
    expect(statuses).toEqual(expect.arrayContaining(expected));
  });

  it("refuses sizes and types of bodies only where it reads one", () => {
    const unread = statuses.filter((status) => ["413", "415"].includes(status));
    if (!route.body && route.input !== "bytes") expect(unread).toEqual([]);
  });

  it("says who may call it", () => {
    const { auth } = route;
    const scopes = "scope" in auth && auth.scope !== "any" ? [auth.scope] : [];
    expect(operation["security"]).toEqual("scope" in auth ? [{ bearer: scopes }] : []);
  });

  it("tells the request's id with every answer, and the limit with those to a known key", () => {
    for (const { status, response } of responsesOf(operation)) {
      const headers = Object.keys(response["headers"] as Json);
      expect(headers).toContain("X-Request-Id");
      if ("scope" in route.auth && status !== "401") expect(headers).toContain("X-RateLimit-Reset");
      if (status === "429" || status === "503") expect(headers).toContain("Retry-After");
      if (status === "201" && route.location) expect(headers).toContain("Location");
    }
  });
});
