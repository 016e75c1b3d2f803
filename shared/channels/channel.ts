import * as v from "valibot";
import type { Account } from "../platforms/adapter.ts";
import { id, omittable, shownTime, text } from "../schema/fields.ts";
import type { Sealed } from "../secrets/sealed.ts";

/** Where messages come from. */
export const Platform = v.picklist(["web", "telegram"]);
export type Platform = v.InferOutput<typeof Platform>;

const Name = v.pipe(text(1, 100), v.description("For your team; the type when left out."));
const Type = v.pipe(v.picklist(["web"]), v.description("`web` takes messages over this API."));
const Enabled = v.pipe(
  v.boolean(),
  v.description("A channel that is not enabled keeps messages and does not answer."),
);

/** What a caller sets when a channel is made. */
export const ChannelInput = v.strictObject({
  type: Type,
  name: omittable(Name),
  credentials: v.pipe(
    omittable(v.strictObject({}), {}),
    v.description("Write-only. A `web` channel has none."),
  ),
  enabled: omittable(Enabled, true),
});
export type ChannelInput = v.InferOutput<typeof ChannelInput>;

/** What a caller may change. */
export const ChannelPatch = v.strictObject({
  name: v.optional(Name),
  credentials: v.optional(v.strictObject({})),
  enabled: v.optional(Enabled),
});
export type ChannelPatch = v.InferOutput<typeof ChannelPatch>;

/** A channel as the API shows it. */
export const Channel = v.object({
  id: id("ch"),
  bot_id: id("bot"),
  type: Platform,
  name: Name,
  status: v.pipe(
    v.picklist(["connected", "pending", "disconnected"]),
    v.description("Whether the platform accepts us; a `web` channel is always connected."),
  ),
  status_reason: v.nullable(v.string()),
  enabled: Enabled,
  webhook_url: v.pipe(
    v.nullable(v.string()),
    v.description("The URL to give the platform; a `web` channel has none."),
  ),
  created_at: shownTime,
  updated_at: shownTime,
});
export type Channel = v.InferOutput<typeof Channel>;

/** A channel as it is stored. */
export interface StoredChannel extends Channel {
  readonly version: number;
  /** What acts for the bot at its platform, each sealed as `credentials.<name>` of the channel. */
  readonly credentials?: Readonly<Record<string, Sealed>>;
  /** What the platform gives back with each call, where it does. */
  readonly hook_secret?: Sealed;
  /** As whom the channel speaks; null until the platform has said so. */
  readonly account?: Account | null;
}

/** A channel of a platform. */
export type PlatformChannel = StoredChannel & { readonly type: Exclude<Platform, "web"> };

/** Whether a channel is one of a platform: then it has all that such a one has. */
export const isOfPlatform = (channel: StoredChannel): channel is PlatformChannel =>
  channel.credentials !== undefined;

/** What the audit log tells of a channel. */
export const auditedChannel = ({ bot_id, type, name, enabled }: StoredChannel) => ({
  bot_id,
  type,
  name,
  enabled,
});
