import { spawn } from "node:child_process";
import { keep } from "#lib/children";

/** What a driver is told to do with its SDK: one line of JSON. Drivers translate names and settings, and nothing else. */
export interface Command {
  /** How the client is made: anew for each command. */
  readonly client: {
    readonly base_url: string;
    /** Absent: none is given, and none is in the environment. */
    readonly api_key?: string;
    readonly timeout_ms?: number;
    readonly max_retries?: number;
    readonly log?: "off" | "warn" | "info" | "debug";
    readonly headers?: Readonly<Record<string, string>>;
    readonly webhook_secret?: string | readonly string[];
    /** Settings that only this SDK has, as it names them. */
    readonly own?: Readonly<Record<string, unknown>>;
  };
  /**
   * A method in snake case, `agent_loops.list_executions`; or one of the helpers: `request` (with method and path as
   * `args`), `channels.ask`, `agent_loops.run_and_wait`, `executions.wait`, `executions.watch`, `webhooks.unwrap`,
   * `webhooks.verify`, `webhooks.sign`, `backend.start` and `backend.stop`.
   */
  readonly call: string;
  /** The parameters of the path, in order. */
  readonly args?: readonly string[];
  /** Query and body together, as the SDK takes them: there where the method takes any. Of helpers, what they take. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly options?: {
    readonly idempotency_key?: string;
    readonly timeout_ms?: number;
    readonly max_retries?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly body?: Readonly<Record<string, unknown>>;
    /** The caller gives up after so many milliseconds; 0: before it begins. */
    readonly abort_ms?: number;
    readonly cancel_on_timeout?: boolean;
    /** Whether a helper that waits is to tell of steps. */
    readonly steps?: boolean;
  };
  /**
   * What is wanted of it: its value as JSON; a `page` as `{data, meta, has_next_page}`; all `items` of a list, by
   * iterating, or `limit` of them by what the SDK has for that; or the `response` beside the value.
   */
  readonly as?: "value" | "page" | "items" | "response";
  readonly limit?: number;
}

/** What came of it: one line of JSON. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: {
    /** The name of its class: `NotFoundError`. */
    readonly class: string;
    readonly message: string;
    readonly status?: number;
    readonly code?: string;
    readonly request_id?: string;
    readonly details?: readonly { readonly path: string; readonly message: string }[];
    readonly retry_after?: number;
  };
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly request_id?: string;
  };
  /** Milliseconds of each pause that the SDK wanted to make; drivers make them short. */
  readonly pauses: readonly number[];
  /** All that the SDK logged. */
  readonly log: readonly string[];
  /** The numbers of the steps that a helper told of. */
  readonly steps?: readonly number[];
}

/** A driver that runs. */
export interface Driver {
  tell(command: Command): Promise<Outcome>;
  close(): Promise<void>;
}

/** Starts a driver: what it prints is answers alone, in the order of the commands. It is heard otherwise only when it ends. */
export function startDriver(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Driver {
  const child = spawn(program, args, {
    // Nothing of this machine is in it: clients have what they are told.
    env: { ...withoutOurs(process.env), ...env },
    stdio: "pipe",
  });
  keep(child);
  const waiting: { done(outcome: Outcome): void; fail(error: Error): void }[] = [];
  let said = "";
  // One that cannot be started has an error, and no exit.
  const gone = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", (error) => {
      said += String(error);
      done();
    });
  });
  const failAll = (error: Error) => waiting.splice(0).forEach((one) => one.fail(error));
  let isGone = false;
  child.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (said = (said + text).slice(-4000)));
  void gone.then(() => {
    isGone = true;
    failAll(new Error(`${program} has ended. ${said}`));
  });
  const { stdin } = child;
  // Whoever tells it something hears that it has ended.
  stdin.on("error", () => {});
  let rest = "";
  // Lines end with a line feed and with nothing else that JSON may hold.
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const one = waiting.shift();
      try {
        // What a driver answers has this form.
        one?.done(JSON.parse(line) as Outcome);
      } catch (error) {
        one?.fail(new Error(`${program} said what is no answer: ${line}`, { cause: error }));
      }
    }
  });
  return {
    tell: (command) =>
      new Promise((done, fail) => {
        if (isGone) return fail(new Error(`${program} has ended. ${said}`));
        waiting.push({ done, fail });
        stdin.write(`${JSON.stringify(command)}\n`);
      }),
    close: async () => {
      // Whatever it still does, nobody waits for it.
      child.kill("SIGKILL");
      await gone;
    },
  };
}

const withoutOurs = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("CHATBOT_PLATFORM_")));
