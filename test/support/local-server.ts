import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keep } from "#lib/children";
import { within } from "./within.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How a program of `bin` is run. */
export interface RunOptions {
  readonly dataDir: string;
  /** The folder of another checkout than this one. */
  readonly checkout?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** What is typed; nothing unless given. */
  readonly input?: string;
}

/** How a program ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from the start, or from the signal that was sent. */
  readonly ms: number;
}

/** The platform as a process of its own. */
export interface LocalServer {
  readonly url: string;
  readonly dataDir: string;
  /** All that it has printed so far. */
  output(): string;
  /** Sends a signal, without waiting. */
  signal(name: NodeJS.Signals): void;
  /** Ends it with a signal (SIGTERM by default) and waits until it is gone, a minute at most. */
  stop(name?: NodeJS.Signals): Promise<Ended>;
  /** Waits until it is gone. */
  readonly ended: Promise<Ended>;
}

/** What one program has compiled, the next need not: many are started. Written by those that end by themselves. */
const compiled = join(tmpdir(), "chatbot-platform-compiled");

/** A fresh path for a data folder; the folder itself is not made. */
export const newDataDir = () => join(mkdtempSync(join(tmpdir(), "chatbot-platform-")), "data");

function run(
  program: string,
  { dataDir, checkout = root, env, args = [], input = "" }: RunOptions,
) {
  const child = spawn(process.execPath, [join(checkout, "bin", program), ...args], {
    cwd: checkout,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compiled,
      PORT: "0",
      LOG_LEVEL: "warn",
      ...env,
      DATA_DIR: dataDir,
    },
    stdio: "pipe",
  });
  keep(child);
  // A program that reads nothing may be gone before it is written.
  child.stdin.on("error", () => {}).end(input);
  const texts = { stdout: "", stderr: "" };
  let since = performance.now();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (texts[stream] += text));
  }
  const ended = once(child, "close").then(
    // The event's arguments come without types.
    ([code]): Ended => ({ code: code as number | null, ...texts, ms: performance.now() - since }),
  );
  const signal = (name: NodeJS.Signals) => {
    since = performance.now();
    child.kill(name);
  };
  return { child, texts, ended, signal };
}

/** Runs `npm run team -- …args` to its end. */
export const runTeam = (dataDir: string, ...args: string[]): Promise<Ended> =>
  runTeamWith({ dataDir, args });

/** Runs `npm run team` with arguments and an environment to its end. */
export const runTeamWith = (options: RunOptions): Promise<Ended> => run("team.js", options).ended;

/** Runs `npm run work` with arguments and an environment to its end. */
export const runWorkWith = (options: RunOptions): Promise<Ended> => run("work.js", options).ended;

/** Runs `npm run channel` with arguments and an environment to its end. */
export const runChannelWith = (options: RunOptions): Promise<Ended> =>
  run("channel.js", options).ended;

/** A team made by the operator's command. */
export interface MadeTeam {
  readonly team_id: string;
  readonly api_key: string;
}

/** Makes a team with the operator's command. Throws when that fails. */
export async function makeTeam(dataDir: string, name: string, plan: string): Promise<MadeTeam> {
  const args = ["create", "--name", name, "--plan", plan, "--json"];
  const { code, stdout, stderr } = await runTeam(dataDir, ...args);
  if (code !== 0 || stderr !== "") throw new Error(`No team was made: ${code} ${stderr}`);
  // What the command promises, checked by its own test.
  return JSON.parse(stdout) as MadeTeam;
}

/** Runs `npm start` to its end, which only comes when it cannot start. */
export const runUntilItEnds = (options: RunOptions): Promise<Ended> =>
  run("local.js", options).ended;

/** What is not done in time takes its program with it. */
const orKilled = <T>(child: ChildProcess, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });

/**
 * Waits until `npm start`, run as a child, has said all it says at the start. Throws when it ends, and when that takes
 * longer than a minute.
 */
export function started(
  child: ChildProcessWithoutNullStreams,
  { ended, output }: { readonly ended: Promise<unknown>; readonly output: () => string },
): Promise<void> {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (output().includes("Ctrl+C stops.")) resolve();
  };
  child.stdout.on("data", look);
  void ended.then(() => reject(new Error(`The server did not start:\n${output()}`)), reject);
  return orKilled(child, within(60, ready, output)).finally(() => child.stdout.off("data", look));
}

/**
 * Starts `npm start` on a free port and waits until it has said all it says at the start. Throws when it ends, and when
 * that takes longer than a minute.
 */
export async function startLocalServer(options: RunOptions): Promise<LocalServer> {
  const { texts, ended, signal, child } = run("local.js", options);
  const output = () => texts.stdout + texts.stderr;
  await started(child, { ended, output });
  const url = /runs at (http:\S+?),?\s/.exec(texts.stdout)?.[1];
  if (url === undefined) throw new Error(`The server does not say where it runs: ${texts.stdout}`);
  return {
    url,
    dataDir: options.dataDir,
    output,
    signal,
    stop: (name = "SIGTERM") => {
      signal(name);
      return orKilled(child, within(60, ended, output));
    },
    ended,
  };
}

interface CalledBody {
  readonly data: Record<string, unknown>;
  readonly meta?: { readonly next_cursor?: string | null };
  readonly error?: unknown;
}

/** Calls the API with a key. Answers are looked into freely: a test that reads what is not there fails. */
export async function callApi(
  { url }: Pick<LocalServer, "url">,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: CalledBody }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as CalledBody };
}
