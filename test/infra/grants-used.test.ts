import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withAssets } from "#lib/assets";
import { askEveryRoute } from "#lib/costs/every-route";
import { type Needs, needsOfRoute, needsOfWorker } from "#lib/grants";
import { openEmbeddedAws } from "#lib/local/embedded-aws";
import type { FaultCall } from "#lib/local/embedded/faults";
import { sqsEvent } from "#lib/local/event-source";
import { loadHandler, loadManifest } from "#lib/manifest";
import type { Ask } from "#lib/one-of-each";
import { hookGrants } from "#shared/channels/hook-route";
import { createMint } from "#shared/runtime/mint";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import { answers, type FakeBackend, startFakeBackend } from "../support/fake-backend.ts";
import { contextOf, eventOf } from "../support/test-platform.ts";

const manifest = await loadManifest();

/** The rights that the function that is running has used. */
const running = new AsyncLocalStorage<Set<string>>();
const used = new Map<string, Set<string>>();
const usedBy = (name: string) => {
  const rights = used.get(name) ?? new Set();
  used.set(name, rights);
  return rights;
};

const blobUses: Readonly<Record<string, string>> = {
  PutObject: "put",
  GetObject: "read",
  DeleteObject: "delete",
};

/** As IAM checks it: a transaction needs the rights of its parts. */
function rightsOf({ service, operation, input }: FaultCall): readonly string[] {
  if (service === "sqs") {
    const queue = String(input["QueueUrl"]).split("/").at(-1);
    return operation.startsWith("Send") ? [`send ${queue}`] : [];
  }
  if (service === "s3") return [`${blobUses[operation]} blobs`];
  if (service !== "dynamodb") return [];
  // An index is a resource of its own.
  if (typeof input["IndexName"] === "string") return [`${operation} ${input["IndexName"]}`];
  if (operation !== "TransactWriteItems") return [operation];
  // The engine has checked that the input is one of DynamoDB's.
  const parts = input["TransactItems"] as readonly Record<string, unknown>[];
  return parts.flatMap((part) =>
    Object.keys(part).map((kind) =>
      kind === "ConditionCheck" ? "ConditionCheckItem" : `${kind}Item`,
    ),
  );
}

const clock = () => Date.now();
const aws = openEmbeddedAws({
  folder: undefined,
  manifest,
  clock,
  faults: (call) => {
    for (const right of rightsOf(call)) running.getStore()?.add(right);
    return undefined;
  },
});
async function runWorkers(): Promise<void> {
  for (const { folder, worker } of manifest.workers) {
    if (!("queue" in worker.trigger)) continue;
    const { queue } = worker.trigger;
    for (;;) {
      const messages = await aws.queues.receive(queue, 1);
      if (messages.length === 0) break;
      const handler = await loadHandler(folder);
      const event = sqsEvent(queue, messages);
      const context = {
        ...contextOf(worker.name, clock),
        getRemainingTimeInMillis: () => worker.timeoutSeconds * 1000,
      };
      await running.run(usedBy(worker.name), () => handler(event, context));
      const handles = messages.map(({ receiptHandle }) => receiptHandle);
      await aws.queues.delete(queue, handles);
    }
  }
}

const askWith =
  (key: string): Ask =>
  async (operationId, request) => {
    const found = manifest.routes.find(({ route }) => route.operationId === operationId);
    if (!found) throw new Error(`There is no operation ${operationId}.`);
    const { folder } = found;
    const own = await loadHandler(folder);
    const handler = withAssets({ folder, handler: own }, manifest, assets);
    const event = eventOf(found.route, { as: key, ...request });
    const answering = running.run(usedBy(operationId), () =>
      handler(event, contextOf(operationId, clock)),
    ) as Promise<{ statusCode: number; body: string }>;
    let isAnswered = false;
    void answering.finally(() => (isAnswered = true));
    do {
      await runWorkers();
      await new Promise((resolve) => setTimeout(resolve, 2));
    } while (!isAnswered);
    const answer = await answering;
    if (answer.statusCode >= 300) throw new Error(`${operationId}: ${answer.body}`);
    return JSON.parse(answer.body).data;
  };

const assets = mkdtempSync(join(tmpdir(), "assets-"));
let backend: FakeBackend | undefined;
beforeAll(async () => {
  Object.assign(process.env, {
    ALLOW_PRIVATE_URLS: "true",
    LEASE_SECONDS: "5",
    PUBLIC_URL: "http://127.0.0.1:3000",
    ASSETS_DIR: assets,
  });
  backend = await startFakeBackend();
  backend.answer(answers.json({ content: "Noted." }));
  const teams = createTeamStore(liveTable());
  const team = { name: "Acme", plan: "enterprise" } as const;
  const { api_key } = await createTeam({ teams }, team, createMint(clock()));
  await askEveryRoute(askWith(api_key), backend.url);
  await runWorkers();
  const sweep = await loadHandler("workers/sweep");
  await running.run(usedBy("sweep"), () => sweep({}, contextOf("sweep", clock)));
});
afterAll(async () => {
  await Promise.all([backend?.close(), aws.close()]);
  rmSync(assets, { recursive: true, force: true });
});

