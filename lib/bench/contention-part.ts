import { consume as consumeInbound } from "#functions/workers/inbound/handler";
import { worker as inbound } from "#functions/workers/inbound/worker";
import { ApiError } from "#shared/errors/api-error";
import { isUnavailable } from "#shared/runtime/unavailable";
import { openChat } from "../simulation/conversations/chat.ts";
import { createDraws } from "../simulation/draws.ts";
import { openLoop } from "../simulation/loops/open-loop.ts";
import type { SimulatedProcess } from "../simulation/simulated-process.ts";
import { openStore } from "../simulation/store.ts";
import { World } from "../simulation/world.ts";
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
  "runs of a loop": openLoop,
  "messages that are kept": (world) => chat(world, "paused"),
  "messages with replies": (world) => chat(world, "active"),
};

async function chat(world: World, status: "active" | "paused"): Promise<Request> {
  const { deps, say } = await openChat(world, { bot: { status }, fetch: () => nobody });
  world.serve("inbound", inbound.timeoutSeconds, (process) => consumeInbound(deps(process)));
  return (process, index) => say(process, `Message ${index}`);
}

/** The echo answers. */
const nobody = () => Promise.reject(new Error("Nobody is called."));

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
