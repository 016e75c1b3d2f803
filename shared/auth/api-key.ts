import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

const prefix = "sk_live_";
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const secretLength = 32;
const checksumLength = 6;
const shape = new RegExp(`^${prefix}[0-9A-Za-z]{${secretLength + checksumLength}}$`);

function base62(number: bigint, length: number): string {
  let text = "";
  let rest = number;
  for (let place = 0; place < length; place++) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

const checksum = (secret: string) => base62(BigInt(crc32(secret)), checksumLength);

/** The key made of 32 random bytes: 190 bits in base62 behind `sk_live_`, then a checksum. */
export function apiKeyFrom(random: Uint8Array): string {
  const secret = base62(BigInt(`0x${Buffer.from(random).toString("hex")}`), secretLength);
  return `${prefix}${secret}${checksum(secret)}`;
}

/** Whether this can be a key at all; a mistyped one cannot, and costs no look-up. */
export const looksLikeApiKey = (key: string) =>
  shape.test(key) &&
  checksum(key.slice(prefix.length, -checksumLength)) === key.slice(-checksumLength);

/** What is stored of a key. */
export const hashApiKey = (key: string) => hash("sha256", key);
