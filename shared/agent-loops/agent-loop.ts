import * as v from "valibot";
import type { ModelSettings } from "../models/call-model.ts";
import type { Id } from "../runtime/ids.ts";
import { id, omittable, shownTime, text, url, wholeNumber } from "../schema/fields.ts";
import { HeaderMap, ShownHeaders } from "../schema/headers.ts";
import { type NameAndText, named } from "../schema/named.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { Signer } from "../secrets/signing-secrets.ts";
import { ModelInput, ModelPatch, ShownModel } from "./model-config.ts";
import { type Schedule, ScheduleInput, ShownSchedule } from "./schedule-config.ts";
import { ShownTools, Tools } from "./tool-config.ts";

const Name = v.pipe(
  text(1, 100),
  v.description("What your team calls the loop; the model never sees it."),
);
const Description = v.pipe(
  v.nullable(text(0, 500)),
  v.description("For your team; the model never sees it. At most 500 characters, or none."),
);
/** Whether a loop runs. */
export const AgentLoopStatus = v.pipe(
  v.picklist(["active", "paused"]),
  v.title("AgentLoopStatus"),
  v.description("A paused loop has no scheduled runs, and `run` is refused."),
);
const SystemPrompt = v.pipe(
  text(1, 20_000),
  v.description("Role and behaviour. `{{name}}` is replaced from the variables of a run."),
);
const UserMessage = v.pipe(
  text(1, 20_000),
  v.description("The task. `{{name}}` is replaced from the variables of a run."),
);
const callback: NameAndText = [
  "Callback",
  "Who is told when an execution has ended, whatever its status.",
];
const CallbackUrl = v.pipe(
  url,
  v.description("Where your server listens: a public HTTPS URL without a user name."),
);
const CallbackInput = named(
  v.strictObject({ url: CallbackUrl, headers: omittable(HeaderMap, {}) }),
  callback,
);

const echoModel = { provider: "echo", name: "echo" } as const;

const limitEntries = {
  max_iterations: v.pipe(
    wholeNumber(1, 100),
    v.description("The most model calls of one execution."),
  ),
  timeout_seconds: v.pipe(
    wholeNumber(10, 86_400),
    v.description("How long one execution may take, from when it begins to run."),
  ),
  token_budget: v.pipe(
    v.nullable(wholeNumber(1, 1_000_000_000)),
    v.description("Tokens of one execution; reached, it fails with `token_budget_exceeded`."),
  ),
};

/** What a caller sets when a loop is made. */
export const AgentLoopInput = v.pipe(
  v.strictObject({
    name: Name,
    description: v.optional(Description, null),
    status: omittable(AgentLoopStatus, "active"),
    system_prompt: SystemPrompt,
    user_message: UserMessage,
    model: omittable(ModelInput, echoModel),
    tools: omittable(Tools, []),
    callback: v.optional(v.nullable(CallbackInput), null),
    max_iterations: omittable(limitEntries.max_iterations, 10),
    timeout_seconds: omittable(limitEntries.timeout_seconds, 900),
    token_budget: v.optional(limitEntries.token_budget, null),
    schedule: v.optional(v.nullable(ScheduleInput), null),
  }),
  v.description(
    "A loop to be made: its task, its model, its tools and when it runs. At most 96 KiB in all, its headers and keys too.",
  ),
);
export type AgentLoopInput = v.InferOutput<typeof AgentLoopInput>;

/** What a caller may change: `model`, `tools`, `callback` and `schedule` are replaced as a whole. */
export const AgentLoopPatch = v.pipe(
  v.strictObject({
    name: v.optional(Name),
    description: v.optional(Description),
    status: v.optional(AgentLoopStatus),
    system_prompt: v.optional(SystemPrompt),
    user_message: v.optional(UserMessage),
    model: v.optional(ModelPatch),
    tools: v.optional(Tools),
    callback: v.optional(v.nullable(CallbackInput)),
    max_iterations: v.optional(limitEntries.max_iterations),
    timeout_seconds: v.optional(limitEntries.timeout_seconds),
    token_budget: v.optional(limitEntries.token_budget),
    schedule: v.optional(v.nullable(ScheduleInput)),
  }),
  v.description("What changes of a loop: `model`, `tools`, `callback` and `schedule` as a whole."),
);
export type AgentLoopPatch = v.InferOutput<typeof AgentLoopPatch>;

