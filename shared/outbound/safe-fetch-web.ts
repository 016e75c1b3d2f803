import { isUtf8 } from "./charset.ts";
import { OutboundError } from "./outbound-error.ts";
import type { SafeFetch } from "./safe-fetch.ts";

// https://fetch.spec.whatwg.org/#null-body-status
const withoutBody = new Set([204, 205, 304]);

/**
 * Makes a `fetch` for libraries that ask for one, over ours: no redirects followed, no streaming (an answer is there
 * when all of it is), one limit of time and bytes for each call. Rejects with `OutboundError` or, when the caller's
 * signal ended it, with the signal's reason. A POST travels on a connection that was used before only when it carries
 * an `idempotency-key`.
 */
export function createWebFetch(
  safeFetch: SafeFetch,
  { timeout_ms, max_bytes }: { readonly timeout_ms: number; readonly max_bytes: number },
): typeof fetch {
  return async (input, init) => {
    const given = input instanceof Request ? new Request(input, init) : (init ?? {});
    const signal = given.signal ?? undefined;
    const headers = new Headers(given.headers);
    const body = await readBody(given.body, headers);
    try {
      const answer = await safeFetch(input instanceof Request ? input.url : String(input), {
        method: given.method ?? "GET",
        headers: Object.fromEntries(headers),
        ...(body === undefined ? {} : { body }),
        timeout_ms,
        max_bytes,
        ...(signal ? { signal } : {}),
      });
      return responseOf(answer);
    } catch (error) {
      if (signal?.aborted && error instanceof OutboundError && error.code === "aborted") {
        throw signal.reason;
      }
      throw error;
    }
  };
}

/** Adds the content type that a body brings with it, as `fetch` does. */
async function readBody(
  body: ConstructorParameters<typeof Response>[0],
  headers: Headers,
): Promise<string | Uint8Array | undefined> {
  if (body === null || body === undefined) return undefined;
  if (typeof body === "string" && headers.has("content-type")) return body;
  const read = new Response(body);
  const type = read.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  return new Uint8Array(await read.arrayBuffer());
}

type Answer = Awaited<ReturnType<SafeFetch>>;

function responseOf({ status, headers, body, text }: Answer): Response {
  // Node reads any three digits; a `Response` cannot hold more than these.
  if (status < 200 || status > 599) {
    throw new OutboundError("network", `The answer has the unknown status ${status}.`);
  }
  if (withoutBody.has(status)) return new Response(null, { status, headers });
  // A `Response` reads every text as UTF-8.
  return new Response(isUtf8(headers["content-type"]) ? body : text(), { status, headers });
}
