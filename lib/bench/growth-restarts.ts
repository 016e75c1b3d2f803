import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { openDataFolder } from "#lib/local/data-folder";
import { itemStorage } from "#lib/local/embedded/dynamodb/engine-table";
import { apiOf } from "../api.ts";
import { messagesEach, type Pattern, receipts, userOf } from "./growth-rows.ts";
import { measure, messageRequest, noReply, type startLoader } from "./load.ts";
import { type Server, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

const expiring = 100_000;

/** A filled folder, and who measures on it. */
export interface Grown {
  readonly dataDir: string;
  readonly key: string;
  readonly pattern: Pattern;
  /** Messages in it. */
  readonly size: number;
  readonly loader: ReturnType<typeof startLoader>;
}

/** What was measured, by its name and unit. */
export type Figures = Readonly<Record<string, number>>;

/** Starts a server, and asks it for a bot: seconds from the one to the answer of the other. */
export async function timedStart({ dataDir, key, pattern }: Grown, watchesLoop = false) {
  const begun = performance.now();
  const server = await startServer({ dataDir, watchesLoop });
  const api = apiOf(server.url, key);
  await api("GET", `/v1/bots/${pattern.botId}`);
  return { server, api, seconds: (performance.now() - begun) / 1_000 };
}

/** Clients who go on with conversations that lie apart. */
export const messagesOf = ({ key, pattern, size }: Grown, count: number) => ({
  clients: Array.from({ length: count }, (_, index) => {
    const user = userOf(Math.floor(((index + 0.5) * size) / messagesEach / count));
    return messageRequest(key, pattern.channelId, user);
  }),
  refuse: noReply,
});

/** Kills the server while ten clients write, and starts it again. */
export async function afterKill(grown: Grown): Promise<Figures> {
  const { server } = await timedStart(grown);
  const loading = grown.loader.ask({ url: server.url, ...messagesOf(grown, 10) });
  await sleep(10_000);
  await server.kill();
  await loading;
  const log = statSync(`${openDataFolder(grown.dataDir).database}-wal`).size;
  const again = await timedStart(grown);
  await again.server.stop();
  return { "log left by kill -9, MB": log / 1e6, "start after kill -9, s": again.seconds };
}

/** The longest pause while rows that have expired go and one client writes. */
export async function whileRowsExpire(grown: Grown): Promise<Figures> {
  const { dataDir, pattern, loader } = grown;
  const access = await openTable(dataDir);
  const anHourAgo = Math.floor(Date.now() / 1_000) - 3_600;
  access.putAll(receipts(expiring, pattern, anHourAgo));
  await access.close();
  const begun = performance.now();
  const { server } = await timedStart(grown, true);
  const load = messagesOf(grown, 1);
  let longest = 0;
  do {
    const { longest_ms } = await measure(loader, server, { ...load, seconds: 1 });
    longest = Math.max(longest, longest_ms);
  } while (expired(dataDir) > 0);
  const seconds = (performance.now() - begun) / 1_000;
  const pause = longestPause(server);
  await server.stop();
  return {
    [`until ${expiring} expired rows were gone, s`]: seconds,
    "meanwhile: longest pause of the event loop, ms": pause,
    "meanwhile: longest reply, ms": longest,
  };
}

/** How long a bot's erasure takes for each of its messages, and what others notice of it. */
export async function whileItsBotIsErased(grown: Grown): Promise<Figures> {
  const { dataDir, pattern, size, loader, key } = grown;
  const { server, api } = await timedStart(grown, true);
  const begun = performance.now();
  await api("DELETE", `/v1/bots/${pattern.botId}`);
  const path = `/v1/agent-loops/${pattern.loopId}`;
  const client = { method: "GET", path, headers: { authorization: `Bearer ${key}` } } as const;
  let longest = 0;
  do {
    const { longest_ms } = await measure(loader, server, { clients: [client], requests: 100 });
    longest = Math.max(longest, longest_ms);
    await sleep(200);
    // A job looks a second time after minutes, for what was written during the first.
  } while (rowsWhere(dataDir, "pk GLOB 'TEAM#*#JOB#*' AND instr(item, '\"looked\"') = 0") > 0);
  const milliseconds = performance.now() - begun;
  await server.stop();
  return {
    "erasing a bot, µs a message": (milliseconds * 1_000) / size,
    "meanwhile: longest answer, ms": longest,
  };
}

const expired = (dataDir: string) => rowsWhere(dataDir, "expires_at < unixepoch() - 600");

function rowsWhere(dataDir: string, condition: string): number {
  const database = new DatabaseSync(openDataFolder(dataDir).database, { readOnly: true });
  try {
    const row = database
      .prepare(`SELECT count(*) AS n FROM ${itemStorage(1)} WHERE ${condition}`)
      .get();
    return Number(row?.["n"]);
  } finally {
    database.close();
  }
}

/** Without the second of the start. */
export const longestPause = (server: Server) =>
  Math.max(
    ...server
      .lines(({ event }) => event === "loop")
      .slice(2)
      .map(({ longest_ms = 0 }) => longest_ms),
  );
