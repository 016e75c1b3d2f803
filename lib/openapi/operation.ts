import { maxBytesOf, sizeText } from "#shared/http/body-size";
import type { Route } from "#shared/http/define-route";
import { callbacksOf } from "./callbacks.ts";
import { errorResponses } from "./errors.ts";
import type { Examples } from "./examples.ts";
import type { JsonSchema } from "./json-schema.ts";
import { linksFrom } from "./links.ts";
import { type DescribedRoute, sdkMethodOf } from "./order.ts";
import type { Components } from "./schemas.ts";
import { successes } from "./successes.ts";

/** What operations need of the document that they stand in. */
export interface DocumentParts {
  readonly routes: readonly Route[];
  readonly components: Components;
  readonly examples: Examples;
}

/** One operation: parameters, body, every answer it can give, what it needs and where its answer leads. */
export function operationOf(
  { folder, route }: DescribedRoute,
  { routes, components, examples }: DocumentParts,
) {
  const requestBody = bodyOf(route, components, examples);
  const parameters = parametersOf(route, components);
  const callbacks = callbacksOf(route, components);
  return {
    operationId: route.operationId,
    // No program of a team sends what a platform signs.
    ...(!("signed" in route.auth) && { "x-sdk-method": sdkMethodOf(folder) }),
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
    ...(callbacks && { callbacks }),
  };
}

const scopesOf = ({ auth }: Route) => ("scope" in auth && auth.scope !== "any" ? [auth.scope] : []);

function describe(route: Route): string {
  const { description, unboundedPages, cors } = route;
  const filters = unboundedPages?.but.map((name) => `\`${name}\``).join(" or ");
  const but = filters && `, but with ${filters} its first 10,000 rows`;
  const pages = unboundedPages ? [`\`page\` reaches the whole list${but}.`] : [];
  const origins = cors ? ["Pages of every origin may call it from a browser."] : [];
  return [description, ...pages, ...origins, needsOf(route)]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function needsOf({ auth }: Route): string {
  if ("public" in auth) return `Needs no API key: ${auth.public}`;
  if ("signed" in auth) return `Needs no API key: ${auth.signed} proves that it is the caller.`;
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
      description: headerTexts[name] ?? "Set by the platform, and proves that the call is its own.",
      schema: { type: "string" },
    })),
    ...(route.method === "POST" && "scope" in route.auth ? [shared("IdempotencyKey")] : []),
  ];
}

/** Headers of HTTP itself that routes read; the others are those of platforms. */
const headerTexts: Readonly<Record<string, string>> = {
  "accept-encoding": "With `gzip` in it the answer is sent compressed.",
  "if-none-match":
    "The `ETag` of the copy that you have: while it is the newest, 304 comes instead.",
};

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
