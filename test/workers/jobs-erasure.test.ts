import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type FaultPlan, scriptedFaults } from "#lib/local/embedded/faults";
import { consume as consumeJobs } from "#functions/workers/jobs/handler";
import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { sweep } from "#shared/work/sweep";
import { faultsOf } from "#test/support/every-fault";
import { withLog } from "#test/support/log-lines";
import { openSimulatedChat, type SimulatedChat } from "#test/support/simulated-chat";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";
import { stallingAt } from "#test/support/stalling-at";

let simulation: Simulation;
let chat: SimulatedChat;
let client: SimulatedProcess;
beforeEach(async () => {
  simulation = startSimulation();
  client = simulation.process();
  // Answers by `echo`.
  chat = await openSimulatedChat(simulation);
});
afterEach(() => simulation.close());

const feedJobs = (process: SimulatedProcess) =>
  simulation.feed(
    "jobs",
    process,
    consumeJobs({
      ...process,
      loops: createAgentLoopStore(process.table),
      executions: createExecutionStore(process.table),
    }),
  );

/** What still names a conversation; receipts, which hold no content, go by themselves. */
const left = async (conversationId: string) =>
  (await simulation.rows())
    .filter((row) => JSON.stringify(row).includes(conversationId) && row.sk !== "RECEIPT")
    .map(({ pk, sk }) => `${pk} ${sk}`);

/** How many conversations the channel counts. */
const counted = async () =>
  (await simulation.rows())
    .filter(({ sk }) => sk.startsWith("COUNT#"))
    .reduce((sum, { n }) => sum + Number(n), 0);

const jobsLeft = async () => (await simulation.rows()).filter(({ sk }) => sk === "JOB").length;

/** A conversation of three users with some messages, all answered. */
const begun = async (chat_id: string) => {
  const worker = simulation.process();
  chat.feed(worker);
  let id = "";
  for (const user of ["ada", "bob", "cyd", "ada"]) {
    const { message } = await chat.say(client, `Hello from ${user}`, { user, chat_id });
    id = message.conversation_id;
  }
  await simulation.rest();
  expect(await chat.messages(id)).toHaveLength(8);
  worker.kill();
  return id;
};

let chats = 0;

/** Deletes a conversation, with faults on the route or the worker; answers with the calls that each made. */
async function deleteOne(plans: { readonly route?: FaultPlan; readonly worker?: FaultPlan }) {
  const processOf = (faults: FaultPlan | undefined) => simulation.process(faults ? { faults } : {});
  const id = await begun(`chat-${++chats}`);
  const before = await counted();
  const survivor = simulation.process();
  feedJobs(survivor);
  const worker = processOf(plans.worker);
  feedJobs(worker);

  const route = processOf(plans.route);
  const removed = chat.remove(route, id).then(
    () => true,
    () => false,
  );
  if (!(await Promise.race([removed, route.connection.crashed.then(() => false)]))) {
    await simulation.advance(5_000);
    // The client asks again; 404 says that it is gone.
    await chat.remove(client, id).catch((error: Error) => expect(error.message).toMatch(/no such/));
  }
  for (let minute = 0; minute < 20 && (await jobsLeft()) > 0; minute++) {
    await simulation.rest();
    void sweep(survivor);
    await simulation.advance(60_000);
  }
  expect(await left(id)).toEqual([]);
  expect(await jobsLeft()).toBe(0);
  expect(await counted()).toBe(before - 1);
  const operations = ({ connection }: SimulatedProcess) =>
    connection.calls.map(({ operation }) => operation);
  const calls = { route: operations(route), worker: operations(worker) };
  for (const process of [route, worker, survivor]) process.kill();
  return calls;
}

describe("A deleted conversation is erased whole, whatever befalls", () => {
  it.each(["route", "worker"] as const)(
    "is gone after every fault at every call of the %s",
    async (role) => {
      await withLog(async () => {
        const calls = (await deleteOne({}))[role];
        expect(calls.length).toBeGreaterThan(4);
        for (const [at, operation] of calls.entries()) {
          for (const fault of faultsOf(operation)) {
            await deleteOne({ [role]: scriptedFaults([{ at, fault }]) }).catch((error: unknown) => {
              const what = `${fault.kind} at call ${at} (${operation}) of the ${role}`;
              throw new Error(what, { cause: error });
            });
          }
        }
      });
    },
    60_000,
  );
});

describe("A conversation that is deleted", () => {
  it.each([0, 1, 2, 3, 4, 5])("leaves nothing behind at call %i of its answer", async (call) => {
    const worker = stallingAt(simulation, call);
    chat.feed(worker);
    const { message } = await chat.say(client, "Hello!");
    await simulation.rest();
    expect(worker.connection.calls.length).toBeGreaterThan(call);
    feedJobs(simulation.process());
    await chat.remove(client, message.conversation_id);
    worker.goOn();
    await simulation.advance(60_000);
    expect(await left(message.conversation_id)).toEqual([]);
    expect(simulation.nextMessageIn("inbound")).toBeUndefined();
  });

  it.each([0, 1, 2, 3])(
    "takes a message along at its call %i, or leaves it to a new one",
    async (call) => {
      const { message: first } = await chat.say(client, "One");
      const route = stallingAt(simulation, call);
      const sent = chat.say(route, "Two");
      await simulation.rest();
      expect(route.connection.calls.length).toBeGreaterThan(call);
      await chat.remove(client, first.conversation_id);
      route.goOn();
      const { message: second } = await sent;
      feedJobs(simulation.process());
      chat.feed(simulation.process());
      await simulation.advance(60_000);
      expect(await left(first.conversation_id)).toEqual([]);
      const isNew = second.conversation_id !== first.conversation_id;
      expect(await chat.messages(second.conversation_id)).toHaveLength(isNew ? 2 : 0);
      expect(await counted()).toBe(isNew ? 1 : 0);
    },
  );

  it("is followed by a new one when its chat goes on", async () => {
    const { message: first } = await chat.say(client, "One");
    await chat.remove(client, first.conversation_id);
    const { message: second } = await chat.say(client, "Two");
    expect(second.conversation_id).not.toBe(first.conversation_id);
    feedJobs(simulation.process());
    chat.feed(simulation.process());
    await simulation.advance(1_000);
    expect(await left(first.conversation_id)).toEqual([]);
    expect((await chat.messages(second.conversation_id)).map(({ content }) => content)).toEqual([
      "Two",
      "Two",
    ]);
  });
});
