import type { BotStore } from "../bots/bot-store.ts";
import { Platform, type StoredChannel } from "../channels/channel.ts";
import type { ChannelStore } from "../channels/channel-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, lists, prefixes, under } from "../table/keys.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import type { Item, Table } from "../table/table.ts";
import { type Conversation, type ShowableConversation, shownConversation } from "./conversation.ts";
import { asConversation } from "./conversation-store.ts";
import { idsOfUser, placesOfUsers } from "./user-ids.ts";

/** Which conversations are asked for; times bound the activity. */
export interface ConversationFilter {
  readonly channel_id?: Id<"ch"> | undefined;
  readonly platform?: Platform | undefined;
  readonly user_id?: string | undefined;
  readonly active_after?: string | undefined;
  readonly active_before?: string | undefined;
}

/** Rows examined at most to count what no counter counts. */
const mostExamined = 10_000;
const mostOfUser = 1_000;

/** A bot's conversations, most recent activity first: the lists of its channels, merged. */
export async function listConversations(
  deps: ListConversationsDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  filter: ConversationFilter,
  page: PageRequest,
): Promise<Page<Conversation>> {
  const [bot, all] = await Promise.all([
    deps.bots.find(teamId, botId),
    deps.channels.list(teamId, botId),
  ]);
  if (!bot) throw notFound();
  const channels = all.filter(
    ({ id, type }) =>
      (filter.channel_id === undefined || id === filter.channel_id) &&
      (filter.platform === undefined || type === filter.platform),
  );
  const channelIds = channels.map(({ id }) => id);
  const search: Search = { table: deps.table, teamId, botId, channels, channelIds, filter };
  if (filter.user_id !== undefined) return ofUser(search, filter.user_id, page);
  const [count, merged] = await Promise.all([total(search), mergedRows(search, page)]);
  return {
    rows: merged.rows.map((row) => rowOf(botId, row)),
    next: merged.next,
    ...count,
  };
}

export interface ListConversationsDeps {
  readonly table: Table;
  readonly bots: BotStore;
  readonly channels: ChannelStore;
}

/** What is asked for, and the channels that can have it. */
interface Search {
  readonly table: Table;
  readonly teamId: Id<"team">;
  readonly botId: Id<"bot">;
  readonly channels: readonly Pick<StoredChannel, "id" | "type">[];
  readonly channelIds: readonly Id<"ch">[];
  readonly filter: ConversationFilter;
}

/** What the index `listed` holds of a head: all that a list shows, but for the ids, which its keys hold. */
type ListedConversation = Omit<ShowableConversation, "id" | "bot_id"> & {
  readonly list_sk: string;
};

function rowOf(botId: Id<"bot">, row: Item): Conversation {
  // Rows of this partition of the index are heads of conversations.
  const head = row as Item & ListedConversation;
  return shownConversation({ ...head, bot_id: botId, id: idAtEnd<"conv">(head.list_sk) });
}

/** List keys begin with a time; these lie before and after all of them. */
const first = "0";
const last = "~";
const iso = (time: string | undefined) => time && new Date(time).toISOString();

/** From inclusive, to exclusive; empty when they are the same, as when the end lies before the beginning. */
function rangeOf({ active_after, active_before }: ConversationFilter): readonly [string, string] {
  const from = iso(active_after) ?? first;
  const to = iso(active_before) ?? last;
  // DynamoDB refuses a range that ends before it begins.
  return [from, to > from ? to : from];
}

async function total(search: Search): Promise<{ total: number; total_is_exact: boolean }> {
  const { table, teamId, botId, channelIds, filter } = search;
  if (filter.active_after !== undefined || filter.active_before !== undefined) {
    return countRange(search);
  }
  const counts = await table.queryAll(
    under(prefixes.conversationCounts(teamId, botId, filter.channel_id)),
  );
  const wanted = new Set<string>(channelIds);
  const sum = counts
    .filter(({ channel_id }) => wanted.has(String(channel_id)))
    .reduce((before, { n }) => before + Number(n ?? 0), 0);
  return { total: sum, total_is_exact: true };
}

