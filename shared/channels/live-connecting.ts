import { liveSafeFetch } from "../outbound/live-safe-fetch.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { liveTeamSecrets } from "../secrets/live-team-secrets.ts";
import { liveWork } from "../work/live-work.ts";
import { createChannelStore } from "./channel-store.ts";
import type { ConnectDeps } from "./connect-channel.ts";

/** The deployment's means to speak to platforms for channels. */
export function liveConnecting(): ConnectDeps {
  const work = liveWork();
  return {
    ...work,
    channels: createChannelStore(work.table),
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    adapterOf,
  };
}
