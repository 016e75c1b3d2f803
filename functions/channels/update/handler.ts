import { liveConnecting } from "#shared/channels/live-connecting";
import { updateChannel, type UpdateChannelDeps } from "#shared/channels/update-channel";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { countCallsFor } from "#shared/outbound/call-slots";
import { publicUrl } from "#shared/runtime/public-url";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateChannelDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint, deadline }) => ({
    body: await countCallsFor(caller.team_id, "channels", () =>
      updateChannel(deps, caller, params.id, body, { mint, deadline }),
    ),
  });

export const handler = serve(route, () => handle({ ...liveConnecting(), publicUrl }));
