import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { deadLettersOf } from "#lib/deployed-names";
import type { Connection } from "#lib/local/embedded/connection";
import { openEngine, type QueueMessage } from "#lib/local/embedded/engine";
import type { FaultPlan } from "#lib/local/embedded/faults";
import { createKeyService } from "#lib/local/embedded/kms";
import { createTableRequest } from "#lib/local/table-request";
import { createSqsQueues } from "#shared/queue/live-queues";
import type { Received } from "#shared/queue/serve-worker";
import { createDynamoTable } from "#shared/table/dynamo-table";
import type { Item } from "#shared/table/table";
import { placesInTable } from "#shared/work/place-records";
import { createPlaces } from "#shared/work/places";
import { sweep } from "#shared/work/sweep";
import type { WorkDeps } from "#shared/work/work-on";
import { embeddedClients } from "./embedded-clients.ts";

/** A process that works on the simulated table and queues. It is the means that workers are given. */
export interface SimulatedProcess extends WorkDeps {
  readonly connection: Connection;
  /** Waits for something as this process: no answer when it is dead, a late one when it stands still. */
  gate<T>(awaited: Promise<T>): Promise<T>;
  /** Passes calls through the gate, and is not at rest while one is under way. */
  guard<A extends unknown[], R>(run: (...args: A) => Promise<R>): (...args: A) => Promise<R>;
  /** SIGKILL: what it has called may happen, but nothing comes back, and its timers are gone. */
  kill(): void;
  readonly isDead: () => boolean;
  /** Stands still, as a paused machine does: calls, answers and timers wait until it goes on. */
  stall(): void;
  goOn(): void;
}

/** How a process is. */
interface ProcessOptions {
  /** What goes wrong with its calls. */
  readonly faults?: FaultPlan;
  /** How far its clock is ahead of the others'. */
  readonly skewMs?: number;
}

/** Something that takes the messages of a queue. */
type Consume = (received: Received<never>) => Promise<void>;

/** What may happen at one instant before a simulation is taken for endless. */
const mostTurns = 5_000;
/** Turns of the event loop without a call before everyone is at rest: an answer may lead to the next call. */
const quietTurns = 4;
const names = ["inbound", "jobs"] as const;
type Queue = (typeof names)[number];

/** Repeats a call as the SDK does, but at once: its pauses are real time. */
const promptly = {
  acquireInitialRetryToken: async () => retryToken(0),
  refreshRetryTokenForRetry: async (
    { getRetryCount }: ReturnType<typeof retryToken>,
    { errorType }: { readonly errorType: string },
  ) => {
    const again = errorType === "THROTTLING" || errorType === "TRANSIENT";
    if (!again || getRetryCount() === 2) throw new Error("No more tries.");
    return retryToken(getRetryCount() + 1);
  },
  recordSuccess: () => {},
};
const retryToken = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });

/** Begins here. */
const start = Date.parse("2026-03-04T05:06:00.000Z");

/**
 * A world of its own: an engine in memory, several processes on it, and a time that only `advance` moves, from one
 * thing to happen to the next.
 */
