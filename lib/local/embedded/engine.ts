import { type Connection, connectTo } from "./connection.ts";
import { openDatabase } from "./database.ts";
import type { TransactionTime } from "./dynamodb/contention.ts";
import { ensureTable, readDefinition } from "./dynamodb/table-operations.ts";
import type { FaultPlan } from "./faults.ts";
import { type ObjectStore, openObjects } from "./s3.ts";
import { plainCall, type Service, Services } from "./services.ts";
import { systemAttributes } from "./sqs/message-operations.ts";
import { plainDelivery } from "./sqs/message-store.ts";
import { redrivePolicy } from "./sqs/queue.ts";
import { ensureQueue } from "./sqs/queue-operations.ts";

/** How to open an engine. */
export interface EngineOptions {
  /** Path of the SQLite file, or ":memory:". */
  readonly file: string;
  /** Unix milliseconds; by default Date.now. Visibility, delay, TTL and client tokens are compared with it. */
  readonly clock?: () => number;
  /** The folder of the buckets of S3; unless given they go with the process. */
  readonly buckets?: string | undefined;
  /** "process" (default): what was answered survives a killed process. "power": it survives a power loss too. */
  readonly durability?: "process" | "power";
  /** Further JSON-protocol services by the prefix of X-Amz-Target. They throw AwsError for AWS errors. */
  readonly services?: Readonly<Record<string, Service>>;
  /** How long transactions take, for tests and measurements of what conflicts with them; by default no time. */
  readonly transactionTime?: TransactionTime | undefined;
}

/** A table to create: a CreateTable request, and the TTL attribute beside it. */
export interface TableInput {
  readonly TableName: string;
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: string;
  }[];
  readonly KeySchema: readonly KeyElement[];
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: readonly KeyElement[];
    readonly Projection: {
      readonly ProjectionType: string;
      readonly NonKeyAttributes?: readonly string[];
    };
  }[];
  readonly TimeToLiveSpecification?: { readonly AttributeName: string; readonly Enabled: boolean };
}

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

/** A queue to create. */
export interface QueueInput {
  readonly name: string;
  readonly visibility_timeout_seconds: number;
  readonly dead_letter?: { readonly queue: string; readonly max_receives: number };
}

/** A message as the engine hands it out. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** How often it was handed out, this time included. */
  readonly receiveCount: number;
  /** Unix milliseconds. */
  readonly sentAt: number;
  /** SQS's own attributes, by their names there; all strings. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The queues, without the SDK in between. */
export interface EngineQueues {
  /** Hands out up to `max` visible messages (at most 10) and hides them; does not wait. */
  receive(queue: string, max: number): Promise<QueueMessage[]>;
  delete(queue: string, receiptHandles: readonly string[]): Promise<void>;
  changeVisibility(queue: string, receiptHandle: string, seconds: number): Promise<void>;
  /**
   * Calls the listener, at most once in an event-loop turn, when a message may have become visible, or may become so
   * sooner than before. The function given back ends that.
   */
  onReady(queue: string, listener: () => void): () => void;
  /** Unix milliseconds at which the next message becomes or became visible, undefined when there is none. */
  nextVisibleAt(queue: string): number | undefined;
}

/** DynamoDB and SQS over one SQLite file, and S3 over a folder. */
export interface Engine {
  /** A process's way in. Faults and call counts belong to it. What `check` throws before a call is all that comes of it. */
  connect(faults?: FaultPlan, check?: () => void): Connection;
  /** Opens all protocols on 127.0.0.1 for the AWS CLI and foreign tools; port 0 takes a free one. */
  listen(port: number): Promise<{ url: string; close: () => Promise<void> }>;
  /** Creates the table, or brings its indexes and TTL attribute up to date. Throws when it exists with another key. */
  createTable(definition: TableInput): void;
  /** Whether the file belongs to the key of this id: it does so to the first that was ever named. */
  belongsTo(keyId: string): boolean;
  /** Creates the queue, or changes its settings; gives its URL. */
  createQueue(definition: QueueInput): string;
  readonly queues: EngineQueues;
  readonly objects: ObjectStore;
  /** Answers what is pending, writes the log back and closes the file. Calling it again does nothing. */
  close(): Promise<void>;
}

