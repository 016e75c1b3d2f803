import type { Context } from "aws-lambda";
import { route as createBot } from "#functions/bots/create/route";
import { route as getBot } from "#functions/bots/get/route";
import { route as getHealth } from "#functions/system/health/route";
import type { Handle } from "#shared/http/define-route";
import type { Edge } from "#shared/http/edge";
import { serve } from "#shared/http/serve";
import { servePublic } from "#shared/http/serve-public";
import { version } from "#shared/runtime/version";
import type { Table } from "#shared/table/table";
import { benchEvent } from "./bench-event.ts";
import { quantiles } from "./quantiles.ts";
import { table } from "./say.ts";

const runs = 20_000;
const warmUp = 5_000;

const notCalled = () => {
  throw new Error("The chain without the table asked the table.");
};

/** A table that admits every key at once. */
const admitting: Table = {
  get: notCalled,
  batchGet: notCalled,
  query: notCalled,
  queryPages: notCalled,
  queryAll: notCalled,
  putIfAbsent: notCalled,
  put: notCalled,
  delete: notCalled,
  transact: notCalled,
  transactOnce: notCalled,
  deleteAll: notCalled,
  update: async ({ pk, sk }) => ({
    applied: true,
    item: {
      pk,
      sk,
      team_id: "team_01jd7zq3c8e9v5r2k4m6n8p0ab",
      key_id: "key_01jd7zq3c8e9v5r2k4m6n8p0ab",
      scopes: ["admin"],
      rate_limit: 1_000,
      window_number: 0,
      window_count: 1,
    },
  }),
};

const edge: Edge = { table: () => admitting, clock: Date.now };

const health: Handle<typeof getHealth> = async () => ({ body: { status: "ok", version } });
const bot: Handle<typeof getBot | typeof createBot> = async () => ({ body: getBot.example.data });

const chains = {
  "health: no key, no body": servePublic(getHealth, () => health, edge),
  "get a bot: key, path": serve(getBot, () => bot, edge),
  "create a bot: key, body": serve(createBot, () => bot, edge),
};

/** Measures the CPU time of the chain itself: in this process, with a table that answers at once. */
export async function chainPart(): Promise<void> {
  // The line of each request is made, and goes nowhere.
  process.env["LOG_LEVEL"] = "error";
  const rows: (string | number)[][] = [];
  for (const [name, handler] of Object.entries(chains)) {
    const times: number[] = [];
    const run = async () => {
      // Nothing is waited for, so the median is CPU time; the system counts that itself too coarsely for one run.
      const before = performance.now();
      const { statusCode } = await handler({ ...event }, newContext());
      times.push(performance.now() - before);
      if ((statusCode ?? 500) > 299) throw new Error(`${name} answered ${statusCode}.`);
    };
    for (let count = 0; count < warmUp; count++) await run();
    times.length = 0;
    const begin = process.threadCpuUsage();
    for (let count = 0; count < runs; count++) await run();
    const { user, system } = process.threadCpuUsage(begin);
    const at = quantiles(times);
    rows.push([name, runs, at(0.5), at(0.99), (user + system) / 1_000 / runs]);
  }
  table(
    "The chain without the table, in process (target: 1 ms CPU p50)",
    ["route", "runs", "ms p50", "ms p99", "CPU ms, mean"],
    rows,
  );
}

const body = JSON.stringify({ name: "Support Bot", settings: { context_window: 20 } });

const event = benchEvent(getBot.example.data.id, body);

const newContext = (): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: "bench",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
  memoryLimitInMB: "512",
  awsRequestId: "bench",
  logGroupName: "bench",
  logStreamName: "bench",
  getRemainingTimeInMillis: () => 29_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});
