import { AwsError } from "#lib/local/embedded/aws-error";
import { plainDelivery, type DeliveryFaults } from "#lib/local/embedded/sqs/message-store";
import type { Input } from "#lib/local/embedded/wire";
import { createSqsQueues } from "#shared/queue/live-queues";
import type { Queues } from "#shared/queue/queues";
import type { Timer } from "#shared/runtime/timers";
import { createDynamoTable } from "#shared/table/dynamo-table";
import type { Table } from "#shared/table/table";
import type { WorkDeps } from "#shared/work/work-on";
import { clientsOver } from "./clients.ts";
import type { CallKind, Mishap } from "./faults.ts";
import { type SimulatedQueue, tableName } from "./store.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a call of somebody outside comes to: how long it takes, and then its answer. */
export interface Answer<T> {
  readonly ms: number;
  /** Gives the answer, or throws. */
  readonly answer: () => T;
}

const writes = new Set([
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "TransactWriteItems",
  "BatchWriteItem",
]);

const kindOf = (operation: string): CallKind => {
  if (operation.startsWith("SendMessage")) return "send";
  if (operation.includes("Message")) return "queue";
  return writes.has(operation) ? "write" : "read";
};

/** What the world does to a message that is sent. */
const deliveryOf = (fault: Mishap | undefined): DeliveryFaults => ({
  ...plainDelivery,
  lost: fault?.kind === "lost",
  duplicate: fault?.kind === "duplicate",
  lateSeconds: fault?.kind === "late" ? fault.seconds : 0,
});

/** One process: the means that the product's code is given. It can die, stand still and be slow. */
export class SimulatedProcess implements Omit<WorkDeps, "places"> {
  readonly world: Surroundings;
  readonly name: string;
  readonly table: Table;
  readonly queues: Queues;
  readonly leaseMs: number;
  readonly clock: () => number;
  readonly timer: Timer;
  /** Of the message that it handles. */
  handle = "";
  isDead = false;
  /** Its message is done with. */
  ended = false;
  onDeath: (() => void) | undefined;
  stalledUntil = 0;

  constructor(world: Surroundings, name: string) {
    const { agenda, options } = world;
    this.world = world;
    this.name = name;
    this.leaseMs = options.leaseMs;
    const skew = options.skewMs > 0 ? options.draws.whole(0, options.skewMs) : 0;
    this.clock = () => agenda.now + skew;
    this.timer = (ms, run) => {
      let cancelled = false;
      const cancel = agenda.in(ms, () =>
        this.#hear(() => {
          if (!cancelled) run();
        }),
      );
      return () => {
        cancelled = true;
        cancel();
      };
    };
    const clients = clientsOver((operation, input) => this.#perform(operation, input));
    this.table = createDynamoTable(clients.dynamodb, tableName);
    this.queues = createSqsQueues(clients.sqs);
  }

  /** SIGKILL: nothing is heard any more. What was called may still happen. */
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.world.gone(this);
    this.onDeath?.();
  }

  get isStalled(): boolean {
    return this.stalledUntil > this.world.agenda.now;
  }

  /** Takes the message off its queue. */
  async acknowledge(queue: SimulatedQueue): Promise<void> {
    const QueueUrl = process.env[`QUEUE_URL_${queue.toUpperCase()}`];
    await this.#perform("DeleteMessage", { QueueUrl, ReceiptHandle: this.handle });
  }

  /** Calls somebody outside. Rejects with the signal's reason when it aborts first. */
  async outside<T>(what: string, signal: AbortSignal, arrives: () => Answer<T>): Promise<T> {
    signal.throwIfAborted();
    const { ms, answer } = await this.#call(what, "outside", arrives);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const cancel = this.timer(ms, () => {
        signal.removeEventListener("abort", aborted);
        resolve();
      });
      const aborted = () => {
        cancel();
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", aborted, { once: true });
    });
    return answer();
  }

  #perform(operation: string, input: Input): Promise<unknown> {
    const { store } = this.world.options;
    return this.#call(describe(operation, input), kindOf(operation), (fault) => {
      // A lost message is missed when it would have arrived.
      if (fault?.kind === "lost")
        this.world.witness.faultLasts(this.world.agenda.now + delayOf(input));
      const once = () => {
        const answer = store.run(operation, input, deliveryOf(fault));
        this.world.witness.wrote(operation, input);
        return answer;
      };
      if (fault?.kind === "repeated") {
        try {
          once();
        } catch {
          // The answer is lost, and a refusal is one.
        }
      }
      try {
        return once();
      } finally {
        if (operation.includes("Message")) this.world.watchAll();
      }
    });
  }

  /** Makes a call: it happens a little later, and its answer is heard if this process still hears. */
  #call<T>(what: string, kind: CallKind, happens: (fault: Mishap | undefined) => T): Promise<T> {
    const { world } = this;
    const { agenda, options } = world;
    return new Promise<T>((resolve, reject) => {
      if (this.isDead) return;
      const fault = world.mishap(this.name, what, kind);
      const { epoch } = world;
      const happen = () => {
        if (world.epoch !== epoch) return;
        let settle: () => void;
        try {
          const answer = happens(fault);
          settle = () => resolve(answer);
        } catch (error) {
          settle = () => reject(error);
        }
        if (fault?.kind === "answer_lost") settle = () => reject(noAnswer());
        if (fault?.kind === "stall_after") this.stalledUntil = agenda.now + fault.ms;
        this.#hear(settle);
      };
      const latency = options.latencyMs > 0 ? options.draws.whole(0, options.latencyMs) : 0;
      switch (fault?.kind) {
        case "crash_before":
          return this.kill();
        case "machine_down":
          return world.machineDown(fault.ms);
        case "refused":
          return void agenda.in(latency, () => this.#hear(() => reject(refusal())));
        case "crash_after":
          agenda.in(fault.ms, happen);
          return this.kill();
        case "slow":
          return void agenda.in(fault.ms, happen);
        case "stall_before":
          this.stalledUntil = agenda.now + fault.ms;
          return void agenda.in(fault.ms, happen);
        case undefined:
        case "stall_after":
        case "answer_lost":
        case "repeated":
        case "lost":
        case "duplicate":
        case "late":
          agenda.in(latency, happen);
      }
    });
  }

  /** Lets the process hear something, when it goes on. */
  #hear(run: () => void): void {
    const { agenda, options } = this.world;
    if (this.isDead) return;
    if (!this.isStalled) return run();
    // What has piled up is heard in any order.
    const ms = this.stalledUntil - agenda.now + options.draws.whole(0, 1);
    agenda.in(ms, () => this.#hear(run));
  }
}

const refusal = () => new AwsError("ProvisionedThroughputExceededException", "Slow down.");
const noAnswer = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

/** Milliseconds until the last of the messages that are sent arrives. */
function delayOf({ DelaySeconds = 0, Entries = [] }: Input): number {
  // As the product's queues send them.
  const entries = Entries as readonly { readonly DelaySeconds?: number }[];
  const seconds = entries.map((entry) => entry.DelaySeconds ?? 0);
  return Math.max(Number(DelaySeconds), ...seconds) * 1_000;
}

/** For the trace of a failing run. */
function describe(operation: string, input: Input): string {
  const key = (input["Key"] ?? input["Item"]) as
    { pk?: { S: string }; sk?: { S: string } } | undefined;
  if (key?.pk && key.sk) return `${operation} ${key.pk.S.split("#").at(-2) ?? ""} ${key.sk.S}`;
  const queue = input["QueueUrl"];
  return typeof queue === "string" ? `${operation} ${queue.split("/").at(-1) ?? ""}` : operation;
}