/** Opens or creates the database file, and serves DynamoDB and SQS from it. A second process may use the same file. */
export function openEngine(options: EngineOptions): Engine {
  const { file, clock = Date.now, durability = "process" } = options;
  const database = openDatabase(file, durability);
  const others = new Map(Object.entries(options.services ?? {}));
  const objects = openObjects(options.buckets, clock);
  const services = new Services(database, clock, others, options.transactionTime, objects);
  const { turns } = services;
  const servers: { close(): Promise<void> }[] = [];
  let isClosed = false;

  /** Work outside of a turn, in a transaction of its own. */
  const now = <T>(work: () => T): T => {
    turns.flush();
    database.beginWrite();
    try {
      const result = work();
      database.commit();
      return result;
    } catch (error) {
      database.rollback();
      services.catalog.forget();
      services.queues.forget();
      throw error;
    }
  };

  return {
    connect(faults, check) {
      if (faults !== undefined) services.catalog.listenToIndexes(services.staleIndexes.note);
      return connectTo(services, faults, check);
    },
    async listen(port) {
      // Loaded only where it is used: Node's HTTP takes 20 ms, and commands do without.
      const { listenOnLoopback } = await import("./loopback.ts");
      const server = await listenOnLoopback(connectTo(services, undefined), objects, port);
      servers.push(server);
      return server;
    },
    createTable(definition) {
      const ttl = definition.TimeToLiveSpecification;
      const table = readDefinition(
        { ...definition },
        ttl?.Enabled === true ? ttl.AttributeName : undefined,
      );
      now(() => ensureTable(services.dynamodbContext(plainCall), table));
    },
    belongsTo(keyId) {
      const name = database.prepare(
        "INSERT INTO key_file (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM key_file)",
      );
      const owner = database.prepare<[string]>("SELECT id FROM key_file");
      return now(() => {
        name.run(keyId);
        return owner.get()?.[0] === keyId;
      });
    },
    createQueue({ name, visibility_timeout_seconds, dead_letter }) {
      const attributes: Record<string, string> = {
        VisibilityTimeout: String(visibility_timeout_seconds),
        // Dead letters stay as long as SQS keeps anything.
        MessageRetentionPeriod: dead_letter === undefined ? "1209600" : "345600",
      };
      if (dead_letter !== undefined) {
        attributes["RedrivePolicy"] = redrivePolicy(dead_letter.queue, dead_letter.max_receives);
      }
      return now(() => ensureQueue(services.sqsContext(plainCall), name, attributes));
    },
    objects,
    queues: {
      receive: (name, max) =>
        turns.submit("writes", () =>
          services.messages
            .receive(services.queues.queue(name), Math.min(max, 10), undefined, plainDelivery)
            .map((message) => ({
              messageId: message.messageId,
              receiptHandle: message.receiptHandle,
              body: message.body,
              md5OfBody: message.bodyMd5,
              receiveCount: message.receiveCount,
              sentAt: message.sentAt,
              attributes: systemAttributes(message),
            })),
        ),
      delete: (name, receiptHandles) =>
        turns.submit("writes", () => {
          const queue = services.queues.queue(name);
          for (const handle of receiptHandles) services.messages.delete(queue, handle);
        }),
      changeVisibility: (name, receiptHandle, seconds) =>
        turns.submit("writes", () =>
          services.messages.changeVisibility(services.queues.queue(name), receiptHandle, seconds),
        ),
      onReady: (name, listener) => services.notices.subscribe(name, listener),
      nextVisibleAt: (name) =>
        isClosed ? undefined : services.messages.turns.nextVisibleAt(services.queues.queue(name)),
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      services.stopWaiting();
      turns.close();
      await services.writeBack.close();
      database.close();
      for (const server of servers) await server.close();
      await objects.close();
    },
  };
}
