import { listAuditEntries } from "#shared/audit/list-audit-entries";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import type { Table } from "#shared/table/table";
import { route } from "./route.ts";

export const handle =
  (deps: { table: Table }): Handle<typeof route> =>
  ({ caller, query, page, mint }) =>
    listAuditEntries(deps, caller.team_id, query, page, mint.now);

export const handler = serve(route, () => handle({ table: liveTable() }));
