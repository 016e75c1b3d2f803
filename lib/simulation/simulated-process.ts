import { throwFault } from "#lib/local/embedded/connection";
import { type CallOptions, plainCall } from "#lib/local/embedded/services";
import type { Input } from "#lib/local/embedded/wire";
import { createSqsQueues } from "#shared/queue/live-queues";
import type { Queues } from "#shared/queue/queues";
import type { QueueName } from "#shared/runtime/grants";
import { systemRandom } from "#shared/runtime/random";
import type { Timer } from "#shared/runtime/timers";
import { createDynamoTable } from "#shared/table/dynamo-table";
import type { Table } from "#shared/table/table";
import { createMemory, type OpenMemory } from "#shared/work/memory";
import { placesInTable } from "#shared/work/place-records";
import { createPlaces, type Places } from "#shared/work/places";
import type { WorkDeps } from "#shared/work/work-on";
import { clientsOver } from "./clients.ts";
import type { Mishap, MishapPlan } from "./mishaps.ts";
import { tableName } from "./store.ts";
import type { Mortal, Surroundings } from "./surroundings.ts";

/** What a call of somebody outside comes to: how long it takes, and then its answer. */
export interface Answer<T> {
  readonly ms: number;
  /** Gives the answer, or throws. */
  readonly answer: () => T;
}

/** How a process differs from the others of its world. */
export interface ProcessOptions {
  /** What goes wrong with its own calls, instead of what the world has planned. */
  readonly mishaps?: MishapPlan;
  /** How far its clock is ahead. */
  readonly skewMs?: number;
  /** How late its calls are answered when nothing goes wrong. */
  readonly latencyMs?: number;
}

/** One process: the means that the product's code is given. It can die, stand still and be slow. */
export class SimulatedProcess implements WorkDeps, Mortal {
  readonly name: string;
  readonly table: Table;
  readonly queues: Queues;
  readonly leaseMs: number;
  readonly places: Places;
  readonly memory: OpenMemory = createMemory(16 * 1_048_576);
  readonly clock: () => number;
  readonly timer: Timer;
  /** The operations that it has called, repeats by the SDK included. */
  readonly calls: string[] = [];
  /** How many of its calls went wrong. */
  faults = 0;
  /** Resolves when it was killed. */
  readonly died: Promise<void>;
  isDead = false;
  readonly #world: Surroundings;
  readonly #mishaps: MishapPlan | undefined;
  readonly #latencyMs: number;
  #die = () => {};
  #stalledUntil = 0;
  /** What it will hear when it goes on. */
  #unheard: (() => void)[] = [];

  constructor(world: Surroundings, name: string, own: ProcessOptions = {}) {
    const { agenda, options } = world;
    const { mishaps, skewMs, latencyMs = options.latencyMs } = own;
    this.#world = world;
    this.#mishaps = mishaps;
    this.#latencyMs = latencyMs;
    this.name = name;
    this.leaseMs = options.leaseMs;
    const skew = skewMs ?? (options.skewMs > 0 ? options.draws.whole(0, options.skewMs) : 0);
    this.clock = () => agenda.now + skew;
    this.died = new Promise((resolve) => (this.#die = resolve));
    this.timer = (ms, run) => {
      let heard = run;
      const cancel = agenda.in(ms, () => this.#hear(() => heard()));
      return () => {
        heard = () => {};
        cancel();
      };
    };
    const clients = clientsOver((operation, input) => this.perform(operation, input));
    this.table = createDynamoTable(clients.dynamodb, tableName);
    this.queues = createSqsQueues(clients.sqs);
    const { functions = 4 } = options;
    // Those of one worker do for all: what waits for another's place waits all the more often.
    const record = world.places ?? placesInTable(this.table, "jobs");
    this.places = createPlaces(record, { functions, teamShare: 1 / 4 }, systemRandom);
  }

  /** SIGKILL: nothing is heard any more. What was called may still happen. */
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#world.observer.deaths += 1;
    this.#world.gone(this);
    this.#die();
  }

  get isStalled(): boolean {
    return this.#stalledUntil > this.#world.agenda.now;
  }

  /** Stands still, as a paused machine does: calls, answers and timers wait until it goes on. */
  stall(ms = Infinity): void {
    const { agenda } = this.#world;
    this.#stalledUntil = Math.max(this.#stalledUntil, agenda.now + ms);
    if (ms === Infinity) return;
    agenda.in(ms, () => {
      if (!this.isStalled) this.goOn();
    });
  }

  goOn(): void {
    const { draws } = this.#world.options;
    this.#stalledUntil = 0;
    // What has piled up is heard in any order.
    for (const run of this.#unheard.splice(0)) {
      this.#later(this.#latencyMs > 0 ? draws.whole(0, 1) : 0, () => this.#hear(run));
    }
  }

  /** Waits for something as this process: no answer when it is dead, a late one when it stands still. */
  async hears<T>(awaited: Promise<T>): Promise<T> {
    const answer = await awaited;
    return new Promise((resolve) => this.#hear(() => resolve(answer)));
  }

  /** Calls somebody outside. Rejects with the signal's reason when it aborts first. */
  async outside<T>(what: string, signal: AbortSignal, arrives: () => Answer<T>): Promise<T> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const aborted = () => reject(signal.reason as Error);
      // Node keeps a signal for ever, with all that hangs on it, while somebody listens.
      const deafen = () => signal.removeEventListener("abort", aborted);
      signal.addEventListener("abort", aborted, { once: true });
      void this.died.then(deafen);
      this.#call(what, {}, what, arrives)
        .then(({ ms, answer }) => {
          const ends = () => {
            if (signal.aborted) return;
            deafen();
            try {
              resolve(answer());
            } catch (error) {
              reject(error);
            }
          };
          if (!signal.aborted) this.timer(ms, ends);
        })
        .catch(reject);
    });
  }

