import type { ChildProcess } from "node:child_process";

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

/** What is kept does not outlive this program, however it ends. For programs, not for suites, which end otherwise. */
export function endChildrenAtExit(): void {
  process.on("exit", () => {
    for (const child of running) signal(child, "SIGKILL");
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => process.exit(130));
  }
}
