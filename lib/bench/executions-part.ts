import { type Api, apiOf, askOf } from "../api.ts";
import { makeAgentLoop } from "../one-of-each.ts";
import type { ComparedTable } from "./committed-figures.ts";
import type { ExecutionsLoad, ExecutionsResult } from "./executions-program.ts";
import { usageOf } from "./process-usage.ts";
import { type Program, startProgram } from "./program.ts";
import { quantiles } from "./quantiles.ts";
import { table } from "./say.ts";
import { type Server, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";

/** Executions of each measurement. */
const executions = 1_000;
const warmUp = 500;
const tools = ["time", "http"] as const;
type Tool = (typeof tools)[number];

/** Where to leave a profile, and what prints the figures. */
export interface ExecutionsOptions {
  readonly profileDir: string | undefined;
  readonly table: ComparedTable;
}

/** Measures executions of agent loops: how soon they begin, what a step takes, how many end in a second, what they write. */
export async function executionsPart(options: ExecutionsOptions): Promise<void> {
  await speed(options);
  await costs();
}

type Bench = Program<ExecutionsLoad, ExecutionsResult>;

const startBench = (): Bench => startProgram(new URL("./executions-program.ts", import.meta.url));

/** A loop for each tool, whose model is the program; what is left out of a load has these values. */
async function loopsOf(server: Server, bench: Bench, key: string) {
  const api = apiOf(server.url, key);
  const usual = { url: server.url, key, loopId: undefined, toolCalls: 2, tool: "time" } as const;
  const { modelUrl } = await bench.ask({ ...usual, clients: 1, executions: 0 });
  const ids = new Map<Tool, string>();
  for (const tool of tools) {
    const loop = await makeAgentLoop(askOf(api), {
      name: `Bench, ${tool}`,
      system_prompt: "You measure.",
      user_message: "{{task}}",
      model: { provider: "openai", name: "bench", base_url: modelUrl, api_key: "sk-bench" },
      tools: [{ type: tool }],
      max_iterations: 100,
    });
    ids.set(tool, loop.id);
  }
  const run = (
    load: Partial<ExecutionsLoad> & { tool: Tool; clients: number; executions: number },
  ) => bench.ask({ ...usual, loopId: ids.get(load.tool), ...load });
  return { api, run };
}

async function speed({ profileDir, table: comparedTable }: ExecutionsOptions): Promise<void> {
  const server = await startServer({ profileDir });
  const [bench, access] = [startBench(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const { api, run } = await loopsOf(server, bench, api_key);
    const rows: (string | number)[][] = [];
    for (const tool of tools) {
      for (const clients of [1, 10]) {
        await run({ tool, clients, executions: warmUp });
        const before = usageOf(server.pid);
        const result = await run({ tool, clients, executions });
        const after = usageOf(server.pid);
        await allCompleted(api, result.ids);
        const rounds = quantiles(result.rounds_ms);
        const firsts = quantiles(result.firsts_ms);
        rows.push([
          tool === "time" ? "the clock, built in" : "HTTP POST to 127.0.0.1",
          clients,
          executions / result.seconds,
          firsts(0.5),
          firsts(0.99),
          rounds(0.5) / 2,
          rounds(0.99) / 2,
          (after.cpu_ms - before.cpu_ms) / executions,
          after.rss_mb,
        ]);
      }
    }
    comparedTable(
      "Executions of 5 steps: model, tool, model, tool, model (targets: first step 15 ms p50, 2 ms p50 a step, 100/s at 10 at once)",
      2,
      [
        "tool",
        "at once",
        "per second",
        "first step p50 ms",
        "first step p99",
        "a step p50 ms",
        "a step p99",
        "CPU ms each",
        "RSS MB",
      ],
      rows,
    );
  } finally {
    await Promise.all([access.close(), bench.stop()]);
    await server.stop();
  }
}

/** Throws unless each has ended well; the last has been answered, but not yet ended. */
async function allCompleted(api: Api, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    for (let tries = 1; ; tries++) {
      const { data } = await api("GET", `/v1/executions/${id}`);
      if (data["status"] === "completed") break;
      if (tries > 100 || data["status"] !== "running") {
        throw new Error(`An execution is ${String(data["status"])}: ${String(data["error"])}`);
      }
    }
  }
}

/** Units that executions of several lengths write; the difference is the steps'. */
async function costs(): Promise<void> {
  const server = await startServer({ logLevel: "info" });
  const [bench, access] = [startBench(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const { run } = await loopsOf(server, bench, api_key);
    const rows: (string | number)[][] = [];
    for (const tool of tools) {
      for (const [few, many] of [
        [2, 12],
        [87, 97],
      ] as const) {
        const [before, after] = [
          await costOf(server, run, tool, few),
          await costOf(server, run, tool, many),
        ];
        const pairs = many - few;
        rows.push([
          tool === "time" ? "no effects" : "may have effects",
          `${2 * few + 2} to ${2 * many + 1}`,
          (after.write_units - before.write_units) / pairs,
          (after.read_units - before.read_units) / pairs,
          (after.calls - before.calls) / pairs,
        ]);
      }
    }
    table(
      "Calls and units of a model step and a tool step together (targets: 1 W per KB of a model step, 2 W per KB of a tool step with effects; late steps write what early ones do)",
      ["tool", "steps", "W", "R", "calls"],
      rows,
    );
  } finally {
    await Promise.all([access.close(), bench.stop()]);
    await server.stop();
  }
}

type Run = Awaited<ReturnType<typeof loopsOf>>["run"];

async function costOf(server: Server, run: Run, tool: Tool, toolCalls: number) {
  const { ids } = await run({ tool, clients: 1, executions: 1, toolCalls });
  const [id = ""] = ids;
  return server.line(({ worker, body }) => worker === "executions" && body?.includes(id) === true);
}
