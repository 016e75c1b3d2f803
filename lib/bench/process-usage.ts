import { readFileSync } from "node:fs";

/** Clock ticks in a second, as Linux shows them to programs on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** What a process has used, as Linux counts it. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpu_ms: number;
  readonly rss_mb: number;
  /** The most that was ever resident. */
  readonly peak_rss_mb: number;
}

/** Reads /proc; throws where there is none. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in the second field may hold spaces; the third begins after its bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
  return {
    cpu_ms: ((user + system) * 1000) / ticksPerSecond,
    rss_mb: megabytes("VmRSS"),
    peak_rss_mb: megabytes("VmHWM"),
  };
}
