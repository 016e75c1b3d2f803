import { type ErrorDetail, invalidRequest } from "../errors/api-error.ts";
import { checkUrl } from "../outbound/check-url.ts";
import { problemsOfHeaders, problemsOfMasks } from "../schema/reserved-headers.ts";
import { isSameServer, problemsOfNewReceiver } from "../secrets/new-receiver.ts";
import type { StoredIntegration } from "./integration.ts";

/** What is given; what is left out stays as it is stored. */
interface Given {
  readonly url?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Refuses what no single field shows: a URL that is not allowed, one that is missing, reserved headers, secrets that
 * would go to another server. Throws a 422.
 */
export function checkIntegration(
  type: StoredIntegration["type"],
  { url, headers }: Given,
  stored: Pick<StoredIntegration, "url" | "headers">,
  allowPrivate: boolean,
): void {
  const details: ErrorDetail[] = [];
  if (type === "webhook" && url === null) {
    details.push({ path: "body.url", message: "Required for the type webhook." });
  }
  if (type === "echo" && typeof url === "string") {
    details.push({ path: "body.url", message: "The type echo calls no server. Leave it out." });
  }
  details.push(
    ...problemsOfHeaders("body.headers", headers ?? {}),
    ...problemsOfMasks("body.headers", headers ?? {}, stored.headers),
  );
  if (url && stored.url !== null && !isSameServer(url, stored.url)) {
    details.push(...problemsOfNewReceiver("body.headers", headers, stored.headers));
  }
  if (details.length > 0) throw invalidRequest(details);
  if (typeof url === "string") checkUrl("body.url", url, allowPrivate);
}
