import type { ErrorCode } from "./catalogue.ts";

/** What each error code means, in the words of the reference. */
export const meanings: Readonly<Record<ErrorCode, string>> = {
  bad_request:
    "The request cannot be read: not JSON, a malformed header, a cursor of another list.",
  missing_api_key: "There is no `Authorization` header.",
  invalid_api_key: "The `Authorization` header holds no key that is valid now.",
  expired_api_key: "The API key has passed its `expires_at`, or its value the grace of a rotation.",
  invalid_signature: "The request is not signed by the platform that it is from.",
  insufficient_scope: "The API key lacks the scope that is named.",
  invalid_verify_token: "The platform did not ask with the token that it was given for this hook.",
  not_found: "There is no such route, or no such resource in this team.",
  conflict: "The state of the resource, or a limit, forbids it.",
  idempotency_in_progress: "A request with the same `Idempotency-Key` is still running.",
  payload_too_large: "The body is larger than the route takes.",
  unsupported_media_type: "The body is not `application/json`.",
  validation_error: "The request is well-formed but wrong; `details` points at each problem.",
  idempotency_key_reused: "The `Idempotency-Key` was used before with another request.",
  url_not_allowed: "A URL is not a public HTTPS address; `details` says which and why.",
  channel_credentials_rejected: "The platform refused the credentials.",
  rate_limit_exceeded:
    "The API key has used up its requests of this minute, or too many requests of the team wait for slow servers at once; see `Retry-After`.",
  internal_error: "Something failed on our side; nothing is known.",
  service_unavailable:
    "A store or queue is throttling or down, or others change the same thing; see `Retry-After`. The message says whether it may have been done.",
};
