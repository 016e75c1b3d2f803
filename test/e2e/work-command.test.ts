import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, describe, expect, it } from "@jest/globals";
import { deadLettersOf, queueNameOf, tableNameOf } from "#lib/deployed-names";
import { openDataFolder } from "#lib/local/data-folder";
import { openEmbeddedAws } from "#lib/local/embedded-aws";
import { createTableRequest } from "#lib/local/table-request";
import { loadManifest } from "#lib/manifest";
import { awsConfig } from "#shared/runtime/aws-config";
import { env } from "#shared/runtime/env";
import type { QueueName } from "#shared/runtime/grants";
import type { Id } from "#shared/runtime/ids";
import type { IdPrefix } from "#shared/runtime/nouns";
import { createDynamoTable } from "#shared/table/dynamo-table";
import { dueShard } from "#shared/table/shards";
import type { Table } from "#shared/table/table";
import { workKey, type WorkRef } from "#shared/work/work-kinds";
import { openTestEngine } from "../support/embedded-clients.ts";
import { type Ended, newDataDir, runWorkWith } from "../support/local-server.ts";

/** Where the command finds a platform, and how the test looks into it. */
interface Place {
  readonly table: Table;
  readonly sqs: SQSClient;
  readonly nameOf: (queue: QueueName) => string;
  readonly work: (...args: string[]) => Promise<Ended>;
}

const closers: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function onThisMachine(): Promise<Place> {
  const dataDir = newDataDir();
  const manifest = await loadManifest();
  const aws = openEmbeddedAws({ folder: openDataFolder(dataDir), manifest, clock: Date.now });
  closers.push(
    () => rmSync(dirname(dataDir), { recursive: true, force: true }),
    () => aws.close(),
  );
  return {
    table: createDynamoTable(new DynamoDBClient(awsConfig()), env("TABLE_NAME")),
    sqs: new SQSClient({ ...awsConfig(), useQueueUrlAsEndpoint: false }),
    nameOf: (queue) => queue,
    work: (...args) => runWorkWith({ dataDir, args }),
  };
}

const settingsFor = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});

async function onAStage(): Promise<Place> {
  const dataDir = newDataDir();
  const { engine, dynamodb, sqs } = openTestEngine();
  const nameOf = (queue: QueueName) => queueNameOf("dev", queue);
  engine.createTable(createTableRequest(tableNameOf("dev")));
  for (const queue of ["inbound", "executions", "deliveries", "jobs"] as const) {
    for (const name of [deadLettersOf(nameOf(queue)), nameOf(queue)]) {
      engine.createQueue({ name, visibility_timeout_seconds: 30 });
    }
  }
  const endpoint = await engine.listen(0);
  closers.push(
    () => engine.close(),
    () => endpoint.close(),
  );
  const settings = settingsFor(endpoint.url);
  return {
    table: createDynamoTable(dynamodb, tableNameOf("dev")),
    sqs,
    nameOf,
    work: (...args) => runWorkWith({ dataDir, args: [...args, "--stage", "dev"], env: settings }),
  };
}

const team_id = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";
const idOf = <P extends IdPrefix>(prefix: P, number: number): Id<P> =>
  `${prefix}_01jd7zq3c8e9v5r2k4m6n8p0${String(number).padStart(2, "0")}`;
const execution = (number: number) =>
  ({ kind: "execution", team_id, execution_id: idOf("exec", number) }) as const;
const conversation = (number: number) =>
  ({ kind: "conversation", team_id, conversation_id: idOf("conv", number) }) as const;
const job = (number: number) => ({ kind: "job", team_id, job_id: idOf("job", number) }) as const;
const minute = 60_000;

async function putWork({ table }: Place, ref: WorkRef, attributes: Record<string, unknown>) {
  const key = workKey(ref);
  await table.putIfAbsent({ ...key, due_shard: dueShard(key.pk), ...attributes });
}

async function putLetter({ sqs, nameOf }: Place, queue: QueueName, body: string) {
  const QueueUrl = `http://queues/000000000000/${deadLettersOf(nameOf(queue))}`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
}

async function takeFrom({ sqs, nameOf }: Place, queue: QueueName) {
  const QueueUrl = `http://queues/000000000000/${nameOf(queue)}`;
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = "" }): unknown => JSON.parse(Body));
}

/** One of everything that is stuck, and of everything that only looks so. */
async function fill(place: Place): Promise<void> {
  const now = Date.now();
  const due = { due_at: now - 20 * minute, not_before: now - 20 * minute };
  await putWork(place, execution(1), { ...due, claims: 5 });
  await putWork(place, conversation(2), { ...due, claims: 0 });
  await putWork(place, job(3), { due_at: now + 50 * minute, not_before: now + 50 * minute });
  await putWork(place, conversation(4), { ...due, lease_token: "t", lease_until: now + minute });
  await putWork(place, conversation(5), { due_at: now + minute, not_before: now + minute });
  await putWork(place, job(6), { due_at: now + 10 * minute, not_before: now + 9 * minute });
  const next = { due_at: now + 2 * minute, not_before: now + minute };
  await putWork(place, conversation(8), { ...next, claims: 0, turned_away: 13 });
  await putWork(place, conversation(9), { ...next, claims: 0, turned_away: 12 });
  await putLetter(place, "executions", JSON.stringify(execution(1)));
  await putLetter(place, "executions", JSON.stringify(execution(7)));
  await putLetter(place, "inbound", JSON.stringify(conversation(5)));
  await putLetter(place, "inbound", "what is this?");
}

