import * as v from "valibot";

/** Why a backend gave no answer. */
export const BackendErrorCode = v.pipe(
  v.picklist([
    "timeout",
    "network_error",
    "http_error",
    "invalid_response",
    "response_too_large",
    "url_not_allowed",
  ]),
  v.title("BackendErrorCode"),
  v.description(
    "Why a backend gave no answer. `invalid_response`: what came is not as documented; `url_not_allowed`: its address is no public one any more.",
  ),
);
export type BackendErrorCode = v.InferOutput<typeof BackendErrorCode>;
