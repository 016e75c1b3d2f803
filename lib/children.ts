import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const running = new Set<ChildProcess>();
/** Those that lead a group of their own, which ends as a whole. */
const leading = new WeakSet<ChildProcess>();

/** Remembers a child, and whether it leads a group, for as long as it is there. Gives it back. */
export function keep<Child extends ChildProcess>(child: Child, leadsGroup = false): Child {
  running.add(child);
  if (leadsGroup) leading.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Sends a signal to a child and to the group that it leads; those that are gone get none. */
export function signal(child: ChildProcess, name: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    process.kill(leading.has(child) ? -pid : pid, name);
  } catch {
    // Gone meanwhile.
  }
}

/**
 * Has this program end with the children that it keeps, and with all that it and they put into the temporary directory,
 * however it ends. For programs, not for suites, which end otherwise.
 */
export function leaveNothingBehind(): void {
  const folder = mkdtempSync(join(tmpdir(), "chatbot-platform-"));
  process.env["TMPDIR"] = folder;
  process.on("exit", () => {
    for (const child of running) signal(child, "SIGKILL");
    // A process that has just been ended may still write for a moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => process.exit(130));
  }
}
