/**
 * Every error code of the API with its HTTP status: the only place where a code gets one. What it means stands in
 * `meanings.ts`, which is for the reference and in no function.
 */
export const catalogue = {
  bad_request: 400,
  missing_api_key: 401,
  invalid_api_key: 401,
  expired_api_key: 401,
  invalid_signature: 401,
  insufficient_scope: 403,
  invalid_verify_token: 403,
  not_found: 404,
  conflict: 409,
  idempotency_in_progress: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_error: 422,
  idempotency_key_reused: 422,
  url_not_allowed: 422,
  channel_credentials_rejected: 422,
  rate_limit_exceeded: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const satisfies Record<string, number>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;
