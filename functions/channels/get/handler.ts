import { checkHealth } from "#shared/channels/check-health";
import type { ConnectDeps } from "#shared/channels/connect-channel";
import { lastInboundAt } from "#shared/channels/last-inbound";
import { liveConnecting } from "#shared/channels/live-connecting";
import { shownInFull } from "#shared/channels/shown-in-full";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { countCallsFor } from "#shared/outbound/call-slots";
import { route } from "./route.ts";

export const handle =
  (deps: ConnectDeps): Handle<typeof route> =>
  async ({ caller, params }) => {
    const found = await deps.channels.find(caller.team_id, params.id);
    if (!found) throw notFound();
    const { channel, bot } = found;
    const [checked, lastInbound] = await Promise.all([
      countCallsFor(caller.team_id, "channels", () =>
        checkHealth(deps, caller.team_id, channel, bot),
      ),
      lastInboundAt(deps.table, caller.team_id, params.id),
    ]);
    return { body: shownInFull(deps, checked, bot, lastInbound) };
  };

export const handler = serve(route, () => handle(liveConnecting()));