export function startSimulation({
  leaseMs = 5_000,
  functions = 100,
}: { readonly leaseMs?: number; readonly functions?: number } = {}) {
  let now = start;
  const engine = openEngine({
    file: ":memory:",
    clock: () => now,
    services: { TrentService: createKeyService(randomBytes(32)) },
  });
  const tableName = "simulated";
  engine.createTable(createTableRequest(tableName));
  for (const name of names) {
    const dead = deadLettersOf(name);
    engine.createQueue({ name: dead, visibility_timeout_seconds: 30 });
    process.env[`QUEUE_URL_${name.toUpperCase()}`] = engine.createQueue({
      name,
      visibility_timeout_seconds: 300,
      dead_letter: { queue: dead, max_receives: 10 },
    });
  }

  let timers: { at: number; run: () => void; isDead: () => boolean }[] = [];
  const at = (ms: number, run: () => void, isDead: () => boolean = () => false) => {
    const entry = { at: now + Math.max(0, Math.ceil(ms)), run, isDead };
    timers.push(entry);
    return () => {
      timers = timers.filter((other) => other !== entry);
    };
  };

  const busy: (() => boolean)[] = [];
  const never = new Promise<never>(() => {});

  const newProcess = ({ faults, skewMs = 0 }: ProcessOptions = {}): SimulatedProcess => {
    const { connection, dynamodb, sqs } = embeddedClients(engine, faults);
    dynamodb.config.retryStrategy = async () => promptly;
    sqs.config.retryStrategy = async () => promptly;
    let isDead = false;
    let calls = 0;
    let gate: Promise<void> | undefined;
    let open = () => {};
    void connection.crashed.then(() => (isDead = true));
    busy.push(() => !isDead && calls > 0);

    const passGate = async () => {
      while (gate) await gate;
      if (isDead) await never;
    };
    const guard: SimulatedProcess["guard"] =
      (run) =>
      async (...args) => {
        await passGate();
        calls++;
        try {
          return await run(...args);
        } finally {
          calls--;
          await passGate();
        }
      };
    /** Every method of an object, guarded: types stay as they are. */
    const guarded = <T extends object>(target: T): T =>
      Object.fromEntries(
        Object.entries(target).map(([name, method]) => [
          name,
          guard(method as (...args: unknown[]) => Promise<unknown>),
        ]),
      ) as T;

    const table = guarded(createDynamoTable(dynamodb, tableName));
    return {
      connection,
      gate: async (awaited) => {
        const answer = await awaited;
        await passGate();
        return answer;
      },
      guard,
      table,
      places: createPlaces(
        placesInTable(table, "jobs"),
        { functions, teamShare: 1 / 4 },
        () => 0.5,
      ),
      queues: guarded(createSqsQueues(sqs)),
      clock: () => now + skewMs,
      leaseMs,
      timer: (ms, run) => {
        const fire = () => void passGate().then(run);
        return at(ms, fire, () => isDead);
      },
      kill: () => {
        isDead = true;
        open();
      },
      isDead: () => isDead,
      stall: () => {
        gate ??= new Promise((resolve) => {
          open = () => {
            gate = undefined;
            resolve();
          };
        });
      },
      goOn: () => open(),
    };
  };

  const consumers: { queue: Queue; process: SimulatedProcess; consume: Consume }[] = [];
  let deleting = 0;
  busy.push(() => deleting > 0);

  const consume = async (queue: Queue, message: QueueMessage) => {
    const consumer = consumers.filter((one) => one.queue === queue && !one.process.isDead()).at(-1);
    if (!consumer) return;
    const { queues } = consumer.process;
    const { receiptHandle, body } = message;
    try {
      await consumer.consume({
        // Each worker's own; its sender made it.
        message: JSON.parse(body) as never,
        deadline: consumer.process.clock() + 295_000,
        setVisibility: (seconds) =>
          queues.setVisibility(queue, receiptHandle, seconds).catch(() => {}),
      });
    } catch {
      return;
    }
    deleting++;
    await engine.queues.delete(queue, [receiptHandle]);
    deleting--;
  };

  /** Hands out what is visible; false when nothing was, or nobody takes it. */
  const handOut = async () => {
    let some = false;
    for (const queue of names) {
      const taken = consumers.some((one) => one.queue === queue && !one.process.isDead());
      while (taken && (engine.queues.nextVisibleAt(queue) ?? Infinity) <= now) {
        const messages = await engine.queues.receive(queue, 10);
        if (messages.length === 0) break;
        some = true;
        for (const message of messages) void consume(queue, message);
      }
    }
    return some;
  };

  const fireDue = () => {
    const due = timers.filter((timer) => timer.at <= now);
    timers = timers.filter((timer) => timer.at > now);
    for (const { run, isDead } of due) if (!isDead()) run();
    return due.length > 0;
  };

  const rest = async () => {
    for (let turn = 0, quiet = 0; turn < mostTurns; turn++) {
      await nextTurn();
      quiet = busy.some((isBusy) => isBusy()) ? 0 : quiet + 1;
      if (quiet < quietTurns) {
        // Repeats of the SDK sleep in real time.
        if (quiet === 0) turn--;
        continue;
      }
      if (!fireDue() && !(await handOut())) return;
      quiet = 0;
    }
    throw new Error("The simulation does not come to rest.");
  };

  const nextHappening = () => {
    const visible = names
      .filter((name) => consumers.some(({ queue, process }) => queue === name && !process.isDead()))
      .map((name) => engine.queues.nextVisibleAt(name) ?? Infinity);
    return Math.min(...timers.map((timer) => timer.at), ...visible);
  };

  return {
    engine,
    clock: () => now,
    process: newProcess,

    /** Gives the messages of a queue to a consumer; to the last one given that is alive. */
    feed: <M>(
      queue: Queue,
      process: SimulatedProcess,
      take: (received: Received<M>) => Promise<void>,
    ) => {
      consumers.push({ queue, process, consume: take });
    },

    /** Sweeps each minute from now on. */
    sweepEachMinute: (process: SimulatedProcess) => {
      const minute = () => {
        void sweep(process).catch(() => {});
        at(60_000, minute, process.isDead);
      };
      at(60_000, minute, process.isDead);
    },

    /** Lets everything happen that happens now. */
    rest,

    /** Moves time on, from one thing to happen to the next. */
    advance: async (ms: number) => {
      const until = now + ms;
      await rest();
      for (let next = nextHappening(); next <= until; next = nextHappening()) {
        now = Math.max(now, next);
        await rest();
      }
      now = until;
      await rest();
    },

    /** Time passes while something is under way; what was to happen meanwhile happens late. */
    pass: (ms: number) => {
      now += ms;
    },

    /** Takes what is visible in a queue now. */
    take: async (queue: Queue): Promise<unknown[]> => {
      const bodies: unknown[] = [];
      while ((engine.queues.nextVisibleAt(queue) ?? Infinity) <= now) {
        const messages = await engine.queues.receive(queue, 10);
        await engine.queues.delete(
          queue,
          messages.map(({ receiptHandle }) => receiptHandle),
        );
        bodies.push(...messages.map(({ body }): unknown => JSON.parse(body)));
      }
      return bodies;
    },

    /** Every row of the table. */
    rows: async (): Promise<Item[]> => {
      const { dynamodb } = embeddedClients(engine);
      const rows: Item[] = [];
      const client = DynamoDBDocumentClient.from(dynamodb);
      for await (const { Items } of paginateScan({ client }, { TableName: tableName })) {
        // That rows have a key is what the table is.
        rows.push(...((Items ?? []) as Item[]));
      }
      return rows;
    },

    /** When the next message of a queue is visible, in milliseconds from now; undefined when there is none. */
    nextMessageIn: (queue: Queue) => {
      const visible = engine.queues.nextVisibleAt(queue);
      return visible === undefined ? undefined : visible - now;
    },

    close: () => engine.close(),
  };
}

/** A started simulation. */
export type Simulation = ReturnType<typeof startSimulation>;
