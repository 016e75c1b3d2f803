import { createChannelStore } from "#shared/channels/channel-store";
import { createConversationStore } from "#shared/conversations/conversation-store";
import { shownMessage, type StoredMessage } from "#shared/conversations/message";
import { sendMessage, type SendMessageDeps } from "#shared/conversations/send-message";
import { shownContent } from "#shared/conversations/shown-content";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { publicUrl } from "#shared/runtime/public-url";
import { liveHolding } from "#shared/work/live-holding";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: SendMessageDeps & { readonly publicUrl: () => string }): Handle<typeof route> =>
  async ({ caller: { team_id }, params, query, body, mint, deadline }) => {
    const waitUntil = Math.min(deps.clock() + query.wait * 1_000, deadline);
    const asked = { message: body, mint, waitUntil };
    const sent = await sendMessage(deps, team_id, params.id, asked);
    const { message, reply, isExpected, repeated } = sent;
    const showing = { ...deps, team_id, now: deps.clock() };
    const shown = (one: StoredMessage) => shownMessage(one, shownContent(one, showing));
    return {
      body: {
        message: shown(message),
        reply: reply && shown(reply),
        reply_expected: isExpected,
      },
      repeated,
    };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    ...liveHolding(),
    channels: createChannelStore(work.table),
    conversations: createConversationStore(work.table),
    publicUrl,
  });
});
