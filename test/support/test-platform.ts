import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import type { Context, SQSEvent } from "aws-lambda";
import { openEmbeddedAws } from "#lib/local/embedded-aws";
import type { TransactionTime } from "#lib/local/embedded/dynamodb/contention";
import type { FaultPlan } from "#lib/local/embedded/faults";
import { startEventSource } from "#lib/local/event-source";
import { httpEvent } from "#lib/local/http-event";
import { loadHandler, loadManifest } from "#lib/manifest";
import { Agenda, settled } from "#lib/simulation/agenda";
import { newApiKey } from "#shared/api-keys/api-key-store";
import { hashApiKey } from "#shared/auth/api-key";
import { Scope } from "#shared/auth/scopes";
import type { Route } from "#shared/http/define-route";
import type { HttpEvent } from "#shared/http/edge";
import { gatewayPath, variablesIn } from "#shared/http/route-path";
import type { serve } from "#shared/http/serve";
import { systemClock, useClock } from "#shared/runtime/clock";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { type Random, useRandom } from "#shared/runtime/random";
import { useTimer } from "#shared/runtime/timers";
import { keys } from "#shared/table/keys";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import type { Plan } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";
import { problemsOfAnswer } from "./openapi-answer.ts";

/** The answer of a route. `body` is parsed JSON; its shape is checked against the reference on each call. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // Tests read answers freely; each was checked against OpenAPI.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly text: string;
}

/** How a test asks. */
export interface TestRequest {
  /** HEAD instead of the route's own GET. */
  readonly method?: "HEAD";
  /** An API key; without one the request has no `Authorization`. */
  readonly as?: string | undefined;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>> | string;
  readonly body?: unknown;
  /** The body as it is, instead of `body`. */
  readonly rawBody?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A team with its first key, which has every scope. */
export interface TestTeam {
  readonly id: Id<"team">;
  readonly key: string;
  /** Another key with these scopes. */
  keyWith(...scopes: Scope[]): Promise<string>;
}

const chance = Math.random;
/** Begins here; tests move it on. */
export const testStart = Date.parse("2026-03-04T05:06:00.000Z");
/** Shorter pauses are between tries: they end by themselves, in their order, as soon as all have gone on so far. */
const soonMs = 300;

/**
 * The whole platform in this process: real handlers and workers behind the real chain, over the embedded table and
 * queues in memory, with a clock that only the test moves. An answer that Lambda would drop throws. One to a test file, called at its top: it starts before the
 * first test, forgets its faults and its luck after each, and ends after the last.
 */
export function usePlatform(options: PlatformOptions = {}): TestPlatform {
  // What stands in it comes before the first test: nothing reads it earlier.
  const platform = {} as TestPlatform;
  beforeAll(async () => {
    Object.defineProperties(
      platform,
      Object.getOwnPropertyDescriptors(await startPlatform(options)),
    );
  });
  afterEach(() => {
    platform.faults = undefined;
    platform.random = chance;
  });
  afterAll(() => platform.close());
  return platform;
}

/** A started platform. */
export type TestPlatform = Awaited<ReturnType<typeof startPlatform>>;

/** How a platform of tests is. */
interface PlatformOptions {
  /** The most functions of each worker at once, instead of what AWS gets. */
  readonly functions?: number;
  /** How long transactions take, in which they conflict as in DynamoDB; by default no time. */
  readonly transactionTime?: TransactionTime;
}

async function startPlatform({ functions, transactionTime }: PlatformOptions) {
  let now = testStart;
  let faults: FaultPlan | undefined;
  const clock = () => now;
  useClock(clock);
  /** What is to happen when the test has moved its clock so far. */
  const later = new Set<{ readonly ms: number; readonly at: number; readonly run: () => void }>();
  const soon = new Agenda(0);
  let isPassing = false;
  const pass = async () => {
    if (isPassing) return;
    isPassing = true;
    await settled();
    while (await soon.next(Infinity));
    isPassing = false;
  };
  useTimer((ms, run) => {
    if (ms < soonMs) {
      void pass();
      return soon.in(ms, run);
    }
    const timer = { ms, at: now + ms, run };
    later.add(timer);
    return () => later.delete(timer);
  });
  Object.assign(process.env, {
    ALLOW_PRIVATE_URLS: "true",
    LEASE_SECONDS: "5",
    PUBLIC_URL: "http://127.0.0.1:3000",
    ...(functions !== undefined && { MAX_CONCURRENCY: String(functions) }),
  });
  const manifest = await loadManifest();
  const aws = openEmbeddedAws({
    folder: undefined,
    manifest,
    clock,
    faults: (call) => faults?.(call),
    transactionTime,
  });
  aws.serveBlobs("http://127.0.0.1:3000");
  const routes = new Map(manifest.routes.map((entry) => [entry.route.operationId, entry]));
  const table = liveTable();
  const teams = createTeamStore(table);

  const queued = await Promise.all(
    manifest.workers.flatMap(({ folder, worker }) =>
      "queue" in worker.trigger
        ? [
            loadHandler(folder).then((handler) => ({
              name: worker.name,
              ...(worker.trigger as { queue: string; batchSize: number; maxConcurrency: number }),
              ...(functions !== undefined && { maxConcurrency: functions }),
              timeoutSeconds: worker.timeoutSeconds,
              handler: handler as (event: SQSEvent, context: Context) => Promise<unknown>,
            })),
          ]
        : [],
    ),
  );
  const sources = queued.map((worker) => startEventSource(worker, aws.queues, clock));

  const routeOf = (operationId: string) => {
    const found = routes.get(operationId);
    if (!found) throw new Error(`There is no operation ${operationId}.`);
    return found;
  };

  const call = async (operationId: string, request: TestRequest = {}): Promise<TestAnswer> => {
    const { folder, route } = routeOf(operationId);
    const handler = await loadHandler(folder);
    return read(route, await handler(eventOf(route, request), contextOf(operationId, clock)));
  };

  const advance = (ms: number) => {
    now += ms;
    const due = [...later].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const timer of due) if (later.delete(timer)) timer.run();
    for (const source of sources) source.look();
  };