async function countRange({
  table,
  teamId,
  channelIds,
  filter,
}: Search): Promise<{ total: number; total_is_exact: boolean }> {
  const between = rangeOf(filter);
  let count = 0;
  let examined = 0;
  for (const channelId of channelIds) {
    const pk = lists.conversations(teamId, channelId);
    let after: Readonly<Record<string, unknown>> | undefined;
    do {
      const limit = mostExamined - examined;
      if (limit <= 0) return { total: count, total_is_exact: false };
      const answer = await table.query({
        pk,
        index: "listed",
        where: { between },
        limit,
        ...(after && { after }),
      });
      examined += answer.items.length;
      count += answer.items.filter(({ erasing }) => erasing !== true).length;
      after = answer.last;
    } while (after);
  }
  return { total: count, total_is_exact: true };
}

/** A channel's list, read in pieces from the newest on. */
interface Source {
  rows: Item[];
  high: string;
  done: boolean;
}

async function mergedRows(
  { table, teamId, channelIds, filter }: Search,
  { per_page, page, after }: PageRequest,
): Promise<{ rows: Item[]; next: string | undefined }> {
  const [low, highest] = rangeOf(filter);
  const high = after !== undefined && after < highest ? after : highest;
  const skip = after === undefined ? (page - 1) * per_page : 0;
  const wanted = skip + per_page + 1;
  const sources = channelIds.map((id) => ({
    pk: lists.conversations(teamId, id),
    rows: [] as Item[],
    high,
    done: high <= low,
  }));
  const fill = async (source: Source & { pk: string }) => {
    while (source.rows.length === 0 && !source.done) {
      const limit = Math.min(wanted + 1, 1_000);
      const { items, last: more } = await table.query({
        pk: source.pk,
        index: "listed",
        where: { between: [low, source.high] },
        descending: true,
        limit,
      });
      // The upper end is inclusive and was shown before.
      const fresh = items.filter((row) => positionOf(row) < source.high);
      source.done = !more || fresh.length === 0;
      const lowest = fresh.at(-1);
      if (lowest) source.high = positionOf(lowest);
      source.rows = fresh.filter(({ erasing }) => erasing !== true);
    }
  };

  const taken: Item[] = [];
  while (taken.length < wanted) {
    await Promise.all(sources.map(fill));
    const newest = sources
      .filter(({ rows }) => rows.length > 0)
      .reduce<Source | undefined>(
        (best, source) =>
          !best || positionOf(source.rows[0]) > positionOf(best.rows[0]) ? source : best,
        undefined,
      );
    const row = newest?.rows.shift();
    if (!row) break;
    taken.push(row);
  }
  const rows = taken.slice(skip, skip + per_page);
  const shownLast = rows.at(-1);
  const next = taken.length === wanted && shownLast ? positionOf(shownLast) : undefined;
  return { rows, next };
}

/** Every row of the index has one. */
const positionOf = (row: Item | undefined) => (row?.["list_sk"] as string | undefined) ?? "";

/**
 * The user's newest conversations, found by the rows that each new user of a conversation gets: under all ids by which the
 * user is known.
 */
async function ofUser(
  { table, teamId, botId, channels, channelIds, filter }: Search,
  user_id: string,
  page: PageRequest,
): Promise<Page<Conversation>> {
  const platforms = filter.platform === undefined ? Platform.options : [filter.platform];
  const named = platforms.map(async (platform) => {
    const places = placesOfUsers(
      teamId,
      channels.filter(({ type }) => type === platform),
    );
    const ids = await idsOfUser(table, places, user_id);
    return ids.map((id) => prefixes.userConversations(teamId, botId, platform, id));
  });
  const found = await Promise.all(
    (await Promise.all(named)).flat().map((rows) =>
      table.query({
        ...under(rows),
        descending: true,
        limit: mostOfUser,
        consistent: false,
      }),
    ),
  );
  const ids = new Set(found.flatMap(({ items }) => items.map(({ sk }) => idAtEnd<"conv">(sk))));
  const heads = await table.batchGet([...ids].map((id) => keys.conversation(teamId, id)));
  const wanted = new Set(channelIds);
  const [low, high] = rangeOf(filter);
  const shown = heads
    .flatMap((row) => asConversation(row) ?? [])
    .filter(
      ({ channel_id, active_at }) => wanted.has(channel_id) && active_at >= low && active_at < high,
    )
    .map((head) => ({ ...shownConversation(head), position: `${head.active_at}#${head.id}` }))
    .toSorted((one, other) => (one.position < other.position ? 1 : -1));
  return {
    ...pageOf(shown, page, ({ position }) => position),
    total_is_exact: found.every(({ last: more }) => more === undefined),
  };
}
