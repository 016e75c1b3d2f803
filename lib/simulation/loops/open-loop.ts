import * as v from "valibot";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { operatorOf } from "#shared/audit/audit-entry";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { idFrom } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { createTeamStore } from "#shared/teams/team-store";
import { depsOf } from "../deps-of.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { simulatedTeam } from "../simulated-team.ts";
import { type World, worldStart } from "../world.ts";

/** Makes a loop without secrets; gives what runs it as a route in a process does. */
export async function openLoop(world: World) {
  const { draws } = world.options;
  const setUp = depsOf(world.setUp());
  const teams = createTeamStore(setUp.table);
  const team = idFrom("team", worldStart, draws.bytes());
  await teams.insert(simulatedTeam(team, worldStart), {});
  const { id } = await createAgentLoop(
    { ...setUp, teams, secrets: { seal: neverAsked, open: neverAsked }, allowPrivate: () => false },
    operatorOf(team),
    v.parse(AgentLoopInput, fields),
    createMint(worldStart, draws.bytes()),
  );
  const input = { variables: {}, metadata: {} };
  return (process: SimulatedProcess) =>
    runAgentLoop(depsOf(process), team, id, input, createMint(process.clock(), draws.bytes()));
}

const fields = { name: "Report", system_prompt: "You report.", user_message: "Report." };

function neverAsked(): never {
  throw new Error("A loop without secrets has nothing to seal.");
}
