import * as v from "valibot";
import type { StoredAgentLoop } from "#shared/agent-loops/agent-loop";
import type { ExecutionCounter } from "#shared/agent-loops/execution-counter";
import type { Schedule } from "#shared/agent-loops/schedule-config";
import type { StoredSchedule } from "#shared/agent-loops/schedule-items";
import type { StoredApiKey } from "#shared/api-keys/api-key";
import { AuditEntry } from "#shared/audit/audit-entry";
import type { Credential } from "#shared/auth/admit";
import { Scope } from "#shared/auth/scopes";
import { Bot, type StoredBot } from "#shared/bots/bot";
import { Channel, Platform, type StoredChannel } from "#shared/channels/channel";
import type { StoredConnection } from "#shared/channels/connection";
import type { StoredHook } from "#shared/channels/hook";
import type { Alias } from "#shared/conversations/aliases";
import { Conversation, type StoredConversation } from "#shared/conversations/conversation";
import type { Receipt } from "#shared/conversations/conversation-store";
import type { ConversationWork } from "#shared/conversations/conversation-work";
import {
  DeliveryError,
  Feedback,
  Message,
  type StoredFile,
  type StoredMessage,
} from "#shared/conversations/message";
import { Delivery, type StoredDelivery } from "#shared/deliveries/delivery";
import type { StoredEvent } from "#shared/deliveries/event-store";
import { Erasure } from "#shared/erasure/job";
import {
  ExecutionErrorCode,
  ExecutionStatus,
  type ExecutionText,
  ExecutionWaitReason,
  type StoredExecution,
  Trigger,
} from "#shared/executions/execution";
import { asExecutionText, asStep } from "#shared/executions/execution-items";
import type { StoredModelStep, StoredToolStep } from "#shared/executions/step";
import type { StoredRetry } from "#shared/executions/waiting";
import type { FileReference } from "#shared/files/file";
import { Integration, type StoredIntegration } from "#shared/integrations/integration";
import type { Account } from "#shared/platforms/adapter";
import { id } from "#shared/schema/fields";
import type { Sealed } from "#shared/secrets/sealed";
import type { Signer } from "#shared/secrets/signing-secrets";
import type { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { Plan, type StoredTeam } from "#shared/teams/team";
import { Replay } from "#shared/webhooks/replay";
import { type StoredWebhook, Webhook } from "#shared/webhooks/webhook";
import type { WorkItem } from "#shared/work/work-item";

type Shape<Stored> = v.GenericSchema<unknown, Stored>;

const whole = v.pipe(v.number(), v.integer());
const bytes = v.instance(Uint8Array);
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const record = v.record(v.string(), v.unknown());
/** As the platform itself writes times. */
const isoTime = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));
const unixMs = v.pipe(whole, v.minValue(1_700_000_000_000), v.maxValue(4_000_000_000_000));
const unixSeconds = v.pipe(whole, v.minValue(1_700_000_000), v.maxValue(4_000_000_000));
const times = { created_at: isoTime, updated_at: isoTime };
const optional = v.optional;

const sealed = v.strictObject({
  ciphertext: bytes,
  mask: v.string(),
  key: whole,
}) satisfies Shape<Sealed>;
const sealedHeaders = v.record(v.string(), sealed);
const signer = {
  signing_secret: sealed,
  previous_secrets: optional(v.array(v.strictObject({ secret: sealed, valid_until: unixMs }))),
};
v.strictObject(signer) satisfies Shape<Signer>;

const overlap = v.picklist(["skip", "allow"]);
const schedule = v.union([
  v.strictObject({ cron: v.string(), timezone: v.string(), overlap }),
  v.strictObject({ every_minutes: whole, overlap }),
]) satisfies Shape<Schedule>;

const work = {
  due_shard: optional(v.pipe(whole, v.minValue(0), v.maxValue(7))),
  due_at: optional(unixMs),
  not_before: optional(unixMs),
  lease_token: optional(v.string()),
  lease_until: optional(unixMs),
  claims: optional(whole),
  sweeps: optional(whole),
  turned_away: optional(whole),
};
/** What every row has that is work, beside what its noun keeps in it. */
export const workShape = v.strictObject(work) satisfies Shape<WorkItem>;

