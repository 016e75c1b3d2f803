import type { Id } from "#shared/runtime/ids";
import { keys, lists, messageSk, prefixes } from "#shared/table/keys";
import { dueShard } from "#shared/table/shards";
import type { Item } from "#shared/table/table";
import { type Api, apiOf, askOf } from "../api.ts";
import { makeBot, makeChannel, makeConversation } from "../one-of-each.ts";
import { conversationIdOf, messageIdOf, row, timeOf } from "./made-up.ts";
import { say, table } from "./say.ts";
import { type Server, startServer } from "./server.ts";
import { openTable, type TableAccess } from "./table-access.ts";

const sizes = [100, 100_000] as const;
/** Small enough that the second page is full in every list here. */
const perPage = 10;
/** So many of the conversations are one user's. */
const usersConversations = 50;

/** A list at one size: where it is, and what its filters are given. */
interface Big {
  readonly items: number;
  readonly path: string;
  /** A time before which nine of ten items lie. */
  readonly late: string;
  readonly channelId: Id<"ch">;
}

/** A filter; exact ones must cost the same at any size. */
interface Filter {
  readonly name: string;
  readonly query: (big: Big) => string;
  readonly bound?: string;
}

const conversationFilters: readonly Filter[] = [
  { name: "all", query: () => "" },
  { name: "channel_id", query: ({ channelId }) => `channel_id=${channelId}` },
  { name: "platform", query: () => "platform=web" },
  { name: "user_id", query: () => "user_id=regular", bound: "user's newest 1,000" },
  { name: "active_after", query: ({ late }) => `active_after=${late}`, bound: "10,000 counted" },
  { name: "active_before", query: ({ late }) => `active_before=${late}`, bound: "10,000 counted" },
];

const search = "1 R for each halving of the list";

const messageFilters: readonly Filter[] = [
  { name: "all", query: () => "" },
  { name: "all, newest first", query: () => "order=desc" },
  { name: "role", query: () => "role=user" },
  { name: "created_after", query: ({ late }) => `created_after=${late}`, bound: search },
  { name: "created_before", query: ({ late }) => `created_before=${late}`, bound: search },
  {
    name: "role, created_after",
    query: ({ late }) => `role=user&created_after=${late}`,
    bound: "10,000 counted",
  },
];

/** Holds what lists cost at 100 items against what they cost at 100,000. */
export async function bigPart(): Promise<void> {
  const server = await startServer({ logLevel: "info" });
  const access = await openTable(server.dataDir);
  try {
    const { team_id, api_key } = await access.team();
    const api = apiOf(server.url, api_key);
    for (const channels of [1, 3]) {
      const lists: Big[] = [];
      for (const items of sizes) {
        say(`Writing ${items} conversations in ${channels === 1 ? "1 channel" : "3 channels"}.`);
        lists.push(await manyConversations(api, access, team_id, channels, items));
      }
      const place = channels === 1 ? "1 channel" : "3 channels";
      await compare(server, api, `Conversations of a bot, ${place}`, lists, conversationFilters);
    }
    const conversations: Big[] = [];
    for (const items of sizes) {
      say(`Writing ${items} messages in one conversation.`);
      conversations.push(await manyMessages(api, access, team_id, items));
    }
    await compare(server, api, "Messages of a conversation", conversations, messageFilters);
  } finally {
    await access.close();
    await server.stop();
  }
}

async function compare(
  server: Server,
  api: Api,
  title: string,
  lists: readonly Big[],
  filters: readonly Filter[],
): Promise<void> {
  const rows: string[][] = [];
  const costOf = async (path: string) => {
    const { requestId, meta } = await api("GET", path);
    const line = await server.line(({ request_id }) => request_id === requestId);
    const text = `${line.calls} calls, ${line.read_units} R`;
    return { text, total: meta.total, cursor: meta.next_cursor };
  };
  for (const { name, query, bound } of filters) {
    const first: string[] = [];
    const second: string[] = [];
    const totals: string[] = [];
    for (const big of lists) {
      const path = `${big.path}?per_page=${perPage}&${query(big)}`;
      const page = await costOf(path);
      first.push(page.text);
      totals.push(String(page.total));
      second.push(
        page.cursor === null ? "–" : (await costOf(`${path}&cursor=${page.cursor}`)).text,
      );
    }
    const isEqual = [first, second].every((texts) => new Set(texts).size === 1);
    const verdict = isEqual ? "equal" : bound ? `bound: ${bound}` : "NOT EQUAL";
    rows.push([name, totals.join(" / "), first.join(" / "), second.join(" / "), verdict]);
  }
  table(
    `${title}: ${lists.map(({ items }) => items).join(" / ")} items`,
    ["filter", "totals", "page 1", "cursor page", ""],
    rows,
  );
}

