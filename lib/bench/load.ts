import type { BackendAddress } from "./backend-program.ts";
import type { Load, LoadResult } from "./load-program.ts";
import type { PlatformsQuestion, PlatformsState } from "./platforms-program.ts";
import { usageOf } from "./process-usage.ts";
import { type Program, startProgram } from "./program.ts";
import type { BenchRequest } from "./send.ts";
import type { Server } from "./server.ts";

/** Starts a client that loads servers, in a process of its own. */
export const startLoader = (): Program<Load, LoadResult> =>
  startProgram(new URL("./load-program.ts", import.meta.url));

/** Starts a backend that answers at once, in a process of its own. */
export const startBackend = (): Program<object, BackendAddress> =>
  startProgram(new URL("./backend-program.ts", import.meta.url));

/** Starts platforms that have no limits, in a process of their own. */
export const startPlatforms = (): Program<PlatformsQuestion, PlatformsState> =>
  startProgram(new URL("./platforms-program.ts", import.meta.url));

/** What a load came to, with what the server spent on it. */
export interface Measured extends LoadResult {
  readonly per_second: number;
  readonly cpu_ms_each: number;
  readonly rss_mb: number;
}

/** Loads a server and looks at its process before and after. Throws when an answer failed. */
export async function measure(
  loader: Program<Load, LoadResult>,
  server: Pick<Server, "url" | "pid">,
  load: Omit<Load, "url">,
): Promise<Measured> {
  const before = usageOf(server.pid);
  const result = await loader.ask({ url: server.url, ...load });
  const after = usageOf(server.pid);
  if (result.failed > 0) {
    throw new Error(`${result.failed} of ${result.requests} requests failed: ${result.failure}`);
  }
  return {
    ...result,
    per_second: result.requests / result.seconds,
    cpu_ms_each: (after.cpu_ms - before.cpu_ms) / result.requests,
    rss_mb: after.rss_mb,
  };
}

const json = { "content-type": "application/json" };

/** A client that sends one user's messages and waits for each reply. */
export const messageRequest = (key: string, channelId: string, user: string): BenchRequest => ({
  method: "POST",
  path: `/v1/channels/${channelId}/messages?wait=10`,
  headers: { authorization: `Bearer ${key}`, ...json },
  body: JSON.stringify({
    user: { id: user, name: "Ada" },
    content: "How late are you open today?",
  }),
});

/** What an answer to such a message holds when nobody replied in time. */
export const noReply = '"reply":null';
