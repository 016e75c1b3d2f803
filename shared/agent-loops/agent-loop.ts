import * as v from "valibot";
import type { ModelSettings } from "../models/call-model.ts";
import { MaxOutputTokens, ModelName, Temperature } from "../models/tuning.ts";
import type { Id } from "../runtime/ids.ts";
import { id, omittable, shownTime, text, wholeNumber } from "../schema/fields.ts";
import { HeaderMap, ShownHeaders } from "../schema/headers.ts";
import type { Sealed } from "../secrets/sealed.ts";
import type { Signer } from "../secrets/signing-secrets.ts";

const Name = v.pipe(text(1, 100), v.description("A descriptive name."));
const Description = v.pipe(
  v.nullable(text(0, 500)),
  v.description("For your team; the model never sees it."),
);
const Status = v.pipe(
  v.picklist(["active", "paused"]),
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
const Url = text(1, 2_048);

const modelEntries = {
  provider: v.pipe(
    v.picklist(["openai", "anthropic", "bedrock", "echo"]),
    v.description(
      "`openai` is any server with OpenAI's chat completions; `echo` answers with the user message and needs no key.",
    ),
  ),
  name: v.pipe(ModelName, v.description("The model, as its provider names it.")),
  base_url: v.pipe(
    v.optional(v.nullable(v.pipe(Url, v.regex(/^[^?#]*$/, "Must have no ? and no #."))), null),
    v.description("Up to and with `/v1`; the vendor's own when null."),
  ),
  temperature: v.optional(v.nullable(Temperature), null),
  max_output_tokens: v.optional(v.nullable(MaxOutputTokens), null),
};

const ApiKey = v.nullable(
  v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e•]{1,4096}$/, "Must be 1 to 4,096 printable ASCII characters."),
  ),
);

/** Which model thinks, and how it is reached. */
const ModelInput = v.strictObject({
  ...modelEntries,
  api_key: v.pipe(
    v.optional(ApiKey, null),
    v.description("Write-only and stored encrypted; shown masked."),
  ),
  headers: omittable(HeaderMap, {}),
});

/** A model instead of the one before; only its key need not be given again. */
const ModelPatch = v.strictObject({
  ...ModelInput.entries,
  api_key: v.pipe(
    v.optional(ApiKey),
    v.description(
      "Kept when it is left out or equal to its mask; then the model must be on the same server. Null drops it, and so does a change to `echo`, which calls no server.",
    ),
  ),
});

const ToolName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "Must be 1 to 32 of a-z, 0-9 and -, and not begin with -."),
  v.description("Begins the names of the server's tools: `{name}_{tool}`."),
);
const mcpEntries = {
  type: v.literal("mcp"),
  name: ToolName,
  url: v.pipe(Url, v.description("The Streamable HTTP endpoint of an MCP server.")),
  allowed_tools: v.pipe(
    v.optional(
      v.nullable(
        v.pipe(v.array(text(1, 128)), v.maxLength(128, "Must be at most 128 names of tools.")),
      ),
      null,
    ),
    v.description("Only these tools of the server; all when null."),
  ),
};

/** What a model may use. */
const ToolInput = v.variant("type", [
  v.strictObject({ ...mcpEntries, headers: omittable(HeaderMap, {}) }),
  v.strictObject({ type: v.literal("http") }),
  v.strictObject({ type: v.literal("time") }),
]);
const Tools = v.pipe(
  v.array(ToolInput),
  v.maxLength(20, "Must be at most 20 tools."),
  v.description("MCP servers, the built-in HTTP client and the built-in clock."),
);

const CallbackInput = v.strictObject({ url: Url, headers: omittable(HeaderMap, {}) });

const overlap = v.pipe(
  omittable(v.picklist(["skip", "allow"]), "skip"),
  v.description("`skip` passes over a due time while the last execution still runs."),
);
/** When a loop runs by itself. */
export const Schedule = v.union(
  [
    v.strictObject({
      cron: v.pipe(
        text(1, 200),
        v.description(
          "Five fields, as in `0 9 * * 1-5`. A time that the clocks skip is due when they go on; one that they show twice is due once.",
        ),
      ),
      timezone: v.pipe(
        omittable(text(1, 64), "UTC"),
        v.description("An IANA time zone, such as `Europe/Berlin`."),
      ),
      overlap,
    }),
    v.strictObject({
      every_minutes: v.pipe(
        wholeNumber(1, 10_080),
        v.description("Counted from when it was saved."),
      ),
      overlap,
    }),
  ],
  "Must be {cron, timezone, overlap} or {every_minutes, overlap}.",
);
export type Schedule = v.InferOutput<typeof Schedule>;

const echoModel = { provider: "echo", name: "echo" } as const;

const limitEntries = {
  max_iterations: v.pipe(wholeNumber(1, 100), v.description("Model calls in one execution.")),
  timeout_seconds: v.pipe(
    wholeNumber(10, 86_400),
    v.description("Wall clock of one execution, from its first claim."),
  ),
  token_budget: v.pipe(
    v.nullable(wholeNumber(1, 1_000_000_000)),
    v.description("Tokens of one execution; reached, it fails with `token_budget_exceeded`."),
  ),
};

/** What a caller sets when a loop is made. */
export const AgentLoopInput = v.strictObject({
  name: Name,
  description: v.optional(Description, null),
  status: omittable(Status, "active"),
  system_prompt: SystemPrompt,
  user_message: UserMessage,
  model: omittable(ModelInput, echoModel),
  tools: omittable(Tools, []),
  callback: v.optional(v.nullable(CallbackInput), null),
  max_iterations: omittable(limitEntries.max_iterations, 10),
  timeout_seconds: omittable(limitEntries.timeout_seconds, 900),
  token_budget: v.optional(limitEntries.token_budget, null),
  schedule: v.optional(v.nullable(Schedule), null),
});
export type AgentLoopInput = v.InferOutput<typeof AgentLoopInput>;

/** What a caller may change: `model`, `tools`, `callback` and `schedule` are replaced as a whole. */
export const AgentLoopPatch = v.strictObject({
  name: v.optional(Name),
  description: v.optional(Description),
  status: v.optional(Status),
  system_prompt: v.optional(SystemPrompt),
  user_message: v.optional(UserMessage),
  model: v.optional(ModelPatch),
  tools: v.optional(Tools),
  callback: v.optional(v.nullable(CallbackInput)),
  max_iterations: v.optional(limitEntries.max_iterations),
  timeout_seconds: v.optional(limitEntries.timeout_seconds),
  token_budget: v.optional(limitEntries.token_budget),
  schedule: v.optional(v.nullable(Schedule)),
});
export type AgentLoopPatch = v.InferOutput<typeof AgentLoopPatch>;

const shownEntries = {
  id: id("loop"),
  name: Name,
  description: Description,
  status: Status,
  system_prompt: SystemPrompt,
  user_message: UserMessage,
  model: v.object({
    provider: modelEntries.provider,
    name: modelEntries.name,
    base_url: v.nullable(Url),
    api_key: v.pipe(v.nullable(v.string()), v.description("Masked.")),
    headers: ShownHeaders,
    temperature: v.nullable(v.number()),
    max_output_tokens: v.nullable(v.pipe(v.number(), v.integer())),
  }),
  tools: v.array(
    v.variant("type", [
      v.object({
        type: v.literal("mcp"),
        name: ToolName,
        url: Url,
        headers: ShownHeaders,
        allowed_tools: v.nullable(v.array(v.string())),
      }),
      v.object({ type: v.literal("http") }),
      v.object({ type: v.literal("time") }),
    ]),
  ),
  callback: v.nullable(v.object({ url: Url, headers: ShownHeaders })),
  ...limitEntries,
  schedule: v.nullable(Schedule),
  next_run_at: v.pipe(
    v.nullable(shownTime),
    v.description("When the schedule runs it next; null without one and while paused."),
  ),
  last_execution_at: v.nullable(shownTime),
  created_at: shownTime,
  updated_at: shownTime,
};

/** An agent loop as the API shows it. */
export const AgentLoop = v.object(shownEntries);
export type AgentLoop = v.InferOutput<typeof AgentLoop>;

/** With the secret that signs its callbacks, shown when the callback is set and when it is rotated. */
export const AgentLoopWithSecret = v.object({
  ...shownEntries,
  signing_secret: v.pipe(
    v.nullable(v.pipe(v.string(), v.examples(["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]))),
    v.description("Verifies callbacks (Standard Webhooks); null when this answer made none."),
  ),
});

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
