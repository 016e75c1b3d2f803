import * as v from "valibot";
import { Scope } from "../auth/scopes.ts";
import { id, omittable, shownTime, text, time, wholeNumber } from "../schema/fields.ts";
import { type NameAndText, named } from "../schema/named.ts";

const Name = v.pipe(text(1, 100), v.description("For your team, such as what uses the key."));

/** What a caller sets when a key is made. */
export const ApiKeyInput = v.pipe(
  v.strictObject({
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
  }),
  v.description("A key to be made: what it may do, and how long."),
);
export type ApiKeyInput = v.InferOutput<typeof ApiKeyInput>;

/** How long a value that is replaced lives on. */
export const RotateInput = v.pipe(
  v.strictObject({
    grace_seconds: v.pipe(
      omittable(wholeNumber(0, 604_800), 0),
      v.description("How long the present value works beside the new one; a week at most."),
    ),
  }),
  v.description("How a key is rotated; with nothing in it, the present value ends at once."),
);

const entries = {
  id: id("key"),
  name: Name,
  scopes: v.pipe(v.array(Scope), v.description("What the key may do.")),
  prefix: v.pipe(v.string(), v.description("How the key begins, by which people find it.")),
  last_four: v.pipe(v.string(), v.description("How the key ends: its last four characters.")),
  expires_at: v.pipe(
    v.nullable(shownTime),
    v.description("When the key ends; null for one without an end."),
  ),
  last_used_at: v.pipe(
    v.nullable(shownTime),
    v.description("The minute of its last request that was admitted; null before the first."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const described: NameAndText = ["ApiKey", "A key that programs of the team call this API with."];

/** An API key as the API shows it. */
export const ApiKey = named(v.object(entries), described);
export type ApiKey = v.InferOutput<typeof ApiKey>;

/** An API key with its value, shown once. */
export const ApiKeyWithValue = named(
  v.object({
    ...entries,
    key: v.pipe(
      v.string(),
      v.description("The key's value. Only in the answers to create and rotate."),
    ),
  }),
  described,
);

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
