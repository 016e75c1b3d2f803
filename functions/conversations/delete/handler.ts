import { createConversationStore } from "#shared/conversations/conversation-store";
import {
  deleteConversation,
  type DeleteConversationDeps,
} from "#shared/erasure/delete-conversation";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: DeleteConversationDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteConversation(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, conversations: createConversationStore(work.table) });
});
