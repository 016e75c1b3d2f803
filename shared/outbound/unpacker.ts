import type { Duplex } from "node:stream";
import * as zlib from "node:zlib";

/** What unpacks a body as it comes. */
export type Unpacker = Duplex;

// What has come is given out at once, so that streams can be read while they flow; an end that is cut off is no error.
const flush = zlib.constants.Z_SYNC_FLUSH;
const zlibOptions = { flush, finishFlush: flush };
const brotliFlush = zlib.constants.BROTLI_OPERATION_FLUSH;
const zstdFlush = zlib.constants.ZSTD_e_flush;

const makers = new Map<string, (first: Uint8Array) => Unpacker>([
  ["gzip", () => zlib.createGunzip(zlibOptions)],
  ["x-gzip", () => zlib.createGunzip(zlibOptions)],
  // Some servers leave out the frame that the RFC asks for. Its first byte always ends in 8.
  [
    "deflate",
    ([first = 0]) =>
      (first & 0x0f) === 8 ? zlib.createInflate(zlibOptions) : zlib.createInflateRaw(zlibOptions),
  ],
  ["zstd", () => zlib.createZstdDecompress({ flush: zstdFlush, finishFlush: zstdFlush })],
  ["br", () => zlib.createBrotliDecompress({ flush: brotliFlush, finishFlush: brotliFlush })],
]);

/** Finds what unpacks a content encoding, made when the first bytes are there; undefined for what is no packing. */
export const unpackerFor = (
  contentEncoding: string | undefined,
): ((first: Uint8Array) => Unpacker) | undefined =>
  makers.get(contentEncoding?.trim().toLowerCase() ?? "");
