/**
 * A body as bytes, with files in base64 where their placeholders stand. As a text it would be in the heap once more, beside
 * the one that a library keeps until it has its answer.
 */
export function withFiles(body: string, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  if (files.size === 0) return Buffer.from(body);
  const pieces = body.split(new RegExp(`(${[...files.keys()].join("|")})`));
  const sizes = pieces.map((piece) => {
    const bytes = files.get(piece);
    return bytes ? 4 * Math.ceil(bytes.byteLength / 3) : Buffer.byteLength(piece);
  });
  // Written in place, a slice at a time: as one text more, a large file would be in memory once more.
  const whole = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const piece of pieces) {
    const bytes = files.get(piece);
    if (!bytes) at += whole.write(piece, at);
    for (let from = 0; bytes && from < bytes.byteLength; from += sliceBytes) {
      const slice = Buffer.from(
        bytes.buffer,
        bytes.byteOffset + from,
        Math.min(sliceBytes, bytes.byteLength - from),
      );
      at += whole.write(slice.toString("base64"), at, "latin1");
    }
  }
  return whole;
}

/** Three bytes are four characters, so slices of a multiple of three can be put one after another. */
const sliceBytes = 3 * 65_536;
