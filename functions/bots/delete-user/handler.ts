import { createBotStore } from "#shared/bots/bot-store";
import { deleteUser, type DeleteUserDeps } from "#shared/erasure/delete-user";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: DeleteUserDeps): Handle<typeof route> =>
  async ({ caller, params, query, mint }) => {
    await deleteUser(deps, caller, { ...params, ...query }, mint);
    return { body: { user_id: params.user_id, deleted: true } };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, bots: createBotStore(work.table) });
});
