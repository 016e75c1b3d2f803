import type { Route } from "./define-route.ts";

/** The most bytes of a body on routes that do not say. */
export const usualMaxBytes = 256 * 1024;

/** The most bytes that a body of this route may have. */
export const maxBytesOf = ({ maxBytes = usualMaxBytes }: Pick<Route, "maxBytes">) => maxBytes;

/** A size for people: `256 KiB`, `4 MiB`. */
export const sizeText = (bytes: number) =>
  bytes % (1024 * 1024) === 0 ? `${bytes / (1024 * 1024)} MiB` : `${bytes / 1024} KiB`;
