import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import type { StoredBot } from "../bots/bot.ts";
import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Parts } from "../table/table.ts";
import {
  auditedChannel,
  type ChannelInFull,
  type ChannelPatch,
  isOfPlatform,
  type PlatformChannel,
  type StoredChannel,
} from "./channel.ts";
import { hookSecretPlace } from "./channel-secrets.ts";
import { releaseAccount } from "./channel-store.ts";
import type { ConnectDeps } from "./connect-channel.ts";
import { connectNow, laterAttempt, patienceUntil, type RequestTime } from "./connect-now.ts";
import { asConnection, connectPart, leavingOf } from "./connection.ts";
import {
  accountPart,
  accountTaken,
  checkCredentials,
  introduceChannel,
  type IntroduceDeps,
} from "./introduce-channel.ts";
import { lastInboundAt } from "./last-inbound.ts";
import { shownInFull } from "./shown-in-full.ts";

/**
 * Changes a channel; a change made at the same moment is merged with, not overwritten. With credentials it is connected
 * anew; without, nothing is called.
 */
export async function updateChannel(
  deps: UpdateChannelDeps,
  by: Actor,
  id: Id<"ch">,
  { name, enabled, credentials }: ChannelPatch,
  { mint, ...time }: { readonly mint: Mint } & RequestTime,
): Promise<ChannelInFull> {
  const teamId = by.team_id;
  const hookSecret = Buffer.from(mint.bytes()).toString("base64url");
  const done = await overChanges(["channel", id], async () => {
    const found = await deps.channels.find(teamId, id);
    if (!found) throw notFound();
    const { channel: seen, bot } = found;
    const anew =
      credentials && (await introduceAnew(deps, teamId, found, credentials, { hookSecret, time }));
    const next = { ...merged(seen, { name, enabled }), ...anew?.fields };
    if (isSameJson(next, seen)) return { channel: seen, bot };
    const channel: StoredChannel = {
      ...next,
      version: seen.version + 1,
      updated_at: isoTime(mint.now),
    };
    const audit = auditPart(by, mint, {
      action: "channel.updated",
      resource_id: id,
      before: auditedChannel(seen),
      after: auditedChannel(channel),
    });
    const withIt = { ...audit, ...anew?.parts };
    const outcome = await deps.channels.replace(teamId, channel, seen, withIt);
    return outcome === "replaced" ? { channel, bot } : undefined;
  });
  const isAnew = credentials !== undefined && isOfPlatform(done.channel);
  const channel = isAnew ? await connectNow(deps, teamId, id, time) : done.channel;
  return shownInFull(deps, channel, done.bot, await lastInboundAt(deps.table, teamId, id));
}

export interface UpdateChannelDeps extends ConnectDeps, IntroduceDeps {}

/** Introduces a channel with other credentials; undefined for a `web` channel, which has none. */
async function introduceAnew(
  deps: UpdateChannelDeps,
  teamId: Id<"team">,
  { channel: seen, bot }: { readonly channel: StoredChannel; readonly bot: StoredBot },
  credentials: NonNullable<ChannelPatch["credentials"]>,
  { hookSecret, time }: { readonly hookSecret: string; readonly time: RequestTime },
): Promise<{ readonly fields: Partial<PlatformChannel>; readonly parts: Parts } | undefined> {
  checkCredentials(seen.type, credentials);
  if (!isOfPlatform(seen)) return undefined;
  const channel = { ...seen, version: seen.version + 1 };
  const { fields, hook } = await introduceChannel(deps, teamId, channel, credentials, bot, {
    at: "body.credentials",
    // Another account must not speak for this channel, once it has lost it.
    hookSecret: (account) =>
      account !== null && account.id === seen.account?.id
        ? deps.secrets.open(teamId, hookSecretPlace(seen.id), seen.hook_secret)
        : Promise.resolve(hookSecret),
    patience: patienceUntil(deps, time),
  });
  const { account } = fields;
  const claim = account && (await accountPart(deps, teamId, channel, account));
  if (claim === "taken") throw accountTaken();
  const hasLost = seen.account !== null && account?.id !== seen.account.id;
  const connection = asConnection(await deps.table.get(keys.connection(teamId, seen.id)));
  const leaving = [...(hasLost ? [leavingOf(seen)] : []), ...(connection?.leaving ?? [])];
  return {
    // Of other credentials it says nothing.
    fields: { ...fields, send_failure: undefined, fetch_failure: undefined },
    parts: {
      hook,
      connection: connectPart(teamId, seen, { ...laterAttempt(deps), leaving }),
      ...(claim && { account: claim }),
      ...(hasLost && { held_account: releaseAccount(teamId, seen) }),
    },
  };
}
