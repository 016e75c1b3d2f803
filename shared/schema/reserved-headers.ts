import type { ErrorDetail } from "../errors/api-error.ts";

/** Headers that the platform sends itself, and those that belong to the connection. */
const reserved = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "webhook-id",
  "webhook-signature",
  "webhook-timestamp",
  "x-bot-id",
  "x-chatbot-platform-version",
  "x-integration-id",
]);

/** What is wrong with the names of headers that people have us send: reserved ones, and one name twice. */
export function problemsOfHeaders(
  at: string,
  headers: Readonly<Record<string, unknown>>,
): ErrorDetail[] {
  const seen = new Set<string>();
  return Object.keys(headers).flatMap((name) => {
    const lower = name.toLowerCase();
    const path = `${at}.${name}`;
    if (reserved.has(lower)) {
      return [{ path, message: "We set this header ourselves. Choose another name." }];
    }
    if (seen.has(lower)) {
      return [{ path, message: "Is there twice; case does not count. Keep one." }];
    }
    seen.add(lower);
    return [];
  });
}

/** Values that are masks and stand for no stored value of the same header: sent as they are they could never be. */
export function problemsOfMasks(
  at: string,
  headers: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, { readonly mask: string }>>,
): ErrorDetail[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const known = Object.hasOwn(stored, name) ? stored[name] : undefined;
    if (!value.includes("•") || value === known?.mask) return [];
    const message = "Is a mask, and no value under this name is stored that it could keep.";
    return [{ path: `${at}.${name}`, message }];
  });
}
