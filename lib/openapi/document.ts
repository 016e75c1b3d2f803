import type { Route } from "#shared/http/define-route";
import { tags } from "#shared/runtime/nouns";
import { backendSchemas, backendTag, describeBackend } from "./backend.ts";
import { headers, pageMetaSchema, parameters, securitySchemes } from "./components.ts";
import { errorResponses, errorSchemas } from "./errors.ts";
import { describeEvents, eventSchemas, eventTag } from "./events.ts";
import { createExamples, type Examples } from "./examples.ts";
import type { JsonSchema } from "./json-schema.ts";
import { operationOf } from "./operation.ts";
import { type DescribedRoute, inReadingOrder } from "./order.ts";
import { type Components, createComponents, type GivenSchema } from "./schemas.ts";
import { introduction } from "./texts.ts";
import { nounOf, pascal, singular, verbOf } from "./words.ts";

/** The paths that the document describes stand under this. */
const base = "/v1";

/**
 * Makes the OpenAPI 3.1 document of every route under `/v1`.
 * Throws when a schema cannot be converted or two would have one name.
 */
export function openApiDocument(
  manifest: { readonly routes: readonly DescribedRoute[] },
  { version }: { readonly version: string },
): JsonSchema {
  const described = inReadingOrder(
    manifest.routes.filter(({ route }) => route.path.startsWith(`${base}/`)),
  );
  const routes = described.map(({ route }) => route);
  const components = createComponents([...schemasOf(routes), ...eventSchemas, ...backendSchemas]);
  const examples = createExamples(routes, components);
  return {
    openapi: "3.1.1",
    info: {
      title: "Chatbot Platform",
      version,
      summary:
        "Bots, the backends that answer for them, the channels they talk in, and agent loops.",
      description: introduction,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: base, description: "The server that this document comes from." }],
    security: [{ bearer: [] }],
    tags: [
      ...Object.entries(tags)
        .filter(([name]) => routes.some(({ tag }) => tag === name))
        .map(([name, description]) => ({ name, description })),
      eventTag,
      backendTag,
    ],
    paths: pathsOf(described, components, examples),
    webhooks: { ...describeEvents(components), ...describeBackend(components) },
    components: {
      schemas: { ...components.schemas, ...errorSchemas, PageMeta: pageMetaSchema },
      responses: responsesOf(routes),
      headers,
      parameters,
      securitySchemes,
    },
  };
}

function pathsOf(
  described: readonly DescribedRoute[],
  components: Components,
  examples: Examples,
): JsonSchema {
  const routes = described.map(({ route }) => route);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of described) {
    const path = (paths[one.route.path.slice(base.length)] ??= {});
    path[one.route.method.toLowerCase()] = operationOf(one, { routes, components, examples });
  }
  return paths;
}

function responsesOf(routes: readonly Route[]): JsonSchema {
  const responses: Record<string, JsonSchema> = {};
  for (const { name, response } of routes.flatMap(errorResponses)) {
    const other = responses[name];
    if (other && JSON.stringify(other) !== JSON.stringify(response)) {
      throw new Error(`Two responses are called ${name}. Tell them apart in errors.ts.`);
    }
    responses[name] = response;
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
    const noun = singular(nounOf(operationId)).replace(answersSecret ? /Secret$/ : /$^/, "");
    // A resource is one component, whether a list shows less of it, or one answer a secret.
    const isResource = method === "GET" || answersSecret === true;
    const isFree = isResource || !taken.has(noun);
    const name = resources.get(data) ?? (isFree ? noun : `${pascal(operationId)}Result`);
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
      const one = (schema: Route["body"], name: string, inline: boolean): GivenSchema[] =>
        schema ? [{ schema, direction: "input", name, inline }] : [];
      return [
        ...one(body, singular(nounOf(operationId)) + pascal(verbOf(operationId)), false),
        ...one(params, "Params", true),
        ...one(query, "Query", true),
      ];
    }),
  ];
}
