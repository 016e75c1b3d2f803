import type { Route } from "#shared/http/define-route";
import { tags } from "#shared/runtime/nouns";
import { headers, pageMetaSchema, parameters, securitySchemes } from "./components.ts";
import { errorResponses, errorSchema } from "./errors.ts";
import { describeEvents, eventSchemas, eventTag } from "./events.ts";
import { createExamples, type Examples } from "./examples.ts";
import { shapeOf } from "./links.ts";
import { operationOf } from "./operation.ts";
import { type Components, createComponents, type GivenSchema, type JsonSchema } from "./schemas.ts";
import { introduction } from "./texts.ts";
import { nounOf, pascal, singular } from "./words.ts";

/** The paths that the document describes stand under this. */
const base = "/v1";

/**
 * Makes the OpenAPI 3.1 document of every route under `/v1`.
 * Throws when a schema cannot be converted or two would have one name.
 */
export function openApiDocument(
  manifest: { readonly routes: readonly { readonly route: Route }[] },
  { version }: { readonly version: string },
): JsonSchema {
  const routes = manifest.routes
    .map(({ route }) => route)
    .filter(({ path }) => path.startsWith(`${base}/`))
    .sort((a, b) => tagOrder(a) - tagOrder(b) || compare(shapeOf(a.path), shapeOf(b.path)));
  const components = createComponents([...schemasOf(routes), ...eventSchemas]);
  const examples = createExamples(routes, components);
  return {
    openapi: "3.1.1",
    info: {
      title: "Chatbot Platform API",
      version,
      description: introduction,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: base, description: "Where this document comes from." }],
    security: [{ bearer: [] }],
    tags: [
      ...Object.entries(tags)
        .filter(([name]) => routes.some(({ tag }) => tag === name))
        .map(([name, description]) => ({ name, description })),
      eventTag,
    ],
    paths: pathsOf(routes, components, examples),
    webhooks: describeEvents(components),
    components: {
      schemas: {
        ...components.schemas,
        Error: errorSchema,
        PageMeta: pageMetaSchema,
      },
      responses: responsesOf(routes),
      headers,
      parameters,
      securitySchemes,
    },
  };
}

const tagNames = Object.keys(tags);
const tagOrder = ({ tag }: Route) => tagNames.indexOf(tag);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function pathsOf(routes: readonly Route[], components: Components, examples: Examples): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = (paths[route.path.slice(base.length)] ??= {});
    path[route.method.toLowerCase()] = operationOf(route, { routes, components, examples });
  }
  return paths;
}

function responsesOf(routes: readonly Route[]): JsonSchema {
  const responses: Record<string, JsonSchema> = {};
  for (const route of routes) {
    for (const { name, response } of errorResponses(route)) responses[name] = response;
  }
  return responses;
}

/** Every schema of the routes, those first whose names should win: a resource is named by the route that reads one. */
function schemasOf(routes: readonly Route[]): readonly GivenSchema[] {
  const readers = routes.filter(({ method, answers }) => method === "GET" && answers === "one");
  const lists = routes.filter(({ answers }) => answers === "page");
  const others = routes.filter(({ method }) => method !== "GET");
  const raw = routes.filter(({ answers }) => answers === "raw");
  const resources = new Map<unknown, string>();
  const taken = new Set<string>();
  const nameOf = ({ operationId, method, data, answersSecret }: Route) => {
    const noun = singular(nounOf(operationId));
    const wish =
      method === "DELETE"
        ? `Deleted${noun}`
        : answersSecret
          ? `${noun.replace(/Secret$/, "")}WithSecret`
          : noun;
    const name = resources.get(data) ?? (taken.has(wish) ? `${pascal(operationId)}Result` : wish);
    resources.set(data, name);
    taken.add(name);
    return name;
  };
  return [
    ...[...readers, ...lists, ...others, ...raw].map((route): GivenSchema => ({
      schema: route.data,
      direction: "output",
      name: nameOf(route),
      inline: route.answers === "raw",
    })),
    ...routes.flatMap(({ body, params, query, operationId }): GivenSchema[] => {
      const one = (schema: Route["body"], part: string, inline: boolean): GivenSchema[] =>
        schema ? [{ schema, direction: "input", name: pascal(operationId) + part, inline }] : [];
      return [
        ...one(body, "Body", false),
        ...one(params, "Params", true),
        ...one(query, "Query", true),
      ];
    }),
  ];
}
