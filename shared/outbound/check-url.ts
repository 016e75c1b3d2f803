import { ApiError } from "../errors/api-error.ts";
import { urlProblem } from "./url-rules.ts";

/** Refuses a URL of a request that we would not call; `path` points at it. Throws a 422. */
export function checkUrl(path: string, url: string, allowPrivate: boolean): void {
  const message = urlProblem(url, { allowPrivate });
  if (message === undefined) return;
  throw new ApiError("url_not_allowed", "The URL is not allowed.", {
    details: [{ path, message }],
  });
}
