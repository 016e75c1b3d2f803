import { askInRequest } from "#shared/channels/ask-in-request";
import { liveConnecting } from "#shared/channels/live-connecting";
import { updateChannel, type UpdateChannelDeps } from "#shared/channels/update-channel";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { publicUrl } from "#shared/runtime/public-url";
import type { HoldDeps } from "#shared/work/hold-request";
import { liveHolding } from "#shared/work/live-holding";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateChannelDeps & HoldDeps): Handle<typeof route> =>
  async ({ caller, params: { id }, body, mint, deadline }) => {
    const asked = { team_id: caller.team_id, target: id };
    return {
      body: await askInRequest(deps, asked, deadline, (turnedAway) =>
        updateChannel(deps, caller, id, body, { mint, deadline, turnedAway }),
      ),
    };
  };

export const handler = serve(route, () =>
  handle({ ...liveConnecting(), ...liveHolding(), publicUrl }),
);
