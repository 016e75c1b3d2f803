import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { BotStore } from "../bots/bot-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { limits } from "../teams/team.ts";
import { auditedChannel, type ChannelInput, type StoredChannel } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";

/** Opens a channel to a bot. */
export async function createChannel(
  { bots, channels }: CreateChannelDeps,
  by: Actor,
  botId: Id<"bot">,
  { type, name, enabled }: ChannelInput,
  mint: Mint,
): Promise<StoredChannel> {
  const teamId = by.team_id;
  const id = mint.id("ch");
  const at = isoTime(mint.now);
  const channel: StoredChannel = {
    id,
    bot_id: botId,
    type,
    name: name ?? type,
    status: "connected",
    status_reason: null,
    enabled,
    webhook_url: null,
    version: 1,
    created_at: at,
    updated_at: at,
  };
  const audit = auditPart(by, mint, {
    action: "channel.created",
    resource_id: id,
    before: null,
    after: auditedChannel(channel),
  });
  return overChanges(["bot", botId], async () => {
    const bot = await bots.find(teamId, botId);
    if (!bot) throw notFound();
    const others = await channels.list(teamId, botId);
    if (others.filter((other) => other.id !== id).length >= limits.channels_per_bot) {
      throw new ApiError(
        "conflict",
        `A bot can have ${limits.channels_per_bot} channels. Delete one to make another.`,
      );
    }
    const outcome = await channels.insert(teamId, channel, bot, audit);
    if (outcome === "gone") throw notFound();
    return outcome === "inserted" ? channel : undefined;
  });
}

export interface CreateChannelDeps {
  readonly bots: BotStore;
  readonly channels: ChannelStore;
}
