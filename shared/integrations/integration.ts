import * as v from "valibot";
import type { FileKind } from "../models/file-kinds.ts";
import { MaxOutputTokens, ModelName, Temperature } from "../models/tuning.ts";
import { id, omittable, shownTime, text, wholeNumber } from "../schema/fields.ts";
import { HeaderMap, ShownHeaders } from "../schema/headers.ts";
import { type NameAndText, named } from "../schema/named.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { Signer } from "../secrets/signing-secrets.ts";
import { type IntegrationType, integrationTypes, rulesOf } from "./integration-types.ts";

const Name = v.pipe(
  text(1, 100),
  v.description("What your team calls the backend; users never see it."),
);
// Object.keys knows names of properties only as texts.
const typeNames = Object.keys(integrationTypes) as [IntegrationType, ...IntegrationType[]];

/** What kind of backend it is. */
export const Type = v.pipe(
  v.picklist(typeNames),
  v.title("IntegrationType"),
  v.description(
    "`webhook` calls your server; `openai` any server with OpenAI's chat completions; `anthropic` any with Anthropic's messages; `bedrock` a model of this deployment's own AWS account; `echo` answers with the user's text, and is asked only while the bot has no other that is active.",
  ),
);
const Url = v.pipe(
  text(1, 2_048),
  v.description(
    "A public HTTPS URL without a user name. `webhook`: where your server listens. `openai`, `anthropic`: the base URL up to and with `/v1`, to which `/chat/completions` or `/messages` is added, so without `?` and `#`; the vendor's own when null. The others take none.",
  ),
);
const Model = v.pipe(
  ModelName,
  v.description(
    "The model, as its vendor names it. Required for `openai`, `anthropic` and `bedrock`; the others take none.",
  ),
);
const settings = {
  temperature: v.pipe(
    Temperature,
    v.description("How freely the model chooses its words, from 0 to 2."),
  ),
  max_output_tokens: v.pipe(
    MaxOutputTokens,
    v.description("The most tokens of one answer of the model."),
  ),
};
const Settings = v.pipe(
  v.strictObject({
    temperature: v.optional(v.nullable(settings.temperature)),
    max_output_tokens: v.optional(v.nullable(settings.max_output_tokens)),
  }),
  v.title("IntegrationSettings"),
  v.description(
    "How a model answers, for `openai`, `anthropic` and `bedrock`. What is left out or null is the vendor's default.",
  ),
);
const TimeoutSeconds = v.pipe(
  wholeNumber(1, 120),
  v.description("How many seconds to wait for the whole answer."),
);
// The table holds no smaller ones than 1e-130, and nobody means them.
const leastWeight = 0.000001;
const weight = `Must be 0 or a number from ${leastWeight.toFixed(6)} to 1000.`;
const Weight = v.pipe(
  v.number(weight),
  v.minValue(0, weight),
  v.maxValue(1_000, weight),
  v.check((value) => value === 0 || value >= leastWeight, weight),
  v.description(
    "Share in the draw among the bot's integrations; 0 takes it out, and the smallest other is 0.000001.",
  ),
);
const Fallback = v.pipe(
  v.boolean(),
  v.description(
    "Asked only when the drawn integration fails or none can be drawn, in order of creation. All attempts for one message have 240 seconds.",
  ),
);
/** Whether a backend is asked. */
export const IntegrationStatus = v.pipe(
  v.picklist(["active", "disabled"]),
  v.title("IntegrationStatus"),
  v.description("A `disabled` integration is never asked, not even as a fallback."),
);

/** What a caller sets when an integration is made. */
export const IntegrationInput = v.pipe(
  v.strictObject({
    name: Name,
    type: omittable(Type, "webhook"),
    url: v.optional(v.nullable(Url), null),
    model: v.optional(v.nullable(Model), null),
    headers: omittable(HeaderMap, {}),
    settings: omittable(Settings, {}),
    timeout_seconds: omittable(TimeoutSeconds, 30),
    weight: omittable(Weight, 1),
    fallback: omittable(Fallback, false),
    status: omittable(IntegrationStatus, "active"),
  }),
  // Said beside what else is wrong.
  v.forward(
    v.partialCheck(
      [["type"], ["url"]],
      ({ type, url }) => rulesOf(type).url !== "required" || url !== null,
      "Required for the type webhook.",
    ),
    ["url"],
  ),
  v.forward(
    v.partialCheck(
      [["type"], ["model"]],
      ({ type, model }) => rulesOf(type).model !== "required" || model !== null,
      "Required for the types openai, anthropic and bedrock.",
    ),
    ["model"],
  ),
  v.description("A backend to be connected to a bot."),
);
export type IntegrationInput = v.InferOutput<typeof IntegrationInput>;

/** What a caller may change; `headers` replaces the whole map, `settings` merge. */
export const IntegrationPatch = v.pipe(
  v.strictObject({
    name: v.optional(Name),
    url: v.optional(v.nullable(Url)),
    model: v.optional(v.nullable(Model)),
    headers: v.optional(HeaderMap),
    settings: v.optional(Settings),
    timeout_seconds: v.optional(TimeoutSeconds),
    weight: v.optional(Weight),
    fallback: v.optional(Fallback),
    status: v.optional(IntegrationStatus),
  }),
  v.description(
    "What changes of an integration: `headers` replaces the whole map, `settings` merge.",
  ),
);
export type IntegrationPatch = v.InferOutput<typeof IntegrationPatch>;

