import { maxBytesOf, sizeText } from "#shared/http/body-size";
import type { Route } from "#shared/http/define-route";
import { pageMetaExample } from "./components.ts";
import { errorResponses, headersOf, rateLimitHeaders } from "./errors.ts";
import type { Examples } from "./examples.ts";
import { linksFrom } from "./links.ts";
import type { Components, JsonSchema } from "./schemas.ts";

/** What operations need of the document that they stand in. */
export interface DocumentParts {
  readonly routes: readonly Route[];
  readonly components: Components;
  readonly examples: Examples;
}

/** One operation: parameters, body, every answer it can give, what it needs and where its answer leads. */
export function operationOf(route: Route, { routes, components, examples }: DocumentParts) {
  const requestBody = bodyOf(route, components, examples);
  const parameters = parametersOf(route, components);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: describe(route),
    security: "scope" in route.auth ? [{ bearer: scopesOf(route) }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: {
      ...successes(route, components, examples, linksFrom(route, routes)),
      ...Object.fromEntries(
        errorResponses(route).map(({ status, name }) => [
          String(status),
          { $ref: `#/components/responses/${name}` },
        ]),
      ),
    },
  };
}

const scopesOf = ({ auth }: Route) => ("scope" in auth && auth.scope !== "any" ? [auth.scope] : []);

function describe(route: Route): string {
  const { description, unboundedPages, cors } = route;
  const pages = unboundedPages ? ["`page` reaches the whole list."] : [];
  const origins = cors ? ["Pages of every origin may call it from a browser."] : [];
  return [description, ...pages, ...origins, needsOf(route)]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function needsOf({ auth }: Route): string {
  if ("public" in auth) return `Needs no API key: ${auth.public}`;
  if ("signed" in auth) return `Needs no API key: ${auth.signed} signs what it sends.`;
  return auth.scope === "any"
    ? "Open to every API key of the team."
    : `Needs the scope \`${auth.scope}\`.`;
}

function bodyOf(route: Route, components: Components, examples: Examples): JsonSchema | undefined {
  const { input, body, bodyOptional, maxBytes } = route;
  const most = maxBytesOf(route);
  // OpenAPI 3.1 has no type for bytes; the length that it allows beside them is their number.
  if (input === "bytes") {
    return {
      required: true,
      description: `The bytes as they are signed: at most ${sizeText(most)}.`,
      content: { "*/*": { schema: { maxLength: most } } },
    };
  }
  if (!body) return undefined;
  const example = examples.bodyOf(route);
  const bodies = Object.entries(route.example?.bodies ?? {});
  const shown =
    bodies.length === 0
      ? example !== undefined && { example }
      : {
          examples: Object.fromEntries(bodies.map(([name, value]) => [name, { value }])),
        };
  return {
    required: !bodyOptional,
    ...(maxBytes !== undefined && { description: `At most ${sizeText(most)}.` }),
    content: {
      "application/json": {
        schema: components.refer(body, "input"),
        ...shown,
      },
    },
  };
}

function parametersOf(route: Route, components: Components): readonly JsonSchema[] {
  const shared = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  return [
    ...eachOf(route.params && components.refer(route.params, "input"), "path"),
    ...eachOf(route.query && components.refer(route.query, "input"), "query"),
    ...(route.answers === "page" ? ["Page", "PerPage", "Cursor"].map(shared) : []),
    ...(route.headers ?? []).map((name) => ({
      name,
      in: "header",
      required: false,
      schema: { type: "string" },
    })),
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
  if (route.answers === "redirect") {
    const headers = { ...headersOf(names), Location: elsewhere };
    return { [route.status]: { description: "It is at another address.", headers } };
  }
  const content = mediaOf(contentOf(route, components, examples), route);
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

const elsewhere: JsonSchema = {
  description: "Where it is, for this one request: follow it, and do not keep it.",
  schema: { type: "string", format: "uri" },
};

/** A raw answer that is a text, or may be one, is not JSON then. */
function mediaOf(content: JsonSchema, { answers }: Route): JsonSchema {
  // What it may be, as the converter writes a union.
  const { anyOf } = Object(content["schema"]) as { readonly anyOf?: readonly JsonSchema[] };
  const ways = anyOf ?? [Object(content["schema"]) as JsonSchema];
  const isText = ({ type }: JsonSchema) => answers === "raw" && type === "string";
  const [others, mayBeText] = [ways.filter((way) => !isText(way)), ways.some(isText)];
  if (!mayBeText) return { "application/json": content };
  return {
    "text/plain": { schema: { type: "string" } },
    ...(others.length > 0 && { "application/json": { schema: { anyOf: others } } }),
  };
}

function contentOf(route: Route, components: Components, examples: Examples): JsonSchema {
  const data = components.refer(route.data, "output");
  const example = examples.dataOf(route);
  switch (route.answers) {
    case "raw":
    case "redirect":
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