const functions: readonly (readonly [string, Needs])[] = [
  ...manifest.routes.map(({ route: one }) => [one.operationId, needsOfRoute(one)] as const),
  ...manifest.workers.map(({ worker }) => [worker.name, needsOfWorker(worker)] as const),
];

const remembered = "what it reads was already remembered by this process";
const forSchedules = "only for loops with a schedule";
const forSlow = "only for a receiver or a backend that is slow";
const ofPlatforms = "only for files, which none of these calls makes: platforms bring them";
/** What a hook may do, which its platform alone makes it do. */
const whyOfHook = (test: string) =>
  `only for calls of its platform, which \`${test}.test.ts\` makes`;
const ofHook = (test: string) => {
  const why = whyOfHook(test);
  const { table, sends } = hookGrants;
  return Object.fromEntries([...table, ...sends.map((to) => `send ${to}`)].map((to) => [to, why]));
};
const forPlatforms = "only for channels of platforms, of which these calls make none";
const forEndpoints = "only where a webhook endpoint wants to be told";
const forRepeats = "only for requests with an Idempotency-Key";

/** Rights that the calls above do not need, with who does. */
const explained: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sendMessage: {
    Query: "only for who waits longer than a second for a reply",
    "send deliveries": forEndpoints,
  },
  rateMessage: { PutItem: forEndpoints, "send deliveries": forEndpoints },
  receiveTelegramUpdate: ofHook("receive-telegram-update"),
  receiveSlackEvent: ofHook("receive-slack-event"),
  receiveDiscordInteraction: ofHook("receive-discord-interaction"),
  receiveWhatsAppCall: ofHook("receive-whatsapp-call"),
  answerWhatsAppHandshake: { GetItem: whyOfHook("answer-whatsapp-handshake") },
  createAgentLoop: { GetItem: remembered, "send jobs": forSchedules },
  rotateAgentLoopSecret: { PutItem: forRepeats },
  updateAgentLoop: { PutItem: forSchedules, DeleteItem: forSchedules, "send jobs": forSchedules },
  replayDeliveries: { BatchGetItem: "only where deliveries wait for another attempt" },
  deleteChannel: { GetItem: remembered },
  createChannel: {
    BatchGetItem: forPlatforms,
    DeleteItem: forPlatforms,
    "send jobs": forPlatforms,
    "send deliveries": forPlatforms,
  },
  getChannel: {
    GetItem: remembered,
    Query: forPlatforms,
    PutItem: forPlatforms,
    DeleteItem: forPlatforms,
    "send jobs": forPlatforms,
    "send deliveries": forPlatforms,
  },
  updateChannel: {
    GetItem: remembered,
    Query: forPlatforms,
    DeleteItem: forPlatforms,
    "send jobs": forPlatforms,
    "send deliveries": forPlatforms,
  },
  deleteIntegration: { GetItem: remembered },
  rotateIntegrationSecret: { GetItem: remembered, PutItem: forRepeats },
  updateIntegration: { GetItem: remembered },
  testIntegration: { GetItem: remembered, PutItem: forRepeats, Query: forSlow },
  retryDelivery: { PutItem: forRepeats },
  cancelExecution: { PutItem: forRepeats, "send deliveries": "only for loops with a callback" },
  listConversations: { BatchGetItem: "only for the conversations of one user" },
  executions: {
    Query: "only when an execution goes on after a wait or a crash",
    "send executions": "only when it waits, for a model that is out of reach",
  },
  deliveries: { Query: forSlow, PutItem: forSlow },
  getFile: { GetItem: ofPlatforms, "read blobs": ofPlatforms },
  inbound: {
    GetItem: remembered,
    "put blobs": ofPlatforms,
    "read blobs": "only for files of platforms that a model is given",
    "delete blobs": ofPlatforms,
    ConditionCheckItem: forEndpoints,
    "send inbound": "only when more is to be answered",
    "send deliveries": forEndpoints,
  },
  jobs: {
    "delete blobs": ofPlatforms,
    PutItem: forSchedules,
    ConditionCheckItem: forSchedules,
    "send executions": forSchedules,
    "send deliveries": "only when a running execution is cancelled by an erasure",
  },
  sweep: Object.fromEntries(
    ["UpdateItem", "send inbound", "send executions", "send deliveries", "send jobs"].map(
      (right) => [right, "only when something was forgotten"],
    ),
  ),
};

const grantedTo = ({ table, sends, blobs }: Needs) => [
  ...table,
  ...sends.map((queue) => `send ${queue}`),
  ...blobs.map((use) => `${use} blobs`),
];

describe.each(functions)("the function %s, called as usual,", (name, needs) => {
  it("does nothing that it is not granted", () => {
    const granted = new Set<string>(grantedTo(needs));
    expect([...usedBy(name)].filter((right) => !granted.has(right))).toEqual([]);
  });

  it("uses all that it is granted, but for what is explained", () => {
    const known = explained[name] ?? {};
    const unused = grantedTo(needs).filter((right) => !usedBy(name).has(right));
    expect(unused.filter((right) => known[right] === undefined)).toEqual([]);
  });
});
