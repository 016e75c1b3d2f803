import { AwsError } from "./aws-error.ts";
import type { Database } from "./database.ts";
import { Catalog } from "./dynamodb/catalog.ts";
import { ClientTokens } from "./dynamodb/client-tokens.ts";
import { Contention, type TransactionTime } from "./dynamodb/contention.ts";
import type { DynamodbContext } from "./dynamodb/dynamodb-operation.ts";
import { dynamodbOperations } from "./dynamodb/dynamodb-operations.ts";
import { StaleIndexes } from "./dynamodb/stale-indexes.ts";
import { Expiry } from "./expiry.ts";
import { QueueNotices } from "./queue-notices.ts";
import { type ObjectStore, openObjects } from "./s3.ts";
import { queueOf, waitSeconds } from "./sqs/message-operations.ts";
import { type DeliveryFaults, MessageStore, plainDelivery } from "./sqs/message-store.ts";
import { QueueCatalog } from "./sqs/queue.ts";
import type { SqsContext } from "./sqs/sqs-operation.ts";
import { sqsOperations } from "./sqs/sqs-operations.ts";
import { Turns } from "./turn.ts";
import type { Answer, Input } from "./wire.ts";
import { WriteBack } from "./write-back.ts";

/** How a call is made, and how faults change it. */
export interface CallOptions {
  /** Whether who calls ends with this process. */
  readonly callerIsHere: boolean;
  readonly staleMilliseconds: number;
  readonly batchLimit: number;
  readonly delivery: DeliveryFaults;
  readonly signal: AbortSignal | undefined;
}

/** A call of anybody, without faults. */
export const plainCall: CallOptions = {
  callerIsHere: false,
  staleMilliseconds: 0,
  batchLimit: Number.POSITIVE_INFINITY,
  delivery: plainDelivery,
  signal: undefined,
};

/** A further service: gives the answer to an operation, or throws AwsError. */
export type Service = (
  operation: string,
  input: Record<string, unknown>,
) => Promise<Answer | undefined> | Answer | undefined;

const emptyLogEveryMs = 60_000;

/** The two protocols over one database, and S3 over a folder, without any transport. */
export class Services {
  readonly turns: Turns;
  readonly writeBack: WriteBack;
  readonly catalog: Catalog;
  readonly queues: QueueCatalog;
  readonly messages: MessageStore;
  readonly notices = new QueueNotices();
  readonly staleIndexes: StaleIndexes;
  readonly #tokens: ClientTokens;
  readonly objects: ObjectStore;
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #others: ReadonlyMap<string, Service>;
  readonly #waiting = new Set<() => void>();
  readonly #expiry: Expiry;
  #emptyLogAt: number | undefined;
  readonly #contention = new Contention();
  readonly #transactionTime: TransactionTime | undefined;

  constructor(
    database: Database,
    clock: () => number,
    others: ReadonlyMap<string, Service>,
    transactionTime?: TransactionTime,
    objects: ObjectStore = openObjects(undefined, clock),
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#others = others;
    this.objects = objects;
    this.#transactionTime = transactionTime;
    this.catalog = new Catalog(database);
    this.queues = new QueueCatalog(database);
    this.messages = new MessageStore(database, this.queues, clock);
    this.staleIndexes = new StaleIndexes(database, clock);
    this.#expiry = new Expiry(this.catalog, this.messages, clock);
    this.#tokens = new ClientTokens(database, clock);
    this.turns = new Turns(database, {
      changedElsewhere: () => {
        this.catalog.forget();
        this.#tokens.forget();
        this.queues.forget();
        this.notices.announceAll();
      },
      committed: () => {
        this.staleIndexes.committed();
        this.#tokens.committed();
        this.writeBack.whenLong();
        this.notices.announce(this.messages.takeTouched());
      },
      undone: () => {
        this.staleIndexes.undone();
        this.#tokens.undone();
        this.catalog.forget();
        this.messages.takeTouched();
        this.queues.forget();
      },
    });
    this.writeBack = new WriteBack(database, this.turns);
  }

  /** Answers one call after its turn's commit; rejects with AwsError. */
  call(service: string, operation: string, input: Input, options: CallOptions): Promise<Answer> {
    if (service === "dynamodb") return this.#dynamodb(operation, input, options);
    if (service === "sqs") return this.#sqs(operation, input, options);
    return this.#other(service, operation, input);
  }

