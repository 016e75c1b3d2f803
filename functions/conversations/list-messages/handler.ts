import {
  type ConversationStore,
  createConversationStore,
} from "#shared/conversations/conversation-store";
import { listMessages } from "#shared/conversations/list-messages";
import { shownMessage } from "#shared/conversations/message";
import { shownContent } from "#shared/conversations/shown-content";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { type Clock, systemClock } from "#shared/runtime/clock";
import { publicUrl } from "#shared/runtime/public-url";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

interface ListMessagesDeps {
  readonly conversations: ConversationStore;
  readonly publicUrl: () => string;
  readonly clock: Clock;
}

export const handle =
  (deps: ListMessagesDeps): Handle<typeof route> =>
  async ({ caller: { team_id }, params, query, page }) => {
    const found = await listMessages(deps, team_id, params.id, query, page);
    const showing = { ...deps, team_id, now: deps.clock() };
    return {
      ...found,
      rows: found.rows.map((row) => shownMessage(row, shownContent(row, showing))),
    };
  };

export const handler = serve(route, () => {
  const conversations = createConversationStore(liveTable());
  return handle({ conversations, publicUrl, clock: systemClock });
});
