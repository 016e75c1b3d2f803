import { statSync } from "node:fs";
import { openDataFolder } from "#lib/local/data-folder";
import { type Api, apiOf } from "../api.ts";
import {
  afterKill,
  type Figures,
  type Grown,
  longestPause,
  messagesOf,
  timedStart,
  whileItsBotIsErased,
  whileRowsExpire,
} from "./growth-restarts.ts";
import { growTo, makePattern, messagesEach } from "./growth-rows.ts";
import { measure, startBackend, startLoader } from "./load.ts";
import { conversationIdOf } from "./made-up.ts";
import { usageOf } from "./process-usage.ts";
import { say, shown, table } from "./say.ts";
import type { BenchRequest } from "./send.ts";
import { freshFolder, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

const small = 10_000;
const starts = 3;

/** Fills a data folder with 10,000 messages and one with more, and measures the same on both. */
export async function growthPart(messages: number): Promise<void> {
  const [loader, backend] = [startLoader(), startBackend()];
  try {
    const { url } = await backend.ask({});
    const columns: Figures[] = [];
    for (const size of [small, messages]) columns.push(await figuresAt(size, loader, url));
    const [first = {}, last = {}] = columns;
    table(
      `A folder of ${small} messages in conversations of ${messagesEach} and a tenth as many executions, and one of ${messages} (targets: start 2 s, everything else equal within 10 %; no pause above 20 ms for what expires)`,
      ["", String(small), String(messages), "factor"],
      Object.entries(first).map(([name, value]) => {
        const grown = last[name] ?? Number.NaN;
        return [name, shown(value), shown(grown), shown(grown / value)];
      }),
    );
  } finally {
    await Promise.all([loader.stop(), backend.stop()]);
  }
}

async function figuresAt(
  size: number,
  loader: Grown["loader"],
  backendUrl: string,
): Promise<Figures> {
  const folder = freshFolder();
  const { pattern, key } = await filled(folder, size, backendUrl);
  const grown = { dataDir: folder, key, pattern, size, loader };
  const bytes = statSync(openDataFolder(folder).database).size;
  return {
    "file, MB": bytes / 1e6,
    "bytes a message, executions included": bytes / size,
    ...(await whileItRuns(grown)),
    ...(await afterKill(grown)),
    ...(await whileRowsExpire(grown)),
    ...(await whileItsBotIsErased(grown)),
  };
}

async function filled(dataDir: string, size: number, backendUrl: string) {
  const server = await startServer({ dataDir });
  const access = await openTable(dataDir);
  try {
    const { team_id, api_key } = await access.team();
    const pattern = await makePattern(apiOf(server.url, api_key), team_id, backendUrl);
    await server.stop();
    const begun = performance.now();
    await growTo(size, access, pattern);
    say(`${size} messages were written in ${shown((performance.now() - begun) / 1_000)} s.`);
    return { pattern, key: api_key };
  } finally {
    await access.close();
  }
}

async function whileItRuns(grown: Grown): Promise<Figures> {
  const { key, pattern, size, loader } = grown;
  const seconds: number[] = [];
  for (let count = 1; count < starts; count++) {
    const { server, seconds: took } = await timedStart(grown);
    seconds.push(took);
    await server.stop();
  }
  const { server, api, seconds: took } = await timedStart(grown, true);
  seconds.push(took);
  const figures: Record<string, number> = { "start, s": median(seconds) };
  const headers = { authorization: `Bearer ${key}` };
  const someConversation = conversationIdOf(pattern.botId, 7);
  for (const [name, path, half] of [
    ["conversations", `/v1/bots/${pattern.botId}/conversations`, size / messagesEach / 2],
    ["executions", `/v1/agent-loops/${pattern.loopId}/executions`, size / 20],
    ["messages", `/v1/conversations/${someConversation}/messages`, messagesEach / 2],
  ] as const) {
    const get = (query: string): BenchRequest => ({
      method: "GET",
      path: `${path}?per_page=20${query}`,
      headers,
    });
    const cursor = await cursorBehind(api, path, half);
    const p50 = async (request: BenchRequest) => {
      await measure(loader, server, { clients: [request], requests: 200 });
      return (await measure(loader, server, { clients: [request], requests: 500 })).p50_ms;
    };
    figures[`${name}: page 1, p50 ms`] = await p50(get(""));
    figures[`${name}: a page in the middle, p50 ms`] = await p50(get(`&cursor=${cursor}`));
  }
  for (const count of [1, 10]) {
    const load = messagesOf(grown, count);
    await measure(loader, server, { ...load, seconds: 3 });
    const result = await measure(loader, server, { ...load, seconds: 10 });
    const who = count === 1 ? "1 client" : `${count} clients`;
    figures[`reply to ${who}, p50 ms`] = result.p50_ms;
    figures[`reply to ${who}, p99 ms`] = result.p99_ms;
  }
  figures["longest pause of the event loop, ms"] = longestPause(server);
  figures["RSS, MB"] = usageOf(server.pid).rss_mb;
  await server.stop();
  return figures;
}

/** Walks a list to so many items. */
async function cursorBehind(api: Api, path: string, items: number): Promise<string> {
  let cursor: string | null = null;
  for (let seen = 0; seen < items; seen += perWalk) {
    const from: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page = await api("GET", `${path}?per_page=${perWalk}${from}`);
    cursor = page.meta.next_cursor;
  }
  if (cursor === null) throw new Error(`${path} ends before ${items} items.`);
  return cursor;
}

const perWalk = 50;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