const read = async (ended: Promise<Ended>) => {
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([0, ""]);
  const rows = JSON.parse(stdout) as { id: string; state: string; dead_letters: number }[];
  return rows
    .map(({ id, state, dead_letters }) => [state, id, dead_letters])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1));
};

const everything = [
  ["dead_letter", "", 1],
  ["dead_letter", idOf("conv", 5), 1],
  ["dead_letter", idOf("exec", 7), 1],
  ["failing", idOf("exec", 1), 1],
  ["given_up", idOf("job", 3), 0],
  ["not_taken", idOf("conv", 2), 0],
  ["turned_away", idOf("conv", 8), 0],
];

describe.each([
  ["on this machine", onThisMachine],
  ["with a stage", onAStage],
])("the work command %s", (_, open) => {
  it.concurrent(
    "lists dead letters and work that does not go on, and leaves everything as it is",
    async () => {
      const place = await open();
      expect(await read(place.work("list", "--json"))).toEqual([]);
      await fill(place);
      expect(await read(place.work("list", "--json"))).toEqual(everything);
      expect(await read(place.work("list", "--json"))).toEqual(everything);
      expect(await takeFrom(place, "executions")).toEqual([]);

      const { stdout } = await place.work("list");
      expect(stdout).toMatch(
        /^failing +execution +exec_\w+ {2}team_\w+ {2}since \S+Z {2}5 claims/m,
      );
    },
  );

  it.concurrent(
    "makes what is stuck due, wakes its worker and removes the letters, without touching what is well",
    async () => {
      const place = await open();
      await fill(place);
      const before = Date.now();
      expect(await read(place.work("retry", "--json"))).toEqual(everything);
      expect(await read(place.work("list", "--json"))).toEqual([]);

      for (const ref of [execution(1), conversation(2), job(3), conversation(8)]) {
        const row = await place.table.get(workKey(ref));
        expect(row).toMatchObject({ claims: 0, sweeps: 0 });
        expect(row?.["not_before"]).toBeGreaterThanOrEqual(before);
        expect(row?.["not_before"]).toBeLessThanOrEqual(Date.now());
      }
      expect(await place.table.get(workKey(conversation(4)))).toMatchObject({ lease_token: "t" });
      const waiting = await place.table.get(workKey(conversation(5)));
      expect(waiting?.["not_before"]).toBeGreaterThan(before + 30_000);
      expect(await takeFrom(place, "executions")).toEqual([execution(1)]);
      expect(await takeFrom(place, "inbound")).toEqual([conversation(2), conversation(8)]);
      expect(await takeFrom(place, "jobs")).toEqual([job(3)]);
    },
  );

  it.concurrent("retries only what is asked for, and says what is not there", async () => {
    const place = await open();
    await fill(place);
    expect(await read(place.work("retry", idOf("exec", 1), "--json"))).toEqual([
      ["failing", idOf("exec", 1), 1],
    ]);
    expect(await read(place.work("list", "--json"))).toEqual(
      everything.filter(([, id]) => id !== idOf("exec", 1)),
    );
    const { code, stderr } = await place.work("retry", "exec_nothing");
    expect([code, stderr]).toEqual([1, "Nothing is stuck with the id exec_nothing.\n"]);
  });
});

describe("the work command", () => {
  const inVain = async (...args: string[]) => {
    const dataDir = newDataDir();
    closers.push(() => rmSync(dirname(dataDir), { recursive: true, force: true }));
    return runWorkWith({ dataDir, args });
  };

  it.each([
    [[], "Say what to do: list, retry."],
    [["fix"], "There is no command fix: list, retry."],
    [["list", "exec_1"], "list takes no ids."],
    [["list", "--stage", "Prod"], "is no name of a stage"],
    [["list", "--all"], "--all"],
  ])("refuses %j with a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await inVain(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  it("says in a sentence that a stage has its table and not its queues", async () => {
    const { engine } = openTestEngine();
    engine.createTable(createTableRequest(tableNameOf("dev")));
    const endpoint = await engine.listen(0);
    closers.push(
      () => engine.close(),
      () => endpoint.close(),
    );
    const { code, stdout, stderr } = await runWorkWith({
      dataDir: newDataDir(),
      args: ["list", "--stage", "dev"],
      env: settingsFor(endpoint.url),
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      "The stage dev has its table here, but not its queues. Deploy it with npm run deploy -- -c stage=dev. AWS_PROFILE and AWS_REGION choose the account and the region.\n",
    );
  });

  it("says for people that nothing is stuck", async () => {
    const { work } = await onThisMachine();
    expect((await work("list")).stdout).toBe("Nothing is stuck.\n");
    expect((await work("retry")).stdout).toBe("There is nothing to retry.\n");
    expect((await inVain("--help")).stdout).toContain("npm run --silent work");
  });
});
