import type { StoredKey } from "./keys.ts";

/** About as much memory as a row takes: its attributes as objects, and its place here. Only small numbers take more. */
const bytesOf = ({ length }: Measured) => 400 + 2 * length;

interface Measured {
  /** Characters of its JSON text. */
  readonly length: number;
}

/**
 * The rows of a table that were read or written last, in about so many bytes of memory. It holds the rows as they stand in the
 * file for this connection, so it must hear of every write, and be emptied when the file was changed otherwise.
 */
export class RowCache<Row extends Measured> {
  readonly #maxBytes: number;
  // Two generations: what is used again in time goes into the younger one, and the older is forgotten as a whole.
  #young = new Map<string, Row>();
  #old = new Map<string, Row>();
  #youngBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: StoredKey): Row | undefined {
    const name = nameOf(key);
    if (name === undefined) return undefined;
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#put(name, old);
    return old;
  }

  set(key: StoredKey, row: Row): void {
    const name = nameOf(key);
    if (name !== undefined) this.#put(name, row);
  }

  delete(key: StoredKey): void {
    const name = nameOf(key);
    if (name !== undefined) this.#drop(name);
  }

  #put(name: string, row: Row): void {
    this.#drop(name);
    this.#young.set(name, row);
    this.#youngBytes += bytesOf(row);
    if (2 * this.#youngBytes <= this.#maxBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  #drop(name: string): void {
    const young = this.#young.get(name);
    if (young !== undefined) {
      this.#youngBytes -= bytesOf(young);
      this.#young.delete(name);
    }
    this.#old.delete(name);
  }
}

/** Undefined for keys that are no texts. */
function nameOf({ hash, range }: StoredKey): string | undefined {
  if (typeof hash !== "string" || typeof range !== "string") return undefined;
  // As SQLite stores them.
  return `${hash.length} ${hash.toWellFormed()}${range.toWellFormed()}`;
}
