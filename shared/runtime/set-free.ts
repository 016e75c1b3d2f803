const mebibyte = 1_048_576;

/** Gives the memory of a large file back at once: left to the collector, as much again piles up. */
export function setFree({ buffer, byteLength }: Uint8Array): void {
  // Small ones may lie in a buffer that others share.
  if (byteLength > mebibyte && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