  const platform = {
    manifest,
    table,
    queues: aws.queues,
    serveBlobs: (url: string) => aws.serveBlobs(url),
    clock,
    call,
    routeOf: (operationId: string) => routeOf(operationId).route,

    /**
     * What fails from now on of the calls to AWS, and is tried again at once; nothing when it is undefined, as at first.
     */
    set faults(plan: FaultPlan | undefined) {
      faults = plan;
      // By this chance alone the SDK makes its pauses between tries.
      Math.random = plan ? () => 0 : chance;
    },

    /** What is drawn from now on where the platform leaves something to chance: `Math.random`, as at first. */
    set random(random: Random) {
      useRandom(random);
    },

    /** Moves time on: what waited for that has come, and queues look again. */
    advance,

    /** Moves time on so far if something waits that began to wait so long, and lets a moment pass before the next look. */
    lookForWait: async (ms: number) => {
      if ([...later].some((timer) => timer.ms === ms)) advance(ms);
      await sleep(5);
    },

    team: async (plan: Plan = "enterprise"): Promise<TestTeam> => {
      const { team_id, api_key } = await createTeam(
        { teams },
        { name: "Acme", plan },
        createMint(now),
      );
      return {
        id: team_id,
        key: api_key,
        keyWith: async (...scopes) => {
          const first = await table.get(keys.credential(hashApiKey(api_key)));
          const cursor_key = String(first?.["cursor_key"]);
          const given = { name: "Restricted", scopes, rate_limit: 1_000, cursor_key };
          const { key, parts } = newApiKey(team_id, given, createMint(now));
          await table.transact(parts);
          return key;
        },
      };
    },

    /** Waits until no worker runs and no queue has a message that is visible now. */
    settle: async () => {
      const idle = () => Promise.all(sources.map((source) => source.idle())).then(() => true);
      // One worker's end can be another's beginning: only what is quiet twice is at rest.
      for (let round = 0, quiet = 0; round < 2_000; round++) {
        for (const source of sources) source.look();
        await settled();
        const wasIdle = await Promise.race([idle(), settled().then(() => false)]);
        await idle();
        const isReady = queued.some(
          ({ queue }) => (aws.queues.nextVisibleAt(queue) ?? Infinity) <= now,
        );
        quiet = wasIdle && !isReady ? quiet + 1 : 0;
        if (quiet === 2) return;
      }
      throw new Error("The workers did not come to rest.");
    },

    /** Runs the sweeper once, as the clock does each minute. */
    sweep: async () => {
      const sweep = await loadHandler("workers/sweep");
      await sweep({}, contextOf("sweep", clock));
    },

    close: async () => {
      for (const source of sources) source.refuse();
      await Promise.all(sources.map((source) => source.idle()));
      await aws.close();
    },
  };
  return platform;
}

