import { worker as deliveries } from "#functions/workers/deliveries/worker";
import { worker as executions } from "#functions/workers/executions/worker";
import { worker as inbound } from "#functions/workers/inbound/worker";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { deadLettersOf } from "#lib/deployed-names";
import { openDatabase } from "#lib/local/embedded/database";
import { Contention } from "#lib/local/embedded/dynamodb/contention";
import { dynamodbOperations } from "#lib/local/embedded/dynamodb/dynamodb-operations";
import { ensureTable, readDefinition } from "#lib/local/embedded/dynamodb/table-operations";
import { decoded } from "#lib/local/embedded/sdk-values";
import { type CallOptions, plainCall, Services } from "#lib/local/embedded/services";
import { plainDelivery, type ReceivedMessage } from "#lib/local/embedded/sqs/message-store";
import { redrivePolicy } from "#lib/local/embedded/sqs/queue";
import { ensureQueue } from "#lib/local/embedded/sqs/queue-operations";
import { sqsOperations } from "#lib/local/embedded/sqs/sqs-operations";
import type { Input } from "#lib/local/embedded/wire";
import { createTableRequest } from "#lib/local/table-request";
import type { QueueName } from "#shared/runtime/grants";
import type { Key } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { fromWire } from "#shared/table/wire";

const workers = [inbound, executions, deliveries, jobs];

/** The queues, by the workers that read them. */
export const queueNames: readonly QueueName[] = workers.map(({ trigger }) => trigger.queue);

/** The name of the table. */
export const tableName = "simulated";

/** The embedded engine in memory, asked straight: each operation is done when the call returns. */
export interface Store {
  /** Runs an operation; throws AwsError. */
  run(operation: string, input: Input, options?: CallOptions): unknown;
  /** Begins a transaction that takes time: its items are held until it is ended. Throws AwsError when one is held. */
  beginTransaction(input: Input): () => void;
  receive(queue: QueueName): ReceivedMessage[];
  delete(queue: QueueName, receiptHandle: string): void;
  /** Unix milliseconds at which the next message of a queue is visible. */
  nextVisibleAt(queue: QueueName): number | undefined;
  /** A row by its key, at no cost; undefined when there is none. */
  row(key: Key): Item | undefined;
  /** Every row of the table. */
  rows(): Item[];
  /** Forgets every row and message, and goes by another clock. */
  begin(clock: () => number): void;
  close(): void;
}

/** Opens the engine with the product's table and queues. Points the queues' URLs of this process at it. */
export function openStore(): Store {
  let clock = () => 0;
  const database = openDatabase(":memory:", "process");
  const services = new Services(database, () => clock(), new Map());
  // One transaction for all: nothing is ever rolled back, as operations throw before their first write or not at all.
  database.beginWrite();
  const plainTable = services.dynamodbContext(plainCall);
  ensureTable(plainTable, readDefinition(createTableRequest(tableName), "remove_at"));
  const plainQueues = services.sqsContext(plainCall);
  for (const { trigger, timeoutSeconds } of workers) {
    const dead = deadLettersOf(trigger.queue);
    ensureQueue(plainQueues, dead, { VisibilityTimeout: "30" });
    const attributes = {
      VisibilityTimeout: String(timeoutSeconds),
      RedrivePolicy: redrivePolicy(dead, trigger.maxReceives),
    };
    const url = ensureQueue(plainQueues, trigger.queue, attributes);
    process.env[`QUEUE_URL_${trigger.queue.toUpperCase()}`] = url;
  }
  services.catalog.listenToIndexes(services.staleIndexes.note);
  let contention = new Contention();
  const kept = new Set(["catalog", "queues"]);
  const emptied = database
    .prepare<[string]>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .flatMap(([name]) => (kept.has(name) || name.startsWith("sqlite_") ? [] : [name]))
    .map((name) => database.prepare(`DELETE FROM ${name}`));

  const run: Store["run"] = (name, input, options = plainCall) => {
    const ofTable = dynamodbOperations.get(name);
    if (ofTable) {
      contention.refuse(services.catalog, name, input);
      return ofTable.run(services.dynamodbContext(options), input);
    }
    const ofQueue = sqsOperations.get(name);
    if (!ofQueue) throw new Error(`There is no operation ${name}.`);
    return ofQueue.run(services.sqsContext(options), input);
  };

  return {
    run,
    beginTransaction: (input) => contention.begin(services.catalog, input),
    receive: (queue) =>
      services.messages.receive(services.queues.queue(queue), 10, undefined, plainDelivery),
    delete: (queue, receiptHandle) =>
      services.messages.delete(services.queues.queue(queue), receiptHandle),
    nextVisibleAt: (queue) => services.messages.turns.nextVisibleAt(services.queues.queue(queue)),
    row: ({ pk, sk }) => {
      const stored = services.catalog.table(tableName).get({ hash: pk, range: sk });
      // As the engine has it, which is the wire's form.
      return stored && fromWire(decoded(stored.item) as Parameters<typeof fromWire>[0]);
    },
    rows: () => {
      // As the engine answers a Scan; small enough for one page.
      const { Items } = run("Scan", { TableName: tableName }) as {
        Items: Parameters<typeof fromWire>[0][];
      };
      return Items.map(fromWire);
    },
    begin: (next) => {
      clock = next;
      contention = new Contention();
      for (const statement of emptied) statement.run();
      // Nothing was ever committed for it: it forgets all.
      services.staleIndexes.undone();
      services.catalog.forget();
      services.messages.turns.forget();
    },
    close: () => database.close(),
  };
}
