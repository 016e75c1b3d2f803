import { apiOf, askOf } from "../api.ts";
import { makeBot } from "../one-of-each.ts";
import type { ComparedTable } from "./committed-figures.ts";
import { measure, startLoader } from "./load.ts";
import { startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

const clients = 10;

/** Measures GET /v1/bots/{id}, which is two table calls, and the health route, which is the chain without any. */
export async function readsPart(options: {
  readonly seconds: number;
  readonly profileDir: string | undefined;
  readonly table: ComparedTable;
}): Promise<void> {
  const { seconds, profileDir, table } = options;
  const server = await startServer({ profileDir });
  const [loader, access] = [startLoader(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const bot = await makeBot(askOf(apiOf(server.url, api_key)), { name: "Bench" });
    const headers = { authorization: `Bearer ${api_key}` };
    const rows: (string | number)[][] = [];
    for (const path of [`/v1/bots/${bot.id}`, "/v1/health"]) {
      const request = { method: "GET", path, headers } as const;
      const load = { clients: Array.from({ length: clients }, () => request) };
      await measure(loader, server, { ...load, seconds: Math.min(2, seconds) });
      const result = await measure(loader, server, { ...load, seconds });
      rows.push([
        path.replace(bot.id, "{id}"),
        result.requests,
        result.per_second,
        result.p50_ms,
        result.p99_ms,
        result.cpu_ms_each,
        result.rss_mb,
      ]);
    }
    table(
      `Reads over HTTP, ${clients} clients (target for the bot: 1,000/s)`,
      1,
      ["route", "requests", "per second", "p50 ms", "p99 ms", "CPU ms each", "RSS MB"],
      rows,
    );
  } finally {
    await Promise.all([access.close(), loader.stop()]);
    await server.stop();
  }
}
