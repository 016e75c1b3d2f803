import type { ErrorCode } from "./catalogue.ts";

/** One problem of a request: where it is (`body.settings.context_window`) and what to do about it. */
export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

/** Ends a request with an answer of the catalogue. Its message and details are shown to the caller. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[] | undefined;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { details?: readonly ErrorDetail[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.details = more.details;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** The one 404: the same for an unknown route, an unknown, malformed or foreign id. */
export const notFound = () =>
  new ApiError("not_found", "There is no such resource. Check the path and the id.");

/** A 503: what is asked for cannot be done now, and may in a second. */
export const unavailable = (message: string, cause?: unknown) =>
  new ApiError("service_unavailable", message, { retryAfterSeconds: 1, cause });

/** A 401 of a hook. */
export const wrongSignature = () =>
  new ApiError("invalid_signature", "The signature is missing or wrong.");

/** A 400: the cursor is none, or one of another list. */
export const wrongCursor = () =>
  new ApiError(
    "bad_request",
    "The cursor is not one of this list. Use next_cursor of an earlier page with the same filters, or begin without a cursor.",
  );

/** A 422 with all problems of a request. */
export const invalidRequest = (details: readonly ErrorDetail[]) =>
  new ApiError(
    "validation_error",
    `The request has ${details.length} problem${details.length === 1 ? "" : "s"}.`,
    { details },
  );

/** A 422 with the first problem of a request that has more than anybody reads. */
export const firstOfMany = (detail: ErrorDetail) =>
  new ApiError("validation_error", "The request has many problems, of which this is the first.", {
    details: [detail],
  });

/** A 422 with one problem. */
export const invalid = (path: string, message: string) => invalidRequest([{ path, message }]);
