import { catalogue, type ErrorCode } from "#shared/errors/catalogue";
import { meanings } from "#shared/errors/meanings";
import { maxBytesOf, sizeText, usualMaxBytes } from "#shared/http/body-size";
import type { Route } from "#shared/http/define-route";
import type { JsonSchema } from "./schemas.ts";
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
  if (route.method !== "GET") add("payload_too_large");
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

/** The body of every error. */
export const errorSchema: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "request_id"],
      properties: {
        code: {
          type: "string",
          enum: all,
          description: "What went wrong, for programs. New codes may be added.",
        },
        message: { type: "string", description: "What went wrong and what to do, for people." },
        request_id: {
          type: "string",
          description: "The request's id, also in `X-Request-Id`. Quote it when you ask for help.",
        },
        details: {
          type: "array",
          description: "Each problem with the place where it is.",
          items: {
            type: "object",
            required: ["path", "message"],
            properties: {
              path: {
                type: "string",
                examples: ["body.settings.context_window", "query.per_page"],
              },
              message: { type: "string" },
            },
          },
        },
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

/** The status' own name when every code of it is possible, else the codes; and how it differs from the usual. */
function nameOf(status: number, codes: readonly ErrorCode[], route: Route): string {
  const { maxBytes = usualMaxBytes, refusals } = route;
  // An operation takes API keys, or proofs of a platform, so no answer has every code of 401 or 403.
  const every = all.filter((code) => catalogue[code] === status && !ofPlatforms.has(code));
  const isWhole = every.every((code) => codes.includes(code));
  const name = isWhole ? (statusNames[status] ?? `Status${status}`) : codes.map(pascal).join("Or");
  const size = status === 413 && maxBytes !== usualMaxBytes ? pascal(sizeText(maxBytes)) : "";
  return name + size + (refusals === "plain" ? "AsText" : "");
}

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
              schema: { $ref: "#/components/schemas/Error" },
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