const shownEntries = {
  id: id("loop"),
  name: Name,
  description: Description,
  status: AgentLoopStatus,
  system_prompt: SystemPrompt,
  user_message: UserMessage,
  model: ShownModel,
  tools: ShownTools,
  callback: v.nullable(named(v.object({ url: CallbackUrl, headers: ShownHeaders }), callback)),
  ...limitEntries,
  schedule: v.nullable(ShownSchedule),
  next_run_at: v.pipe(
    v.nullable(shownTime),
    v.description("When the schedule runs it next; null without one and while paused."),
  ),
  last_execution_at: v.pipe(
    v.nullable(shownTime),
    v.description("When its last execution was made; null before the first."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
};

const described: NameAndText = [
  "AgentLoop",
  "A task that a model works on by itself with tools, and when it does.",
];

/** An agent loop as the API shows it. */
export const AgentLoop = named(v.object(shownEntries), described);
export type AgentLoop = v.InferOutput<typeof AgentLoop>;

/** The same with the secret that signs its callbacks, shown when the callback is set and when it is rotated. */
export const AgentLoopWithSecret = named(
  v.object({
    ...shownEntries,
    signing_secret: v.pipe(
      v.nullable(v.pipe(v.string(), v.examples(["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]))),
      v.description(
        "Verifies callbacks (Standard Webhooks). Only in the answers to create, update and rotate: null when that made none.",
      ),
    ),
  }),
  described,
);

/** Names to sealed values. */
export type SealedHeaders = Readonly<Record<string, Sealed>>;

/** A model as it is stored: key and header values sealed. */
export interface StoredModel extends ModelSettings {
  readonly api_key?: Sealed;
  readonly headers: SealedHeaders;
}

/** A tool as it is stored. */
export type StoredTool =
  | {
      readonly type: "mcp";
      readonly name: string;
      readonly url: string;
      readonly headers: SealedHeaders;
      readonly allowed_tools: readonly string[] | null;
    }
  | { readonly type: "http" }
  | { readonly type: "time" };

/** A callback as it is stored, with the secrets that sign it. */
export interface StoredCallback extends Signer {
  readonly url: string;
  readonly headers: SealedHeaders;
}

/** A loop as it is stored; its dates stand in its counter and its schedule. */
export interface StoredAgentLoop {
  readonly id: Id<"loop">;
  readonly name: string;
  readonly description: string | null;
  readonly status: "active" | "paused";
  readonly system_prompt: string;
  readonly user_message: string;
  readonly model: StoredModel;
  readonly tools: readonly StoredTool[];
  readonly callback: StoredCallback | null;
  readonly max_iterations: number;
  readonly timeout_seconds: number;
  readonly token_budget: number | null;
  readonly schedule: Schedule | null;
  readonly rotation_id?: string;
  /** Unix milliseconds until when its model and tools count as slow, and the receiver of its callbacks. */
  readonly slow_until?: number;
  readonly callback_slow_until?: number;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at?: string;
}

/** What the audit log tells of a loop. */
export const auditedAgentLoop = (loop: StoredAgentLoop) => {
  const { name, description, status, system_prompt, user_message, model, tools, callback } = loop;
  const { max_iterations, timeout_seconds, token_budget, schedule } = loop;
  const said = { name, description, status, system_prompt, user_message, model, tools };
  const limits = { max_iterations, timeout_seconds, token_budget, schedule };
  return { ...said, callback: callback && withoutPrevious(callback), ...limits };
};

const withoutPrevious = ({ url, headers, signing_secret }: StoredCallback) => ({
  url,
  headers,
  signing_secret,
});

/** Where a secret of a loop is bound to: `model.api_key`, `model.headers.X`, `tools.NAME.headers.X`, `callback.…`. */
export const loopSecretPlace = (loopId: Id<"loop">, field: string) => ({
  resource_id: loopId,
  field,
});
