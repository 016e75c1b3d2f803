import { createBotStore } from "#shared/bots/bot-store";
import { deleteBot, type DeleteBotDeps } from "#shared/erasure/delete-bot";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: DeleteBotDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteBot(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, bots: createBotStore(work.table) });
});
