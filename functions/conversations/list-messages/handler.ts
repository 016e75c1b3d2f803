import {
  type ConversationStore,
  createConversationStore,
} from "#shared/conversations/conversation-store";
import { listMessages } from "#shared/conversations/list-messages";
import { shownMessage } from "#shared/conversations/message";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { conversations: ConversationStore }): Handle<typeof route> =>
  async ({ caller, params, query, page }) => {
    const found = await listMessages(deps, caller.team_id, params.id, query, page);
    return { ...found, rows: found.rows.map(shownMessage) };
  };

export const handler = serve(route, () =>
  handle({ conversations: createConversationStore(liveTable()) }),
);
