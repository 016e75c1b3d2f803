import { createBotStore } from "#shared/bots/bot-store";
import { askInRequest } from "#shared/channels/ask-in-request";
import { createChannel, type CreateChannelDeps } from "#shared/channels/create-channel";
import { liveConnecting } from "#shared/channels/live-connecting";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { publicUrl } from "#shared/runtime/public-url";
import type { HoldDeps } from "#shared/work/hold-request";
import { liveHolding } from "#shared/work/live-holding";
import { route } from "./route.ts";

export const handle =
  (deps: CreateChannelDeps & HoldDeps): Handle<typeof route> =>
  async ({ caller, params: { bot_id }, body, mint, deadline }) => {
    const asked = { team_id: caller.team_id, target: bot_id };
    return {
      body: await askInRequest(deps, asked, deadline, (turnedAway) =>
        createChannel(deps, caller, bot_id, body, { mint, deadline, turnedAway }),
      ),
    };
  };

export const handler = serve(route, () => {
  const connecting = liveConnecting();
  const bots = createBotStore(connecting.table);
  return handle({ ...connecting, ...liveHolding(), bots, publicUrl });
});