const address = v.strictObject({ bot_id: id("bot") });
const model = v.strictObject({
  provider: v.picklist(["openai", "anthropic", "bedrock", "echo"]),
  name: v.string(),
  base_url: v.nullable(v.string()),
  temperature: v.nullable(v.number()),
  max_output_tokens: v.nullable(whole),
  api_key: optional(sealed),
  headers: sealedHeaders,
});
const tool = v.variant("type", [
  v.strictObject({
    type: v.literal("mcp"),
    name: v.string(),
    url: v.string(),
    headers: sealedHeaders,
    allowed_tools: v.nullable(v.array(v.string())),
  }),
  v.strictObject({ type: v.literal("http") }),
  v.strictObject({ type: v.literal("time") }),
]);
const settings = {
  model,
  tools: v.array(tool),
  callback: v.nullable(v.strictObject({ url: v.string(), headers: sealedHeaders, ...signer })),
  max_iterations: whole,
  timeout_seconds: whole,
  token_budget: v.nullable(whole),
};
const used = v.strictObject({
  iterations: whole,
  tool_calls: whole,
  input_tokens: whole,
  output_tokens: whole,
  cached_tokens: optional(whole),
});
const step = { number: whole, started_at: isoTime, writer: v.string(), used: optional(used) };
const notedFailure = v.strictObject({
  code: v.string(),
  message: v.string(),
  at: isoTime,
  told_later: optional(v.literal(true)),
});
const account = v.strictObject({
  id: v.string(),
  user_id: v.string(),
  username: v.nullable(v.string()),
  name: v.string(),
}) satisfies Shape<Account>;
const platformName = v.picklist(["telegram", "slack", "discord", "whatsapp"]);
const platformAddress = v.record(v.string(), v.union([v.string(), v.number()]));
const { message_id: _______, content: shownContent, ...messageEntries } = Message.entries;
const {
  headers: _,
  health,
  model: integrationModel,
  settings: integrationSettings,
  ...integrationEntries
} = Integration.entries;
const { updated_at: __, ...conversationEntries } = Conversation.entries;
const { next_attempt_at: ___, body: ____, ...deliveryEntries } = Delivery.entries;
const { last_inbound_at: _____, last_outbound_at: ______, ...channelEntries } = Channel.entries;
const file = v.strictObject({
  id: id("file"),
  url_key: v.pipe(v.string(), v.length(22)),
  name: v.nullable(v.string()),
  mime_type: v.string(),
  size: whole,
  remove_at: unixSeconds,
}) satisfies Shape<FileReference>;
const storedFile = v.strictObject({
  type: v.literal("stored_file"),
  as: v.picklist(["image", "file"]),
  file,
}) satisfies Shape<StoredFile>;
const [words, parts] = shownContent.options;

/**
 * What a row of each kind holds beside its keys, field by field and no other, by the name of its key. Each shape is held
 * against the interface that stores read rows as: a field that is in the one and not in the other shows here.
 */
