import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { matches } from "../schema/matches.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import type { StoredChannel } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";

/** Which channels are asked for. */
export interface ChannelFilter {
  readonly type?: StoredChannel["type"] | undefined;
  readonly status?: StoredChannel["status"] | undefined;
}

/** A bot's channels, newest first. */
export async function listChannels(
  { bots, channels }: ListChannelsDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  filter: ChannelFilter,
  page: PageRequest,
): Promise<Page<StoredChannel>> {
  const [bot, all] = await Promise.all([bots.find(teamId, botId), channels.list(teamId, botId)]);
  if (!bot) throw notFound();
  const wanted = all.toReversed().filter((channel) => matches(channel, filter));
  return pageOf(wanted, page, ({ id }) => id);
}

export interface ListChannelsDeps {
  readonly bots: BotStore;
  readonly channels: ChannelStore;
}
