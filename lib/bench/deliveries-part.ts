import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { apiOf, askOf } from "../api.ts";
import { makeConversation, makeWebBot } from "../one-of-each.ts";
import { usageOf } from "./process-usage.ts";
import { table } from "./say.ts";
import { startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

/** As many as a team can have: nearly all that is measured is deliveries. */
const endpoints = 20;
const clients = 10;
const warmUp = 20;
const messages = 200;

/** Measures how many events a second reach receivers that answer at once. */
export async function deliveriesPart(profileDir: string | undefined): Promise<void> {
  const server = await startServer({ profileDir });
  const [receiver, access] = [await startReceiver(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const ask = askOf(apiOf(server.url, api_key));
    // Its messages are kept and told, and nobody answers them.
    const { channel_id } = await makeWebBot(ask, { status: "paused" });
    for (let made = 0; made < endpoints; made++) {
      await ask("createWebhookEndpoint", {
        body: { url: receiver.url, events: ["message.received"] },
      });
    }
    const send = async (count: number) => {
      const told = receiver.received(count * endpoints);
      const each = count / clients;
      const client = async (index: number) => {
        for (let sent = 0; sent < each; sent++) {
          await makeConversation(ask, channel_id, { user: `user-${index}` });
        }
      };
      await Promise.all([told, ...Array.from({ length: clients }, (_, index) => client(index))]);
    };
    await send(warmUp);
    const before = usageOf(server.pid);
    const startedAt = performance.now();
    await send(messages);
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = usageOf(server.pid);
    const deliveries = messages * endpoints;
    table(
      "Events told to 20 endpoints that answer at once, with the messages that they tell of (target: 300 deliveries a second)",
      ["messages", "deliveries", "deliveries per second", "CPU ms each", "RSS MB"],
      [
        [
          messages,
          deliveries,
          deliveries / seconds,
          (after.cpu_ms - before.cpu_ms) / deliveries,
          after.rss_mb,
        ],
      ],
    );
  } finally {
    await Promise.all([access.close(), receiver.close()]);
    await server.stop();
  }
}

/** A receiver that takes everything at once, and counts it. */
async function startReceiver() {
  let count = 0;
  let wanted = Infinity;
  let reached = () => {};
  const server = createServer((request, response) => {
    request.on("end", () => {
      response.writeHead(204).end();
      count += 1;
      if (count >= wanted) reached();
    });
    request.resume();
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    /** Resolves when so many more have come. */
    received: (more: number) =>
      new Promise<void>((resolve) => {
        wanted = count + more;
        reached = resolve;
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
