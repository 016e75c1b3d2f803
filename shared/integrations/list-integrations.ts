import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { matches } from "../schema/matches.ts";
import { type Page, pageOf, type PageRequest } from "../table/page.ts";
import { type Integration, shownIntegration } from "./integration.ts";
import type { IntegrationStore } from "./integration-store.ts";

/** Which integrations are asked for. */
export interface IntegrationFilter {
  readonly type?: Integration["type"] | undefined;
  readonly status?: Integration["status"] | undefined;
  readonly fallback?: boolean | undefined;
}

/** A bot's integrations, newest first. */
export async function listIntegrations(
  { bots, integrations }: ListIntegrationsDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  filter: IntegrationFilter,
  page: PageRequest,
): Promise<Page<Integration>> {
  const [bot, all] = await Promise.all([
    bots.find(teamId, botId),
    integrations.list(teamId, botId),
  ]);
  if (!bot) throw notFound();
  const wanted = all
    .toReversed()
    .map(shownIntegration)
    .filter((one) => matches(one, filter));
  return pageOf(wanted, page, ({ id }) => id);
}

export interface ListIntegrationsDeps {
  readonly bots: BotStore;
  readonly integrations: IntegrationStore;
}
