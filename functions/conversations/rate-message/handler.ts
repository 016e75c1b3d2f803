import { createConversationStore } from "#shared/conversations/conversation-store";
import { rateMessage, type RateMessageDeps } from "#shared/conversations/rate-message";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { publicUrl } from "#shared/runtime/public-url";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: RateMessageDeps): Handle<typeof route> =>
  async ({ caller: { team_id }, params, body, mint }) => {
    const place = { team_id, conversation_id: params.id, number: params.number };
    return { body: await rateMessage(deps, place, body, mint) };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, conversations: createConversationStore(work.table), publicUrl });
});
