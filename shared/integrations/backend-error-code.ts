import * as v from "valibot";

/** Why a backend gave no answer. */
export const BackendErrorCode = v.picklist([
  "timeout",
  "network_error",
  "http_error",
  "invalid_response",
  "response_too_large",
  "url_not_allowed",
]);
export type BackendErrorCode = v.InferOutput<typeof BackendErrorCode>;
