import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "aws-lambda";

/** One run of a function. */
interface Run {
  /** Set when its time was over before it ended: on Lambda it would not exist any more. */
  over: boolean;
}

const runs = new AsyncLocalStorage<Run>();

/** What runs a function needs to know. */
export interface Invocation {
  readonly functionName: string;
  readonly requestId: string;
  readonly timeoutMs: number;
}

/** A function did not end in its time. */
export class FunctionTimedOut extends Error {
  override readonly name = "FunctionTimedOut";
  constructor({ functionName, timeoutMs }: Invocation) {
    super(`${functionName} did not end within ${timeoutMs / 1000} s.`);
  }
}

/** Lambda's context. */
class LocalContext implements Context {
  callbackWaitsForEmptyEventLoop = true;
  readonly functionVersion = "$LATEST";
  readonly memoryLimitInMB = "512";
  readonly logGroupName = "local";
  readonly logStreamName = "local";
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  readonly #endsAt: number;

  constructor({ functionName, requestId, timeoutMs }: Invocation) {
    this.functionName = functionName;
    this.invokedFunctionArn = `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`;
    this.awsRequestId = requestId;
    this.#endsAt = performance.now() + timeoutMs;
  }

  getRemainingTimeInMillis = (): number =>
    Math.max(0, Math.round(this.#endsAt - performance.now()));

  done(): void {}
  fail(): void {}
  succeed(): void {}
}

/**
 * Runs a function as Lambda does: with a context, and for at most its time. Rejects with what it throws, or with
 * FunctionTimedOut; from then on `isOver` is true inside the function.
 */
export function invoke<Event>(
  handler: (event: Event, context: Context) => Promise<unknown>,
  event: Event,
  invocation: Invocation,
): Promise<unknown> {
  const run: Run = { over: false };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      run.over = true;
      reject(new FunctionTimedOut(invocation));
    }, invocation.timeoutMs);
    runs
      .run(run, async () => handler(event, new LocalContext(invocation)))
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}

/** Whether the function that makes this call has outlived its time. */
export const isOver = (): boolean => runs.getStore()?.over ?? false;
