import * as v from "valibot";
import type { Id } from "../runtime/ids.ts";
import { id, omittable, shownTime, text, url } from "../schema/fields.ts";
import { type NameAndText, named } from "../schema/named.ts";
import type { Signer } from "../secrets/signing-secrets.ts";
import { Subscription } from "./event-type.ts";

const Url = v.pipe(
  url,
  v.description("Where your server listens: a public HTTPS URL without a user name."),
);
const Description = v.pipe(
  v.nullable(text(0, 500)),
  v.description("For your team, such as what listens there. At most 500 characters, or none."),
);
const Events = v.pipe(
  v.array(Subscription, "Must be a list."),
  v.minLength(1, "Must name at least one type of event, or * for all."),
  v.check((types) => new Set(types).size === types.length, "Must name each type once."),
  v.check(
    (types) => types.length < 2 || !types.includes("*"),
    "Must be * alone, which is everything, or types.",
  ),
  v.metadata({ uniqueItems: true }),
  v.description('What it is told of; `["*"]` alone is everything, later types too.'),
);
/** Whether an endpoint is told of events. */
export const WebhookStatus = v.pipe(
  v.picklist(["active", "disabled"]),
  v.title("WebhookEndpointStatus"),
  v.description("A `disabled` endpoint is told of nothing; `disabled_reason` says who wished so."),
);

/** Why an endpoint is told nothing: its team wishes so, it answered 410, or it failed everything for five days. */
export const DisabledReason = v.pipe(
  v.picklist(["by_request", "receiver_gone", "failing"]),
  v.title("DisabledReason"),
  v.description(
    "`by_request`: by your team; `receiver_gone`: it answered 410; `failing`: it failed everything for five days.",
  ),
);
export type DisabledReason = v.InferOutput<typeof DisabledReason>;

/** What a caller sets when an endpoint is made. */
export const WebhookInput = v.pipe(
  v.strictObject({
    url: Url,
    events: Events,
    description: v.optional(Description, null),
    status: omittable(WebhookStatus, "active"),
  }),
  v.description("An endpoint to be made: where it listens, and what it is told of."),
);
export type WebhookInput = v.InferOutput<typeof WebhookInput>;

/** What a caller may change; `events` replaces the whole list. */
export const WebhookPatch = v.pipe(
  v.strictObject({
    url: v.optional(Url),
    events: v.optional(Events),
    description: v.optional(Description),
    status: v.optional(WebhookStatus),
  }),
  v.description("What changes of an endpoint: `events` replaces the whole list."),
);
export type WebhookPatch = v.InferOutput<typeof WebhookPatch>;

const entries = {
  id: id("wh"),
  url: Url,
  events: Events,
  description: Description,
  status: WebhookStatus,
  disabled_reason: v.pipe(
    v.nullable(DisabledReason),
    v.description("Why it is told of nothing; null while it is active."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const Secret = v.pipe(
  v.string(),
  v.examples(["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]),
  v.description(
    "Verifies that a call is ours (Standard Webhooks). Only in the answers to create and rotate.",
  ),
);

const described: NameAndText = [
  "WebhookEndpoint",
  "An address of yours that is told of events, and of which.",
];

/** A webhook endpoint as the API shows it. */
export const Webhook = named(v.object(entries), described);
export type Webhook = v.InferOutput<typeof Webhook>;

/** A webhook endpoint with its secret, shown once. */
export const WebhookWithSecret = named(v.object({ ...entries, secret: Secret }), described);

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
