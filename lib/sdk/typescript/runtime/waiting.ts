import { type BaseClient, isTransient } from "./client.ts";
import { ReplyTimeoutError, WaitTimeoutError } from "./errors.ts";
import type { Execution, MessageSend, MessageSendResult, Step } from "./types.ts";

/** Until when a helper waits. */
export interface WaitOptions {
  /** Milliseconds until it gives up. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What waits for an execution may be told. */
export interface ExecutionWaitOptions extends WaitOptions {
  /** Called with each step when it has finished, in their order. */
  readonly onStep?: ((step: Step) => void | Promise<void>) | undefined;
  /** Whether the execution is cancelled when time is up. */
  readonly cancelOnTimeout?: boolean | undefined;
}

/** How long one request is held for a reply, in seconds. */
const held = 25;

/**
 * Sends a message and waits for the bot's reply: the same message again and again, which is kept once. Gives null where
 * no reply is to come. Throws a `ReplyTimeoutError` after `timeoutMs`, two minutes unless given.
 */
export async function ask(
  client: BaseClient,
  path: string,
  body: MessageSend,
  { timeoutMs = 120_000, signal }: WaitOptions = {},
): Promise<MessageSendResult["reply"]> {
  const deadline = Date.now() + timeoutMs;
  const message = { ...body, message_id: body.message_id ?? crypto.randomUUID() };
  let sent: MessageSendResult | undefined;
  for (;;) {
    const begun = Date.now();
    const wait = Math.max(0, Math.min(held, Math.floor((deadline - begun) / 1000)));
    // A new key each time: the one before would give its answer again.
    const request = { query: { wait }, body: message, options: { signal } };
    const outcome = await settled(client.one<MessageSendResult>("POST", path, request));
    if ("value" in outcome) {
      sent = outcome.value;
      // Newer servers say where nobody will reply, as when the bot is paused.
      const { reply_expected } = sent as { readonly reply_expected?: boolean };
      if (sent.reply !== null || reply_expected === false) return sent.reply;
    }
    if (Date.now() >= deadline) throw new ReplyTimeoutError(sent?.message, reasonOf(outcome));
    // What answers at once, such as a bot that is paused, is not asked more than once a second.
    await client.pause(Math.max(0, Math.min(begun + 1000, deadline) - Date.now()), signal);
  }
}

/** Runs a loop, and waits as `waitForExecution` does. */
export async function runAndWait(
  client: BaseClient,
  path: string,
  body: object,
  { timeoutMs = 600_000, ...options }: ExecutionWaitOptions = {},
): Promise<Execution> {
  const { signal } = options;
  const deadline = Date.now() + timeoutMs;
  const idempotencyKey = crypto.randomUUID();
  for (;;) {
    // The same key each time, so that it runs once.
    const outcome = await settled(
      client.one<Execution>("POST", path, { body, options: { signal, idempotencyKey } }),
    );
    if ("value" in outcome) {
      return waitForExecution(client, outcome.value.id, {
        ...options,
        timeoutMs: deadline - Date.now(),
      });
    }
    if (Date.now() >= deadline) throw new WaitTimeoutError(undefined, outcome);
    await client.pause(1000, signal);
  }
}

/**
 * Waits until an execution has ended, and gives it whatever became of it. Throws a `WaitTimeoutError` after `timeoutMs`,
 * ten minutes unless given.
 */
export async function waitForExecution(
  client: BaseClient,
  id: string,
  { onStep, cancelOnTimeout, ...options }: ExecutionWaitOptions = {},
): Promise<Execution> {
  try {
    const steps = follow(client, id, onStep !== undefined, options);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      await onStep?.(value);
    }
  } catch (error) {
    if (!(error instanceof WaitTimeoutError) || !cancelOnTimeout) throw error;
    const { signal } = options;
    throw new WaitTimeoutError(
      await client.one<Execution>("POST", `${executionPath(id)}/cancel`, { options: { signal } }),
    );
  }
}

/** Gives each step when it has finished, in their order, until the execution has ended; throws as `waitForExecution`. */
export const watchExecution = (client: BaseClient, id: string, options?: WaitOptions) =>
  follow(client, id, true, options);

const running = new Set(["queued", "running"]);
const executionPath = (id: string) => `/executions/${encodeURIComponent(id)}`;
const perPage = 100;

async function* follow(
  client: BaseClient,
  id: string,
  withSteps: boolean,
  { timeoutMs = 600_000, signal }: WaitOptions = {},
): AsyncGenerator<Step, Execution, undefined> {
  const deadline = Date.now() + timeoutMs;
  let seen = 0;
  let execution: Execution | undefined;
  for (let pause = 500; ; pause = Math.min(5000, pause * 1.5)) {
    const outcome = await settled(
      client.one<Execution>("GET", executionPath(id), { options: { signal } }),
    );
    if ("value" in outcome) {
      execution = outcome.value;
      const steps = withSteps
        ? await settled(finishedAfter(client, id, seen, signal))
        : { value: [] };
      if ("value" in steps) {
        for (const step of steps.value) {
          [seen, pause] = [step.number, 500];
          yield step;
        }
        if (!running.has(execution.status)) return execution;
      }
    }
    if (Date.now() >= deadline) throw new WaitTimeoutError(execution, reasonOf(outcome));
    await client.pause(Math.max(0, Math.min(pause, deadline - Date.now())), signal);
  }
}

/** The finished steps after a number, in their order: numbers are dense, and one that runs holds up those after it. */
async function finishedAfter(
  client: BaseClient,
  id: string,
  seen: number,
  signal: AbortSignal | undefined,
) {
  const query = { page: Math.floor(seen / perPage) + 1, per_page: perPage };
  const finished: Step[] = [];
  for await (const step of client.page<Step>(`${executionPath(id)}/steps`, {
    query,
    options: { signal },
  })) {
    if (step.number <= seen) continue;
    if (step.status !== "finished") break;
    finished.push(step);
  }
  return finished;
}

const reasonOf = (outcome: { readonly value: unknown } | { readonly cause: Error }) =>
  "cause" in outcome ? outcome : undefined;

/** What a call gave, or what may be gone at another try. Throws everything else. */
async function settled<T>(
  call: PromiseLike<T>,
): Promise<{ readonly value: T } | { readonly cause: Error }> {
  try {
    return { value: await call };
  } catch (error) {
    if (isTransient(error)) return { cause: error };
    throw error;
  }
}
