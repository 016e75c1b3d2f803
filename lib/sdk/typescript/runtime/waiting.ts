import { type BaseClient, isTransient, part } from "./client.ts";
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
  const until = { client, signal, deadline: Date.now() + timeoutMs };
  const message = { ...body, message_id: body.message_id ?? crypto.randomUUID() };
  let sent: MessageSendResult | undefined;
  for (;;) {
    const begun = Date.now();
    // Newer servers say where nobody will reply, as when the bot is paused.
    const { reply, reply_expected } = (sent = await persist(
      until,
      () => {
        const wait = Math.max(0, Math.min(held, Math.floor((until.deadline - Date.now()) / 1000)));
        // A new key each time: the one before would give its answer again.
        const request = { query: { wait }, body: message, options: { signal } };
        return client.one<MessageSendResult & { readonly reply_expected?: boolean }>(
          "POST",
          path,
          request,
        );
      },
      (cause) => new ReplyTimeoutError(sent?.message, { cause }),
    ));
    if (reply !== null || reply_expected === false) return reply;
    if (Date.now() >= until.deadline) throw new ReplyTimeoutError(sent.message);
    // What answers at once, such as a bot that is paused, is not asked more than once a second.
    await rest(until, begun + 1000 - Date.now());
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
  // The same key each time, so that it runs once.
  const request = { body, options: { signal, idempotencyKey: crypto.randomUUID() } };
  const { id } = await persist(
    { client, signal, deadline },
    () => client.one<Execution>("POST", path, request),
    (cause) => new WaitTimeoutError(undefined, { cause }),
  );
  return waitForExecution(client, id, { ...options, timeoutMs: deadline - Date.now() });
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

const running = ["queued", "running"];
const executionPath = (id: string) => `/executions/${part("id", id)}`;
const perPage = 100;

async function* follow(
  client: BaseClient,
  id: string,
  withSteps: boolean,
  { timeoutMs = 600_000, signal }: WaitOptions = {},
): AsyncGenerator<Step, Execution, undefined> {
  const until = { client, signal, deadline: Date.now() + timeoutMs };
  let seen = 0;
  let execution: Execution | undefined;
  const late = (cause?: unknown) => new WaitTimeoutError(execution, { cause });
  for (let pause = 500; ; pause = Math.min(5000, pause * 1.5)) {
    execution = await persist(
      until,
      () => client.one<Execution>("GET", executionPath(id), { options: { signal } }),
      late,
    );
    if (withSteps) {
      for (const step of await persist(
        until,
        () => finishedAfter(client, id, seen, signal),
        late,
      )) {
        seen = step.number;
        pause = 500;
        yield step;
      }
    }
    if (!running.includes(execution.status)) return execution;
    if (Date.now() >= until.deadline) throw late();
    await rest(until, pause);
  }
}

/** The finished steps after a number, in their order: numbers are dense, and one that runs holds up those after it. */
async function finishedAfter(
  client: BaseClient,
  id: string,
  seen: number,
  signal: AbortSignal | undefined,
): Promise<Step[]> {
  const query = { page: Math.floor(seen / perPage) + 1, per_page: perPage };
  const request = { query, options: { signal } };
  const finished: Step[] = [];
  for await (const step of client.page<Step>(`${executionPath(id)}/steps`, request)) {
    if (step.number <= seen) continue;
    if (step.status !== "finished") break;
    finished.push(step);
  }
  return finished;
}

interface Until {
  readonly client: BaseClient;
  readonly signal: AbortSignal | undefined;
  readonly deadline: number;
}

/** Calls until there is an answer, through errors that another try may mend; throws all others, and `late` in the end. */
async function persist<T>(
  until: Until,
  call: () => PromiseLike<T>,
  late: (cause: unknown) => Error,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (Date.now() >= until.deadline) throw late(error);
    }
    await rest(until, 1000);
  }
}

/** Pauses for so many milliseconds, and not beyond the end. */
const rest = ({ client, signal, deadline }: Until, ms: number) =>
  client.pause(Math.max(0, Math.min(ms, deadline - Date.now())), signal);
