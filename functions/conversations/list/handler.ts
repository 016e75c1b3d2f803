import { createBotStore } from "#shared/bots/bot-store";
import { createChannelStore } from "#shared/channels/channel-store";
import {
  listConversations,
  type ListConversationsDeps,
} from "#shared/conversations/list-conversations";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListConversationsDeps): Handle<typeof route> =>
  ({ caller, params, query, page }) =>
    listConversations(deps, caller.team_id, params.bot_id, query, page);

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ table, bots: createBotStore(table), channels: createChannelStore(table) });
});
