import { openDatabase } from "#lib/local/embedded/database";
import { dynamodbOperations } from "#lib/local/embedded/dynamodb/dynamodb-operations";
import { ensureTable, readDefinition } from "#lib/local/embedded/dynamodb/table-operations";
import { plainCall, Services } from "#lib/local/embedded/services";
import { plainDelivery, type DeliveryFaults } from "#lib/local/embedded/sqs/message-store";
import { redrivePolicy } from "#lib/local/embedded/sqs/queue";
import { ensureQueue } from "#lib/local/embedded/sqs/queue-operations";
import { sqsOperations } from "#lib/local/embedded/sqs/sqs-operations";
import type { Input } from "#lib/local/embedded/wire";
import { createTableRequest } from "#lib/local/table-request";

/** The queues that agent loops use, with their functions' time limits. */
export const queueSeconds = { executions: 900, deliveries: 60, jobs: 900 } as const;
export type SimulatedQueue = keyof typeof queueSeconds;
export const queueNames = ["executions", "deliveries", "jobs"] as const;

/** The name of the table. */
export const tableName = "simulated";

/** A message that was handed out. */
export interface Handed {
  readonly receiptHandle: string;
  readonly body: string;
}

/** The embedded engine in memory, asked straight: each operation is done and committed when the call returns. */
export interface Store {
  /** Runs an operation; throws AwsError. */
  run(operation: string, input: Input, delivery?: DeliveryFaults): unknown;
  receive(queue: SimulatedQueue): Handed[];
  /** Unix milliseconds at which the next message of a queue is visible. */
  nextVisibleAt(queue: SimulatedQueue): number | undefined;
  /** Forgets every row and message. */
  clear(): void;
  close(): void;
}

/** Opens the engine with the product's table and queues. Points the queues' URLs of this process at it. */
export function openStore(clock: () => number): Store {
  const database = openDatabase(":memory:", "process");
  const services = new Services(database, clock, new Map());
  const whole = <T>(writes: boolean, work: () => T): T => {
    if (writes) database.beginWrite();
    else database.begin();
    try {
      return work();
    } finally {
      // Operations throw before their first write, or not at all.
      database.commit();
    }
  };
  const plain = services.sqsContext(plainCall);
  whole(true, () => {
    const context = services.dynamodbContext(plainCall);
    ensureTable(context, readDefinition(createTableRequest(tableName), "remove_at"));
    for (const name of queueNames) {
      const dead = `${name}-dead-letters`;
      ensureQueue(plain, dead, { VisibilityTimeout: "30" });
      process.env[`QUEUE_URL_${name.toUpperCase()}`] = ensureQueue(plain, name, {
        VisibilityTimeout: String(queueSeconds[name]),
        RedrivePolicy: redrivePolicy(dead, 10),
      });
    }
  });
  const kept = new Set(["catalog", "queues"]);
  const emptied = database
    .prepare<[string]>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .flatMap(([name]) => (kept.has(name) || name.startsWith("sqlite_") ? [] : [name]))
    .map((name) => database.prepare(`DELETE FROM ${name}`));
  const dynamodb = services.dynamodbContext(plainCall);

  return {
    run: (name, input, delivery = plainDelivery) => {
      const ofTable = dynamodbOperations.get(name);
      if (ofTable) {
        return JSON.parse(whole(ofTable.writes, () => ofTable.run(dynamodb, input))) as unknown;
      }
      const ofQueue = sqsOperations.get(name);
      if (!ofQueue) throw new Error(`There is no operation ${name}.`);
      const context = delivery === plainDelivery ? plain : { ...plain, delivery };
      return JSON.parse(whole(ofQueue.writes, () => ofQueue.run(context, input))) as unknown;
    },
    receive: (queue) =>
      whole(true, () =>
        services.messages.receive(services.queues.queue(queue), 10, undefined, plainDelivery),
      ),
    nextVisibleAt: (queue) => services.messages.nextVisibleAt(services.queues.queue(queue)),
    clear: () =>
      whole(true, () => {
        for (const statement of emptied) statement.run();
      }),
    close: () => database.close(),
  };
}
