import { apiOf } from "../api.ts";
import type { ComparedTable } from "./committed-figures.ts";
import { measure, messageRequest, noReply, startBackend, startLoader } from "./load.ts";
import { messageCosts } from "./message-costs.ts";
import { startServer } from "./server.ts";
import { openTable } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

/** How long and how hard to load. */
export interface MessagesOptions {
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly profileDir: string | undefined;
  readonly table: ComparedTable;
}

/** Measures a message's way: in, to a webhook or to a model, and its reply out through `?wait`. */
export async function messagesPart(options: MessagesOptions): Promise<void> {
  const { seconds, clients, profileDir, table } = options;
  const server = await startServer({ profileDir });
  const [loader, backend, access] = [
    startLoader(),
    startBackend(),
    await openTable(server.dataDir),
  ];
  try {
    const { api_key } = await access.team();
    const { url } = await backend.ask({});
    const api = apiOf(server.url, api_key);
    const kinds = [
      ["webhook", await webhookBot(api, url)],
      ["openai", await webhookBot(api, `${url}/v1`, { type: "openai", model: "fake" })],
    ] as const;
    const rows: (string | number)[][] = [];
    const pairs = clients.flatMap((count) => kinds.map((kind) => [count, ...kind] as const));
    for (const [count, kind, { channelId }] of pairs) {
      const load = {
        clients: Array.from({ length: count }, (_, index) =>
          messageRequest(api_key, channelId, `user-${kind}-${count}-${index}`),
        ),
        refuse: noReply,
      };
      await measure(loader, server, { ...load, seconds: Math.min(3, seconds) });
      const result = await measure(loader, server, { ...load, seconds });
      rows.push([
        kind,
        count,
        result.requests,
        result.per_second,
        result.p50_ms,
        result.p99_ms,
        result.longest_ms,
        result.cpu_ms_each,
        result.rss_mb,
      ]);
    }
    table(
      "Message in, backend asked, reply out through ?wait=10 (targets at 10 clients: 200/s, p99 100 ms, 200 MB; openai 1.5 of the CPU of webhook)",
      2,
      [
        "backend",
        "clients",
        "messages",
        "per second",
        "p50 ms",
        "p99 ms",
        "longest",
        "CPU ms each",
        "RSS MB",
      ],
      rows,
    );
  } finally {
    await Promise.all([access.close(), loader.stop(), backend.stop()]);
    await server.stop();
  }
  await messageCosts();
}
