import { describe, expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import { catalogue } from "#shared/errors/catalogue";
import { requestsPerMinute } from "#shared/teams/team";
import {
  componentsOf,
  type PlacedSchema,
  reachableFrom,
  usedIn,
  withParts,
} from "../support/document-parts.ts";
import { type Json, resolve } from "../support/json-schema.ts";
import { operationsOf } from "../support/openapi-answer.ts";

const manifest = await loadManifest();
const described = manifest.routes.filter(({ route }) => route.path.startsWith("/v1/"));
const document = openApiDocument(manifest, { version: "test" });
const components = componentsOf(document);
const operations = operationsOf(document);
const { paths, webhooks } = document as { paths: Json; webhooks: Json };
const { responses } = document["components"] as { responses: Json };
const callers = operations.filter((operation) => "callbacks" in operation);

const bodiesOf = (part: Json) => Object.values(part).map((path) => Object(path).post.requestBody);
/** What we tell others: answers, events, callbacks, what backends are asked. */
const answers = [
  ...operations.flatMap((operation) => usedIn(operation["responses"], "answer")),
  ...usedIn(responses, "answer"),
  ...bodiesOf(webhooks).flatMap((body) => usedIn(body, "webhook")),
  ...callers.flatMap(({ callbacks }) => usedIn(callbacks, "callback")),
];
const answered = reachableFrom(document, answers);
/** Each schema that a component or an operation is made of. */
const all = [
  ...components,
  ...[...usedIn(paths, "paths"), ...usedIn(webhooks, "webhooks")].filter(
    ({ schema }) => !("$ref" in schema),
  ),
].flatMap(withParts);

const isComponent = ({ at }: PlacedSchema) => components.some((component) => component.at === at);
const fieldsOf = ({ schema }: PlacedSchema) =>
  (schema["properties"] ?? {}) as Readonly<Record<string, Json>>;
const deref = (schema: Json): Json =>
  "$ref" in schema ? resolve(document, String(schema["$ref"])) : schema;
const placesOf = (found: readonly PlacedSchema[]) => found.map(({ at }) => at);

/** Words that languages have for something else. */
const builtIn =
  "Array Boolean Class Date Dict Error Exception Function Hash List Map Module Number Object Promise Range Set String Symbol Type".split(
    " ",
  );

describe("Names in the OpenAPI document", () => {
  it("are there for every object with fields: give one that is not a `v.title`", () => {
    const inline = all.filter((one) => Object.keys(fieldsOf(one)).length > 0 && !isComponent(one));
    expect(all.length).toBeGreaterThan(500);
    expect(placesOf(inline)).toEqual([]);
  });

  it("are there for every enumeration: give one that is not a `v.title`", () => {
    const inline = all.filter((one) => "enum" in one.schema && !isComponent(one));
    expect(placesOf(inline)).toEqual([]);
  });

  it("stand for one shape each, which has no other name", () => {
    const shapeOf = (schema: Json) =>
      JSON.stringify(schema, (key, value: unknown) =>
        ["description", "examples", "default"].includes(key) && typeof value !== "object"
          ? undefined
          : value,
      );
    const objects = components.filter((one) => Object.keys(fieldsOf(one)).length > 0);
    const twins = [...Map.groupBy(objects, ({ schema }) => shapeOf(schema)).values()]
      .filter((group) => group.length > 1)
      .map(placesOf);
    expect(twins).toEqual([]);
  });

  it("are not those of things that languages have", () => {
    expect(placesOf(components).filter((name) => builtIn.includes(name))).toEqual([]);
  });

  it("of methods in SDKs are those of the folders of the functions, each once", () => {
    const camel = (text: string) =>
      text.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const expected = described
      .filter(({ route }) => !("signed" in route.auth))
      .map(({ folder, route }) => {
        const [noun = "", verb = "", ...more] = folder.split("/");
        expect(more).toEqual([]);
        return [route.operationId, `${camel(noun)}.${camel(verb)}`];
      });
    const methods = operations
      .filter((operation) => "x-sdk-method" in operation)
      .map((operation) => [operation["operationId"], operation["x-sdk-method"]]);
    expect(Object.fromEntries(methods)).toEqual(Object.fromEntries(expected));
    expect(new Set(methods.map(([, method]) => method)).size).toBe(expected.length);
  });

  it("of the operations of a noun come as list, create, get, update, delete, then its actions", () => {
    const verbs = ["list", "create", "get", "update", "delete"];
    const methods = operations.map((operation) => String(operation["x-sdk-method"]).split("."));
    const byNoun = Map.groupBy(methods, ([noun]) => noun);
    for (const [noun, ofNoun] of byNoun) {
      const places = ofNoun.map(([, verb = ""]) => verbs.indexOf(verb) + 1 || 6);
      expect([noun, places]).toEqual([noun, places.toSorted((a, b) => a - b)]);
    }
    expect(byNoun.size).toBeGreaterThan(8);
  });
});

describe("Sentences in the OpenAPI document", () => {
  const isSaid = (text: unknown) => typeof text === "string" && text.length >= 20;
  const optionsOf = (schema: Json) => (schema["anyOf"] ?? []) as readonly Json[];
  const isDescribed = (schema: Json): boolean =>
    isSaid(schema["description"]) ||
    isSaid(deref(schema)["description"]) ||
    optionsOf(schema).some((option) => "$ref" in option && isDescribed(deref(option)));
  const obvious = ["id", "created_at", "updated_at"];

  it("tell of every component", () => {
    expect(placesOf(components.filter(({ schema }) => !isDescribed(schema)))).toEqual([]);
  });

  it("tell of every field whose value is not always the same", () => {
    const fields = components.flatMap((component) =>
      Object.entries(fieldsOf(component)).map(([name, schema]) => ({
        name,
        at: `${component.at}.${name}`,
        schema,
      })),
    );
    const silent = fields.filter(
      ({ name, schema }) => !obvious.includes(name) && !("const" in schema) && !isDescribed(schema),
    );
    expect(fields.length).toBeGreaterThan(300);
    expect(placesOf(silent)).toEqual([]);
  });

  it("tell of every parameter and every header", () => {
    const told = [
      ...operations,
      ...Object.values(webhooks).map((path) => Object(path).post as Json),
    ];
    const silent = told.flatMap((operation) =>
      ((operation["parameters"] ?? []) as readonly Json[])
        .map(deref)
        .filter(({ description }) => !isSaid(description))
        .map(({ name }) => `${String(operation["operationId"])} ${String(name)}`),
    );
    expect(silent).toEqual([]);
  });

  it("tell of every operation more than its summary and its scope", () => {
    const silent = described.filter(({ route }) => !isSaid(route.description));
    expect(silent.map(({ route }) => route.operationId)).toEqual([]);
  });

  it("tell of every code of an error in the introduction", () => {
    const { description } = document["info"] as { description: string };
    for (const [code, status] of Object.entries(catalogue)) {
      expect(description).toContain(`| ${status} | \`${code}\` |`);
    }
  });

  it("tell of a signature's key wherever they tell how a signature is made", () => {
    const told = JSON.stringify(document).match(/"[^"]*HMAC-SHA256[^"]*"/g);
    expect(told?.length).toBeGreaterThan(5);
    expect(told?.filter((text) => !text.includes("decoded from base64"))).toEqual([]);
  });

  it("tell of the limits of each plan in the introduction", () => {
    const { description } = document["info"] as { description: string };
    for (const [plan, most] of Object.entries(requestsPerMinute)) {
      expect(description).toMatch(new RegExp(`${most.toLocaleString("en")} on (the )?${plan}\\b`));
    }
  });
});

describe("Shapes in the OpenAPI document", () => {
  it("are open where we answer, and promise no bounds", () => {
    const bounds = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];
    const isStrict = ({ schema }: PlacedSchema) =>
      schema["additionalProperties"] === false || bounds.some((keyword) => keyword in schema);
    expect(answered.length).toBeGreaterThan(200);
    expect(placesOf(answered.filter(isStrict))).toEqual([]);
  });

  it("are closed where we are asked", () => {
    const bodies = operations.flatMap((operation) => usedIn(operation["requestBody"], "body"));
    const open = reachableFrom(document, bodies).filter(
      (one) =>
        Object.keys(fieldsOf(one)).length > 0 && one.schema["additionalProperties"] !== false,
    );
    expect(bodies.length).toBeGreaterThan(10);
    expect(placesOf(open)).toEqual([]);
  });

  it("are marked where an answer may bring a value that is added later", () => {
    const enums = answered.filter(({ schema }) => "enum" in schema);
    expect(enums.length).toBeGreaterThan(10);
    for (const { at, schema } of enums) {
      expect({ at, values: schema["x-extensible-enum"] }).toEqual({ at, values: schema["enum"] });
    }
  });

  it("of unions are told apart by a field, or in requests by one that the others lack", () => {
    const unions = all.flatMap((one) => {
      const options = [one.schema["anyOf"], one.schema["oneOf"]].flat() as (Json | undefined)[];
      const objects = options.filter((option) => option !== undefined).map(deref);
      const isOfObjects = objects.filter(({ type }) => type === "object").length > 1;
      return isOfObjects ? [{ ...one, objects }] : [];
    });
    expect(unions.length).toBeGreaterThan(6);
    for (const { at, schema, objects } of unions) {
      const isAnswered = answered.some((one) => one.at === at);
      const { propertyName, mapping = {} } = Object(schema["discriminator"]) as Json;
      if (isAnswered || propertyName) {
        expect({ at, variants: Object.keys(mapping as Json).length }).toEqual({
          at,
          variants: objects.length,
        });
        for (const object of objects) {
          expect(object["required"]).toContain(propertyName);
          expect(Object(object["properties"])[String(propertyName)]).toHaveProperty("const");
        }
      } else {
        for (const object of objects) {
          const others = objects.filter((other) => other !== object);
          const own = (object["required"] as string[]).filter((field) =>
            others.every((other) => !(field in Object(other["properties"]))),
          );
          expect({ at, own: own.length }).not.toEqual({ at, own: 0 });
        }
      }
    }
  });

  it("have no object for a default, no bound that says nothing, and two types for what may be null", () => {
    const odd = all.filter(({ schema }) => {
      const { default: given, minLength, anyOf } = schema;
      const options = (anyOf ?? []) as readonly Json[];
      const isScalarOrNull =
        options.length === 2 &&
        options[1]?.["type"] === "null" &&
        /^(string|number|integer|boolean)$/.test(String(options[0]?.["type"])) &&
        !("const" in Object(options[0]));
      const isObjectDefault = typeof given === "object" && given !== null && !Array.isArray(given);
      return isObjectDefault || minLength === 0 || isScalarOrNull;
    });
    expect(placesOf(odd)).toEqual([]);
  });

  it("of an end of an execution are one in the event and in the callback", () => {
    const end = { $ref: "#/components/schemas/AgentLoopResult" };
    const event = components.find(({ at }) => at === "AgentLoopCompletedEvent");
    expect(event && fieldsOf(event)["data"]).toEqual(end);
    expect(callers.map((operation) => operation["operationId"])).toEqual(["createAgentLoop"]);
    expect(usedIn(callers[0]!["callbacks"], "callback")).toContainEqual(
      expect.objectContaining({ schema: end }),
    );
  });
});
