/**
 * Every error code of the API with its HTTP status and its meaning: the only place where a code gets its status.
 * OpenAPI is generated from it.
 */
export const catalogue = {
  bad_request: {
    status: 400,
    description:
      "The request cannot be read: not JSON, a malformed header, a cursor of another list.",
  },
  missing_api_key: { status: 401, description: "There is no `Authorization` header." },
  invalid_api_key: {
    status: 401,
    description: "The `Authorization` header holds no key that is valid now.",
  },
  expired_api_key: { status: 401, description: "The API key has passed its `expires_at`." },
  insufficient_scope: { status: 403, description: "The API key lacks the scope that is named." },
  not_found: {
    status: 404,
    description: "There is no such route, or no such resource in this team.",
  },
  conflict: { status: 409, description: "The state of the resource, or a limit, forbids it." },
  idempotency_in_progress: {
    status: 409,
    description: "A request with the same `Idempotency-Key` is still running.",
  },
  payload_too_large: { status: 413, description: "The body is larger than 256 KiB." },
  unsupported_media_type: { status: 415, description: "The body is not `application/json`." },
  validation_error: {
    status: 422,
    description: "The request is well-formed but wrong; `details` points at each problem.",
  },
  idempotency_key_reused: {
    status: 422,
    description: "The `Idempotency-Key` was used before with another request.",
  },
  url_not_allowed: {
    status: 422,
    description: "A URL is not a public HTTPS address; `details` says which and why.",
  },
  channel_credentials_rejected: {
    status: 422,
    description: "The platform refused the credentials.",
  },
  rate_limit_exceeded: {
    status: 429,
    description: "The API key has used up its requests of this minute; see `Retry-After`.",
  },
  internal_error: { status: 500, description: "Something failed on our side; nothing is known." },
  service_unavailable: {
    status: 503,
    description: "A store or queue is throttling or down; see `Retry-After`.",
  },
} as const satisfies Record<string, { status: number; description: string }>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;
