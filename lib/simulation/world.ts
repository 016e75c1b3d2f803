import { sweep, sweepAtStart } from "#shared/work/sweep";
import { Agenda } from "./agenda.ts";
import type { CallKind, Mishap } from "./faults.ts";
import { type Handed, queueNames, queueSeconds, type SimulatedQueue, tableName } from "./store.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { Mortal, Surroundings, Witness, WorldOptions } from "./surroundings.ts";

/** When every run begins. */
export const worldStart = Date.parse("2026-03-04T05:06:00.000Z");

/** Handles one message as one process. */
export type Take = (process: SimulatedProcess, message: unknown, deadline: number) => Promise<void>;

const minuteMs = 60_000;
const aheadMs = 75_000;
/** What a worker keeps back of its function's time. */
const marginMs = 5_000;

/** Processes, the queues that start them, the sweeper's clock, and the one time of all. */
export class World implements Surroundings {
  readonly agenda = new Agenda(worldStart);
  readonly options: WorldOptions;
  readonly witness: Witness;
  /** What was called, in order. */
  readonly calls: string[] = [];
  epoch = 0;
  /** The only machine is down: nobody takes messages, and no request arrives. */
  isDown = false;
  readonly #takes: Readonly<Record<SimulatedQueue, Take>>;
  readonly #polls = new Map<SimulatedQueue, { at: number; cancel: () => void }>();
  readonly #alive = new Set<Mortal>();

  constructor(
    options: WorldOptions,
    witness: Witness,
    takes: Readonly<Record<SimulatedQueue, Take>>,
  ) {
    this.options = options;
    this.witness = witness;
    this.#takes = takes;
    this.agenda.in(options.draws.whole(0, minuteMs), () => this.#sweepMinutely());
  }

  process(name: string): SimulatedProcess {
    const process = new SimulatedProcess(this, name);
    this.#alive.add(process);
    return process;
  }

  gone(process: Mortal): void {
    this.#alive.delete(process);
  }

  mishap(who: string, what: string, kind: CallKind): Mishap | undefined {
    const fault = this.options.faults(this.calls.length, kind);
    this.calls.push(fault ? `${who}: ${what} ← ${JSON.stringify(fault)}` : `${who}: ${what}`);
    if (!fault) return undefined;
    const ms = "ms" in fault ? fault.ms : "seconds" in fault ? fault.seconds * 1_000 : 0;
    this.witness.fault(this.agenda.now + ms);
    return fault;
  }

  machineDown(ms: number): void {
    this.epoch += 1;
    const { epoch } = this;
    this.isDown = true;
    for (const process of this.#alive) process.kill();
    this.agenda.in(ms, () => {
      if (this.epoch !== epoch) return;
      const process = this.process("start");
      process.onDeath = () => {
        if (this.epoch === epoch) this.machineDown(ms);
      };
      const isUp = () => {
        this.gone(process);
        this.isDown = false;
        this.watchAll();
      };
      sweepAtStart(process).then(isUp, isUp);
    });
  }

  /** Looks when a queue's next message is visible, and hands it out then. */
  #watch(queue: SimulatedQueue): void {
    if (this.isDown) return;
    const at = this.options.store.nextVisibleAt(queue);
    const planned = this.#polls.get(queue);
    if (planned && (at === undefined || planned.at <= at)) return;
    planned?.cancel();
    this.#polls.delete(queue);
    if (at === undefined) return;
    const cancel = this.agenda.in(at - this.agenda.now, () => this.#poll(queue));
    this.#polls.set(queue, { at, cancel });
  }

  /** True when work is due that no message or timer is needed for: the sweeper will find it. */
  #hasDue(within = Infinity): boolean {
    const until = this.agenda.now + within;
    const { Items } = this.options.store.run("Scan", {
      TableName: tableName,
      IndexName: "due",
    }) as {
      Items: { due_at: { N: string } }[];
    };
    return Items.some(({ due_at }) => Number(due_at.N) <= until);
  }

  /** True when nothing will happen any more: only the sweeper's clock goes on, and it has nothing to find. */
  isAtRest(): boolean {
    return this.agenda.open <= 1 && !this.#hasDue();
  }

  #poll(queue: SimulatedQueue): void {
    this.#polls.delete(queue);
    if (this.isDown) return;
    for (const message of this.options.store.receive(queue)) this.#hand(queue, message);
    this.#watch(queue);
  }

  #hand(queue: SimulatedQueue, { body, receiptHandle }: Handed): void {
    const process = this.process(queue);
    process.handle = receiptHandle;
    const seconds = queue === "executions" ? this.options.functionSeconds : queueSeconds[queue];
    // The service ends a function whose time is up, whatever it does.
    const cancel = this.agenda.in(seconds * 1_000, () => {
      if (process.isDead) return;
      this.witness.fault(this.agenda.now);
      process.kill();
    });
    const deadline = process.clock() + seconds * 1_000 - marginMs;
    const ended = () => {
      cancel();
      this.gone(process);
      process.ended = true;
    };
    this.#takes
      [queue](process, JSON.parse(body), deadline)
      .then(() => process.acknowledge(queue))
      .then(ended, ended);
  }

  #sweepMinutely(): void {
    this.agenda.in(minuteMs, () => this.#sweepMinutely());
    // A look that finds nothing does nothing.
    if (this.isDown || !this.#hasDue(aheadMs)) return;
    const process = this.process("sweeper");
    const ended = () => this.gone(process);
    sweep(process).then(ended, ended);
  }

  /** Looks at every queue. */
  watchAll(): void {
    for (const queue of queueNames) this.#watch(queue);
  }
}
