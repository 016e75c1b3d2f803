import {
  type LocalServer,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";
import type { Platform } from "./bench.ts";

/** Starts the platform as a process of its own, with one team. */
export async function startPlatform(): Promise<Platform & { stop(): Promise<void> }> {
  const dataDir = newDataDir();
  const { api_key: key } = await makeTeam(dataDir, "Of the SDKs", "enterprise");
  let server: LocalServer = await startLocalServer({ dataDir });
  return {
    url: () => server.url,
    key,
    kill: async () => {
      await server.stop("SIGKILL");
    },
    start: async () => {
      server = await startLocalServer({ dataDir });
    },
    stop: async () => {
      await server.stop();
    },
  };
}
