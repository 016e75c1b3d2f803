import { firstUnits } from "../runtime/first-units.ts";

/** Far more than is shown, however much of it is white space. */
const mostRead = 65_536;

/**
 * A stranger's words as they are shown: on one line, without secrets and their parts, at most so many characters. They may
 * have some MiB, of which putting all on one line would take a second.
 */
export const shownWords = (words: string, secrets: readonly string[], most: number) =>
  // Secrets go first: half of one would not be found.
  cut(masked(oneLine(firstUnits(masked(words, secrets), mostRead)), secrets).toWellFormed(), most);

/** A text without secrets and without their parts, such as the token after `Bearer`, of at least 8 characters. */
export const masked = (text: string, secrets: readonly string[]) =>
  secrets
    .flatMap((secret) => [secret, ...secret.split(/\s+/)])
    .filter(({ length }) => length >= 8)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "••••"), text);

/** A text without line breaks and control characters. */
export const oneLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

/** The first characters of a text, the last of them … where something is left out. */
export function cut(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join("")}…`;
}
