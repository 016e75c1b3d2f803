import { randomBytes } from "node:crypto";
import type { IdPrefix } from "./nouns.ts";

/** An id, typed by what it begins with: a bot's is not taken for a channel's. */
export type Id<P extends IdPrefix = IdPrefix> = `${P}_${string}`;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** `<prefix>_` and 26 lower-case Crockford base32 characters: 48 bits of unix milliseconds, 80 bits given. Sorts by time. */
export function idFrom<P extends IdPrefix>(prefix: P, unixMs: number, random: Uint8Array): Id<P> {
  let text = "";
  let time = unixMs;
  for (let place = 0; place < 10; place++) {
    text = alphabet.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  let bits = 0;
  let held = 0;
  for (let index = 0; index < 10; index++) {
    held = (held << 8) | (random[index] ?? 0);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return `${prefix}_${text}`;
}

/** A new id of this moment. */
export const newId = <P extends IdPrefix>(prefix: P, unixMs: number = Date.now()) =>
  idFrom(prefix, unixMs, newBytes(10));

/** A new random token (128 bits, base64url): lease tokens, client request tokens. */
export const newToken = () => newBytes(16).toString("base64url");

// One call of the system's generator costs as much as ten ids.
let drawn = Buffer.alloc(0);

/** Random bytes that nobody else is given, at most 4,096. */
export function newBytes(count: number): Buffer {
  if (drawn.length < count) drawn = randomBytes(4_096);
  const bytes = drawn.subarray(0, count);
  drawn = drawn.subarray(count);
  return bytes;
}

/** The source of a pattern that an id with this prefix matches. */
export const idPattern = (prefix: IdPrefix) =>
  new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
