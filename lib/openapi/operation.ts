import type { Route } from "#shared/http/define-route";
import { pageMetaExample } from "./components.ts";
import { errorResponses, errorsOf, headersOf, rateLimitHeaders } from "./errors.ts";
import type { Examples } from "./examples.ts";
import { linksFrom } from "./links.ts";
import type { Components, JsonSchema } from "./schemas.ts";

/** What operations need of the document that they stand in. */
export interface Surroundings {
  readonly routes: readonly Route[];
  readonly components: Components;
  readonly examples: Examples;
}

/** One operation: parameters, body, every answer it can give, what it needs and where its answer leads. */
export function operationOf(route: Route, { routes, components, examples }: Surroundings) {
  const body = route.body && components.refer(route.body, "input");
  const example = examples.bodyOf(route);
  const parameters = parametersOf(route, components);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: describe(route),
    security: "scope" in route.auth ? [{ bearer: scopesOf(route) }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !route.bodyOptional,
        content: {
          "application/json": { schema: body, ...(example !== undefined && { example }) },
        },
      },
    }),
    responses: {
      ...successes(route, components, examples, linksFrom(route, routes)),
      ...Object.fromEntries(
        errorResponses(errorsOf(route)).map(({ status, name }) => [
          String(status),
          { $ref: `#/components/responses/${name}` },
        ]),
      ),
    },
  };
}

const scopesOf = ({ auth }: Route) => ("scope" in auth && auth.scope !== "any" ? [auth.scope] : []);

function describe({ description, auth, unboundedPages }: Route): string {
  const needs =
    "public" in auth
      ? `Needs no API key: ${auth.public}`
      : auth.scope === "any"
        ? "Open to every API key of the team."
        : `Needs the scope \`${auth.scope}\`.`;
  const pages = unboundedPages ? ["`page` reaches the whole list."] : [];
  return [description, ...pages, needs].filter((part) => part !== undefined).join("\n\n");
}

function parametersOf(route: Route, components: Components): readonly JsonSchema[] {
  const shared = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  return [
    ...eachOf(route.params && components.refer(route.params, "input"), "path"),
    ...eachOf(route.query && components.refer(route.query, "input"), "query"),
    ...(route.answers === "page" ? ["Page", "PerPage", "Cursor"].map(shared) : []),
    ...(route.method === "POST" && "scope" in route.auth ? [shared("IdempotencyKey")] : []),
  ];
}

function eachOf(schema: JsonSchema | undefined, place: "path" | "query"): readonly JsonSchema[] {
  // An object's schema, as `params` and `query` are objects.
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema: property,
  }));
}

function successes(
  route: Route,
  components: Components,
  examples: Examples,
  links: JsonSchema | undefined,
) {
  const names = [
    "X-Request-Id",
    ...("scope" in route.auth ? rateLimitHeaders : []),
    ...(route.method === "POST" && "scope" in route.auth ? ["Idempotent-Replayed"] : []),
  ];
  const content = { "application/json": contentOf(route, components, examples) };
  const answer = (description: string, more: readonly string[] = []) => ({
    description,
    headers: headersOf([...names, ...more]),
    content,
  });
  return {
    [route.status]: {
      ...answer(
        route.status === 201 ? "Created." : "Done.",
        route.location && route.status === 201 ? ["Location"] : [],
      ),
      ...(links && { links }),
    },
    ...(route.repeatedStatus && { [route.repeatedStatus]: answer("It was there before.") }),
  };
}

function contentOf(route: Route, components: Components, examples: Examples): JsonSchema {
  const data = components.refer(route.data, "output");
  const example = examples.dataOf(route);
  switch (route.answers) {
    case "raw":
      return { schema: data };
    case "page":
      return {
        schema: {
          type: "object",
          required: ["data", "meta"],
          properties: {
            data: { type: "array", items: data },
            meta: { $ref: "#/components/schemas/PageMeta" },
          },
        },
        ...(example !== undefined && { example: { data: [example], meta: pageMetaExample } }),
      };
    case "one":
      return {
        schema: { type: "object", required: ["data"], properties: { data } },
        ...(example !== undefined && { example: { data: example } }),
      };
  }
}
