import { parseArgs } from "node:util";
import { caseOf, knownCases } from "./cases.ts";
import { type Outcome, run, simulatedClock } from "./run.ts";
import { openStore } from "./store.ts";

const help = `Usage: npm run simulate -- [--runs N] [--from N] [--seed S] [--trace]

Runs executions of agent loops in simulated time while workers are killed, calls fail and messages are
lost, and looks whether every promise was kept. The first ${knownCases} runs go through known executions with
every mishap at every call; the others are drawn from the seed (1).

  --runs N   how many (1,000)
  --from N   the number of the first (0): shards of one great run
  --trace    tells every call of the runs
`;

/** `npm run simulate`: says what failed and how to see it again; exit code 1 when something did. */
export async function simulate(args: string[]): Promise<void> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exitCode = 2;
    return;
  }
  if (options.asked) return void process.stdout.write(help);
  const { runs, from, seed, trace } = options;
  const figures = newFigures();
  const began = performance.now();
  const used = process.cpuUsage();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());
  const tell = (number: number, outcome: Outcome) => {
    count(figures, outcome);
    if (trace) say(outcome.calls.join("\n"));
    if (outcome.problems.length > 0) {
      say(
        `Run ${number} failed: npm run simulate -- --seed ${seed} --from ${number} --runs 1 --trace`,
      );
      for (const problem of outcome.problems) say(`  ${problem}`);
    }
  };
  await simulateRuns(seed, from, runs, tell, interrupted.signal);
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(used);
  say(report(figures, seconds, (user + system) / 1_000_000));
  if (figures.failed > 0) process.exitCode = 1;
}

/** Runs cases one after another, until the signal, and tells what came of each; without the product's log. */
export async function simulateRuns(
  seed: number,
  from: number,
  runs: number,
  tell: (number: number, outcome: Outcome) => void,
  signal?: AbortSignal,
): Promise<void> {
  const store = openStore(simulatedClock);
  try {
    for (let number = from; number < from + runs && signal?.aborted !== true; number++) {
      tell(number, await silently(() => run(store, caseOf(seed, number))));
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

interface Figures {
  runs: number;
  failed: number;
  calls: number;
  faults: number;
  steps: number;
  longestIdleMs: number;
  readonly statuses: Map<string, number>;
}

const newFigures = (): Figures => ({
  runs: 0,
  failed: 0,
  calls: 0,
  faults: 0,
  steps: 0,
  longestIdleMs: 0,
  statuses: new Map(),
});

function count(
  figures: Figures,
  { problems, calls, faults, steps, statuses, longestIdleMs }: Outcome,
) {
  figures.runs += 1;
  figures.failed += problems.length > 0 ? 1 : 0;
  figures.calls += calls.length;
  figures.faults += faults;
  figures.steps += steps;
  figures.longestIdleMs = Math.max(figures.longestIdleMs, longestIdleMs);
  for (const status of statuses) {
    figures.statuses.set(status, (figures.statuses.get(status) ?? 0) + 1);
  }
}

const report = (figures: Figures, seconds: number, cpuSeconds: number) =>
  [
    `${figures.runs} runs in ${seconds.toFixed(1)} s (${Math.round(figures.runs / seconds)} a second, ${Math.round(figures.runs / cpuSeconds)} a second of CPU), ${figures.failed} failed`,
    `${figures.calls} calls, ${figures.faults} mishaps, ${figures.steps} steps; work lay about for ${figures.longestIdleMs} ms at most`,
    [...figures.statuses].map(([status, number]) => `${number} ${status}`).join(", "),
  ].join("\n");

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "1000" },
      from: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      trace: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const whole = (name: "runs" | "from" | "seed") => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a number.`);
    return value;
  };
  return {
    runs: whole("runs"),
    from: whole("from"),
    seed: whole("seed"),
    trace: values.trace,
    asked: values.help,
  };
}
