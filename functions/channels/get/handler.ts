import { askInRequest } from "#shared/channels/ask-in-request";
import { checkHealth } from "#shared/channels/check-health";
import type { ConnectDeps } from "#shared/channels/connect-channel";
import { lastInboundAt } from "#shared/channels/last-inbound";
import { liveConnecting } from "#shared/channels/live-connecting";
import { shownInFull } from "#shared/channels/shown-in-full";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import type { HoldDeps } from "#shared/work/hold-request";
import { liveHolding } from "#shared/work/live-holding";
import { route } from "./route.ts";

export const handle =
  (deps: ConnectDeps & HoldDeps): Handle<typeof route> =>
  async ({ caller: { team_id }, params: { id }, deadline }) => {
    const found = await deps.channels.find(team_id, id);
    if (!found) throw notFound();
    const { channel, bot } = found;
    const [checked, lastInbound] = await Promise.all([
      askInRequest(deps, { team_id, target: id }, deadline, (turnedAway) =>
        checkHealth(deps, team_id, { channel, bot }, turnedAway),
      ),
      lastInboundAt(deps.table, team_id, id),
    ]);
    return { body: shownInFull(deps, checked, bot, lastInbound) };
  };

export const handler = serve(route, () => handle({ ...liveConnecting(), ...liveHolding() }));
