import * as v from "valibot";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { advanceExecution } from "#shared/executions/advance-execution";
import { callbackTargetOf } from "#shared/executions/callback";
import { cancelExecution } from "#shared/executions/cancel-execution";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { runSchedule } from "#shared/executions/run-schedule";
import { deleteAgentLoop } from "#shared/erasure/delete-agent-loop";
import { runErasure } from "#shared/erasure/run-erasure";
import { ApiError } from "#shared/errors/api-error";
import { createSqsQueues } from "#shared/queue/live-queues";
import { isoTime } from "#shared/runtime/clock";
import { idFrom } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { createDynamoTable } from "#shared/table/dynamo-table";
import type { WorkRef } from "#shared/work/work-kinds";
import type { Item } from "#shared/table/table";
import { fromWire } from "#shared/table/wire";
import { attemptDelivery } from "#shared/deliveries/attempt-delivery";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { createTeamStore } from "#shared/teams/team-store";
import { workOn } from "#shared/work/work-on";
import { clientsOver } from "./clients.ts";
import type { Draws } from "./draws.ts";
import type { MishapPlan } from "./faults.ts";
import { Observer } from "./observer.ts";
import { Outside } from "./outside.ts";
import type { Script } from "./script.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import { type SimulatedQueue, type Store, tableName } from "./store.ts";
import { verdict } from "./verdict.ts";
import { type Take, World, worldStart } from "./world.ts";

/** What is run. */
export interface Case {
  readonly script: Script;
  readonly faults: MishapPlan;
  readonly draws: Draws;
  readonly leaseMs: number;
  readonly skewMs: number;
  readonly latencyMs: number;
  readonly functionSeconds: number;
}

/** What came of it. */
export interface Outcome {
  /** Empty when everything is as promised. */
  readonly problems: readonly string[];
  readonly calls: readonly string[];
  readonly faults: number;
  readonly steps: number;
  readonly statuses: readonly string[];
  readonly longestIdleMs: number;
}

const team = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";
/** After so much simulated time a run is taken for endless. */
const horizonMs = 6 * 3_600_000;
const repeatMs = 5_000;

const secrets: TeamSecrets = {
  seal: async (_, __, text) => ({ ciphertext: Buffer.from(text), mask: "••••", key: 1 }),
  open: async (_, __, { ciphertext }) => Buffer.from(ciphertext).toString(),
};

/** The store of this process: the time it goes by is that of the run under way. */
let world: World | undefined;
export const simulatedClock = () => world?.agenda.now ?? worldStart;

/** Runs one case to its end, and looks at what is left. */
export async function run(store: Store, one: Case): Promise<Outcome> {
  const { script, draws } = one;
  store.clear();
  const outside = new Outside(script);
  world = undefined;
  const observer = new Observer(store, simulatedClock, one.leaseMs, one.skewMs);
  world = new World({ ...one, store }, observer, takes(outside, observer, draws));
  const here = world;
  const seed = Buffer.from(Array.from({ length: 32 }, () => draws.whole(0, 255)));

  const clients = clientsOver(async (operation, input) => {
    const answer = store.run(operation, input);
    observer.wrote(operation, input);
    return answer;
  });
  const table = createDynamoTable(clients.dynamodb, tableName);
  const queues = createSqsQueues(clients.sqs);
  const clock = simulatedClock;
  const loops = createAgentLoopStore(table);
  const teams = createTeamStore(table);
  const made = {
    id: team,
    name: "Simulated",
    plan: "free",
    created_at: isoTime(worldStart),
  } as const;
  await teams.insert(made, {});
  const { id: loopId } = await createAgentLoop(
    { teams, loops, queues, clock, secrets, allowPrivate: () => false },
    team,
    inputOf(script),
    createMint(worldStart, seed),
  );
  here.watchAll();

  const user = userOf(here);
  const mintAt = worldStart;
  const executionId = createMint(mintAt, seed.subarray(1)).id("exec");
  if (script.start.by === "api") {
    user("run", (process) =>
      runAgentLoop(routeDeps(process), team, loopId, input, createMint(mintAt, seed.subarray(1))),
    );
  }
  const does = script.meanwhile?.does;
  if (script.meanwhile) {
    here.agenda.in(script.meanwhile.ms, () =>
      user(does ?? "", async (process) =>
        does === "cancel"
          ? cancelExecution(routeDeps(process), team, executionId, idFrom("req", worldStart, seed))
          : deleteAgentLoop(
              routeDeps(process),
              team,
              loopId,
              createMint(worldStart, seed.subarray(2)),
            ),
      ),
    );
  }

  const problems: string[] = [];
  const end = worldStart + horizonMs;
  while (!here.isAtRest() && (await here.agenda.next(end))) observer.passed();
  if (!here.isAtRest()) problems.push("the run does not come to rest");
  const rows = scan(store);
  problems.push(
    ...verdict({
      script,
      outside,
      observer,
      rows,
      deleted: does === "delete",
      cancelled: does === "cancel",
    }),
  );
  const seen = [...observer.executions.values()];
  return {
    problems,
    calls: here.calls,
    faults: observer.faults,
    steps: seen.reduce((sum, { steps }) => sum + steps.size, 0),
    statuses: seen.map((execution) => execution.final ?? "none"),
    longestIdleMs: observer.longestIdleMs,
  };
}

