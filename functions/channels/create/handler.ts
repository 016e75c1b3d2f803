import { createBotStore } from "#shared/bots/bot-store";
import { createChannel, type CreateChannelDeps } from "#shared/channels/create-channel";
import { liveConnecting } from "#shared/channels/live-connecting";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { countCallsFor } from "#shared/outbound/call-slots";
import { publicUrl } from "#shared/runtime/public-url";
import { route } from "./route.ts";

export const handle =
  (deps: CreateChannelDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint, deadline }) => ({
    body: await countCallsFor(caller.team_id, "channels", () =>
      createChannel(deps, caller, params.bot_id, body, { mint, deadline }),
    ),
  });

export const handler = serve(route, () => {
  const connecting = liveConnecting();
  return handle({ ...connecting, bots: createBotStore(connecting.table), publicUrl });
});
