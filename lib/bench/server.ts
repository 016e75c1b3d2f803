import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { keep } from "../children.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A line of the server's log, as far as the bench reads it. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly request_id?: string;
  readonly route?: string;
  readonly worker?: string;
  readonly body?: string;
  readonly calls: number;
  readonly read_units: number;
  readonly write_units: number;
  readonly queue_calls: number;
  /** How long it was. */
  readonly bytes: number;
  /** Of the lines `loop`: the longest pause of the event loop in that second. */
  readonly longest_ms?: number;
}

/** The platform as users run it: a process of its own on a folder of its own. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Waits for the n-th line of a kind, the first by default. Throws after 20 s. */
  line(is: (line: LogLine) => boolean, nth?: number): Promise<LogLine>;
  /** The lines of a kind so far. */
  lines(is: (line: LogLine) => boolean): readonly LogLine[];
  /** Ends it, and removes its folder unless that was given. */
  stop(): Promise<void>;
  /** As `kill -9` does; the folder stays. */
  kill(): Promise<void>;
}

/** How to start one. */
export interface ServerOptions {
  /** `info` has it write what every request has cost; nothing else is as on other machines then. */
  readonly logLevel?: "info" | "warn";
  /** Where it leaves a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
  /** A folder of an earlier one; by default a fresh one. */
  readonly dataDir?: string;
  /** Has it write a line `loop` each second. */
  readonly watchesLoop?: boolean;
  /** Variables beside its own. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What `npm start` runs: `node`, its settings for memory, and the program. */
function startArguments(): string[] {
  // The checkout's own package.json.
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  return scripts.start.replace(/^.*\bnode /, "").split(" ");
}

/** A folder for data of the bench. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), "chatbot-platform-bench-"));

/** Starts `npm start` on a free port. Throws what it said when it does not start. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { logLevel = "warn", profileDir, variables } = options;
  const dataDir = options.dataDir ?? join(freshFolder(), "data");
  const flags = profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`];
  const watch = new URL("./loop-watch.ts", import.meta.url).href;
  if (options.watchesLoop) flags.push(`--import=${watch}`);
  const child = spawn(process.execPath, [...flags, ...startArguments()], {
    cwd: root,
    env: { ...process.env, PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: logLevel, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  keep(child);
  const gone = once(child, "exit");
  const ended = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await gone;
  };
  const lines: LogLine[] = [];
  let rest = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      // The log is the product's own: one JSON object a line.
      if (part.startsWith("{")) {
        lines.push({ ...(JSON.parse(part) as LogLine), bytes: part.length });
      } else said += `${part}\n`;
    }
  });
  while (!said.includes("Ctrl+C stops.")) {
    if (child.exitCode !== null) throw new Error(`The server did not start:\n${said}`);
    await Promise.race([once(child.stdout, "data"), gone]);
  }
  const url = /runs at (http:\S+?),?\s/.exec(said)?.[1];
  if (url === undefined || child.pid === undefined) throw new Error(`No address in:\n${said}`);
  return {
    url,
    pid: child.pid,
    dataDir,
    line: async (is, nth = 1) => {
      for (let waited = 0; waited < 20_000; waited += 5) {
        const found = lines.filter(is)[nth - 1];
        if (found) return found;
        await sleep(5);
      }
      throw new Error("The server did not write the line that was waited for.");
    },
    lines: (is) => lines.filter(is),
    stop: async () => {
      await ended("SIGTERM");
      if (options.dataDir === undefined) rmSync(dirname(dataDir), { recursive: true, force: true });
    },
    kill: () => ended("SIGKILL"),
  };
}