export const storedShapes = {
  team: v.strictObject({
    id: id("team"),
    name: v.string(),
    plan: Plan,
    created_at: isoTime,
    children_made: optional(whole),
    deleted_at: optional(isoTime),
  }) satisfies Shape<StoredTeam>,
  dataKey: v.strictObject({ wrapped: bytes }),
  apiKey: v.strictObject({
    id: id("key"),
    name: v.string(),
    scopes: v.array(Scope),
    prefix: v.pipe(v.string(), v.length(12)),
    last_four: v.pipe(v.string(), v.length(4)),
    expires_at: optional(v.nullable(isoTime)),
    hash: sha256,
    previous_hash: optional(sha256),
    ...times,
  }) satisfies Shape<StoredApiKey>,
  credential: v.strictObject({
    team_id: id("team"),
    key_id: id("key"),
    key_name: optional(v.string()),
    scopes: v.array(Scope),
    cursor_key: v.string(),
    rate_limit: whole,
    window_number: whole,
    window_count: whole,
    valid_until: optional(unixSeconds),
  }) satisfies Shape<Credential>,
  bot: v.strictObject({
    ...Bot.entries,
    ...times,
    version: whole,
    slow_until: optional(unixMs),
    children_made: optional(whole),
    deleted_at: optional(isoTime),
  }) satisfies Shape<StoredBot>,
  integrationAddress: address,
  channelAddress: address,
  integration: v.strictObject({
    ...integrationEntries,
    ...times,
    headers: sealedHeaders,
    model: optional(integrationModel.wrapped),
    settings: optional(integrationSettings),
    signing_secret: optional(sealed),
    previous_secrets: signer.previous_secrets,
    rotation_id: optional(v.string()),
    health: optional(
      v.strictObject({
        ...health.pipe[0].entries,
        failed_at: optional(v.array(unixMs)),
        skipped_until: optional(unixMs),
      }),
    ),
    last_error_at: optional(isoTime),
    weighed_at: optional(isoTime),
    refuses_until: optional(
      v.strictObject({
        image: optional(unixMs),
        document: optional(unixMs),
        audio: optional(unixMs),
      }),
    ),
    version: whole,
  }) satisfies Shape<StoredIntegration>,
  channel: v.strictObject({
    ...channelEntries,
    ...times,
    version: whole,
    credentials: optional(sealedHeaders),
    hook_secret: optional(sealed),
    account: optional(v.nullable(account)),
    replaced_url: optional(v.nullable(v.string())),
    health: optional(
      v.strictObject({
        checked_at: isoTime,
        ok: v.boolean(),
        problems: v.array(v.strictObject({ code: v.string(), message: v.string() })),
      }),
    ),
    probed_at: optional(unixMs),
    last_outbound_at: optional(isoTime),
    send_failure: optional(notedFailure),
    fetch_failure: optional(notedFailure),
  }) satisfies Shape<StoredChannel>,
  platformAccount: v.strictObject({ channel_id: id("ch"), bot_id: id("bot") }),
  hook: v.strictObject({
    team_id: id("team"),
    bot_id: id("bot"),
    channel_id: id("ch"),
    type: platformName,
    verifier: v.union([
      v.strictObject({ secret_sha256: v.string() }),
      v.strictObject({ public_key: v.string() }),
      sealed,
    ]),
    account: v.nullable(account),
    version: whole,
  }) satisfies Shape<StoredHook>,
  connection: v.strictObject({
    ...work,
    bot_id: id("bot"),
    connects: v.boolean(),
    leaving: v.array(
      v.strictObject({
        type: platformName,
        webhook_url: v.string(),
        credentials: sealedHeaders,
        hook_secret: sealed,
        account_id: v.nullable(v.string()),
      }),
    ),
    since: unixMs,
    tries: whole,
  }) satisfies Shape<StoredConnection>,
  conversationCount: v.strictObject({
    n: optional(whole),
    platform: optional(Platform),
    channel_id: id("ch"),
    erasing: optional(v.literal(true)),
  }),
  userConversation: v.strictObject({ conversation_id: id("conv"), created_at: isoTime }),
  conversationKey: v.strictObject({ conversation_id: id("conv") }),
  alias: v.strictObject({
    first_id: v.string(),
    ids: optional(v.array(v.string())),
    since: optional(isoTime),
  }) satisfies Shape<Alias>,
  receipt: v.strictObject({
    conversation_id: id("conv"),
    number: whole,
    remove_at: unixSeconds,
  }) satisfies Shape<Receipt>,
  message: v.strictObject({
    ...messageEntries,
    ...times,
    content: v.union([words, v.array(v.union([storedFile, parts.item]))]),
    platform_message_id: optional(v.string()),
    answer: optional(v.boolean()),
    overheard: optional(v.literal(true)),
    reply_number: optional(whole),
    previous: optional(whole),
    reply_to: optional(whole),
    send_at: optional(unixMs),
    thread_id: optional(v.string()),
    album_id: optional(v.string()),
    address: optional(platformAddress),
    sign_id: optional(v.string()),
    files: optional(
      v.array(
        v.strictObject({
          part: whole,
          is_image: v.boolean(),
          name: v.nullable(v.string()),
          mime_type: v.nullable(v.string()),
          size: v.nullable(whole),
          file: v.record(v.string(), v.string()),
        }),
      ),
    ),
    feedback: optional(v.strictObject({ ...Feedback.entries, created_at: isoTime })),
    feedback_changes: optional(whole),
    failed_later: optional(
      v.strictObject({
        message_id: v.string(),
        error: v.strictObject({ ...DeliveryError.entries, part: whole }),
      }),
    ),
    parts_sent: optional(
      v.array(
        v.strictObject({
          id: v.nullable(v.string()),
          piece: whole,
          is_plain: optional(v.literal(true)),
        }),
      ),
    ),
  }) satisfies Shape<StoredMessage>,
  file,
  conversation: v.strictObject({
    ...conversationEntries,
    created_at: isoTime,
    last_message_at: isoTime,
    active_at: isoTime,
    user_count: whole,
    assistant_count: whole,
    system_count: whole,
    last_said: optional(whole),
    stays_with: optional(id("int")),
    departed: optional(whole),
    key_sha256: sha256,
    erasing: optional(v.literal(true)),
  }) satisfies Shape<StoredConversation>,
  conversationWork: v.strictObject({
    ...work,
    bot_id: id("bot"),
    channel_id: id("ch"),
    last_inbound: whole,
    handled: whole,
    sending: optional(v.strictObject({ reply: whole, tries: whole })),
    fetching: optional(v.strictObject({ question: whole, tries: whole })),
    failed_backends: optional(
      v.strictObject({ question: whole, integration_ids: v.array(id("int")) }),
    ),
    temporary_messages: optional(
      v.array(
        v.strictObject({
          question: whole,
          sent: optional(v.strictObject({ id: v.string(), address: platformAddress })),
        }),
      ),
    ),
    signs: optional(v.array(v.strictObject({ id: v.string(), address: platformAddress }))),
  }) satisfies Shape<ConversationWork>,
  agentLoop: v.strictObject({
    id: id("loop"),
    name: v.string(),
    description: v.nullable(v.string()),
    status: v.picklist(["active", "paused"]),
    system_prompt: v.string(),
    user_message: v.string(),
    ...settings,
    schedule: v.nullable(schedule),
    rotation_id: optional(v.string()),
    slow_until: optional(unixMs),
    callback_slow_until: optional(unixMs),
    version: whole,
    ...times,
    deleted_at: optional(isoTime),
  }) satisfies Shape<StoredAgentLoop>,
  executionCounter: v.strictObject({
    last_number: whole,
    last_created_at: v.nullable(isoTime),
    last_execution_id: v.nullable(id("exec")),
  }) satisfies Shape<ExecutionCounter>,
  schedule: v.strictObject({
    ...work,
    schedule,
    anchor: unixMs,
    next_run_at: unixMs,
  }) satisfies Shape<StoredSchedule>,
  execution: v.strictObject({
    id: id("exec"),
    agent_loop_id: id("loop"),
    agent_loop_name: v.string(),
    number: whole,
    status: ExecutionStatus,
    trigger: Trigger,
    model: v.string(),
    started_at: v.nullable(isoTime),
    completed_at: v.nullable(isoTime),
    iterations: whole,
    tool_calls: whole,
    input_tokens: whole,
    output_tokens: whole,
    cached_tokens: optional(whole),
    error: v.nullable(v.pipe(v.string(), v.maxLength(500))),
    error_code: v.nullable(ExecutionErrorCode),
    truncated: optional(v.literal(true)),
    callback_delivery_id: v.nullable(id("dlv")),
    cancelled_by: optional(id("req")),
    ...times,
  }) satisfies Shape<StoredExecution>,
  executionText: v.strictObject({
    system_prompt: v.string(),
    user_message: v.string(),
    metadata: record,
    settings: v.strictObject(settings),
    output: v.nullable(v.string()),
  }) satisfies Shape<ExecutionText>,
  executionWork: v.strictObject({
    ...work,
    agent_loop_id: id("loop"),
    retry: optional(
      v.strictObject({
        step: whole,
        attempt: whole,
        reason: ExecutionWaitReason,
        until: unixMs,
        last_error: v.nullable(v.pipe(v.string(), v.maxLength(500))),
      }) satisfies Shape<StoredRetry>,
    ),
  }),
  step: v.variant("kind", [
    v.strictObject({
      ...step,
      kind: v.literal("model"),
      status: v.literal("finished"),
      duration_ms: whole,
      text: v.string(),
      finish_reason: optional(
        v.picklist(["stop", "length", "tool_calls", "content_filter", "other"]),
      ),
      tool_calls: v.array(
        v.strictObject({
          id: v.string(),
          name: v.string(),
          arguments: v.unknown(),
          arguments_json: optional(v.string()),
          problem: optional(v.string()),
        }),
      ),
      input_tokens: whole,
      output_tokens: whole,
      cached_tokens: optional(whole),
      messages: v.array(v.unknown()),
      format: v.literal(1),
    }) satisfies Shape<StoredModelStep>,
    v.strictObject({
      ...step,
      kind: v.literal("tool"),
      status: v.picklist(["started", "finished"]),
      call_id: v.string(),
      name: v.string(),
      server: v.string(),
      tool: v.string(),
      arguments: v.unknown(),
      arguments_json: optional(v.string()),
      duration_ms: v.nullable(whole),
      result: v.nullable(v.string()),
      is_error: v.nullable(v.boolean()),
    }) satisfies Shape<StoredToolStep>,
    v.strictObject({ kind: v.literal("end") }),
  ]),
  webhook: v.strictObject({
    ...Webhook.entries,
    ...times,
    ...signer,
    rotation_id: optional(v.string()),
    failing: optional(v.strictObject({ since: isoTime, until: isoTime })),
    slow_until: optional(unixMs),
    version: whole,
  }) satisfies Shape<StoredWebhook>,
  event: v.strictObject({
    id: id("evt"),
    delivery_ids: optional(v.array(id("dlv"))),
    body: optional(v.string()),
    body_packed: optional(bytes),
    remove_at: unixSeconds,
  }) satisfies Shape<StoredEvent>,
  delivery: v.strictObject({
    ...work,
    ...deliveryEntries,
    ...times,
    callback: optional(
      v.strictObject({
        url: v.string(),
        agent_loop_id: id("loop"),
        headers: sealedHeaders,
        secrets: v.array(v.strictObject({ secret: sealed, valid_until: v.nullable(unixMs) })),
      }),
    ),
    retry_id: optional(id("req")),
    erased: optional(v.literal(true)),
    remove_at: unixSeconds,
  }) satisfies Shape<StoredDelivery>,
  job: v.intersect([
    Erasure,
    v.looseObject({ ...work, looked: optional(v.literal(true)) }) satisfies Shape<WorkItem>,
  ]),
  replay: v.strictObject({
    ...work,
    ...Replay.entries,
    since: isoTime,
    until: isoTime,
    remove_at: unixSeconds,
  }) satisfies Shape<Replay & WorkItem>,
  auditEntry: v.strictObject({
    ...AuditEntry.entries,
    created_at: isoTime,
    remove_at: unixSeconds,
  }),
  idempotency: v.strictObject({
    fingerprint: v.string(),
    token: v.string(),
    claimed_until: v.union([v.literal(0), unixMs]),
    seed: v.union([v.string(), v.strictObject({ ciphertext: bytes, key: whole })]),
    started_at: unixMs,
    key_id: id("key"),
    attempt: whole,
    status: optional(whole),
    location: optional(v.string()),
    body: optional(v.union([bytes, v.strictObject({ ciphertext: bytes, key: whole })])),
    remove_at: unixSeconds,
  }),
  figures: v.record(v.string(), whole),
  usage: v.record(v.string(), whole),
  place: v.strictObject({
    token: optional(v.string()),
    until: optional(unixMs),
    remove_at: unixSeconds,
  }),
} satisfies Record<keyof typeof keys, v.GenericSchema>;

/** A row as its shape has it: without keys, and what may be packed unpacked. */
export function contentOf(name: keyof typeof storedShapes, item: Item): Record<string, unknown> {
  const row =
    name === "step" ? asStep(item) : name === "executionText" ? asExecutionText(item) : item;
  const content: Record<string, unknown> = { ...row };
  for (const name of ["pk", "sk", "list_pk", "list_sk", "output_packed", "output_step"]) {
    delete content[name];
  }
  return content;
}
