import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import type { ChannelCase } from "./channel-cases.ts";
import { aBot } from "./make.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";

type BotCase = Pick<ChannelCase, "type" | "credentials">;

/** A team with a bot, and how it makes a channel of a platform. */
export async function aBotOf(
  platform: TestPlatform,
  { type, credentials: usual }: BotCase,
  team?: TestTeam,
) {
  const { id: team_id, key } = team ?? (await platform.team());
  const bot_id = await aBot(platform, key);
  return {
    team_id,
    key,
    bot_id,
    create: (credentials: unknown = usual, headers: Record<string, string> = {}) =>
      platform.call("createChannel", {
        as: key,
        params: { bot_id },
        headers,
        body: { type, credentials },
      }),
    read: async (id: Id<"ch">) =>
      (await platform.call("getChannel", { as: key, params: { id } })).body.data,
    call: (operationId: string, id: string, body?: unknown) =>
      platform.call(operationId, { as: key, params: { id }, body }),
  };
}

/** A channel that is connected, and what is stored beside its row. */
export async function aChannelOf(platform: TestPlatform, one: ChannelCase, team?: TestTeam) {
  const bot = await aBotOf(platform, one, team);
  const { id, webhook_url: url } = (await bot.create()).body.data;
  const { table } = platform;
  return {
    ...bot,
    id,
    url,
    read: () => bot.read(id),
    patch: (body: unknown) => bot.call("updateChannel", id, body),
    remove: () => bot.call("deleteChannel", id),
    hook: () => table.get(keys.hook(id)),
    account: (of = one.account) => table.get(keys.platformAccount(bot.team_id, one.type, of)),
    connection: () => table.get(keys.connection(bot.team_id, id)),
  };
}
