import { type Api, apiOf, askOf } from "../api.ts";
import { startBackend } from "../bench/load.ts";
import { type LogLine, type Server, startServer } from "../bench/server.ts";
import { openTable } from "../bench/table-access.ts";
import { loadManifest } from "../manifest.ts";
import { type Memory, memoryKindOf } from "../memory.ts";
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
  const variables = { METRICS_NAMESPACE: "ChatbotPlatform/prod" };
  const server = await startServer({ logLevel: "info", variables });
  const [backend, access] = [startBackend(), await openTable(server.dataDir)];
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
    const api: Api = async (method, path, body, headers) => {
      const answer = await apiOf(server.url, api_key)(method, path, body, headers);
      const line = await server.line(({ request_id }) => request_id === answer.requestId);
      const suffix = headers?.["idempotency-key"] === undefined ? "" : " with Idempotency-Key";
      note(`${line.route}${suffix}`, true, line);
      return answer;
    };
    await askEveryRoute(askOf(api), (await backend.ask({})).url);
    for (const [name, line] of await rawRoutes(server)) note(name, true, line);
    for (const [name, line] of await jobs(server)) note(name, false, line);
    return counted;
  } finally {
    await Promise.all([access.close(), backend.stop()]);
    await server.stop();
  }
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

/** One finished job of each kind of work whose size is always about the same: the most that any has used. */
async function jobs(server: Server): Promise<ReadonlyMap<string, LogLine>> {
  const most = new Map<string, LogLine>();
  for (const line of server.lines(({ event }) => event === "message")) {
    const { kind } = JSON.parse(line.body ?? "{}") as { kind?: string };
    // What an erasure uses grows with what is erased.
    if (kind === "job") continue;
    const name = `${line.worker}: ${kind}`;
    const before = most.get(name);
    if (!before || before.write_units < line.write_units) most.set(name, line);
  }
  return most;
}
