import { type BotStore, createBotStore } from "#shared/bots/bot-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { shownIntegration } from "#shared/integrations/integration";
import {
  createIntegrationStore,
  type IntegrationStore,
} from "#shared/integrations/integration-store";
import { liveTable } from "#shared/table/live-table";
import { pageOf } from "#shared/table/page";
import { route } from "./route.ts";

export const handle =
  ({
    bots,
    integrations,
  }: {
    bots: BotStore;
    integrations: IntegrationStore;
  }): Handle<typeof route> =>
  async ({ caller, params, query, page }) => {
    const [bot, all] = await Promise.all([
      bots.find(caller.team_id, params.bot_id),
      integrations.list(caller.team_id, params.bot_id),
    ]);
    if (!bot) throw notFound();
    const rows = all
      .toReversed()
      .filter(
        ({ type, status, fallback }) =>
          (query.type === undefined || type === query.type) &&
          (query.status === undefined || status === query.status) &&
          (query.fallback === undefined || fallback === query.fallback),
      )
      .map(shownIntegration);
    return pageOf(rows, page, ({ id }) => id);
  };

export const handler = serve(route, () =>
  handle({ bots: createBotStore(liveTable()), integrations: createIntegrationStore(liveTable()) }),
);
