import { createChannelStore } from "#shared/channels/channel-store";
import { updateChannel, type UpdateChannelDeps } from "#shared/channels/update-channel";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateChannelDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await updateChannel(deps, caller, params.id, body, mint),
  });

export const handler = serve(route, () => handle({ channels: createChannelStore(liveTable()) }));
