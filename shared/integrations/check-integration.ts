import { ApiError, type ErrorDetail } from "../errors/api-error.ts";
import { urlProblem } from "../outbound/url-rules.ts";
import { problemsOfHeaders } from "../schema/reserved-headers.ts";

/** Refuses what no single field shows: a URL that is not allowed, one that is missing, reserved headers. Throws a 422. */
export function checkIntegration(
  { type, url, headers }: { type: string; url: string | null; headers: Record<string, unknown> },
  allowPrivate: boolean,
): void {
  const details: ErrorDetail[] = [];
  if (type === "webhook" && url === null) {
    details.push({ path: "body.url", message: "Required for the type webhook." });
  }
  if (type === "echo" && url !== null) {
    details.push({ path: "body.url", message: "The type echo calls no server. Leave it out." });
  }
  details.push(...problemsOfHeaders("body.headers", headers));
  if (details.length > 0) {
    throw new ApiError(
      "validation_error",
      `The request has ${details.length} problem${details.length === 1 ? "" : "s"}.`,
      { details },
    );
  }
  const problem = url === null ? undefined : urlProblem(url, { allowPrivate });
  if (problem !== undefined) {
    throw new ApiError("url_not_allowed", "The URL is not allowed.", {
      details: [{ path: "body.url", message: problem }],
    });
  }
}
