import * as v from "valibot";
import { consume as consumeExecutions } from "#functions/workers/executions/handler";
import { worker as executions } from "#functions/workers/executions/worker";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { worker as jobs } from "#functions/workers/jobs/worker";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { operatorOf } from "#shared/audit/audit-entry";
import { cancelExecution } from "#shared/executions/cancel-execution";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { createCallModel } from "#shared/models/create-call-model";
import { type Id, idFrom } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import { createTeamStore } from "#shared/teams/team-store";
import type { WorkRef } from "#shared/work/work-kinds";
import { oneTeam as chatTeam } from "../conversations/conversations.ts";
import { verdict as chatVerdict } from "../conversations/verdict.ts";
import { jobsDepsOf } from "../deps-of.ts";
import type { Script } from "../script.ts";
import { ofTeam, serveDeliveries, serveInbound } from "../serve-chats.ts";
import { teamOf } from "../simulated-team.ts";
import { sumOf } from "../sum-of.ts";
import { type World, worldStart } from "../world.ts";
import { Endpoints } from "./endpoints.ts";
import { Facts } from "./facts.ts";
import { type EventStory, knownStories, type PlannedRun, randomStory } from "./story.ts";
import { verdict } from "./verdict.ts";

const dayMs = 24 * 3_600_000;

/** What happens to a team and who is told of it: users, backends, operator and receivers are played. */
export const events: Script<EventStory> = {
  name: "events",
  known: knownStories,
  mostCalls: 60,
  // Ten attempts, each after its longest pause.
  horizonMs: 6 * dayMs,
  random: randomStory,
  begin: async (story, world) => {
    const all = new Map<string, OneTeam>();
    for (let count = 0; count < (world.options.teams ?? 1); count++) {
      const one = await oneTeam(story, world);
      all.set(one.chat.team_id, one);
    }
    world.observer.onRow = (row) => {
      const one = all.get(teamOf(row));
      one?.see(row);
      one?.facts.see(row);
    };
    serveAll(world, ofTeam(all));
    for (const { people, endpoints, begin } of all.values()) {
      people.begin();
      endpoints.begin();
      begin();
    }
    return {
      verdict: (rows) =>
        [...all].flatMap(([team, one]) => {
          const own = rows.filter((row) => teamOf(row) === team);
          const remains = { ...one, world, rows: own };
          // What is told of a backend names a conversation, says nothing of it, and goes by itself.
          const ofChat = own.filter((row) => !String(row["body"]).includes("integration.failed"));
          return [
            ...one.seen.problems,
            ...chatVerdict({ ...remains, rows: ofChat, story: story.chat }),
            ...verdict({ ...remains, story }),
          ];
        }),
      figures: () => sumOf([...all.values()].map(({ facts }) => facts.figures())),
    };
  },
};

type OneTeam = Awaited<ReturnType<typeof oneTeam>>;

function serveAll(world: World, teamOfWork: (ref: WorkRef) => OneTeam): void {
  const callModel = createCallModel({ fetch: never });
  serveInbound(world, teamOfWork);
  world.serve<WorkRef<"execution">>(
    "executions",
    executions.timeoutSeconds,
    (process) => (received) => {
      const deps = teamOfWork(received.message).chat.deps(process);
      return consumeExecutions({ ...deps, callModel, openTools: noTools })(received);
    },
  );
  serveDeliveries(world, teamOfWork);
  world.serve("jobs", jobs.timeoutSeconds, (process) => consumeJobs(jobsDepsOf(process)));
}

/** A team's bot and loop, what happens to them, and its endpoints. */
async function oneTeam({ chat: chatStory, runs, endpoints: planned }: EventStory, world: World) {
  const team = await chatTeam(chatStory, world);
  const { chat } = team;
  const endpoints = new Endpoints(world, {
    id: chat.team_id,
    secrets: (process) => chat.deps(process).secrets,
  });
  for (const plan of planned) await endpoints.add(plan);
  const loopId = await openLoop(world, chat);
  const facts = new Facts(() => world.agenda.now);
  const begin = () => {
    for (const run of runs) void runOnce(world, chat, loopId, run);
  };
  return { ...team, endpoints, facts, begin };
}

type Chat = Awaited<ReturnType<typeof chatTeam>>["chat"];

async function openLoop(world: World, chat: Chat): Promise<Id<"loop">> {
  const setUp = world.setUp();
  const deps = { ...chat.deps(setUp), teams: createTeamStore(setUp.table) };
  const fields = { name: "Report", system_prompt: "You report.", user_message: "Report." };
  const mint = createMint(worldStart, world.options.draws.bytes());
  return (
    await createAgentLoop(deps, operatorOf(chat.team_id), v.parse(AgentLoopInput, fields), mint)
  ).id;
}

async function runOnce(
  world: World,
  { team_id, deps }: Chat,
  loopId: Id<"loop">,
  { atMs, cancelledAtMs }: PlannedRun,
): Promise<void> {
  const { agenda, options } = world;
  const [seed, asked] = [options.draws.bytes(), options.draws.bytes()];
  const until = (ms: number) => pauseFor(systemTimer, worldStart + ms - agenda.now);
  await until(atMs);
  const mint = () => createMint(worldStart + atMs, seed);
  const input = { user_message: undefined, variables: {}, metadata: {} };
  await world.client<unknown>("run", (process) =>
    runAgentLoop(deps(process), team_id, loopId, input, mint()),
  );
  if (cancelledAtMs === undefined) return;
  await until(cancelledAtMs);
  await world.client<unknown>("cancel", (process) =>
    cancelExecution(deps(process), team_id, mint().id("exec"), idFrom("req", worldStart, asked)),
  );
}

const noTools = async () => ({
  tools: [],
  find: never,
  call: never,
  close: () => Promise.resolve(),
});

function never(): never {
  throw new Error("Nobody is called here.");
}
