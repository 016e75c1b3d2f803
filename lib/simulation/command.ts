import { parseArgs } from "node:util";
import { chosenOf, readCommandLine } from "../command-line.ts";
import { caseOf, knownCases } from "./cases.ts";
import { conversations } from "./conversations/conversations.ts";
import { events } from "./events/events.ts";
import { loops } from "./loops/loops.ts";
import { platforms } from "./platforms/platforms.ts";
import { type Outcome, run } from "./run.ts";
import type { Script } from "./script.ts";
import { openStore } from "./store.ts";

/** What can be simulated. */
const scripts: readonly Script[] = [loops, conversations, events, platforms];

const help = `Usage: npm run simulate -- [--script NAME] [--runs N] [--from N] [--seed S] [--trace]

Runs stories in simulated time while workers are killed, calls fail and messages are lost, and looks
whether every promise was kept. The first runs of each script go through known stories with every
mishap at every call; the others are drawn from the seed (1).

  --script NAME   only one: ${scripts.map((script) => `${script.name} (${knownCases(script)} known runs)`).join(", ")}
  --runs N        how many of each (1,000)
  --from N        the number of the first (0): shards of one great run
  --trace         tells every call of the runs
`;

/** `npm run simulate`: says what failed and how to see it again; exit code 1 when something did. */
export async function simulate(args: string[]): Promise<void> {
  const options = readCommandLine({ name: "simulate", help }, args, () => readArguments(args));
  const { runs, from, seed, trace } = options;
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());
  for (const script of options.scripts) {
    const figures = new Figures();
    const tell = (number: number, outcome: Outcome) => {
      figures.count(outcome);
      if (trace) say(outcome.calls.join("\n"));
      if (outcome.problems.length === 0) return;
      const again = `--script ${script.name} --seed ${seed} --from ${number} --runs 1 --trace`;
      say(`Run ${number} failed: npm run simulate -- ${again}`);
      for (const problem of outcome.problems) say(`  ${problem}`);
    };
    await simulateRuns({ script, seed, from, runs, signal: interrupted.signal }, tell);
    say(`${script.name}: ${figures.report()}`);
    if (figures.failed > 0) process.exitCode = 1;
  }
}

interface Runs {
  readonly script: Script;
  readonly seed: number;
  readonly from: number;
  readonly runs: number;
  readonly signal: AbortSignal;
}

/** Runs cases one after another, until the signal, and tells what came of each; without the product's log. */
async function simulateRuns(
  { script, seed, from, runs, signal }: Runs,
  tell: (number: number, outcome: Outcome) => void,
): Promise<void> {
  const store = openStore();
  try {
    for (let number = from; number < from + runs && !signal.aborted; number++) {
      tell(number, await silently(() => run(store, caseOf(script, seed, number))));
    }
  } finally {
    store.close();
  }
}

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Keeps the product's log to itself: the product logs each fault that it meets. */
export async function silently<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout);
  const { stackTraceLimit } = Error;
  process.stdout.write = () => true;
  // Errors are part of every run; nobody reads where they come from.
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What the runs of a script came to, and what they took. */
class Figures {
  failed = 0;
  #runs = 0;
  #calls = 0;
  #faults = 0;
  #longestIdleMs = 0;
  readonly #others = new Map<string, number>();
  readonly #began = performance.now();
  readonly #used = process.cpuUsage();

  count({ problems, calls, faults, longestIdleMs, figures }: Outcome): void {
    this.failed += problems.length > 0 ? 1 : 0;
    this.#runs += 1;
    this.#calls += calls.length;
    this.#faults += faults;
    this.#longestIdleMs = Math.max(this.#longestIdleMs, longestIdleMs);
    for (const [name, number] of Object.entries(figures)) {
      this.#others.set(name, (this.#others.get(name) ?? 0) + number);
    }
  }

  report(): string {
    const seconds = (performance.now() - this.#began) / 1_000;
    const { user, system } = process.cpuUsage(this.#used);
    const each = (of: number) => Math.round(this.#runs / of);
    const others = [...this.#others].map(([name, number]) => `${number} ${name}`);
    return [
      `${this.#runs} runs in ${seconds.toFixed(1)} s (${each(seconds)} a second, ${each((user + system) / 1_000_000)} a second of CPU), ${this.failed} failed`,
      `  ${this.#calls} calls, ${this.#faults} mishaps; work lay about for ${this.#longestIdleMs} ms at most`,
      `  ${others.join(", ")}`,
    ].join("\n");
  }
}

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      script: { type: "string" },
      runs: { type: "string", default: "1000" },
      from: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      trace: { type: "boolean", default: false },
    },
  });
  const whole = (name: "runs" | "from" | "seed") => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a number.`);
    return value;
  };
  const names = scripts.map(({ name }) => name);
  const chosen = chosenOf(names, values.script === undefined ? [] : [values.script]);
  return {
    scripts: scripts.filter(({ name }) => chosen.includes(name)),
    runs: whole("runs"),
    from: whole("from"),
    seed: whole("seed"),
    trace: values.trace,
  };
}
