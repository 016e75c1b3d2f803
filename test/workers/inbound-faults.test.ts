import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  type FaultCall,
  type FaultPlan,
  type FaultRates,
  scriptedFaults,
  seededFaults,
} from "#lib/local/embedded/faults";
import { plainText } from "#shared/schema/content";
import { sweep, sweepAtStart } from "#shared/work/sweep";
import { faultsOf } from "#test/support/every-fault";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { openSimulatedChat, type SimulatedChat } from "#test/support/simulated-chat";
import { type SimulatedProcess, type Simulation, startSimulation } from "#test/support/simulation";

let backend: FakeBackend;
let simulation: Simulation;
let chat: SimulatedChat;
beforeAll(async () => {
  backend = await startFakeBackend();
  backend.answer(answers.echo());
  simulation = startSimulation();
  chat = await openSimulatedChat(simulation, { urls: [backend.url] });
});
afterAll(async () => {
  await simulation.close();
  await backend.close();
});

let users = 0;
const minutes = 40;

/** Sends a message as a client does that has not heard that it was kept: again, with the same id, until it has. */
async function sendUntilKept(
  first: SimulatedProcess,
  content: string,
  said: { readonly user: string; readonly message_id: string },
): Promise<string> {
  for (let process = first; ; process = simulation.process()) {
    const sent = chat.say(process, content, said).then(
      ({ message }) => message.conversation_id,
      () => undefined,
    );
    const id = await Promise.race([sent, process.connection.crashed.then(() => undefined)]);
    if (id !== undefined) return id;
    await simulation.advance(5_000);
  }
}

/** Moves time on, sweeping, until the work of a conversation is finished. Throws when it never is. */
async function untilFinished(conversationId: string, sweeper: () => SimulatedProcess) {
  for (let minute = 0; minute < minutes; minute++) {
    await simulation.rest();
    if ((await chat.work(conversationId))?.["due_at"] === undefined) return;
    void sweep(sweeper()).catch(() => {});
    await simulation.advance(60_000);
  }
  throw new Error(`The work of ${conversationId} is not finished.`);
}

/** Whether everything about a conversation is as if nothing had happened. */
async function expectAnswered(conversationId: string, said: readonly string[]) {
  const rows = await chat.messages(conversationId);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  const questions = rows.filter(({ role }) => role === "user");
  expect(questions.map(({ content }) => content)).toEqual(said);
  for (const { number, reply_number, content } of questions) {
    const replies = rows.filter(({ reply_to }) => reply_to === number);
    expect(replies).toMatchObject([
      { number: reply_number, content, delivery: { status: "sent", error: null } },
    ]);
  }
  expect(rows).toHaveLength(2 * said.length);
  expect(await chat.head(conversationId)).toMatchObject({
    message_count: rows.length,
    user_count: said.length,
    assistant_count: said.length,
  });
  const work = await chat.work(conversationId);
  for (const name of ["due_at", "due_shard", "lease_token", "lease_until"]) {
    expect(work).not.toHaveProperty(name);
  }
}

/** The calls of the backend about a message. */
const askedAbout = (content: string) =>
  backend.requests.filter(({ body }) => body.includes(JSON.stringify(content)));

interface Roles {
  readonly client: FaultPlan | undefined;
  readonly worker: FaultPlan | undefined;
  readonly sweeper: FaultPlan | undefined;
}
type Role = keyof Roles;

/** One message's way with a fault on it; answers with the calls that each process made. */
async function goOneWay(
  user: string,
  plans: Partial<Roles>,
): Promise<Record<Role, FaultCall["operation"][]>> {
  const content = `From ${user} ${simulation.clock()}`;
  const processOf = (role: Role) => {
    const faults = plans[role];
    return simulation.process(faults ? { faults } : {});
  };
  const client = processOf("client");
  const worker = processOf("worker");
  const sweeper = processOf("sweeper");
  const survivor = simulation.process();
  chat.feed(survivor);
  chat.feed(worker);
  let repliedAtCrash = true;
  void worker.connection.crashed.then(async () => {
    // The turn of the crash is over; nobody else has begun.
    const [question] = await findMessages(content);
    repliedAtCrash = question?.reply_number !== undefined;
  });

  const id = await sendUntilKept(client, content, { user, message_id: content });
  await untilFinished(id, () => (sweeper.isDead() ? simulation.process() : sweeper));

  const rows = await chat.messages(id);
  await expectAnswered(
    id,
    rows.filter(({ role }) => role === "user").map((row) => plainText(row.content)),
  );
  const kept = rows.filter((row) => row.role === "user" && row.content === content);
  expect(kept).toHaveLength(1);
  const asked = askedAbout(content).filter(({ body }) => lastOf(body) === content);
  expect(asked.length).toBeGreaterThanOrEqual(1);
  expect(asked.length).toBeLessThanOrEqual(repliedAtCrash ? 1 : 2);
  expect(new Set(asked.map(({ headers }) => headers["webhook-id"]))).toEqual(
    new Set([kept[0]!.id]),
  );
  worker.kill();
  survivor.kill();
  const operations = ({ connection }: SimulatedProcess) =>
    connection.calls.map(({ operation }) => operation);
  return {
    client: operations(client),
    worker: operations(worker),
    sweeper: operations(sweeper),
  };

  async function findMessages(text: string) {
    const conversationId = await chat.conversationOf(user);
    if (conversationId === undefined) return [];
    return (await chat.messages(conversationId)).filter(
      (row) => row.role === "user" && row.content === text,
    );
  }
}

const lastOf = (body: string) =>
  (JSON.parse(body) as { messages: { content: string }[] }).messages.at(-1)?.content;

