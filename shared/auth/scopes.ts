import * as v from "valibot";

/** The permissions a key can have. `admin` is everything; `write` does not include `read`. */
export const Scope = v.picklist([
  "bots:read",
  "bots:write",
  "integrations:read",
  "integrations:write",
  "channels:read",
  "channels:write",
  "conversations:read",
  "conversations:write",
  "agent-loops:read",
  "agent-loops:write",
  "webhooks:read",
  "webhooks:write",
  "admin",
]);
export type Scope = v.InferOutput<typeof Scope>;

/** Who makes a request: the team and the key, as the credential says. */
export interface Caller {
  readonly team_id: string;
  readonly key_id: string;
  readonly scopes: readonly Scope[];
}

/** Whether these scopes allow what needs this one. */
export const allows = (scopes: readonly Scope[], needed: Scope) =>
  scopes.includes("admin") || scopes.includes(needed);
