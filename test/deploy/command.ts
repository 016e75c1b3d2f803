import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { keep, signal } from "#lib/children";

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** How a command is run. */
export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The folder that it runs in: the checkout unless given. */
  readonly cwd?: string;
  /** After so many seconds it is ended, with all it has started. */
  readonly timeout_seconds: number;
  /** All that it prints is added to this file. */
  readonly log: string;
  readonly input?: string;
}

/** Begins a process that leads a group of its own, so that what it starts ends with it. */
export function begin(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string = root,
) {
  return keep(spawn(command, args, { cwd, env, detached: true, stdio: "pipe" }), true);
}

/** Runs a command to its end and gives what it printed to stdout. Throws with its last lines when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { env, cwd, timeout_seconds, log, input = "" }: CommandOptions,
): Promise<string> {
  const line = [command, ...args].join(" ");
  appendFileSync(log, `$ ${line}\n`);
  const child = begin(command, args, env, cwd);
  let [stdout, all] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      all += text;
      appendFileSync(log, text);
    });
  }
  // A command that does not read its input may be gone before it is written.
  child.stdin.on("error", () => {}).end(input);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    signal(child, "SIGKILL");
  }, timeout_seconds * 1_000);
  try {
    // The event's arguments come without types.
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return stdout;
    const end = isLate ? `did not end within ${timeout_seconds} s` : `ended with ${code}`;
    const last = all.trimEnd().split("\n").slice(-40).join("\n");
    throw new Error(`${line} ${end}. Its last lines (all in ${log}):\n${last}`);
  } finally {
    clearTimeout(timer);
    // What it has left behind, if anything.
    signal(child, "SIGKILL");
  }
}
