import { type ErrorDetail, invalidRequest } from "../errors/api-error.ts";
import { checkUrl } from "../outbound/check-url.ts";
import { problemsOfHeaders, problemsOfMasks } from "../schema/reserved-headers.ts";
import { isSameServer, problemsOfNewReceiver } from "../secrets/new-receiver.ts";
import type { IntegrationPatch, StoredIntegration } from "./integration.ts";
import { type IntegrationType, rulesOf } from "./integration-types.ts";

/** What is given; what is left out stays as it is stored. */
type Given = Pick<IntegrationPatch, "url" | "model" | "headers" | "settings">;

/**
 * Refuses what no single field shows: what the type does not take or cannot do without, a URL that is not allowed,
 * reserved headers, secrets that would go to another server. `stored` is null for a new one. Throws a 422.
 */
export function checkIntegration(
  type: IntegrationType,
  given: Given,
  stored: Pick<StoredIntegration, "url" | "headers"> | null,
  allowPrivate: boolean,
): void {
  const { url, headers = {} } = given;
  const rules = rulesOf(type);
  const details: ErrorDetail[] = [];
  for (const field of ["url", "model"] as const) {
    if (rules[field] === "required" && given[field] === null) {
      details.push({ path: `body.${field}`, message: `Required for the type ${type}.` });
    }
  }
  for (const field of ["url", "model", "headers", "settings"] as const) {
    if (rules[field] === "none" && isGiven(given[field])) {
      const message = `The type ${type} takes no ${field}. Leave it out.`;
      details.push({ path: `body.${field}`, message });
    }
  }
  if (rules.url === "base" && /[?#]/.test(url ?? "")) {
    const message = "Must have no ? and no #: it is a base URL, to which a path is added.";
    details.push({ path: "body.url", message });
  }
  details.push(
    ...problemsOfHeaders("body.headers", headers),
    ...problemsOfMasks("body.headers", headers, stored?.headers ?? {}),
  );
  if (stored && url !== undefined && !isSameReceiver(url, stored.url, rules.own_url)) {
    details.push(...problemsOfNewReceiver("body.headers", given.headers, stored.headers));
  }
  if (details.length > 0) throw invalidRequest(details);
  if (typeof url === "string") checkUrl("body.url", url, allowPrivate);
}

/** Null, and an object that says nothing, are as good as left out. */
const isGiven = (value: Given[keyof Given]) =>
  typeof value === "object" && value !== null
    ? Object.values(value).some((one) => one !== null)
    : value !== undefined && value !== null;

/** Without a URL, the vendor's own server is called; a type that has none has no receiver at all. */
const isSameReceiver = (url: string | null, stored: string | null, ownUrl: string | null) =>
  url === stored || isSameServer(url ?? ownUrl ?? "", stored ?? ownUrl ?? "");
