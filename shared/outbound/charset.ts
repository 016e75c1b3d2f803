const utf8 = new TextDecoder();

/** Reads bytes as text, in the charset that a content type names; as UTF-8 where it names none that is known. */
export const textOf = (bytes: Uint8Array, contentType: string | undefined): string =>
  isUtf8(contentType) ? utf8.decode(bytes) : decoderFor(contentType).decode(bytes);

/** Makes what reads text of a content type. With `fatal` it throws at bytes that are no such text. */
export function decoderFor(contentType: string | undefined, { fatal = false } = {}) {
  try {
    return new TextDecoder(charsetOf(contentType), { fatal });
  } catch {
    return new TextDecoder("utf-8", { fatal });
  }
}

/** Whether text of a content type is read as UTF-8. */
export const isUtf8 = (contentType: string | undefined): boolean =>
  decoderFor(contentType).encoding === "utf-8";

const charsetOf = (contentType = "") => /;\s*charset="?([\w:.-]+)/i.exec(contentType)?.[1];
