import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import {
  rotateLoopSecret,
  type RotateLoopSecretDeps,
} from "#shared/agent-loops/rotate-loop-secret";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: RotateLoopSecretDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await rotateLoopSecret(deps, caller, params.id, mint),
  });

export const handler = serve(
  route,
  () => {
    const table = liveTable();
    return handle({ table, loops: createAgentLoopStore(table), secrets: liveTeamSecrets() });
  },
  { secrets: liveRecordSecrets },
);
