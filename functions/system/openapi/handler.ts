import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { asset } from "#shared/runtime/asset";
import { route } from "./route.ts";

export interface OpenapiDeps {
  /** The document as JSON, compressed with gzip. */
  readonly document: () => Uint8Array;
}

export const handle =
  ({ document }: OpenapiDeps): Handle<typeof route> =>
  async ({ headers }) => {
    const packed = document();
    // Weak: the same for the document as it is and packed.
    const etag = `W/"${createHash("sha256").update(packed).digest("base64url")}"`;
    const common = { etag, vary: "accept-encoding", "cache-control": "public, max-age=300" };
    const contentType = "application/json; charset=utf-8";
    if (isAmong(headers["if-none-match"], etag)) {
      return { status: 304, raw: "", contentType, headers: common };
    }
    return takesGzip(headers["accept-encoding"])
      ? { raw: packed, contentType, headers: { ...common, "content-encoding": "gzip" } }
      : { raw: gunzipSync(packed).toString(), contentType, headers: common };
  };

const listed = (header = "") => header.split(",").map((item) => item.trim());

/** Strong or weak is the same to a reader (RFC 9110, section 13.1.2). */
const isAmong = (header: string | undefined, etag: string) =>
  listed(header).some((item) => item === "*" || `W/${item.replace(/^W\//, "")}` === etag);

const takesGzip = (header: string | undefined) =>
  listed(header).some((item) => /^(gzip|\*)\s*(;|$)/i.test(item) && !/;\s*q=0(\.0*)?$/i.test(item));

export const handler = servePublic(route, () => handle({ document: asset("openapi.json.gz") }));
