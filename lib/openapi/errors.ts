import { catalogue, type ErrorCode } from "#shared/errors/catalogue";
import { meanings } from "#shared/errors/meanings";
import { maxBytesOf, sizeText, usualMaxBytes } from "#shared/http/body-size";
import type { Route } from "#shared/http/define-route";
import type { JsonSchema } from "./json-schema.ts";
import { pascal } from "./words.ts";

/** Every code that an operation can answer with: those that its kind implies and those that it names. */
function errorsOf(route: Route): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(route.errors);
  const add = (...more: ErrorCode[]) => more.forEach((code) => codes.add(code));
  add("internal_error");
  if ("signed" in route.auth) add("invalid_signature");
  // Unknown query parameters are refused on every route but those that a platform calls.
  if (route.query || !("signed" in route.auth)) add("validation_error");
  if ("scope" in route.auth) {
    add("missing_api_key", "invalid_api_key", "expired_api_key");
    add("rate_limit_exceeded", "service_unavailable");
    if (route.auth.scope !== "any") add("insufficient_scope");
    if (route.method === "POST") {
      add("bad_request", "idempotency_in_progress", "idempotency_key_reused");
    }
  }
  if (route.params) add("not_found");
  if (route.body) add("bad_request", "unsupported_media_type");
  // Nobody looks at the body of a route that takes none.
  if (route.body || route.input === "bytes") add("payload_too_large");
  if (route.answers === "page") add("bad_request");
  if (route.grants.table) add("service_unavailable");
  return all.filter((code) => codes.has(code));
}

const all = Object.keys(catalogue) as ErrorCode[];

const statusNames: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  413: "PayloadTooLarge",
  415: "UnsupportedMediaType",
  422: "Unprocessable",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** The components of the body that every error has. */
