import { ApiError, type ErrorDetail } from "../errors/api-error.ts";
import { urlProblem } from "../outbound/url-rules.ts";

/** Headers that the platform sends itself, and those that belong to the connection. */
const reserved = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "host",
  "transfer-encoding",
  "user-agent",
  "webhook-id",
  "webhook-signature",
  "webhook-timestamp",
  "x-bot-id",
  "x-chatbot-platform-version",
  "x-integration-id",
]);

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
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const path = `body.headers.${name}`;
    if (reserved.has(lower)) {
      details.push({ path, message: "We set this header ourselves. Choose another name." });
    } else if (seen.has(lower)) {
      details.push({ path, message: "Is there twice; case does not count. Keep one." });
    }
    seen.add(lower);
  }
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