  /** Runs an operation of the table or the queues. */
  perform(operation: string, input: Input): Promise<unknown> {
    const { options, observer, agenda } = this.#world;
    const { store, transactionMs = 0 } = options;
    const takes = operation === "TransactWriteItems" && this.#latencyMs > 0 ? transactionMs : 0;
    const begin = takes > 0 ? { ms: takes, hold: () => store.beginTransaction(input) } : undefined;
    const happens = (fault: Mishap | undefined) => {
      // A lost message is missed when it would have arrived.
      if (fault?.kind === "lost") observer.faultLasts(agenda.now + delayOf(input));
      const once = () => {
        refuse(fault, operation, input);
        const answer = store.run(operation, input, callOptions(fault));
        observer.wrote(operation, input);
        return answer;
      };
      if (fault?.kind === "repeated") {
        this.calls.push(operation);
        try {
          once();
        } catch {
          // The answer is lost, and a refusal is one.
        }
      }
      try {
        return once();
      } finally {
        const queue = queueIn(input);
        if (queue) this.#world.watch(queue);
      }
    };
    return this.#call(operation, input, describe(operation, input), happens, begin);
  }

  /** Makes a call: it happens a little later, and its answer is heard if this process still hears. */
  #call<T>(
    operation: string,
    input: Input,
    told: string,
    happens: (fault: Mishap | undefined) => T,
    takes?: { readonly ms: number; readonly hold: () => () => void },
  ): Promise<T> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      if (this.isDead) return;
      const fault = this.#mishaps
        ? this.#mishaps({ operation, input }, this.calls.length)
        : world.mishap({ operation, input }, `${this.name}: ${told}`);
      this.calls.push(operation);
      if (fault) this.faults += 1;
      const { epoch } = world;
      const happen = (end = () => {}) => {
        end();
        if (world.epoch !== epoch) return;
        let heard: () => void;
        try {
          const answer = happens(fault);
          heard = () => resolve(answer);
        } catch (error) {
          heard = () => reject(error);
        }
        if (fault?.kind === "answer_lost") heard = () => reject(noAnswer());
        if (fault?.kind === "stall_after") this.stall(fault.ms);
        this.#hear(heard);
      };
      if (fault?.kind === "crash_before") return this.kill();
      if (fault?.kind === "machine_down") return world.machineDown(fault.ms);
      if (fault?.kind === "crash_after") this.kill();
      if (fault?.kind === "stall_before") this.stall(fault.ms);
      const isLate = fault && ["crash_after", "stall_before", "slow"].includes(fault.kind);
      const arrive = () => {
        if (!takes) return happen();
        try {
          const end = takes.hold();
          world.agenda.in(takes.ms, () => happen(end));
        } catch (error) {
          this.#hear(() => reject(error));
        }
      };
      this.#later(isLate && "ms" in fault ? fault.ms : this.#latency(), arrive);
    });
  }

  #latency(): number {
    return this.#latencyMs > 0 ? this.#world.options.draws.whole(1, this.#latencyMs) : 0;
  }

  /** Lets the process hear something, when it goes on. */
  #hear(run: () => void): void {
    if (this.isDead) return;
    if (this.isStalled) this.#unheard.push(run);
    else run();
  }

  #later(ms: number, run: () => void): void {
    if (ms > 0) this.#world.agenda.in(ms, run);
    else run();
  }
}

/** How a mishap changes what the engine does with a call. */
const callOptions = (fault: Mishap | undefined): CallOptions => ({
  ...plainCall,
  staleMilliseconds: fault?.kind === "stale_index" ? fault.ms : 0,
  batchLimit: fault?.kind === "short_batch" ? fault.count : plainCall.batchLimit,
  delivery: {
    lost: fault?.kind === "lost",
    duplicate: fault?.kind === "duplicate",
    lateSeconds: fault?.kind === "late" ? fault.seconds : 0,
  },
});

/** Throws what a refused call throws, if it is one. */
function refuse(fault: Mishap | undefined, operation: string, input: Input): void {
  if (fault?.kind !== "refused" && fault?.kind !== "conflict") return;
  const kind = fault.kind === "refused" ? "throttle" : fault.kind;
  throwFault({ kind }, operation.includes("Message") ? "sqs" : "dynamodb", operation, input);
}

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
  const queue = queueIn(input);
  return queue ? `${operation} ${queue}` : operation;
}

/** The queue that an operation is of. */
function queueIn(input: Input): QueueName | undefined {
  const url = input["QueueUrl"];
  // The product calls no other queues than its own.
  return typeof url === "string" ? (url.slice(url.lastIndexOf("/") + 1) as QueueName) : undefined;
}
