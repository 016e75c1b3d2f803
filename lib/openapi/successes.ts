import type { Route } from "#shared/http/define-route";
import { pageMetaExample } from "./components.ts";
import { headersOf, rateLimitHeaders } from "./errors.ts";
import type { Examples } from "./examples.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Components } from "./schemas.ts";
import { nounOfComponent } from "./words.ts";

/** The answers that are no refusals, by their status. */
export function successes(
  route: Route,
  components: Components,
  examples: Examples,
  links: JsonSchema | undefined,
): JsonSchema {
  const names = [
    "X-Request-Id",
    ...("scope" in route.auth ? rateLimitHeaders : []),
    ...(route.method === "POST" && "scope" in route.auth ? ["Idempotent-Replayed"] : []),
    ...(route.unchangedStatus ? ["ETag"] : []),
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
  const { status, repeatedStatus, unchangedStatus, location } = route;
  return {
    [status]: {
      ...answer(contentsOf(route, components), location && status === 201 ? ["Location"] : []),
      ...(links && { links }),
    },
    ...(repeatedStatus && {
      [repeatedStatus]: answer(
        "It was there already: nothing was done again. This is what is stored.",
      ),
    }),
    ...(unchangedStatus && {
      [unchangedStatus]: {
        description: "The copy that you have is the newest. There is no body.",
        headers: headersOf(names),
      },
    }),
  };
}

const elsewhere: JsonSchema = {
  description: "Where it is, for this one request: follow it, and do not keep it.",
  schema: { type: "string", format: "uri" },
};

/** What is in an answer, in a sentence: the noun that its component shows, or what the schema says of itself. */
function contentsOf(route: Route, components: Components): string {
  const { $ref } = components.refer(route.data, "output");
  const noun = nounOfComponent(String($ref).split("/").at(-1) ?? "");
  const { description = "What the platform that calls expects." } = components.lookUp(
    route.data,
    "output",
  );
  if (!noun) return String(description);
  if (route.answers === "page") return `A page of ${noun.plural}.`;
  const secret = route.answersSecret ? ", with its secret, which no other answer shows" : "";
  if (route.status === 201) return `The new ${noun.singular}${secret}.`;
  return `The ${noun.singular}${route.method === "GET" ? "" : " as it is now"}${secret}.`;
}

/** A raw answer that is a text, or may be one, is not JSON then. */
function mediaOf(content: JsonSchema, { answers }: Route): JsonSchema {
  // What it may be, as the converter writes a union.
  const { anyOf } = Object(content["schema"]) as { readonly anyOf?: readonly JsonSchema[] };
  const ways = anyOf ?? [Object(content["schema"]) as JsonSchema];
  const isText = ({ type }: JsonSchema) => answers === "raw" && type === "string";
  const [others, mayBeText] = [ways.filter((way) => !isText(way)), ways.some(isText)];
  if (!mayBeText) return { "application/json": content };
  const [only, ...more] = others;
  return {
    "text/plain": { schema: { type: "string" } },
    ...(only && {
      "application/json": { schema: more.length > 0 ? { anyOf: others } : only },
    }),
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
