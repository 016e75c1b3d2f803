import { createBotStore } from "#shared/bots/bot-store";
import { createChannelStore } from "#shared/channels/channel-store";
import { createChannel, type CreateChannelDeps } from "#shared/channels/create-channel";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: CreateChannelDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await createChannel(deps, caller, params.bot_id, body, mint),
  });

export const handler = serve(route, () =>
  handle({ bots: createBotStore(liveTable()), channels: createChannelStore(liveTable()) }),
);
