import type { JsonSchema } from "./json-schema.ts";

const whole = { type: "integer", minimum: 0 };

/** Headers of answers. */
export const headers: Readonly<Record<string, JsonSchema>> = {
  "X-Request-Id": {
    description: "The request's id. Quote it when you ask for help.",
    schema: { type: "string" },
  },
  "X-RateLimit-Limit": {
    description: "Requests that the API key may make in a minute.",
    schema: whole,
  },
  "X-RateLimit-Remaining": {
    description: "Requests left to the API key in this minute.",
    schema: whole,
  },
  "X-RateLimit-Reset": {
    description: "When the minute ends, in Unix seconds.",
    schema: whole,
  },
  "Retry-After": { description: "Seconds to wait before the next try.", schema: whole },
  Location: {
    description: "The path of the new resource.",
    schema: { type: "string", format: "uri-reference" },
  },
  ETag: {
    description:
      "Which version this is: send it as `If-None-Match` to be told when it is the newest.",
    schema: { type: "string" },
  },
  "Idempotent-Replayed": {
    description:
      "`true` when this is the kept answer to an earlier request with the same `Idempotency-Key`.",
    schema: { type: "string", const: "true" },
  },
};

/** Parameters that many operations share. */
export const parameters: Readonly<Record<string, JsonSchema>> = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "Makes the request safe to repeat: the same key with the same request gets the first answer again for 24 hours. 1 to 255 printable ASCII characters; use a new UUID for each new request.",
    schema: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      // Blanks at either end would be lost on the way.
      // No example: the page would send it, and whoever tries twice would get the first answer again.
      pattern: "^[!-~]([ -~]*[!-~])?$",
    },
  },
  Page: {
    name: "page",
    in: "query",
    required: false,
    description:
      "The page's number. `page × per_page` reaches at most 10,000 unless the operation says otherwise; use `cursor` beyond.",
    schema: { type: "integer", minimum: 1, default: 1 },
  },
  PerPage: {
    name: "per_page",
    in: "query",
    required: false,
    description:
      "Rows on a page. An answer has at most 6 MB: where rows are so large that it would have more, it is 422 and says how many may be asked for.",
    schema: { type: "integer", minimum: 1, maximum: 100, default: 20 },
  },
  Cursor: {
    name: "cursor",
    in: "query",
    required: false,
    description:
      "`meta.next_cursor` of the page before, given instead of `page`. Opaque; valid for the same list, filters and team, and stable while rows are added.",
    schema: { type: "string" },
  },
};

/** What stands beside the rows of a list. */
export const pageMetaSchema: JsonSchema = {
  type: "object",
  description: "Where in a list a page is, and how to go on.",
  required: ["page", "per_page", "total", "total_is_exact", "next_cursor"],
  properties: {
    page: {
      type: ["integer", "null"],
      description: "The page's number; null for a page that was asked for by `cursor`.",
    },
    per_page: { type: "integer", description: "How many rows a page has at most." },
    total: {
      type: "integer",
      description: "How many rows the whole list has that fit its filters.",
    },
    total_is_exact: {
      type: "boolean",
      description: "False when counting stopped early; `total` is then what was counted.",
    },
    next_cursor: {
      type: ["string", "null"],
      description: "The `cursor` of the next page. Null is the only sign of the end.",
    },
  },
};

/** The `meta` of a list's only page. */
export const pageMetaExample = {
  page: 1,
  per_page: 20,
  total: 1,
  total_is_exact: true,
  next_cursor: null,
};

/** How callers say who they are. */
export const securitySchemes: Readonly<Record<string, JsonSchema>> = {
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "sk_live_…",
    description: "An API key of the team: `Authorization: Bearer sk_live_…`.",
  },
};