  /** What DynamoDB operations work with. */
  dynamodbContext(options: CallOptions): DynamodbContext {
    return {
      database: this.#database,
      catalog: this.catalog,
      clock: this.#clock,
      staleIndexes: this.staleIndexes,
      tokens: this.#tokens,
      callerIsHere: options.callerIsHere,
      staleMilliseconds: options.staleMilliseconds,
      batchLimit: options.batchLimit,
    };
  }

  /** What SQS operations work with. */
  sqsContext(options: CallOptions): SqsContext {
    return {
      queues: this.queues,
      messages: this.messages,
      clock: this.#clock,
      delivery: options.delivery,
      batchLimit: options.batchLimit,
    };
  }

  /** Ends every long poll with what there is. */
  stopWaiting(): void {
    for (const wake of this.#waiting) wake();
  }

  #dynamodb(name: string, input: Input, options: CallOptions): Promise<Answer> {
    const operation = dynamodbOperations.get(name);
    if (operation === undefined) return Promise.reject(unknownOperation());
    const context = this.dynamodbContext(options);
    this.#expiry.sweepWhenDue(this.turns);
    this.#emptyLogWhenDue();
    // A read of a stale index puts old entries back for a moment, inside its transaction.
    const writes = operation.writes || options.staleMilliseconds > 0;
    const run = () => operation.run(context, input);
    const takes = this.#transactionTime;
    if (takes && name === "TransactWriteItems") return this.#transact(takes, run, input);
    return this.turns.submit(writes ? "writes for good" : "reads", () => {
      this.#contention.refuse(this.catalog, name, input);
      return run();
    });
  }

  /** A transaction that takes its time: what it conflicts with is refused meanwhile, and all is done at its end. */
  async #transact(takes: TransactionTime, run: () => Answer, input: Input): Promise<Answer> {
    const end = await this.turns.submit("reads", () => this.#contention.begin(this.catalog, input));
    await takes();
    return this.turns.submit("writes for good", () => {
      end();
      return run();
    });
  }

  /** Once a minute: the log would keep what was deleted until its space is needed. */
  #emptyLogWhenDue(): void {
    const now = this.#clock();
    this.#emptyLogAt ??= now + emptyLogEveryMs;
    if (now < this.#emptyLogAt) return;
    this.#emptyLogAt = now + emptyLogEveryMs;
    this.writeBack.begin();
  }

  #sqs(name: string, input: Input, options: CallOptions): Promise<Answer> {
    const operation = sqsOperations.get(name);
    if (operation === undefined) return Promise.reject(unknownOperation());
    const context = this.sqsContext(options);
    if (name === "ReceiveMessage") return this.#receive(input, options);
    return this.turns.submit(operation.effect, () => operation.run(context, input));
  }

  async #other(service: string, operation: string, input: Input): Promise<Answer> {
    const answer = this.#others.get(service);
    if (answer === undefined) throw unknownOperation();
    return (await answer(operation, { ...input })) ?? {};
  }

  /** A receive that waits: it looks again whenever something may have become visible. */
  async #receive(input: Input, options: CallOptions): Promise<Answer> {
    const operation = sqsOperations.get("ReceiveMessage");
    if (operation === undefined) throw unknownOperation();
    const context = this.sqsContext(options);
    let wait = 0;
    const look = () =>
      this.turns.submit(operation.effect, () => {
        wait = waitSeconds(queueOf(this.queues, input), input);
        return operation.run(context, input);
      });
    const started = performance.now();
    for (;;) {
      const answer = await look();
      const left = wait * 1_000 - (performance.now() - started);
      if (answer["Messages"] !== undefined || left <= 0 || options.delivery.lost) return answer;
      if (options.signal?.aborted === true) return answer;
      if (!(await this.#untilReady(queueOf(this.queues, input).name, left, options.signal))) {
        return answer;
      }
    }
  }

  /** True when it is worth looking again, false when the wait was ended from outside. */
  #untilReady(queue: string, milliseconds: number, signal: AbortSignal | undefined) {
    const next = this.messages.turns.nextVisibleAt(this.queues.queue(queue));
    const pause = next === undefined ? milliseconds : Math.max(1, next - this.#clock());
    return new Promise<boolean>((resolve) => {
      const end = (again: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(stop);
        signal?.removeEventListener("abort", stop);
        unsubscribe();
        resolve(again);
      };
      const stop = () => end(false);
      const timer = setTimeout(() => end(true), Math.min(pause, milliseconds));
      const unsubscribe = this.notices.subscribe(queue, () => end(true));
      this.#waiting.add(stop);
      signal?.addEventListener("abort", stop);
    });
  }
}

const unknownOperation = () => new AwsError("UnknownOperationException", "", 400);
