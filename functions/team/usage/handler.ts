import { createFigureStore, type FigureStore } from "#shared/figures/figure-store";
import { reportUsage } from "#shared/figures/report-usage";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { figures: FigureStore }): Handle<typeof route> =>
  async ({ caller, query, mint }) => ({
    body: await reportUsage(deps, caller.team_id, query, mint.now),
  });

export const handler = serve(route, () => handle({ figures: createFigureStore(liveTable()) }));