/** A bot with one conversation made in the ordinary way, whose rows are the pattern of the others. */
async function pattern(api: Api, channels: number) {
  const ask = askOf(api);
  const { id: botId } = await makeBot(ask, { name: "Big" });
  const channelIds: Id<"ch">[] = [];
  for (let count = 0; count < channels; count++) {
    channelIds.push((await makeChannel(ask, botId)).id);
  }
  const [channelId = "ch_"] = channelIds;
  const { id: conversationId } = await makeConversation(ask, channelId, {
    user: "regular",
    wait: 10,
  });
  return { botId, channelIds, channelId, conversationId };
}

async function manyConversations(
  api: Api,
  access: TableAccess,
  teamId: Id<"team">,
  channels: number,
  items: number,
): Promise<Big> {
  const { botId, channelIds, channelId, conversationId } = await pattern(api, channels);
  const head = await row(access, keys.conversation(teamId, conversationId));
  const [usersRow] = await access.table.queryAll({
    pk: prefixes.userConversations(teamId, botId, "web", "regular").pk,
  });
  const [count] = await access.table.queryAll({
    pk: prefixes.conversationCounts(teamId, botId).pk,
    where: { begins: prefixes.conversationCounts(teamId, botId, channelId).prefix },
  });
  const shards = new Map<string, Item>();
  function* rows(): Iterable<Item> {
    for (let index = 0; index < items - 1; index++) {
      const id = conversationIdOf(botId, index);
      const channel_id = channelIds[index % channelIds.length] ?? channelId;
      const at = timeOf(index);
      const isRegular = index % Math.ceil(items / usersConversations) === 0;
      yield {
        ...head,
        ...keys.conversation(teamId, id),
        id,
        channel_id,
        created_at: at,
        last_message_at: at,
        active_at: at,
        list_pk: lists.conversations(teamId, channel_id),
        list_sk: `${at}#${id}`,
      };
      if (isRegular) {
        const key = keys.userConversation(teamId, botId, "web", "regular", id);
        yield { ...usersRow, ...key, conversation_id: id, created_at: at };
      }
      const key = keys.conversationCount(teamId, botId, channel_id, dueShard(id));
      const n = Number(shards.get(`${key.pk}${key.sk}`)?.["n"] ?? 0) + 1;
      shards.set(`${key.pk}${key.sk}`, { ...count, ...key, channel_id, n });
    }
  }
  access.putAll(rows());
  // The conversation that was the pattern is counted already.
  for (const shard of shards.values()) {
    const isPattern = count?.pk === shard.pk && count.sk === shard.sk;
    const n = Number(shard["n"]) + (isPattern ? Number(count["n"]) : 0);
    access.putAll([{ ...shard, n }]);
  }
  const path = `/v1/bots/${botId}/conversations`;
  return { items, path, late: timeOf(Math.floor(items * 0.9)), channelId };
}

async function manyMessages(
  api: Api,
  access: TableAccess,
  teamId: Id<"team">,
  items: number,
): Promise<Big> {
  const { botId, channelId, conversationId } = await pattern(api, 1);
  const head = await row(access, keys.conversation(teamId, conversationId));
  const pair = [1, 2].map((number) => row(access, keys.message(teamId, conversationId, number)));
  const [question, reply] = await Promise.all(pair);
  if (!question || !reply) throw new Error("The pattern has no reply.");
  function* rows(): Iterable<Item> {
    for (let number = 1; number <= items; number++) {
      const isQuestion = number % 2 === 1;
      const at = timeOf(number);
      yield {
        ...(isQuestion ? { ...question, reply_number: number + 1 } : reply),
        pk: question?.pk ?? "",
        sk: messageSk(number),
        id: messageIdOf(botId, number),
        number,
        created_at: at,
        updated_at: at,
      };
    }
  }
  access.putAll(rows());
  const counts = { message_count: items, user_count: items / 2, assistant_count: items / 2 };
  access.putAll([{ ...head, ...counts, last_message_at: timeOf(items) }]);
  const path = `/v1/conversations/${conversationId}/messages`;
  return { items, path, late: timeOf(Math.floor(items * 0.9)), channelId };
}
