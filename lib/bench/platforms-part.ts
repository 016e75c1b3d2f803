import { availableParallelism, loadavg } from "node:os";
import { apiOf } from "../api.ts";
import { type AskedPlatform, askedPlatforms, onTelegram } from "../costs/ask-platforms.ts";
import { startBackend, startPlatforms } from "./load.ts";
import type { Written } from "./platforms-program.ts";
import { usageOf } from "./process-usage.ts";
import { say, shown, table } from "./say.ts";
import { type LogLine, type Server, type ServerOptions, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

/** Messages of each measurement. */
const messages = 1_000;
const warmUp = 300;

/** Measures bots on each platform: how soon the hook answers, how many replies a second reach it, what a long conversation costs. */
export async function platformsPart(profileDir: string | undefined): Promise<void> {
  for (const platform of askedPlatforms) await speed(platform, profileDir);
  await longConversation();
}

/** A server with a bot on a platform of its own, whose messages a webhook backend answers. */
async function withPlatform<T>(
  { type, credentials }: AskedPlatform,
  options: ServerOptions,
  run: (
    server: Server,
    /** People write and get their answers. */
    write: (people: number, times: number) => Promise<Written>,
  ) => Promise<T>,
): Promise<T> {
  const [platforms, backend] = [startPlatforms(), startBackend()];
  const { variables: urls } = await platforms.ask({});
  const variables = { PUBLIC_URL: "https://chat.example.com", ...urls };
  const server = await startServer({ ...options, variables });
  const access = await openTable(server.dataDir);
  try {
    const { api_key } = await access.team();
    const api = apiOf(server.url, api_key);
    const { botId } = await webhookBot(api, (await backend.ask({})).url);
    const body = { type, credentials: credentials[0] };
    const { data } = await api("POST", `/v1/bots/${botId}/channels`, body);
    const path = new URL(String(data["webhook_url"])).pathname;
    return await run(server, async (people, times) => {
      const to = { on: type, to: server.url, path };
      const { written } = await platforms.ask({ write: { ...to, people, times } });
      return written;
    });
  } finally {
    await Promise.all([access.close(), platforms.stop(), backend.stop()]);
    await server.stop();
  }
}

async function speed(platform: AskedPlatform, profileDir: string | undefined): Promise<void> {
  const rows = await withPlatform(platform, { profileDir }, async (server, write) => {
    const measured: (string | number)[][] = [];
    for (const people of [1, 10]) {
      const times = messages / people;
      await write(people, warmUp / people);
      const before = usageOf(server.pid);
      const { seconds, hook_ms, reply_ms } = await write(people, times);
      const after = usageOf(server.pid);
      measured.push([
        people,
        messages,
        messages / seconds,
        hook_ms.p50,
        hook_ms.p95,
        reply_ms.p50,
        reply_ms.p99,
        (after.cpu_ms - before.cpu_ms) / messages,
        after.rss_mb,
      ]);
    }
    return measured;
  });
  table(
    `Messages on ${platform.name}: hook, webhook backend, typing, reply; each person writes again when they are answered
(targets: the hook's own work, as with one chat, p95 25 ms; 150 replies a second with 10 chats)`,
    [
      "chats",
      "messages",
      "replies per second",
      "hook p50 ms",
      "hook p95 ms",
      "reply p50 ms",
      "reply p99 ms",
      "CPU ms each",
      "RSS MB",
    ],
    rows,
  );
  say(
    `Load of the machine in the last minute: ${shown(loadavg()[0] ?? Number.NaN)} on ${availableParallelism()} cores.`,
  );
}

/** Counts calls and units of the same conversation's messages when it is short and when it is long. */
async function longConversation(): Promise<void> {
  const rows = await withPlatform(onTelegram, { logLevel: "info" }, async (server, write) => {
    const [isHook, isWorker] = [
      ({ route }: LogLine) => route === "receiveTelegramUpdate",
      ({ worker }: LogLine) => worker === "inbound",
    ];
    const counted: (string | number)[][] = [];
    for (const number of [10, 100, messages]) {
      await write(1, number - server.lines(isHook).length);
      const lines = [await server.line(isHook, number), await server.line(isWorker, number)];
      const sum = (of: (line: LogLine) => number) =>
        lines.reduce((total, line) => total + of(line), 0);
      counted.push([
        number,
        sum(({ calls }) => calls),
        sum(({ write_units }) => write_units),
        sum(({ read_units }) => read_units),
      ]);
    }
    return counted;
  });
  table(
    "Calls and units of a message of one conversation and its reply, hook and worker together (target: the last as the first)",
    ["message", "calls", "W", "R"],
    rows,
  );
}