/** Tries every fault at every call of a role; says which it was when something is wrong. */
async function tryAll(role: Role, isNew: boolean, others: Partial<Roles> = {}): Promise<number> {
  const begun = async () => {
    const user = `user-${++users}`;
    if (!isNew) await goOneWay(user, {});
    return user;
  };
  const calls = (await goOneWay(await begun(), others))[role];
  let tried = 0;
  for (const [at, operation] of calls.entries()) {
    for (const fault of faultsOf(operation)) {
      tried++;
      const user = await begun();
      try {
        await goOneWay(user, { ...others, [role]: scriptedFaults([{ at, fault }]) });
      } catch (error) {
        const what = `${fault.kind} at call ${at} (${operation}) of the ${role}`;
        throw new Error(what, { cause: error });
      }
    }
  }
  return tried;
}

/** The first message is lost, so that the sweeper has something to do. */
const lostMessage = scriptedFaults([{ operation: "SendMessage", at: 0, fault: { kind: "lost" } }]);

describe("A message is kept once and answered once, whatever befalls", () => {
  it.each([
    ["the route that keeps it", "client", true, {}],
    ["the route that keeps it in a conversation that goes on", "client", false, {}],
    ["the worker that answers it", "worker", true, {}],
    ["the sweeper that finds it", "sweeper", true, { client: lostMessage }],
  ] as const)(
    "survives every fault at every call of %s",
    async (_, role, isNew, others) => {
      const { result } = await withLog(() => tryAll(role, isNew, others));
      expect(result).toBeGreaterThan(15);
    },
    30_000,
  );

  it("survives that the only machine is killed at any call and started again", async () => {
    await withLog(async () => {
      const calls = await onOneMachine(undefined);
      expect(calls.length).toBeGreaterThan(8);
      for (const [at, operation] of calls.entries()) {
        for (const kind of ["crash_before", "crash_after"] as const) {
          await onOneMachine(scriptedFaults([{ at, fault: { kind } }])).catch((error: unknown) => {
            throw new Error(`${kind} at call ${at} (${operation})`, { cause: error });
          });
        }
      }
    });
  }, 30_000);

  it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    "survives faults of all of them again and again (seed %i)",
    async (seed) => {
      await withLog(() => weather(seed));
    },
    30_000,
  );
});

/** Keeps and answers in one process; when it dies, another one starts, as `npm start` does. */
async function onOneMachine(faults: FaultPlan | undefined): Promise<string[]> {
  const user = `user-${++users}`;
  const machine = simulation.process(faults ? { faults } : {});
  chat.feed(machine);
  const content = `From ${user}`;
  const id = await sendUntilKept(machine, content, { user, message_id: content });
  await simulation.rest();
  if (machine.isDead()) {
    const next = simulation.process();
    chat.feed(next);
    await sweepAtStart(next);
    // What the dead one had received comes back by itself, a little later.
    await simulation.advance(11_000);
    next.kill();
  }
  await expectAnswered(id, [content]);
  machine.kill();
  return machine.connection.calls.map(({ operation }) => operation);
}

const rates: FaultRates = {
  crash_before: 0.02,
  crash_after: 0.02,
  connection_lost: 0.05,
  answer_lost: 0.05,
  throttle: 0.03,
  conflict: 0.03,
  stale_index: 0.1,
  lost: 0.15,
  duplicate: 0.15,
  late: 0.1,
  short_batch: 0.1,
};
/** So few that no message is given up, which would be a right answer too. */
const mostCrashes = 3;

/** Three users say three things each while everything that can go wrong does. */
async function weather(seed: number) {
  let made = 0;
  let crashes = 0;
  const unlucky = () => {
    const plan = seededFaults(seed * 1_000 + ++made, rates);
    return simulation.process({
      faults: (call) => {
        const fault = plan(call);
        if (fault?.kind !== "crash_before" && fault?.kind !== "crash_after") return fault;
        return ++crashes > mostCrashes ? undefined : fault;
      },
    });
  };
  let worker = unlucky();
  chat.feed(worker);
  const goOn = async (ms: number) => {
    void sweep(unlucky()).catch(() => {});
    await simulation.advance(ms);
    if (!worker.isDead()) return;
    worker = unlucky();
    chat.feed(worker);
  };

  const talks = [1, 2, 3].map((number) => ({
    user: `seed-${seed}-${number}`,
    said: ["One", "Two", "Three"].map((text) => `${text} of ${seed}-${number}`),
    kept: 0,
    id: "",
  }));
  for (let round = 0; talks.some(({ kept }) => kept < 3); round++) {
    if (round === 100) throw new Error("The messages cannot be kept.");
    for (const talk of talks.filter(({ kept }) => kept < 3)) {
      const content = talk.said[talk.kept] ?? "";
      chat.say(unlucky(), content, { user: talk.user, message_id: content }).then(
        ({ message }) => {
          if (talk.said[talk.kept] === content) talk.kept++;
          talk.id = message.conversation_id;
        },
        () => {},
      );
    }
    await goOn(5_000);
  }
  for (let minute = 0; minute < 5; minute++) await goOn(60_000);
  worker.kill();
  worker = simulation.process();
  chat.feed(worker);
  for (const { id, said } of talks) {
    await untilFinished(id, () => worker);
    await expectAnswered(id, said);
    for (const text of said) {
      const asked = askedAbout(text).filter(({ body }) => lastOf(body) === text);
      expect(asked.length).toBeLessThanOrEqual(1 + crashes);
      expect(new Set(asked.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    }
  }
  worker.kill();
}
