/** The most bytes of a blob. */
export const maxBlobBytes = 20 * 1024 * 1024;

/** How a blob is shown to who reads it: a media type, and the header that names it and says whether to save it. */
export interface ShownAs {
  readonly type: string;
  readonly disposition: string;
}

/** Bytes under a key, for 30 days at most. A key has no parts but letters, digits, `_`, `-` and slashes between them. */
export interface BlobStore {
  /** Keeps bytes; again under the same key is harmless. Throws a RangeError for more than `maxBlobBytes`. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes under a key; undefined when there are none. Throws a RangeError for more than so many. */
  get(key: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Deletes what is under a key, or nothing. */
  delete(key: string): Promise<void>;
  /**
   * A URL at which everybody can read a blob, beginning within a minute, by this one method. It is made without asking
   * whether there is one.
   */
  address(key: string, shownAs: ShownAs, method: "GET" | "HEAD"): Promise<string>;
}

/** A text in a URL or in a parameter of a header, with all encoded but letters, digits and `-._~`. */
export const encodeStrictly = (value: string) =>
  encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
