import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { keep } from "#lib/children";

const execute = promisify(execFile);

/** How a program is run. */
interface ToolOptions {
  readonly cwd?: string;
  /** More than this process has in its environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** After so many seconds it is ended: 180 unless given. */
  readonly seconds?: number;
}

/** Runs a program to its end. Throws with what it printed where it fails. */
export async function tool(
  program: string,
  args: readonly string[],
  { cwd, env, seconds = 180 }: ToolOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const ending = execute(program, args, {
    cwd,
    env: { ...process.env, ...env },
    timeout: seconds * 1_000,
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
  });
  keep(ending.child);
  return ending.catch((error: { stdout?: string; stderr?: string; killed?: boolean }) => {
    const end = error.killed ? `did not end within ${seconds} s` : "failed";
    const command = [program, ...args].join(" ");
    throw new Error(`${command} ${end}:\n${error.stdout}${error.stderr}`, { cause: error });
  });
}
