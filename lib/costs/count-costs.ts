import { type Api, apiOf, askOf } from "../api.ts";
import type { HookCall } from "../bench/hook-calls.ts";
import { startBackend, startPlatforms } from "../bench/load.ts";
import { type LogLine, type Server, startServer } from "../bench/server.ts";
import { openTable } from "../bench/table-access.ts";
import { loadManifest } from "../manifest.ts";
import { type Memory, memoryKindOf } from "../memory.ts";
import { askModels, bedrockAt } from "./ask-models.ts";
import { askedPlatforms, askPlatform, withFile } from "./ask-platforms.ts";
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
  const [backend, platforms] = [startBackend(), startPlatforms()];
  const { variables } = await platforms.ask({});
  const { url } = await backend.ask({});
  const server = await startServer({
    logLevel: "info",
    variables: {
      METRICS_NAMESPACE: "ChatbotPlatform/prod",
      PUBLIC_URL: "https://chat.example.com",
      ...bedrockAt(url),
      ...variables,
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
    await askEveryRoute(askOf(noting("")), url);
    const isConnection = (line: LogLine) => messageIn(line).kind === "connection";
    const chats = new Map(await askModels(askOf(apiOf(server.url, api_key)), url));
    for (const [index, platform] of askedPlatforms.entries()) {
      // They stand behind the name of what is done there.
      const words = ` of ${platform.name}`;
      const { sent } = await platforms.ask({});
      const asked = await askPlatform(
        {
          ask: askOf(apiOf(server.url, api_key)),
          askOfChannel: askOf(noting(words)),
          tell: async (hookUrl, call) => {
            const { secret } = await platforms.ask({});
            await noteRequest(await tellHook(server.url, hookUrl, call(secret)), "");
          },
          answered: async (replies) => void (await platforms.ask({ sent: sent + replies })),
          settled: async (more) => void (await server.line(isConnection, 2 * index + more)),
        },
        platform,
      );
      for (const [chat, more] of asked) chats.set(chat, `${words}${more}`);
    }
    for (const [name, line] of await rawRoutes(server)) note(name, true, line);
    for (const [name, line] of jobs(server, chats)) note(name, false, line);
    return counted;
  } finally {
    await Promise.all([access.close(), backend.stop(), platforms.stop()]);
    await server.stop();
  }
}

/** Calls a hook of this server by its public address; gives the id of the request. Throws when it is refused. */
async function tellHook(url: string, hookUrl: string, call: HookCall): Promise<string | null> {
  const response = await fetch(`${url}${new URL(hookUrl).pathname}`, { method: "POST", ...call });
  if (!response.ok) throw new Error(`The hook answered ${response.status}.`);
  return response.headers.get("x-request-id");
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
  // To find no file and no hook costs what it costs to find one.
  const id = "01jd7zq3c8e9v5r2k4m6n8p0ab";
  const file = `/v1/files/file_${id}?team=team_${id}&conversation=conv_${id}&number=1&expires=9999999999&signature=none`;
  const hook = `/v1/hooks/whatsapp/ch_${id}?hub.mode=subscribe`;
  const paths = ["/docs", "/docs/script.js", "/sdks/typescript.tgz", "/no/such/path", file, hook];
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
 * One finished job of each kind of work whose size is always about the same: the most that any has used. Those of some
 * conversations have words of their own behind their names. The first reply of a channel in a minute is noted there: it
 * stands beside the others, of which it is the most.
 */
function jobs(server: Server, words: ReadonlyMap<string, string>): ReadonlyMap<string, LogLine> {
  const most = new Map<string, LogLine>();
  const lines = server.lines(({ event }) => event === "message");
  for (const line of lines.toSorted((one, other) => other.write_units - one.write_units)) {
    const { kind, conversation_id = "" } = messageIn(line);
    // What an erasure uses grows with what is erased.
    if (kind === "job") continue;
    const more = words.get(conversation_id) ?? "";
    const name = `${line.worker}: ${kind}${more}`;
    // A file is sent in a minute in which others were answered.
    const isNoted = kind === "conversation" && !more.endsWith(withFile);
    const noted = isNoted ? (most.get(`${name}, noted`) ?? line) : undefined;
    if (noted?.write_units === line.write_units) most.set(`${name}, noted`, noted);
    else if (!most.has(name)) most.set(name, line);
  }
  return most;
}

const messageIn = ({ body = "{}" }: LogLine) =>
  JSON.parse(body) as { readonly kind?: string; readonly conversation_id?: string };
