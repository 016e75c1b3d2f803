import * as v from "valibot";
import { consume as consumeDeliveries } from "#functions/workers/deliveries/handler";
import { worker as deliveries } from "#functions/workers/deliveries/worker";
import { consume as consumeExecutions } from "#functions/workers/executions/handler";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { deleteAgentLoop } from "#shared/erasure/delete-agent-loop";
import { callbackTargetOf } from "#shared/executions/callback";
import { cancelExecution } from "#shared/executions/cancel-execution";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { idFrom } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { systemRandom } from "#shared/runtime/random";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { createTeamStore } from "#shared/teams/team-store";
import type { WorkRef } from "#shared/work/work-kinds";
import type { Script } from "../script.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { simulatedTeam } from "../simulated-team.ts";
import { type World, worldStart } from "../world.ts";
import { Outside } from "./outside.ts";
import { SeenExecutions } from "./seen-executions.ts";
import { knownStories, type LoopStory, randomStory } from "./story.ts";
import { verdict } from "./verdict.ts";

const team = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";

const secrets: TeamSecrets = {
  seal: async (_, __, text) => ({ ciphertext: Buffer.from(text), mask: "••••", key: 1 }),
  open: async (_, __, { ciphertext }) => Buffer.from(ciphertext).toString(),
};

/** Executions of one agent loop: its model, its tools and the receiver of its callbacks are played. */
export const loops: Script<LoopStory> = {
  name: "loops",
  known: knownStories,
  mostCalls: 110,
  random: randomStory,
  begin: async (story, world) => {
    const { draws } = world.options;
    const outside = new Outside(story);
    const executions = new SeenExecutions();
    world.observer.onRow = (row) => executions.see(row);

    const setUp = depsOf(world.setUp());
    const teams = createTeamStore(setUp.table);
    await teams.insert(simulatedTeam(team, worldStart), {});
    const { id: loopId } = await createAgentLoop(
      { ...setUp, teams, allowPrivate: () => false },
      team,
      inputOf(story),
      createMint(worldStart, draws.bytes()),
    );
    world.serve<WorkRef<"execution">>(
      "executions",
      story.functionSeconds,
      (process) => (received) =>
        consumeExecutions({
          ...depsOf(process),
          callModel: outside.model(process, received.message.execution_id),
          openTools: outside.tools(process),
        })(received),
    );
    world.serve("deliveries", deliveries.timeoutSeconds, (process) =>
      consumeDeliveries({
        ...depsOf(process),
        deliveries: createDeliveryStore(process.table, process.clock),
        targetOf: callbackTargetOf(depsOf(process)),
        fetch: outside.receiver(process),
      }),
    );
    world.serve("jobs", jobs.timeoutSeconds, (process) => consumeJobs(depsOf(process)));

    const seed = draws.bytes();
    const executionId = createMint(worldStart, seed).id("exec");
    if (story.start.by === "api") {
      void world.client("run", (process) =>
        runAgentLoop(depsOf(process), team, loopId, input, createMint(worldStart, seed)),
      );
    }
    const { does, ms = 0 } = story.meanwhile ?? {};
    const eventId = idFrom("req", worldStart, draws.bytes());
    const deletion = draws.bytes();
    const acts = {
      cancel: (process: SimulatedProcess) =>
        cancelExecution(depsOf(process), team, executionId, eventId),
      delete: (process: SimulatedProcess) =>
        deleteAgentLoop(depsOf(process), team, loopId, createMint(worldStart, deletion)),
    };
    if (does) world.agenda.in(ms, () => void world.client<unknown>(does, acts[does]));

    return {
      verdict: (rows) => [
        ...outside.problems,
        ...executions.problems,
        ...verdict({ story, outside, executions, ...told(world), rows }),
      ],
      figures: () => executions.figures(),
    };
  },
};

const told = ({ observer: { faults, deaths }, calls }: World) => ({ faults, deaths, calls });

const depsOf = (process: SimulatedProcess) => {
  const { table, queues, clock, timer, leaseMs, places } = process;
  return {
    table,
    queues,
    clock,
    timer,
    leaseMs,
    places,
    loops: createAgentLoopStore(table),
    executions: createExecutionStore(table),
    secrets,
    random: systemRandom,
  };
};

const input = { user_message: undefined, variables: {}, metadata: {} };

const inputOf = (story: LoopStory) =>
  v.parse(AgentLoopInput, {
    name: "Loop",
    system_prompt: "Work.",
    user_message: "Do it.",
    model: { provider: "openai", name: "scripted" },
    callback: story.receipts ? { url: "https://receiver.example" } : null,
    max_iterations: story.maxIterations,
    timeout_seconds: story.timeoutSeconds,
    token_budget: story.tokenBudget,
    schedule: story.start.by === "schedule" ? story.start.schedule : null,
  });
