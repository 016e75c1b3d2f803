import { createHash, timingSafeEqual } from "node:crypto";

/** The SHA-256 of a text, in hexadecimal digits. */
export const digestOf = (text: string) => sha256(text).toString("hex");

/** Whether two texts are the same, in a time that tells nothing of either. */
export const isSameText = (one: string, other: string) =>
  timingSafeEqual(sha256(one), sha256(other));

const sha256 = (text: string) => createHash("sha256").update(text).digest();