/** Calls a route that is served with other deps than its own. */
export async function callServed(
  route: Route,
  handler: ReturnType<typeof serve>,
  request: TestRequest,
): Promise<TestAnswer> {
  const context = contextOf(route.operationId, systemClock);
  return read(route, await handler(eventOf(route, request), context));
}

/** AWS Lambda, quotas: an invocation's payload. */
const mostAnswerBytes = 6_291_556;

async function read({ operationId, path }: Route, answer: unknown): Promise<TestAnswer> {
  const {
    statusCode: status,
    headers,
    body: text,
  } = answer as { statusCode: number; headers: Record<string, string>; body: string };
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes > mostAnswerBytes) throw new Error(`${operationId}: Lambda drops ${bytes} bytes.`);
  const isJson = headers["content-type"]?.startsWith("application/json") ?? false;
  const body: unknown = isJson ? JSON.parse(text) : undefined;
  if (isJson && path.startsWith("/v1/")) {
    const problems = await problemsOfAnswer(operationId, { status, headers, body });
    if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${text}`);
  }
  return { status, headers, body, text };
}

/** All scopes but these: what a key lacks. */
export const scopesWithout = (...lacking: Scope[]) =>
  Scope.options.filter((scope) => scope !== "admin" && !lacking.includes(scope));

/** The context that Lambda would give a route. */
export const contextOf = (operationId: string, clock: () => number): Context => {
  const end = clock() + 29_000;
  const started = Date.now();
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: operationId,
    functionVersion: "1",
    invokedFunctionArn: "arn",
    memoryLimitInMB: "512",
    awsRequestId: "id",
    logGroupName: "logs",
    logStreamName: "stream",
    getRemainingTimeInMillis: () => end - clock() - (Date.now() - started),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
};

let requests = 0;

/** The event that an HTTP API would make of a request. */
export function eventOf(
  route: Pick<Route, "method" | "path">,
  { method, as, params = {}, query, body, rawBody, headers }: TestRequest,
): HttpEvent {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const search =
    typeof query === "string"
      ? query
      : new URLSearchParams(
          Object.entries(query ?? {}).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]),
        ).toString();
  const given = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const isBytes = given instanceof Uint8Array;
  const rawHeaders = Object.entries({
    ...(given !== undefined && { "content-type": "application/json" }),
    ...(as !== undefined && { authorization: `Bearer ${as}` }),
    ...headers,
  });
  const event = httpEvent(
    {
      method: method ?? route.method,
      url: search === "" ? path : `${path}?${search}`,
      httpVersion: "1.1",
      rawHeaders: rawHeaders.flat(),
      socket: {},
    },
    undefined,
    {
      requestId: `req_${String(++requests).padStart(26, "0")}`,
      now: testStart,
      routeKey: `${route.method} ${gatewayPath(route.path)}`,
      pathParameters: Object.fromEntries(
        variablesIn(route.path).flatMap((name, place) =>
          name in params ? [[`p${place + 1}`, params[name] ?? ""]] : [],
        ),
      ),
    },
  );
  // As it was given: tests send as text what is none, and as bytes what is text.
  return {
    ...event,
    ...(given !== undefined && { body: isBytes ? Buffer.from(given).toString("base64") : given }),
    isBase64Encoded: isBytes,
  };
}
