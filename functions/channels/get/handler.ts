import { type ChannelStore, createChannelStore } from "#shared/channels/channel-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ channels }: { channels: ChannelStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const found = await channels.find(caller.team_id, params.id);
    if (!found) throw notFound();
    return { body: found.channel };
  };

export const handler = serve(route, () => handle({ channels: createChannelStore(liveTable()) }));
