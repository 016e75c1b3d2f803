import { createChannelStore } from "#shared/channels/channel-store";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { shownMessage } from "#shared/conversations/message";
import { sendMessage, type SendMessageDeps } from "#shared/conversations/send-message";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { livePlaces } from "#shared/work/live-places";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: SendMessageDeps): Handle<typeof route> =>
  async ({ caller, params, query, body, mint, deadline }) => {
    const waitUntil = Math.min(deps.clock() + query.wait * 1_000, deadline);
    const asked = { message: body, mint, waitUntil };
    const { message, reply, repeated } = await sendMessage(deps, caller.team_id, params.id, asked);
    return {
      body: { message: shownMessage(message), reply: reply && shownMessage(reply) },
      repeated,
    };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    places: livePlaces("waits", route.heldFunctions),
    channels: createChannelStore(work.table),
    conversations: createConversationStore(work.table),
  });
});
