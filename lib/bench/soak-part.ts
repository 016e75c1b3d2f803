import { apiOf } from "../api.ts";
import { measure, messageRequest, noReply, startBackend, startLoader } from "./load.ts";
import { say, table } from "./say.ts";
import { startServer } from "./server.ts";
import { openTable } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

const clients = 10;
const steps = 20;

/** Sends so many messages and prints the server's memory on the way. */
export async function soakPart(messages: number): Promise<void> {
  const server = await startServer();
  const [loader, backend, access] = [
    startLoader(),
    startBackend(),
    await openTable(server.dataDir),
  ];
  try {
    const { api_key } = await access.team();
    const { channelId } = await webhookBot(apiOf(server.url, api_key), (await backend.ask({})).url);
    const rows: number[][] = [];
    let sent = 0;
    for (let step = 1; step <= steps; step++) {
      const requests = Math.round((messages * step) / steps) - sent;
      const result = await measure(loader, server, {
        // Other users at each step: conversations end, and new ones begin.
        clients: Array.from({ length: clients }, (_, index) =>
          messageRequest(api_key, channelId, `user-${step}-${index}`),
        ),
        requests,
        refuse: noReply,
      });
      sent += result.requests;
      const row = [sent, result.per_second, result.p50_ms, result.p99_ms, result.cpu_ms_each];
      rows.push([...row, result.rss_mb]);
      say(`${sent} messages, ${Math.round(result.rss_mb)} MB`);
    }
    table(
      `Memory over ${messages} messages, ${clients} clients (target: 200 MB, no growth)`,
      ["messages", "per second", "p50 ms", "p99 ms", "CPU ms each", "RSS MB"],
      rows,
    );
  } finally {
    await Promise.all([access.close(), loader.stop(), backend.stop()]);
    await server.stop();
  }
}
