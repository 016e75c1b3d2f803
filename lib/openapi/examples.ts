import type { Route } from "#shared/http/define-route";
import type { JsonSchema } from "./json-schema.ts";
import type { Components } from "./schemas.ts";

/** The examples of a document. */
export interface Examples {
  bodyOf(route: Route): unknown;
  /** What `data` holds, or one row of it. */
  dataOf(route: Route): unknown;
}

/**
 * Takes each route's own examples. Routes that answer with the same schema lend each other theirs, and a schema
 * whose every field has an example is one by itself.
 */
export function createExamples(routes: readonly Route[], components: Components): Examples {
  const lent = new Map<unknown, unknown>();
  for (const { data, example } of routes) {
    if (example?.data !== undefined && !lent.has(data)) lent.set(data, example.data);
  }
  return {
    bodyOf: ({ example }) => example?.body,
    dataOf: ({ data, params, example }) => {
      const given = example?.data ?? lent.get(data);
      if (given !== undefined) return given;
      const sample = sampleOf(components.lookUp(data, "output"));
      const inPath = params && sampleOf(components.lookUp(params, "input"));
      // What is told of by its id alone is what the path names.
      return isFields(sample) && isFields(inPath) && "id" in sample && "id" in inPath
        ? { ...sample, id: inPath["id"] }
        : sample;
    },
  };
}

const isFields = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null;

function sampleOf(schema: JsonSchema): unknown {
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["examples"])) return schema["examples"][0] as unknown;
  if (schema["type"] !== "object") return undefined;
  // The properties of an object's schema are schemas.
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>);
  const samples = properties.map(([name, property]) => [name, sampleOf(property)] as const);
  return samples.some(([, sample]) => sample === undefined)
    ? undefined
    : Object.fromEntries(samples);
}
