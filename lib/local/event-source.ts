import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { newId } from "#shared/runtime/ids";
import { describeError, log } from "#shared/runtime/log";
import { failedMessages } from "./batch-outcome.ts";
import { InFlight } from "./in-flight.ts";
import { invoke } from "./invocation.ts";

/** A message as a queue hands it out. */
export interface SourceMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** SQS's own attributes, by their names there; text or numbers. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
}

/** The queues as an event source uses them. */
export interface SourceQueues {
  receive(queue: string, max: number): Promise<SourceMessage[]>;
  delete(queue: string, receiptHandles: readonly string[]): Promise<void>;
  changeVisibility(queue: string, receiptHandle: string, seconds: number): Promise<void>;
  /** Calls the listener when messages may be ready; returns what stops it. */
  onReady(queue: string, listener: () => void): () => void;
  /** Unix milliseconds at which the next message may be visible; undefined for an empty queue. */
  nextVisibleAt(queue: string): number | undefined;
}

/** A worker behind a queue. */
export interface QueuedWorker {
  readonly name: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly maxConcurrency: number;
  readonly timeoutSeconds: number;
  readonly handler: (event: SQSEvent, context: Context) => Promise<unknown>;
}

/** What feeds a worker from its queue. */
export interface EventSource {
  /** Takes what is ready. Happens by itself; a test whose clock jumps calls it. */
  look(): void;
  /** Takes no more messages. */
  refuse(): void;
  /** Resolves when nothing is being taken and no function is running. */
  idle(): Promise<void>;
}

/** Looks at least so often, for messages that another process has put in, and after jumps of the clock. */
const longestPauseMs = 5_000;
const shortestPauseMs = 5;
const pauseAfterErrorMs = 1_000;
/** A queue gives no more at once. */
const mostAtOnce = 10;

/**
 * Feeds a worker as Lambda's SQS event source does: batches, at most so many functions at once, done messages deleted,
 * failed ones left to their visibility. A single message starts a function at once.
 */
export function startEventSource(
  worker: QueuedWorker,
  queues: SourceQueues,
  clock: () => number = Date.now,
): EventSource {
  const { queue, batchSize } = worker;
  const inFlight = new InFlight();
  let refusing = false;
  let taking = false;
  let taken = Promise.resolve();
  let lookAgain = false;
  /** Whether messages may have been left because all functions were at work. */
  let wasBusy = false;
  let timer: NodeJS.Timeout | undefined;
  /** How often in a row the queue could not be read. */
  let failures = 0;

  const run = async (messages: readonly SourceMessage[]) => {
    const requestId = newId("req");
    try {
      const result = await invoke(worker.handler, sqsEvent(queue, messages), {
        functionName: worker.name,
        requestId,
        timeoutMs: worker.timeoutSeconds * 1000,
      });
      const failed = failedMessages(
        result,
        messages.map(({ messageId }) => messageId),
      );
      const done = messages.filter(({ messageId }) => !failed.has(messageId));
      if (done.length === 0) return;
      await queues.delete(
        queue,
        done.map(({ receiptHandle }) => receiptHandle),
      );
    } catch (error) {
      log("error", "function_failed", {
        functionName: worker.name,
        requestId,
        ...describeError(error),
      });
    }
  };

  const isBusy = () => inFlight.count >= worker.maxConcurrency;
  // Asking costs far less than receiving, which is a write of its own.
  const isReady = () => (queues.nextVisibleAt(queue) ?? Infinity) <= clock();

  const take = async () => {
    while (!refusing && !isBusy() && isReady()) {
      const free = worker.maxConcurrency - inFlight.count;
      const messages = await queues.receive(queue, Math.min(mostAtOnce, free * batchSize));
      if (messages.length === 0) return;
      if (refusing) {
        const putBack = messages.map(({ receiptHandle }) =>
          queues.changeVisibility(queue, receiptHandle, 0),
        );
        await Promise.all(putBack);
        return;
      }
      for (let start = 0; start < messages.length; start += batchSize) {
        void inFlight.track(run(messages.slice(start, start + batchSize))).then(() => {
          if (wasBusy) look();
        });
      }
    }
    wasBusy = isBusy();
  };

  const look = () => {
    lookAgain = true;
    if (!taking) taken = takeAll();
  };

  const takeAll = async () => {
    taking = true;
    clearTimeout(timer);
    let pause = longestPauseMs;
    try {
      while (lookAgain && !refusing) {
        lookAgain = false;
        await take();
        failures = 0;
      }
      pause = pauseUntilNext();
    } catch (error) {
      if (failures === 0) log("error", "queue_not_read", { queue, ...describeError(error) });
      failures += 1;
      pause = Math.min(failures * pauseAfterErrorMs, longestPauseMs);
    }
    taking = false;
    if (!refusing) timer = setTimeout(look, pause);
  };

  const pauseUntilNext = () => {
    // When all functions are busy, the end of one looks again.
    if (refusing || isBusy()) return longestPauseMs;
    const next = queues.nextVisibleAt(queue) ?? Infinity;
    return Math.min(Math.max(next - clock(), shortestPauseMs), longestPauseMs);
  };

  const unsubscribe = queues.onReady(queue, look);
  look();
  return {
    look,
    refuse: () => {
      refusing = true;
      clearTimeout(timer);
      unsubscribe();
    },
    idle: async () => {
      await taken;
      await inFlight.idle();
    },
  };
}

/**
 * The event of Lambda's SQS event source; every attribute is text.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function sqsEvent(queue: string, messages: readonly SourceMessage[]): SQSEvent {
  return {
    Records: messages.map(
      ({ messageId, receiptHandle, body, md5OfBody, attributes }): SQSRecord => ({
        messageId,
        receiptHandle,
        body,
        attributes: attributesOf(attributes),
        messageAttributes: {},
        md5OfBody,
        eventSource: "aws:sqs",
        eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
        awsRegion: "us-east-1",
      }),
    ),
  };
}

function attributesOf(given: SourceMessage["attributes"]): SQSRecord["attributes"] {
  const attributes: SQSRecord["attributes"] & Record<string, string> = {
    ApproximateReceiveCount: "1",
    SentTimestamp: "0",
    SenderId: "local",
    ApproximateFirstReceiveTimestamp: "0",
  };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) attributes[name] = String(value);
  }
  return attributes;
}
