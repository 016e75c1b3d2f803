import { worker as sweeper } from "#functions/workers/sweep/worker";
import type { ReceivedMessage } from "#lib/local/embedded/sqs/message-store";
import { ApiError } from "#shared/errors/api-error";
import { marginMs, type Received } from "#shared/queue/serve-worker";
import type { QueueName } from "#shared/runtime/grants";
import { useRandom } from "#shared/runtime/random";
import { useTimer } from "#shared/runtime/timers";
import { placesInMemory } from "#shared/work/place-records";
import type { PlaceRecord } from "#shared/work/places";
import { aheadMs, freeLeases, sweep, sweepAtStart } from "#shared/work/sweep";
import type { WorkRef } from "#shared/work/work-kinds";
import { Agenda, nothingFollows, settled } from "./agenda.ts";
import type { Call, Mishap } from "./mishaps.ts";
import { Observer } from "./observer.ts";
import { type ProcessOptions, SimulatedProcess } from "./simulated-process.ts";
import { queueNames } from "./store.ts";
import type { Mortal, Surroundings, WorldOptions } from "./surroundings.ts";

/** When every world begins. */
export const worldStart = Date.parse("2026-03-04T05:06:00.000Z");

type Consume = (received: Received<never>) => Promise<void>;

/** Who takes the messages of a queue. */
interface Consumer {
  /** The process that takes all; undefined: each message has a function of its own, which is killed when its time is up. */
  readonly only: SimulatedProcess | undefined;
  readonly timeoutMs: number;
  readonly consumeIn: (process: SimulatedProcess) => Consume;
}

const minuteMs = sweeper.trigger.everyMinutes * 60_000;
/** After so long a client repeats a request that was not answered. */
const repeatMs = 5_000;

/**
 * Processes, the queues that start them, the sweeper's clock, and the one time of all. A new one takes over the store,
 * and the chance and the pauses of the platform in this process.
 */
