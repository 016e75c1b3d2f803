import * as v from "valibot";
import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { worker as inbound } from "#functions/workers/inbound/worker";
import { AgentLoopInput } from "#shared/agent-loops/agent-loop";
import { createAgentLoop } from "#shared/agent-loops/create-agent-loop";
import { ApiError } from "#shared/errors/api-error";
import { runAgentLoop } from "#shared/executions/run-agent-loop";
import { createMint } from "#shared/runtime/mint";
import { isUnavailable } from "#shared/runtime/unavailable";
import { createTeamStore } from "#shared/teams/team-store";
import { loopFields } from "../one-of-each.ts";
import { openChat } from "../simulation/conversations/chat.ts";
import { depsOf } from "../simulation/deps-of.ts";
import { createDraws } from "../simulation/draws.ts";
import type { SimulatedProcess } from "../simulation/simulated-process.ts";
import { openStore } from "../simulation/store.ts";
import { World, worldStart } from "../simulation/world.ts";
import { quantiles } from "./quantiles.ts";
import { table } from "./say.ts";

const rates = [25, 50, 100, 150, 200];
const seconds = 10;
/** About what DynamoDB takes: a transaction, and any call on its way, at most. */
const [transactionMs, latencyMs] = [10, 5];

/**
 * Measures at which rate requests for one loop or one chat are told to come back, where each is a process of its own and
 * transactions conflict. Time is simulated, so it is the same on every machine.
 */
export async function contentionPart(): Promise<void> {
  const store = openStore();
  const rows: (string | number)[][] = [];
  for (const [what, open] of Object.entries(hotThings)) {
    for (const rate of rates) {
      const world = new World({
        store,
        draws: createDraws(1, rate),
        mishaps: () => undefined,
        leaseMs: 20_000,
        skewMs: 0,
        latencyMs,
        transactionMs,
        functions: 100,
      });
      rows.push([what, rate, ...(await load(world, await open(world), rate))]);
    }
  }
  store.close();
  table(
    `Requests for one loop or one chat, each in a process of its own, with transactions of ${transactionMs} ms, for ${seconds} simulated seconds (target: no 503 at 100 a second)`,
    ["what", "a second", "done", "503", "p50 ms", "p99 ms", "tries each"],
    rows,
  );
}

type Request = (process: SimulatedProcess, index: number) => Promise<unknown>;

const hotThings: Readonly<Record<string, (world: World) => Promise<Request>>> = {
  "runs of a loop": async (world) => {
    const { draws } = world.options;
    const setUp = depsOf(world.setUp());
    const teams = createTeamStore(setUp.table);
    const team = "team_01jd7zq3c8e9v5r2k4m6n8p0ab";
    await teams.insert(
      {
        id: team,
        name: "Bench",
        plan: "enterprise",
        created_at: new Date(worldStart).toISOString(),
      },
      {},
    );
    const { id } = await createAgentLoop(
      { ...setUp, teams, secrets: unsealed, allowPrivate: () => false },
      team,
      v.parse(AgentLoopInput, loopFields),
      createMint(worldStart, draws.bytes()),
    );
    const input = { variables: {}, metadata: {} };
    return (process) =>
      runAgentLoop(depsOf(process), team, id, input, createMint(process.clock(), draws.bytes()));
  },
  "messages that are kept": (world) => chat(world, "paused"),
  "messages with replies": (world) => chat(world, "active"),
};

/** No secret is in what is made here. */
const unsealed = { seal: neverAsked, open: neverAsked };
function neverAsked(): never {
  throw new Error("Nothing here is sealed.");
}

async function chat(world: World, status: "active" | "paused"): Promise<Request> {
  const { deps, say } = await openChat(world, { bot: { status }, fetch: () => neverAsked });
  world.serve("inbound", inbound.timeoutSeconds, (process) => consumeInbound(deps(process)));
  return (process, index) => say(process, `Message ${index}`);
}

/** Sends so many requests a second, whether or not those before were answered; gives what became of them. */
async function load(world: World, request: Request, rate: number): Promise<number[]> {
  const { agenda } = world;
  const count = rate * seconds;
  const latencies: number[] = [];
  let [busy, tries] = [0, 0];
  const send = async (index: number) => {
    const sentAt = agenda.now;
    const process = world.process("request");
    try {
      await request(process, index);
      latencies.push(agenda.now - sentAt);
    } catch (error) {
      if (!isUnavailable(error) && !(error instanceof ApiError)) throw error;
      busy++;
    }
    tries += process.calls.filter((operation) => operation === "TransactWriteItems").length;
    world.gone(process);
  };
  // They come by chance, as those of people do.
  for (let index = 0, at = 0; index < count; index++) {
    at -= (Math.log(1 - world.options.draws.next()) * 1000) / rate;
    agenda.in(at, () => void send(index));
  }
  while (latencies.length + busy < count && (await agenda.next(Infinity)));
  const of = quantiles(latencies);
  return [latencies.length, busy, of(0.5), of(0.99), tries / count];
}