const input = { user_message: undefined, variables: {}, metadata: {} };

const inputOf = (script: Script) =>
  v.parse(AgentLoopInput, {
    name: "Loop",
    system_prompt: "Work.",
    user_message: "Do it.",
    model: { provider: "openai", name: "scripted" },
    callback: script.receipts ? { url: "https://receiver.example" } : null,
    max_iterations: script.maxIterations,
    timeout_seconds: script.timeoutSeconds,
    token_budget: script.tokenBudget,
    schedule: script.start.by === "schedule" ? script.start.schedule : null,
  });

const routeDeps = ({ table, queues, clock }: SimulatedProcess) => ({
  table,
  queues,
  clock,
  loops: createAgentLoopStore(table),
  executions: createExecutionStore(table),
});

/** What a client does with an `Idempotency-Key`: the same request again, until it is answered. */
const userOf =
  (here: World) => (name: string, request: (process: SimulatedProcess) => Promise<unknown>) => {
    const attempt = () => {
      if (here.isDown) return void here.agenda.in(repeatMs, attempt);
      const process = here.process(name);
      const again = () => {
        here.gone(process);
        here.agenda.in(repeatMs, attempt);
      };
      process.onDeath = again;
      request(process).then(
        () => here.gone(process),
        (error: unknown) => {
          // The loop is gone, or the execution has ended: so it is.
          if (error instanceof ApiError && error.code !== "service_unavailable") here.gone(process);
          else again();
        },
      );
    };
    attempt();
  };

/** The workers: the product's functions, with a scripted world around them. */
function takes(outside: Outside, observer: Observer, draws: Draws): Record<SimulatedQueue, Take> {
  const on = (process: SimulatedProcess, message: unknown) => {
    // Its sender is the product.
    const ref = message as WorkRef;
    observer.begins(process, ref);
    const hide = (queue: SimulatedQueue) => (seconds: number) =>
      process.queues.setVisibility(queue, process.handle, seconds).catch(() => {});
    const deps = {
      ...routeDeps(process),
      timer: process.timer,
      leaseMs: process.leaseMs,
      secrets,
      random: () => draws.next(),
    };
    return { ref, hide, deps };
  };
  return {
    executions: (process, message, deadline) => {
      const { ref, hide, deps } = on(process, message);
      const id = ref.kind === "execution" ? ref.execution_id : "";
      const own = {
        ...deps,
        callModel: outside.model(process, id),
        openTools: outside.tools(process),
      };
      return workOn(deps, ref, hide("executions"), advanceExecution(own, deadline));
    },
    deliveries: (process, message) => {
      const { ref, hide, deps } = on(process, message);
      const deliveries = createDeliveryStore(deps.table, deps.clock);
      const own = {
        ...deps,
        deliveries,
        targetOf: callbackTargetOf(deps),
        fetch: outside.receiver(process),
      };
      return workOn(deps, ref, hide("deliveries"), attemptDelivery(own));
    },
    jobs: (process, message) => {
      const { ref, hide, deps } = on(process, message);
      const work = ref.kind === "schedule" ? runSchedule(deps) : runErasure(deps);
      return workOn(deps, ref, hide("jobs"), work);
    },
  };
}

function scan(store: Store): Item[] {
  const { Items } = store.run("Scan", { TableName: tableName }) as {
    Items: Parameters<typeof fromWire>[0][];
  };
  return Items.map(fromWire);
}
