import type { ErrorDetail } from "../errors/api-error.ts";
import type { Sealed } from "./sealed.ts";

/** Whether what goes to one URL goes to the same server as what goes to the other. */
export const isSameServer = (one: string, other: string): boolean =>
  URL.parse(one)?.origin === URL.parse(other)?.origin;

/**
 * Secrets that would stay as they are stored and go to another server than they were given for: those given as their
 * masks, or all of them when none are given. Whoever may change an address must not learn what was sent to the old one.
 */
export const problemsOfNewReceiver = (
  at: string,
  given: Readonly<Record<string, string>> | undefined,
  stored: Readonly<Record<string, Sealed>>,
): ErrorDetail[] =>
  Object.entries(stored).flatMap(([name, { mask }]) => {
    const value = given && Object.hasOwn(given, name) ? given[name] : undefined;
    const isKept = given === undefined || value === mask;
    if (!isKept) return [];
    return [
      {
        path: `${at}.${name}`,
        message: "Was given for another server. Give it again for the new address.",
      },
    ];
  });