export class World implements Surroundings {
  readonly agenda = new Agenda(worldStart);
  readonly options: WorldOptions;
  readonly observer: Observer;
  /** What was called, in order, by the processes that share the world's mishaps. */
  readonly calls: string[] = [];
  places: PlaceRecord | undefined;
  epoch = 0;
  /** The only machine is down: nobody takes messages, and no request arrives. */
  isDown = false;
  readonly #consumers = new Map<QueueName, Consumer[]>();
  readonly #polls = new Map<QueueName, { at: number; cancel: () => void }>();
  readonly #alive = new Set<Mortal>();
  #sweepers = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.observer = new Observer(() => this.agenda.now, options);
    if (options.placesInMemory) this.places = placesInMemory();
    options.store.begin(() => this.agenda.now);
    useRandom(() => options.draws.next());
    useTimer((ms, run) => this.agenda.in(ms, run));
  }

  process(name: string, options?: ProcessOptions): SimulatedProcess {
    const process = new SimulatedProcess(this, name, options);
    this.#alive.add(process);
    return process;
  }

  /** A process that nothing befalls, for what is there at the start. */
  setUp(): SimulatedProcess {
    return this.process("set-up", { mishaps: () => undefined, skewMs: 0, latencyMs: 0 });
  }

  gone(process: Mortal): void {
    this.#alive.delete(process);
  }

  mishap(call: Call, told: string): Mishap | undefined {
    const fault = this.options.mishaps(call, this.calls.length);
    this.calls.push(fault ? `${told} ← ${JSON.stringify(fault)}` : told);
    if (!fault) return undefined;
    const ms = "ms" in fault ? fault.ms : "seconds" in fault ? fault.seconds * 1_000 : 0;
    this.observer.fault(this.agenda.now + ms);
    return fault;
  }

  machineDown(ms: number): void {
    this.epoch += 1;
    const { epoch } = this;
    this.isDown = true;
    for (const process of this.#alive) process.kill();
    if (this.places) this.places = placesInMemory();
    this.agenda.in(ms, () => {
      if (this.epoch !== epoch) return;
      const process = this.process("start");
      void process.died.then(() => {
        if (this.epoch === epoch) this.machineDown(ms);
      });
      const isUp = () => {
        this.isDown = false;
        for (const queue of queueNames) this.watch(queue);
      };
      const isSent = () => this.gone(process);
      freeLeases(process)
        .then(isUp, isUp)
        .then(() => sweepAtStart(process))
        .then(isSent, isSent);
    });
  }

  /**
   * Starts a function for each message of a queue, or gives them all to one process; the last to be given a queue has it,
   * as long as it lives.
   */
  serve<M>(
    queue: QueueName,
    timeoutSeconds: number,
    consumeIn: (process: SimulatedProcess) => (received: Received<M>) => Promise<void>,
    only?: SimulatedProcess,
  ): void {
    const consumer = { only, timeoutMs: timeoutSeconds * 1_000, consumeIn };
    this.#consumers.set(queue, [consumer, ...(this.#consumers.get(queue) ?? [])]);
    this.watch(queue);
  }

  /** Has somebody ask for something once. Gives the answer or how it was refused, and nothing where none came. */
  once<T>(
    name: string,
    request: (process: SimulatedProcess) => Promise<T>,
  ): Promise<{ readonly answer: T | ApiError } | undefined> {
    if (this.isDown) return Promise.resolve(undefined);
    const process = this.process(name);
    const asked = request(process)
      .finally(() => this.gone(process))
      .then(
        (answer) => ({ answer }),
        (error: unknown) => {
          const isRefused = error instanceof ApiError && error.code !== "service_unavailable";
          return isRefused ? { answer: error } : undefined;
        },
      );
    return Promise.race([asked, process.died.then(() => undefined)]);
  }

  /**
   * Has somebody ask for something as clients do with an `Idempotency-Key`: the same request again, until it is answered.
   * Gives the answer, or how it was refused.
   */
  async client<T>(
    name: string,
    request: (process: SimulatedProcess) => Promise<T>,
  ): Promise<T | ApiError> {
    for (;;) {
      const told = await this.once(name, request);
      if (told) return told.answer;
      await new Promise<void>((resolve) => this.agenda.in(repeatMs, resolve));
    }
  }

  /** Looks when a queue's next message is visible, and hands it out then. */
  watch(queue: QueueName): void {
    if (this.isDown || !this.#consumers.has(queue)) return;
    const at = this.options.store.nextVisibleAt(queue);
    const planned = this.#polls.get(queue);
    if (planned && (at === undefined || planned.at <= at)) return;
    planned?.cancel();
    this.#polls.delete(queue);
    if (at === undefined) return;
    const cancel = this.agenda.in(at - this.agenda.now, () => this.#poll(queue));
    this.#polls.set(queue, { at, cancel });
  }

  /** Lets time pass until something is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const ended = () => void (isDone = true);
    work.then(ended, ended);
    await settled();
    while (!isDone && (await this.agenda.next(Infinity)));
    return work;
  }

  /** True when nothing will happen any more: only the sweeper's clock goes on, and it has nothing to find. */
  isAtRest(): boolean {
    return this.agenda.open <= this.#sweepers && !this.observer.hasDue(Infinity);
  }

  #poll(queue: QueueName): void {
    this.#polls.delete(queue);
    const taker = () => this.#consumers.get(queue)?.find(({ only }) => !only?.isDead);
    if (this.isDown || !taker()) return;
    for (const message of this.options.store.receive(queue)) {
      const consumer = taker();
      if (consumer) this.#hand(queue, message, consumer);
    }
    this.watch(queue);
  }

  #hand(queue: QueueName, message: ReceivedMessage, consumer: Consumer): void {
    const { body, receiptHandle } = message;
    const { only, timeoutMs, consumeIn } = consumer;
    const process = only ?? this.process(queue);
    // Its sender is the product.
    const ref = JSON.parse(body) as WorkRef;
    this.observer.begins(process, ref);
    // The service ends a function whose time is up, whatever it does.
    const cancel = this.agenda.in(only ? Infinity : timeoutMs, () => {
      this.observer.timeUp();
      process.kill();
    });
    const ended = () => {
      cancel();
      if (!only) this.gone(process);
      this.observer.ends(process, ref);
    };
    void process.died.then(ended);
    const received: Received<never> = {
      message: ref as never,
      deadline: process.clock() + timeoutMs - marginMs,
      setVisibility: (seconds) =>
        process.queues.setVisibility(queue, receiptHandle, seconds).catch(() => {}),
    };
    consumeIn(process)(received).then(() => {
      ended();
      this.#acknowledge(queue, receiptHandle);
    }, ended);
  }

  /** Takes a message off its queue, which is not the worker's to do. */
  #acknowledge(queue: QueueName, ReceiptHandle: string): void {
    const source = this.process(`source of ${queue}`);
    const QueueUrl = process.env[`QUEUE_URL_${queue.toUpperCase()}`];
    const ended = () => this.gone(source);
    source.perform("DeleteMessage", { QueueUrl, ReceiptHandle }).then(ended, ended);
  }

  /** Sweeps each minute from a time on, as long as there is a process for it. */
  sweepEachMinute(
    inMs = this.options.draws.whole(0, minuteMs),
    next = (): SimulatedProcess | undefined => this.process("sweeper"),
  ): void {
    this.#sweepers += 1;
    const minute = () => {
      this.agenda.in(minuteMs, minute);
      // A look that finds nothing does nothing.
      if (this.isDown || !this.observer.hasDue(this.agenda.now + aheadMs)) return nothingFollows;
      const process = next();
      if (!process) return nothingFollows;
      const ended = () => this.gone(process);
      sweep(process).then(ended, ended);
      return undefined;
    };
    this.agenda.in(inMs, minute);
  }
}
