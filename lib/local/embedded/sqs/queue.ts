import { account, arnOf } from "../arn.ts";
import type { Database } from "../database.ts";
import { isRecord } from "../wire.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** Attributes of a queue as SQS names them; all values are strings. */
export type QueueAttributes = Readonly<Record<string, string>>;

/** A queue with the settings its messages need, parsed. */
export interface Queue {
  readonly id: number;
  readonly name: string;
  readonly attributes: QueueAttributes;
  readonly createdAt: number;
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly waitSeconds: number;
  readonly retentionSeconds: number;
  readonly maximumBytes: number;
  readonly deadLetter: { readonly queue: string; readonly maxReceives: number } | undefined;
}

/** Limits of the numeric attributes. */
const ranges: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ["VisibilityTimeout", [0, 43_200]],
  ["DelaySeconds", [0, 900]],
  ["ReceiveMessageWaitTimeSeconds", [0, 20]],
  ["MessageRetentionPeriod", [60, 1_209_600]],
  ["MaximumMessageSize", [1_024, 1_048_576]],
]);

const defaults: QueueAttributes = {
  VisibilityTimeout: "30",
  DelaySeconds: "0",
  ReceiveMessageWaitTimeSeconds: "0",
  MessageRetentionPeriod: "345600",
  MaximumMessageSize: "1048576",
  SqsManagedSseEnabled: "true",
};

/** Kept and shown, without effect on one machine. */
const withoutEffect: ReadonlySet<string> = new Set([
  "Policy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
  "RedriveAllowPolicy",
]);

type Row = [id: number, name: string, attributes: string, created_at: number];

/** The queues in the database file. Changes are made inside the caller's transaction. */
export class QueueCatalog {
  readonly #database: Database;
  readonly #known = new Map<string, Queue>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The queue of that name; QueueDoesNotExist when there is none. */
  queue(name: string): Queue {
    const queue = this.find(name);
    if (queue === undefined) {
      throw new SqsError(
        "QueueDoesNotExist",
        "The specified queue does not exist.",
        "AWS.SimpleQueueService.NonExistentQueue",
      );
    }
    return queue;
  }

  find(name: string): Queue | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#database
      .prepare<Row>("SELECT id, name, attributes, created_at FROM queues WHERE name = ?")
      .get(name);
    return row && this.#remember(row);
  }

  all(): Queue[] {
    return this.#database
      .prepare<Row>("SELECT id, name, attributes, created_at FROM queues ORDER BY name")
      .all()
      .map((row) => this.#remember(row));
  }

  create(name: string, given: QueueAttributes, now: number): Queue {
    const attributes = { ...defaults, ...this.#checked(given) };
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO queues (name, attributes, created_at) VALUES (?, ?, ?)")
      .run(name, JSON.stringify(attributes), now);
    return this.#remember([Number(lastInsertRowid), name, JSON.stringify(attributes), now]);
  }

  /** Changes the attributes given and keeps the others. */
  change(queue: Queue, given: QueueAttributes): Queue {
    const attributes = JSON.stringify({ ...queue.attributes, ...this.#checked(given) });
    this.#database
      .prepare("UPDATE queues SET attributes = ? WHERE id = ?")
      .run(attributes, queue.id);
    return this.#remember([queue.id, queue.name, attributes, queue.createdAt]);
  }

  drop(queue: Queue): void {
    this.#known.delete(queue.name);
    this.#database.prepare("DELETE FROM messages WHERE queue = ?").run(queue.id);
    this.#database.prepare("DELETE FROM queues WHERE id = ?").run(queue.id);
  }

  /** Forgets what it has read: a transaction was undone. */
  forget(): void {
    this.#known.clear();
  }

  #remember([id, name, text, createdAt]: Row): Queue {
    // Only `create` and `change` write this column.
    const attributes = JSON.parse(text) as QueueAttributes;
    const number = (attribute: string) => Number(attributes[attribute] ?? defaults[attribute]);
    const queue: Queue = {
      id,
      name,
      attributes,
      createdAt,
      visibilityTimeoutSeconds: number("VisibilityTimeout"),
      delaySeconds: number("DelaySeconds"),
      waitSeconds: number("ReceiveMessageWaitTimeSeconds"),
      retentionSeconds: number("MessageRetentionPeriod"),
      maximumBytes: number("MaximumMessageSize"),
      deadLetter: readRedrivePolicy(attributes["RedrivePolicy"]),
    };
    this.#known.set(name, queue);
    return queue;
  }

  #checked(given: QueueAttributes): QueueAttributes {
    for (const [name, value] of Object.entries(given)) {
      const range = ranges.get(name);
      if (range !== undefined) {
        const number = Number(value);
        if (!/^\d+$/.test(value) || number < range[0] || number > range[1]) {
          throw new SqsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
        }
      } else if (name === "RedrivePolicy") {
        const policy = readRedrivePolicy(value);
        if (policy !== undefined && this.find(policy.queue) === undefined) {
          throw invalidParameter(
            `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
          );
        }
      } else if (!withoutEffect.has(name)) {
        throw new SqsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
      }
    }
    return given;
  }
}

function readRedrivePolicy(text: string | undefined): Queue["deadLetter"] {
  if (text === undefined || text === "") return undefined;
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    policy = undefined;
  }
  const arn = isRecord(policy) ? policy["deadLetterTargetArn"] : undefined;
  const receives = isRecord(policy) ? Number(policy["maxReceiveCount"]) : Number.NaN;
  if (typeof arn !== "string" || !Number.isInteger(receives) || receives < 1 || receives > 1_000) {
    throw invalidParameter(
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map with deadLetterTargetArn and maxReceiveCount between 1 and 1000.`,
    );
  }
  return { queue: arn.slice(arn.lastIndexOf(":") + 1), maxReceives: receives };
}

/** The ARN of a queue. */
export const queueArn = (name: string): string => arnOf("sqs", name);

/** The URL of a queue; only its last part, the name, means anything here. */
export const queueUrl = (name: string): string => `http://127.0.0.1/${account}/${name}`;

/** The RedrivePolicy attribute. */
export const redrivePolicy = (deadLetterQueue: string, maxReceives: number): string =>
  JSON.stringify({
    deadLetterTargetArn: queueArn(deadLetterQueue),
    maxReceiveCount: maxReceives,
  });
