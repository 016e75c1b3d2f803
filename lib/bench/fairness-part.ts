import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, apiOf, askOf } from "../api.ts";
import { makeAgentLoop, makeExecution, makeWebBot } from "../one-of-each.ts";
import { quantiles } from "./quantiles.ts";
import { table } from "./say.ts";
import { startServer } from "./server.ts";
import { openTable } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

/** What one team has hanging while another is measured: of each more than it has places on one machine. */
const hanging = { chats: 400, executions: 400, callbacks: 560 } as const;
const measured = 100;

/** Measures what one team waits for its replies, executions and callbacks while all servers of another hang. */
export async function fairnessPart(): Promise<void> {
  const server = await startServer();
  const access = await openTable(server.dataDir);
  const held = await listen(() => {});
  try {
    const [slow, quick] = [await access.team(), await access.team()];
    await hang(apiOf(server.url, slow.api_key), held.url);
    const open = held.calls();
    const rows = await measure(apiOf(server.url, quick.api_key));
    table(
      `One team's echoes while ${hanging.chats} chats, ${hanging.executions} executions and ${hanging.callbacks} callbacks of another hang (target: p99 2,000 ms); ${open} calls hung at first, ${held.open()} at the end`,
      ["what", "measured", "p50 ms", "p99 ms", "longest"],
      rows,
    );
  } finally {
    await held.close();
    await access.close();
    await server.stop();
  }
}

async function hang(api: Api, url: string): Promise<void> {
  const ask = askOf(api);
  const { channelId } = await webhookBot(api, url);
  const model = { provider: "openai", name: "bench", base_url: `${url}/v1`, api_key: "sk-bench" };
  const slow = await makeAgentLoop(ask, { model });
  const calling = await makeAgentLoop(ask, { callback: { url } });
  const times = (count: number, act: (number: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: count }, (_, number) => act(number)));
  await times(hanging.chats, (number) =>
    api("POST", `/v1/channels/${channelId}/messages`, {
      user: { id: `user-${number}` },
      content: "Hello!",
    }),
  );
  // One loop's executions are numbered one after the other.
  for (let count = 0; count < hanging.executions; count++) await makeExecution(ask, slow.id);
  for (let count = 0; count < hanging.callbacks; count++) await makeExecution(ask, calling.id);
}

async function measure(api: Api): Promise<(string | number)[][]> {
  const ask = askOf(api);
  const { channel_id } = await makeWebBot(ask, { name: "Bench" });
  let called = Promise.withResolvers<void>();
  const receiver = await listen((response) => {
    response.writeHead(204).end();
    called.resolve();
  });
  const loop = await makeAgentLoop(ask, { callback: { url: receiver.url } });
  const replies: number[] = [];
  const executions: number[] = [];
  const callbacks: number[] = [];
  for (let count = 0; count < measured; count++) {
    const said = performance.now();
    await api("POST", `/v1/channels/${channel_id}/messages?wait=20`, {
      user: { id: `user-${count}` },
      content: "Hello!",
    });
    replies.push(performance.now() - said);

    called = Promise.withResolvers();
    const begun = performance.now();
    const { id } = await makeExecution(ask, loop.id);
    const arrives = called.promise.then(() => callbacks.push(performance.now() - begun));
    while ((await api("GET", `/v1/executions/${id}`)).data["status"] !== "completed") {
      await sleep(5);
    }
    executions.push(performance.now() - begun);
    await arrives;
  }
  await receiver.close();
  const row = (what: string, values: readonly number[]) => {
    const of = quantiles(values);
    return [what, values.length, of(0.5), of(0.99), Math.max(...values)];
  };
  return [
    row("reply, through ?wait=20", replies),
    row("execution, until it shows as completed", executions),
    row("callback, since its execution was asked for", callbacks),
  ];
}

/** A server in this process that does this with each call. */
async function listen(answer: (response: ServerResponse) => void) {
  const open = new Set<ServerResponse>();
  let calls = 0;
  const server = createServer((request: IncomingMessage, response) => {
    calls++;
    open.add(response);
    response.once("close", () => open.delete(response));
    request.resume();
    request.once("end", () => answer(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    open: () => open.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
