import * as v from "valibot";
import { Scope } from "../auth/scopes.ts";
import { id, omittable, shownTime, text, time, wholeNumber } from "../schema/fields.ts";

const Name = v.pipe(text(1, 100), v.description("For your team."));

/** What a caller sets when a key is made. */
export const ApiKeyInput = v.strictObject({
  name: Name,
  scopes: v.pipe(
    omittable(v.pipe(v.array(Scope), v.minLength(1, "Must name at least one scope."))),
    v.description("What the key may do; all scopes when left out."),
  ),
  expires_at: v.pipe(
    omittable(time),
    v.description(
      "When the key ends, in whole seconds. Left out, it ends with the key that makes it; it cannot live longer than that one.",
    ),
  ),
});
export type ApiKeyInput = v.InferOutput<typeof ApiKeyInput>;

/** How long a value that is replaced lives on. */
export const RotateInput = v.strictObject({
  grace_seconds: v.pipe(
    omittable(wholeNumber(0, 604_800), 0),
    v.description("How long the present value works beside the new one."),
  ),
});

const entries = {
  id: id("key"),
  name: Name,
  scopes: v.array(Scope),
  prefix: v.pipe(v.string(), v.description("How the key begins.")),
  last_four: v.pipe(v.string(), v.description("How the key ends.")),
  expires_at: v.pipe(
    v.nullable(shownTime),
    v.description("When the key ends; null for one without an end."),
  ),
  last_used_at: v.pipe(
    v.nullable(shownTime),
    v.description("The minute of the last request that was admitted."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

/** An API key as the API shows it. */
export const ApiKey = v.object(entries);
export type ApiKey = v.InferOutput<typeof ApiKey>;

/** An API key with its value, shown once. */
export const ApiKeyWithValue = v.object({
  ...entries,
  key: v.pipe(v.string(), v.description("The key's value. Shown only in this answer.")),
});

/** An API key as it is stored. */
export interface StoredApiKey extends Omit<ApiKey, "expires_at" | "last_used_at"> {
  /** Keys from before keys could end lack it. */
  readonly expires_at?: string | null;
  readonly hash: string;
  /** That of the value before, which lives until its grace ends. */
  readonly previous_hash?: string;
}

/** What the audit log tells of an API key. */
export const auditedApiKey = (stored: StoredApiKey) => {
  const { name, scopes, prefix, last_four, expires_at = null } = stored;
  return { name, scopes, prefix, last_four, expires_at };
};
