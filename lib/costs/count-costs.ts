import { type Api, apiOf, askOf } from "../api.ts";
import { startBackend, startTelegram } from "../bench/load.ts";
import { type LogLine, type Server, startServer } from "../bench/server.ts";
import { openTable } from "../bench/table-access.ts";
import { loadManifest } from "../manifest.ts";
import { type Memory, memoryKindOf } from "../memory.ts";
import { askTelegram } from "./ask-telegram.ts";
import { askEveryRoute } from "./every-route.ts";

/** What one call of a function was counted to use. */
export interface Counted {
  /** The operation of a route, or a worker with what it was about. */
  readonly name: string;
  readonly isRoute: boolean;
  readonly memory: keyof Memory;
  /** Calls to the table and the queues, as the function makes them. */
  readonly calls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly queueCalls: number;
  /** Bytes of its own log line, metrics included. */
  readonly logBytes: number;
}

/** Calls every route of a platform of its own on this machine and counts what each call, and each job of a worker, used. */
export async function countCosts(): Promise<ReadonlyMap<string, Counted>> {
  const [backend, telegram] = [startBackend(), startTelegram()];
  const server = await startServer({
    logLevel: "info",
    variables: {
      METRICS_NAMESPACE: "ChatbotPlatform/prod",
      PUBLIC_URL: "https://chat.example.com",
      TELEGRAM_API_URL: (await telegram.ask({})).url,
    },
  });
  const access = await openTable(server.dataDir);
  try {
    const { api_key } = await access.team();
    const counted = new Map<string, Counted>();
    const kinds = await memoryKinds();
    const note = (name: string, isRoute: boolean, line: LogLine) =>
      counted.set(name, {
        name,
        isRoute,
        memory: kinds.get(String(line.route ?? line.worker)) ?? "usual",
        calls: line.calls,
        readUnits: line.read_units,
        writeUnits: line.write_units,
        queueCalls: line.queue_calls,
        logBytes: line.bytes,
      });
    const noteRequest = async (requestId: string | null, suffix: string) => {
      const line = await server.line(({ request_id }) => request_id === requestId);
      note(`${line.route}${suffix}`, true, line);
    };
    /** Calls the API and notes what it cost, with words behind the name of the operation. */
    const noting =
      (words: string): Api =>
      async (method, path, body, headers) => {
        const answer = await apiOf(server.url, api_key)(method, path, body, headers);
        const isOnce = headers?.["idempotency-key"] !== undefined;
        await noteRequest(answer.requestId, isOnce ? " with Idempotency-Key" : words);
        return answer;
      };
    await askEveryRoute(askOf(noting("")), (await backend.ask({})).url);
    const isConnection = ({ worker, body }: LogLine) =>
      worker === "jobs" && kindIn(body) === "connection";
    const chat = await askTelegram({
      ask: askOf(apiOf(server.url, api_key)),
      askOfChannel: askOf(noting(ofTelegram)),
      tell: async (channelId, update) => {
        const { secret } = await telegram.ask({});
        await noteRequest(await tellHook(server.url, channelId, secret, update), "");
      },
      answered: async (replies) => void (await telegram.ask({ sent: replies })),
      settled: async (jobs) => void (await server.line(isConnection, jobs)),
    });
    for (const [name, line] of await rawRoutes(server)) note(name, true, line);
    for (const [name, line] of jobs(server, chat)) note(name, false, line);
    return counted;
  } finally {
    await Promise.all([access.close(), backend.stop(), telegram.stop()]);
    await server.stop();
  }
}

/** Stands behind the name of what is done on Telegram. */
const ofTelegram = " of Telegram";

/** Calls the hook of a channel as Telegram does; gives the id of the request. Throws when it is refused. */
export async function tellHook(
  url: string,
  channelId: string,
  secret: string,
  update: object,
): Promise<string | null> {
  const { ok, status, headers } = await fetch(`${url}/v1/hooks/telegram/${channelId}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-telegram-bot-api-secret-token": secret,
    },
    body: JSON.stringify(update),
  });
  if (!ok) throw new Error(`The hook answered ${status}.`);
  return headers.get("x-request-id");
}

/** Which memory each operation and each worker has. */
async function memoryKinds(): Promise<ReadonlyMap<string, keyof Memory>> {
  const { routes, workers } = await loadManifest();
  return new Map([
    ...routes.map(({ route }) => [route.operationId, memoryKindOf(route)] as const),
    ...workers.map(({ worker }) => [worker.name, memoryKindOf(worker)] as const),
  ]);
}

/** Routes that answer no JSON, or always an error. */
async function rawRoutes(server: Server) {
  // To find no file costs what it costs to find one.
  const id = "01jd7zq3c8e9v5r2k4m6n8p0ab";
  const file = `/v1/files/file_${id}?team=team_${id}&conversation=conv_${id}&number=1&expires=9999999999&signature=none`;
  const paths = ["/docs", "/docs/redoc.js", "/no/such/path", file];
  return Promise.all(
    paths.map(async (path) => {
      const response = await fetch(`${server.url}${path}`);
      await response.arrayBuffer();
      const id = response.headers.get("x-request-id");
      const line = await server.line(({ request_id }) => request_id === id);
      return [String(line.route), line] as const;
    }),
  );
}

/**
 * One finished job of each kind of work whose size is always about the same: the most that any has used. Those of a
 * conversation on Telegram are told apart.
 */
function jobs(server: Server, telegramChat: string): ReadonlyMap<string, LogLine> {
  const most = new Map<string, LogLine>();
  for (const line of server.lines(({ event }) => event === "message")) {
    const kind = kindIn(line.body);
    // What an erasure uses grows with what is erased.
    if (kind === "job") continue;
    const isOnTelegram = line.body?.includes(telegramChat) === true;
    const name = `${line.worker}: ${kind}${isOnTelegram ? ofTelegram : ""}`;
    const before = most.get(name);
    if (!before || before.write_units < line.write_units) most.set(name, line);
  }
  return most;
}

const kindIn = (body = "{}") => (JSON.parse(body) as { readonly kind?: string }).kind;
