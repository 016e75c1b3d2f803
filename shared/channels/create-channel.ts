import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import { checkRoom } from "../errors/check-room.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import {
  auditedChannel,
  type ChannelInFull,
  type ChannelInput,
  type StoredChannel,
} from "./channel.ts";
import type { ConnectDeps } from "./connect-channel.ts";
import { connectNow, laterAttempt, patienceUntil, type RequestTime } from "./connect-now.ts";
import { connectPart } from "./connection.ts";
import {
  accountPart,
  accountTaken,
  checkCredentials,
  introduceChannel,
  type IntroduceDeps,
} from "./introduce-channel.ts";
import { shownInFull } from "./shown-in-full.ts";

/**
 * Opens a channel to a bot; one of a platform is connected at once, or by a worker when the platform is out of reach.
 * Credentials that it refuses are a 422, and nothing is stored.
 */
export async function createChannel(
  deps: CreateChannelDeps,
  by: Actor,
  botId: Id<"bot">,
  { type, name, credentials, enabled }: ChannelInput,
  { mint, ...time }: { readonly mint: Mint } & RequestTime,
): Promise<ChannelInFull> {
  const { bots, channels } = deps;
  const teamId = by.team_id;
  checkCredentials(type, credentials);
  const id = mint.id("ch");
  const introduced = await introduce(deps, teamId, { id, bot_id: botId, type }, credentials, {
    hookSecret: Buffer.from(mint.bytes()).toString("base64url"),
    time,
  });
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
    ...introduced?.fields,
  };
  const audit = auditPart(by, mint, {
    action: "channel.created",
    resource_id: id,
    before: null,
    after: auditedChannel(channel),
  });
  const made = await overChanges(["bot", botId], async () => {
    const bot = await bots.find(teamId, botId);
    if (!bot) throw notFound();
    checkRoom("channels", await channels.list(teamId, botId), id);
    const parts = introduced && (await introduced.parts());
    const outcome = await channels.insert(teamId, channel, bot, { ...audit, ...parts });
    if (outcome === "gone") throw notFound();
    return outcome === "inserted" || outcome === "exists" ? { bot } : undefined;
  });
  const connected = introduced ? await connectNow(deps, teamId, id, time) : channel;
  return shownInFull(deps, connected, made.bot, null);
}

export interface CreateChannelDeps extends ConnectDeps, IntroduceDeps {
  readonly bots: BotStore;
}

/** Introduces a channel of a platform; a `web` channel has nobody to be introduced to. */
async function introduce(
  deps: CreateChannelDeps,
  teamId: Id<"team">,
  { id, bot_id, type }: Pick<StoredChannel, "id" | "bot_id" | "type">,
  credentials: ChannelInput["credentials"],
  { hookSecret, time }: { readonly hookSecret: string; readonly time: RequestTime },
) {
  if (type === "web") return undefined;
  const channel = { id, bot_id, type, version: 1 };
  const bot = await deps.bots.find(teamId, bot_id);
  if (!bot) throw notFound();
  const { fields, hook } = await introduceChannel(deps, teamId, channel, credentials, bot, {
    at: "body.type",
    hookSecret: () => Promise.resolve(hookSecret),
    patience: patienceUntil(deps, time),
  });
  const parts = async () => {
    const account = fields.account && (await accountPart(deps, teamId, channel, fields.account));
    if (account === "taken") throw accountTaken();
    const connection = connectPart(teamId, channel, { ...laterAttempt(deps), leaving: [] });
    return { hook, connection, ...(account && { account }) };
  };
  return { fields, parts };
}
