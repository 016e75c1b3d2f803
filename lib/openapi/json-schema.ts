/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 holds it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where a schema of an API stands: what is sent to it, or what it answers. */
export type Direction = "input" | "output";
