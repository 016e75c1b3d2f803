import { createChannelStore } from "#shared/channels/channel-store";
import { deleteChannel, type DeleteChannelDeps } from "#shared/erasure/delete-channel";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: DeleteChannelDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteChannel(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, channels: createChannelStore(work.table) });
});
