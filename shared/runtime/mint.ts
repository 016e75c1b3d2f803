import { createHmac, createSecretKey } from "node:crypto";
import { type Id, idFrom, newBytes } from "./ids.ts";
import type { IdPrefix } from "./nouns.ts";

/**
 * Makes the ids, times and secrets of one request as functions of its seed and the order of asking,
 * so that a request repeated under its `Idempotency-Key` makes the very same things.
 */
export interface Mint {
  /** The request's first start, unix milliseconds: its `created_at`. */
  readonly now: number;
  id<P extends IdPrefix>(prefix: P): Id<P>;
  /** The one id of the request with this prefix: whenever and however often it is asked for. */
  onlyId<P extends IdPrefix>(prefix: P): Id<P>;
  /** 32 bytes for a secret. */
  bytes(): Uint8Array;
}

/** A mint for a seed (32 bytes) and a start; without a seed one whose things nobody makes again. */
export function createMint(now: number, seed?: Uint8Array): Mint {
  let asked = 0;
  // Given bytes, Node 24 takes five times as long to find out what kind of key they are.
  const key = seed && createSecretKey(seed);
  const only: Partial<Record<IdPrefix, Uint8Array>> = {};
  const bytesOf = (what: string): Uint8Array =>
    key ? createHmac("sha256", key).update(what).digest() : newBytes(32);
  const bytes = () => bytesOf(String(asked++));
  return {
    now,
    bytes,
    id: (prefix) => idFrom(prefix, now, bytes()),
    onlyId: (prefix) => idFrom(prefix, now, (only[prefix] ??= bytesOf(prefix))),
  };
}
