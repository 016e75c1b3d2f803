import { hash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { RawReply } from "./define-route.ts";

/** What a request says of the copies and the packing that it takes. */
export interface Taking {
  readonly "accept-encoding": string | undefined;
  readonly "if-none-match": string | undefined;
}

/**
 * Answers with bytes that are kept compressed with gzip: as they are to who takes that, unpacked to who does not, and
 * with 304 to who has them.
 */
export function packedReply(
  packed: Uint8Array,
  contentType: string,
  taking: Taking,
  more: Readonly<Record<string, string>>,
): RawReply {
  // Weak: the same for the bytes packed and unpacked.
  const etag = `W/"${hash("sha256", packed, "base64url")}"`;
  const headers = { ...more, etag, vary: "accept-encoding" };
  if (isAmong(taking["if-none-match"], etag)) return { status: 304, raw: "", contentType, headers };
  return takesGzip(taking["accept-encoding"])
    ? { raw: packed, contentType, headers: { ...headers, "content-encoding": "gzip" } }
    : { raw: gunzipSync(packed).toString(), contentType, headers };
}

const listed = (header = "") => header.split(",").map((item) => item.trim());

/** Strong or weak is the same here (RFC 9110, section 13.1.2). */
const isAmong = (header: string | undefined, etag: string) =>
  listed(header).some((item) => item === "*" || `W/${item.replace(/^W\//, "")}` === etag);

const takesGzip = (header: string | undefined) =>
  listed(header).some((item) => /^(gzip|\*)\s*(;|$)/i.test(item) && !/;\s*q=0(\.0*)?$/i.test(item));
