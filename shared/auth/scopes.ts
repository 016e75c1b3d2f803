import * as v from "valibot";
import type { Id } from "../runtime/ids.ts";
import { nouns } from "../runtime/nouns.ts";

const areas = new Set(
  Object.values(nouns).flatMap(({ scope }) => (scope && scope !== "admin" ? [scope] : [])),
);

/** The permissions a key can have. `admin` is everything; `write` does not include `read`. */
export const Scope = v.pipe(
  v.picklist([
    ...[...areas].flatMap((area) => [`${area}:read`, `${area}:write`] as const),
    "admin",
  ]),
  v.title("Scope"),
  v.description("What a key may do: `admin` is everything, and `write` does not include `read`."),
);
export type Scope = v.InferOutput<typeof Scope>;

/** Whose API key a request has: the team and the key, as the credential says. */
export interface KeyHolder {
  readonly team_id: Id<"team">;
  readonly key_id: Id<"key">;
  /** Null for credentials from before names were kept. */
  readonly key_name: string | null;
  readonly scopes: readonly Scope[];
  /** The team's secret that signs cursors. Another API key of the team is given the same. */
  readonly cursor_key: string;
  /** The unix second in which the value that was sent ends; what it makes lives no longer. */
  readonly valid_until?: number | undefined;
}

/** Who makes a request, and which. */
export interface Caller extends KeyHolder {
  readonly request_id: string;
}

/** Whether these scopes allow what needs this one. */
export const allows = (scopes: readonly Scope[], needed: Scope) =>
  scopes.includes("admin") || scopes.includes(needed);
