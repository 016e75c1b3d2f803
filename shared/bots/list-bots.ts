import type { Id } from "../runtime/ids.ts";
import { hasName, matches } from "../schema/matches.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import type { StoredBot } from "./bot.ts";
import type { BotStore } from "./bot-store.ts";

/** Which bots are asked for. */
export interface BotFilter {
  readonly status?: StoredBot["status"] | undefined;
  /** A part of the name. */
  readonly name?: string | undefined;
}

/** A team's bots, newest first. */
export async function listBots(
  { bots }: { readonly bots: BotStore },
  teamId: Id<"team">,
  { name, ...filter }: BotFilter,
  page: PageRequest,
): Promise<Page<StoredBot>> {
  const rows = await bots.list(teamId);
  const wanted = rows.filter((bot) => matches(bot, filter) && hasName(bot, name));
  return pageOf(wanted, page, ({ id }) => id);
}
