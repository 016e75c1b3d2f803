import { hash } from "node:crypto";
import { type Id, idFrom } from "./ids.ts";
import type { IdPrefix } from "./nouns.ts";

/** The id that something has however often it is made: it follows from its time and from what it is about. */
export const derivedId = <P extends IdPrefix>(
  prefix: P,
  unixMs: number,
  ...about: readonly string[]
): Id<P> => idFrom(prefix, unixMs, hash("sha256", about.join("\n"), "buffer"));
