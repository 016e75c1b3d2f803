import { Readable } from "node:stream";

const pieceBytes = 65_536;

/** Bytes to be sent a piece at a time: given whole, TLS would copy and encrypt all of them at once. */
export function inPieces(bytes: Uint8Array): Readable {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  return Readable.from(pieces(), { highWaterMark: 1 });
}
