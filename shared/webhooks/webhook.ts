import * as v from "valibot";
import type { Id } from "../runtime/ids.ts";
import { id, omittable, shownTime, text } from "../schema/fields.ts";
import type { Signer } from "../secrets/signing-secrets.ts";
import { EventType } from "./event-type.ts";

const Url = v.pipe(
  text(1, 2_048),
  v.description("Where your server listens: a public HTTPS URL without a user name."),
);
const Description = v.pipe(v.nullable(text(0, 500)), v.description("For your team."));
const Events = v.pipe(
  v.array(
    v.picklist([...EventType.options, "*"], "Must be the type of an event, or * for all."),
    "Must be a list.",
  ),
  v.minLength(1, "Must name at least one type of event, or * for all."),
  v.check((types) => new Set(types).size === types.length, "Must name each type once."),
  v.check(
    (types) => types.length < 2 || !types.includes("*"),
    "Must be * alone, which is everything, or types.",
  ),
  v.metadata({ uniqueItems: true }),
  v.description('What it is told of; `["*"]` alone is everything, later types too.'),
);
const Status = v.picklist(["active", "disabled"]);

/** Why an endpoint is told nothing: its team wishes so, it answered 410, or it failed everything for five days. */
export const DisabledReason = v.picklist(["by_request", "receiver_gone", "failing"]);
export type DisabledReason = v.InferOutput<typeof DisabledReason>;

/** What a caller sets when an endpoint is made. */
export const WebhookInput = v.strictObject({
  url: Url,
  events: Events,
  description: v.optional(Description, null),
  status: omittable(Status, "active"),
});
export type WebhookInput = v.InferOutput<typeof WebhookInput>;

/** What a caller may change; `events` replaces the whole list. */
export const WebhookPatch = v.strictObject({
  url: v.optional(Url),
  events: v.optional(Events),
  description: v.optional(Description),
  status: v.optional(Status),
});
export type WebhookPatch = v.InferOutput<typeof WebhookPatch>;

const entries = {
  id: id("wh"),
  url: Url,
  events: Events,
  description: Description,
  status: Status,
  disabled_reason: v.pipe(
    v.nullable(DisabledReason),
    v.description(
      "Null while it is active. `by_request`: by your team; `receiver_gone`: it answered 410; `failing`: it failed everything for five days.",
    ),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const Secret = v.pipe(
  v.string(),
  v.examples(["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]),
  v.description("Verifies that a call is ours (Standard Webhooks). Shown only in this answer."),
);

/** A webhook endpoint as the API shows it. */
export const Webhook = v.object(entries);
export type Webhook = v.InferOutput<typeof Webhook>;

/** A webhook endpoint with its secret, shown once. */
export const WebhookWithSecret = v.object({ ...entries, secret: Secret });

/** Where the secrets of an endpoint are bound to. */
export const webhookSecretPlace = (id: Id<"wh">) => ({ resource_id: id, field: "signing_secret" });

/** A webhook endpoint as it is stored: its secrets sealed. */
export interface StoredWebhook extends Webhook, Signer {
  /** The request that rotated last: a repeat of it is no second rotation. */
  readonly rotation_id?: string;
  /** Failed attempts since the last that succeeded: when the first came, and the newest, to the hour. Times in ISO 8601. */
  readonly failing?: { readonly since: string; readonly until: string };
  /** Until when its deliveries count as slow, in unix milliseconds. */
  readonly slow_until?: number;
  readonly version: number;
}

/** What the audit log tells of a webhook endpoint. */
export const auditedWebhook = (stored: StoredWebhook) => {
  const { url, events, description, status, disabled_reason, signing_secret } = stored;
  return { url, events, description, status, disabled_reason, signing_secret };
};