const Health = v.pipe(
  v.object({
    state: v.pipe(
      v.picklist(["ok", "skipped"]),
      v.title("IntegrationState"),
      v.description("Whether it is asked, or passed over for a while because it failed."),
    ),
    since: v.pipe(
      v.nullable(shownTime),
      v.description("When the state began; null while nothing ever failed."),
    ),
    failures: v.pipe(
      v.number(),
      v.integer(),
      v.description("In a row, as far as they were counted: none while it is skipped."),
    ),
  }),
  v.title("IntegrationHealth"),
  v.description("How a backend does, as far as failures tell."),
);

const BackendFailure = v.pipe(
  v.object({
    at: v.pipe(shownTime, v.description("When the backend was asked in vain.")),
    message: v.pipe(v.string(), v.description("What went wrong, in a sentence.")),
  }),
  v.title("BackendFailure"),
  v.description("When and why a backend gave no answer."),
);

const entries = {
  id: id("int"),
  bot_id: id("bot"),
  name: Name,
  type: Type,
  url: v.nullable(Url),
  model: v.nullable(Model),
  headers: ShownHeaders,
  settings: v.pipe(
    v.object({
      temperature: v.optional(settings.temperature),
      max_output_tokens: v.optional(settings.max_output_tokens),
    }),
    v.title("IntegrationSettings"),
    v.description("How a model answers, where the vendor's own defaults do not count."),
  ),
  timeout_seconds: TimeoutSeconds,
  weight: Weight,
  fallback: Fallback,
  status: IntegrationStatus,
  health: v.pipe(
    Health,
    v.description(
      "After five failures in a row within a minute a backend is `skipped` for 30 seconds when another can answer; then it is tried again. An answer ends it, and so does a change of `url`, `headers` or `status`.",
    ),
  ),
  last_error: v.pipe(
    v.nullable(BackendFailure),
    v.description("The last failure in a conversation, written at most once a minute."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const SigningSecret = v.pipe(
  v.nullable(v.pipe(v.string(), v.examples(["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]))),
  v.description(
    "Verifies that a call is ours (Standard Webhooks). Only in the answers to create and rotate; null where nothing is signed.",
  ),
);

const described: NameAndText = [
  "Integration",
  "A backend that answers for a bot: where it is, and which share of the messages it gets.",
];

/** An integration as the API shows it. */
export const Integration = named(v.object(entries), described);
export type Integration = v.InferOutput<typeof Integration>;

/** An integration with its signing secret, shown once. */
export const IntegrationWithSecret = named(
  v.object({ ...entries, signing_secret: SigningSecret }),
  described,
);

/** An integration as it is stored: header values and signing secrets sealed. Only a `webhook` is signed for. */
export interface StoredIntegration
  extends Omit<Integration, "headers" | "health" | "model" | "settings">, Partial<Signer> {
  readonly headers: Readonly<Record<string, Sealed>>;
  /** Of a vendor's model only, as `settings`. */
  readonly model?: string;
  readonly settings?: Integration["settings"];
  /** Until when a model is given no files of a kind, because it said that it takes none; unix milliseconds. */
  readonly refuses_until?: Partial<Readonly<Record<FileKind, number>>>;
  /** Not there while nothing ever failed. */
  readonly health?: StoredHealth;
  /** The request that rotated last: a repeat of it is no second rotation. */
  readonly rotation_id?: string;
  /** When `last_error` was written: the condition under which it is written again. */
  readonly last_error_at?: string;
  /** When its weight, its status or whether it is a fallback last changed, if it ever did. */
  readonly weighed_at?: string;
  readonly version: number;
}

/** How a backend does, as it is stored. */
export interface StoredHealth extends v.InferOutput<typeof Health> {
  /** When it failed within the last minute, in unix milliseconds: four times at most, since the fifth skips it. */
  readonly failed_at?: readonly number[];
  /** Until when it is skipped; unix milliseconds. */
  readonly skipped_until?: number;
}

const unfailed: StoredHealth = { state: "ok", since: null, failures: 0 };

/** What the audit log tells of an integration. */
export const auditedIntegration = (stored: StoredIntegration) => {
  const { bot_id, name, type, url, model, timeout_seconds, weight, fallback, status } = stored;
  const { headers, settings, signing_secret } = stored;
  const plain = { bot_id, name, type, url, model, timeout_seconds, weight, fallback, status };
  return { ...plain, headers, settings, signing_secret };
};

/** The settings that a change leaves: null takes one away, and what is left out stays. */
export const changedSettings = (
  stored: Integration["settings"],
  given: IntegrationPatch["settings"] = {},
): Integration["settings"] =>
  Object.fromEntries(Object.entries({ ...stored, ...given }).filter(([, value]) => value !== null));

/** What the API shows of a stored integration. */
export const shownIntegration = (stored: StoredIntegration): Integration => ({
  ...stored,
  health: stored.health ?? unfailed,
  model: stored.model ?? null,
  settings: stored.settings ?? {},
  headers: Object.fromEntries(
    Object.entries(stored.headers).map(([name, { mask }]) => [name, mask]),
  ),
});
