import { shownConversation } from "#shared/conversations/conversation";
import {
  type ConversationStore,
  createConversationStore,
} from "#shared/conversations/conversation-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ conversations }: { conversations: ConversationStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const found = await conversations.find(caller.team_id, params.id);
    if (!found) throw notFound();
    return { body: shownConversation(found.conversation) };
  };

export const handler = serve(route, () =>
  handle({ conversations: createConversationStore(liveTable()) }),
);