export const errorSchemas: Readonly<Record<string, JsonSchema>> = {
  ErrorCode: {
    type: "string",
    enum: all,
    description: `What went wrong, for programs; new codes may be added.\n\n${all
      .map((code) => `- \`${code}\` (${catalogue[code]}): ${meanings[code]}`)
      .join("\n")}`,
    "x-extensible-enum": all,
  },
  ErrorResponse: {
    type: "object",
    description: "The body of every answer that refuses or fails.",
    required: ["error"],
    properties: { error: { $ref: "#/components/schemas/ApiError" } },
  },
  ApiError: {
    type: "object",
    description: "What went wrong with a request.",
    required: ["code", "message", "request_id"],
    properties: {
      code: { $ref: "#/components/schemas/ErrorCode" },
      message: { type: "string", description: "What went wrong and what to do, for people." },
      request_id: {
        type: "string",
        description: "The request's id, also in `X-Request-Id`. Quote it when you ask for help.",
      },
      details: {
        type: "array",
        description: "Each problem with the place where it is.",
        items: { $ref: "#/components/schemas/ErrorDetail" },
      },
    },
  },
  ErrorDetail: {
    type: "object",
    description: "One problem of a request, and where in it.",
    required: ["path", "message"],
    properties: {
      path: {
        type: "string",
        description: "The field, after `body`, `query` or `path`, with dots between names.",
        examples: ["body.settings.context_window", "query.per_page"],
      },
      message: {
        type: "string",
        description: "What is wrong with it and what would be right, for people.",
      },
    },
  },
};

interface ErrorResponse {
  readonly status: number;
  readonly name: string;
  readonly response: JsonSchema;
}

/** The answers that refuse, one a status. Operations that refuse alike share them by name. */
export function errorResponses(route: Route): readonly ErrorResponse[] {
  return [...Map.groupBy(errorsOf(route), (code) => catalogue[code])]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => ({
      status,
      name: nameOf(status, codes, route),
      response: respond(codes, route),
    }));
}

/** The code that a status has wherever it can come; what else it can say makes a variant. */
const usual: ReadonlySet<ErrorCode> = new Set([
  "bad_request",
  "missing_api_key",
  "invalid_api_key",
  "expired_api_key",
  "insufficient_scope",
  "not_found",
  "conflict",
  "payload_too_large",
  "unsupported_media_type",
  "validation_error",
  "rate_limit_exceeded",
  "internal_error",
  "service_unavailable",
]);
const variants: Partial<Record<ErrorCode, string>> = {
  idempotency_in_progress: "OnPost",
  idempotency_key_reused: "OnPost",
  url_not_allowed: "Url",
  channel_credentials_rejected: "Credentials",
};

/** By status and variant, such as UnprocessableUrlOnPost; by its code where that is alone and unusual. */
function nameOf(status: number, codes: readonly ErrorCode[], route: Route): string {
  const { maxBytes = usualMaxBytes, refusals } = route;
  const unusual = codes.filter((code) => !usual.has(code));
  const name =
    unusual.length === codes.length
      ? codes.map(pascal).join("Or")
      : [
          statusNames[status] ?? `Status${status}`,
          ...unusual.map((code) => variants[code] ?? `Or${pascal(code)}`).toSorted(lastOnPost),
        ].join("");
  const size = status === 413 && maxBytes !== usualMaxBytes ? pascal(sizeText(maxBytes)) : "";
  return name + size + (refusals === "plain" ? "AsText" : "");
}

const lastOnPost = (one: string, other: string) =>
  Number(one === "OnPost") - Number(other === "OnPost");

const withRetryAfter: ReadonlySet<ErrorCode> = new Set([
  "rate_limit_exceeded",
  "service_unavailable",
  "idempotency_in_progress",
]);
const ofPlatforms: ReadonlySet<ErrorCode> = new Set(["invalid_signature", "invalid_verify_token"]);
const beforeTheKeyIsKnown: ReadonlySet<ErrorCode> = new Set([
  ...ofPlatforms,
  "missing_api_key",
  "invalid_api_key",
  "expired_api_key",
]);

/** Whether such an answer to a POST with an `Idempotency-Key` is kept for its repeats. */
const isKept = (code: ErrorCode) =>
  catalogue[code] < 500 &&
  ![401, 403, 429].includes(catalogue[code]) &&
  !code.startsWith("idempotency_");

const meaningOf = (code: ErrorCode, route: Route) =>
  code === "payload_too_large"
    ? `The body is larger than ${sizeText(maxBytesOf(route))}.`
    : meanings[code];

function respond(codes: readonly ErrorCode[], route: Route): JsonSchema {
  return {
    description: codes.map((code) => `\`${code}\`: ${meaningOf(code, route)}`).join("\n\n"),
    headers: headersOf([
      "X-Request-Id",
      ...(codes.every((code) => beforeTheKeyIsKnown.has(code)) ? [] : rateLimitHeaders),
      ...(codes.some((code) => withRetryAfter.has(code)) ? ["Retry-After"] : []),
      ...(codes.some(isKept) ? ["Idempotent-Replayed"] : []),
    ]),
    content:
      route.refusals === "plain"
        ? { "text/plain": { schema: { type: "string" } } }
        : {
            "application/json": {
              schema: { $ref: "#/components/schemas/ErrorResponse" },
              examples: Object.fromEntries(
                codes.map((code) => [code, { value: exampleOf(code, route) }]),
              ),
            },
          },
  };
}

/** Headers by name, referring to the components. */
export const headersOf = (names: readonly string[]): JsonSchema =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** The headers of every answer to a known key. */
export const rateLimitHeaders = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

const exampleDetails: Partial<Record<ErrorCode, { path: string; message: string }>> = {
  validation_error: { path: "query.per_page", message: "Must be a whole number from 1 to 100." },
  url_not_allowed: { path: "body.url", message: "Must be a public HTTPS address." },
};

function exampleOf(code: ErrorCode, route: Route): JsonSchema {
  const detail = exampleDetails[code];
  return {
    error: {
      code,
      message: detail ? "The request has 1 problem." : meaningOf(code, route),
      request_id: "req_01jd7zq3c8e9v5r2k4m6n8p0ab",
      ...(detail && { details: [detail] }),
    },
  };
}
