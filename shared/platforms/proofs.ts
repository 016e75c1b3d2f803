import { hash, timingSafeEqual } from "node:crypto";

/** The SHA-256 of a text, in hexadecimal digits. */
export const digestOf = (text: string) => hash("sha256", text);

/** Whether two texts are the same, in a time that tells nothing of either. */
export const isSameText = (one: string, other: string) =>
  timingSafeEqual(sha256(one), sha256(other));

/** How far the time of a call may be from ours: within it a call that was overheard could be made again. */
const mostSecondsApart = 300;

/** Whether a call was signed just now, by the seconds since 1970 that it says. */
export const isRecent = (seconds: string, now: number) =>
  /^\d{1,12}$/.test(seconds) &&
  Math.abs(Math.floor(now / 1_000) - Number(seconds)) <= mostSecondsApart;

const sha256 = (text: string) => hash("sha256", text, "buffer");
