import {
  type ConversationStore,
  createConversationStore,
} from "#shared/conversations/conversation-store";
import { listMessages } from "#shared/conversations/list-messages";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { conversations: ConversationStore }): Handle<typeof route> =>
  ({ caller, params, query, page }) =>
    listMessages(deps, caller.team_id, params.id, query, page);

export const handler = serve(route, () =>
  handle({ conversations: createConversationStore(liveTable()) }),
);
