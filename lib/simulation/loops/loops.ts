import * as v from "valibot";
import { consume as consumeDeliveries } from "#functions/workers/deliveries/handler";
import { worker as deliveries } from "#functions/workers/deliveries/worker";
import { consume as consumeExecutions } from "#functions/workers/executions/handler";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { operatorOf } from "#shared/audit/audit-entry";
import { deleteAgentLoop } from "#shared/erasure/delete-agent-loop";
import { cancelExecution } from "#shared/executions/cancel-execution";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { type Id, idFrom } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { createTeamStore } from "#shared/teams/team-store";
import type { WorkRef } from "#shared/work/work-kinds";
import { depsOf, jobsDepsOf } from "../deps-of.ts";
import type { Script } from "../script.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { simulatedTeam, teamOf } from "../simulated-team.ts";
import { sumOf } from "../sum-of.ts";
import { type World, worldStart } from "../world.ts";
import { Outside } from "./outside.ts";
import { SeenExecutions } from "./seen-executions.ts";
import { knownStories, type LoopStory, randomStory } from "./story.ts";
import { verdict } from "./verdict.ts";

const teams = ["team_01jd7zq3c8e9v5r2k4m6n8p0ab", "team_01jd7zq3c8e9v5r2k4m6n8p0ac"] as const;

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
    const all = new Map<string, Awaited<ReturnType<typeof oneTeam>>>();
    for (const team of teams.slice(0, world.options.teams ?? 1)) {
      all.set(team, await oneTeam(story, world, team));
    }
    const outsideOf = ({ team_id }: WorkRef) => {
      const found = all.get(team_id);
      if (!found) throw new Error("There is no such team.");
      return found.outside;
    };
    world.observer.onRow = (row) => all.get(teamOf(row))?.executions.see(row);
    world.serve<WorkRef<"execution">>(
      "executions",
      story.functionSeconds,
      (process) => (received) =>
        consumeExecutions({
          ...loopDepsOf(process),
          callModel: outsideOf(received.message).model(process, received.message.execution_id),
          openTools: outsideOf(received.message).tools(process),
        })(received),
    );
    world.serve<WorkRef<"delivery">>(
      "deliveries",
      deliveries.timeoutSeconds,
      (process) => (received) =>
        consumeDeliveries({
          ...loopDepsOf(process),
          fetch: outsideOf(received.message).receiver(process),
        })(received),
    );
    world.serve("jobs", jobs.timeoutSeconds, (process) => consumeJobs(jobsDepsOf(process)));
    for (const { begin } of all.values()) begin();

    return {
      verdict: (rows) =>
        [...all].flatMap(([team, { outside, executions }]) => [
          ...outside.problems,
          ...executions.problems,
          ...verdict({
            story,
            outside,
            executions,
            ...told(world),
            rows: rows.filter((row) => teamOf(row) === team),
          }),
        ]),
      figures: () => sumOf([...all.values()].map(({ executions }) => executions.figures())),
    };
  },
};

/** A team's loop, with whom it calls and what is done with it. */
async function oneTeam(story: LoopStory, world: World, team: Id<"team">) {
  const { draws } = world.options;
  const setUp = loopDepsOf(world.setUp());
  const store = createTeamStore(setUp.table);
  await store.insert(simulatedTeam(team, worldStart), {});
  const { id: loopId } = await createAgentLoop(
    { ...setUp, teams: store, allowPrivate: () => false },
    operatorOf(team),
    inputOf(story),
    createMint(worldStart, draws.bytes()),
  );
  const seed = draws.bytes();
  const executionId = createMint(worldStart, seed).id("exec");
  const requestId = idFrom("req", worldStart, draws.bytes());
  const deletion = draws.bytes();
  const acts = {
    cancel: (process: SimulatedProcess) =>
      cancelExecution(loopDepsOf(process), team, executionId, requestId),
    delete: (process: SimulatedProcess) =>
      deleteAgentLoop(
        loopDepsOf(process),
        operatorOf(team),
        loopId,
        createMint(worldStart, deletion),
      ),
  };
  const begin = () => {
    if (story.start.by === "api") {
      void world.client("run", (process) =>
        runAgentLoop(loopDepsOf(process), team, loopId, input, createMint(worldStart, seed)),
      );
    }
    const { does, ms = 0 } = story.meanwhile ?? {};
    if (does) world.agenda.in(ms, () => void world.client<unknown>(does, acts[does]));
  };
  return { outside: new Outside(story), executions: new SeenExecutions(), begin };
}

const told = ({ observer: { faults, deaths }, calls }: World) => ({ faults, deaths, calls });

const loopDepsOf = (process: SimulatedProcess) => ({ ...depsOf(process), secrets });

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
