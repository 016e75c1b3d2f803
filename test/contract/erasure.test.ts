import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { type ApiKeyStore, createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { type Key, keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import { figuresOf, usageOf } from "#test/support/counted";
import { answers, type FakeBackend, held, startFakeBackend } from "#test/support/fake-backend";
import { type FakeTelegram, startFakeTelegram, telegramCall } from "#test/support/fake-telegram";
import { keepFile, openBlobServer } from "#test/support/files";
import { fillTable } from "#test/support/full-table";
import { withLog } from "#test/support/log-lines";
import { anApiKey, aWebhookEndpoint, created } from "#test/support/make";
import { readable } from "#test/support/stored-rows";
import { type TestPlatform, type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { saysBack } from "#test/support/webhook-endpoints";
import { group, supergroup, update } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
let receiver: FakeBackend;
let telegram: FakeTelegram;
let blobs: Awaited<ReturnType<typeof openBlobServer>>;
/** A team that nobody erases anything of. */
let bystander: TestTeam;
beforeAll(async () => {
  blobs = await openBlobServer(platform);
  receiver = await startFakeBackend();
  telegram = await startFakeTelegram("1:A");
  Object.assign(process.env, {
    PUBLIC_URL: "https://chat.example.com",
    TELEGRAM_API_URL: telegram.url,
  });
  receiver.answer(saysBack);
  bystander = await platform.team();
  await aWebhookEndpoint(platform, bystander.key, { url: receiver.url, events: ["*"] });
  await oneOfEverything(bystander);
});
afterAll(async () => {
  await Promise.all([blobs.close(), receiver.close(), telegram.close()]);
});

const minute = 60_000;
const day = 24 * 60 * minute;

/**
 * What may outlive an erasure: by the last name in its key, for how long at the most. All of it has a time at which the
 * table removes it.
 */
const outlives: Readonly<Record<string, { readonly days: number; readonly why: string }>> = {
  RECEIPT: { days: 14, why: "that some message was kept, by its hash; it holds no content" },
  RECORD: { days: 1, why: "the answer to a request with an Idempotency-Key, for its repeats" },
  EVENT: { days: 30, why: "a body that may have to be sent again; of no message that was erased" },
  DELIVERY: { days: 30, why: "what was delivered when; of erased messages without the answers" },
  REPLAY: { days: 30, why: "that deliveries were sent again, for repeats of the request" },
  AUDIT: {
    days: 90,
    why: "who changed and deleted what; it holds no content and names no user",
  },
};

const isAboutToGo = (row: Item) => {
  const left = Number(row["remove_at"]) * 1_000 - platform.clock();
  return left <= (outlives[lastName(row)]?.days ?? 0) * day;
};

/** The rows in which one of these texts can be read, in keys, fields, or what is gzipped. */
const rowsOf = async (texts: readonly string[]) =>
  (await allRows()).filter((row) => texts.some((text) => readable(row).includes(text)));

/** What an erasure has left, but for what expires. */
const left = async (texts: readonly string[]) =>
  (await rowsOf(texts)).filter((row) => !isAboutToGo(row)).map(({ pk, sk }) => `${pk} ${sk}`);

/** What a row is, by the names in its key: `TEAM CONVERSATION MESSAGE`. */
const kindOf = ({ pk, sk }: Key) =>
  [...pk.split("#"), sk.split("#")[0]].filter((part) => /^[A-Z_]+$/.test(part ?? "")).join(" ");

const lastName = (key: Key) => kindOf(key).split(" ").at(-1) ?? "";

/** Every kind of row that the table holds for long. */
const everyKind = Object.entries(keys)
  // A place is of no team, and work of a platform is there while something is to be done.
  .filter(([name]) => !["job", "place", "connection"].includes(name))
  // What the parts of a key are is all the same here.
  .map(([, make]) =>
    kindOf((make as (...parts: readonly string[]) => Key)("a", "b", "c", "d", "e")),
  );

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** What was made, by what erases it: the ids that go with it. */
interface Made {
  readonly bot: readonly [Id<"bot">, ...string[]];
  readonly channel: readonly string[];
  readonly conversation: readonly string[];
  readonly user: readonly [string, ...string[]];
  readonly agent_loop: readonly string[];
}

/** The first message of a conversation. */
const placeIn = ({ id }: TestTeam, conversation_id: string) => ({
  team_id: id,
  // As the API gave it.
  conversation_id: conversation_id as Id<"conv">,
  number: 1,
});

/** The files among these ids whose bytes are there. */
async function filesOf({ id: teamId }: TestTeam, ids: readonly string[]) {
  const files = ids.filter((id): id is Id<"file"> => id.startsWith("file_"));
  const there = await Promise.all(files.map((id) => blobs.has(teamId, { id })));
  return files.filter((_, index) => there[index]);
}

const idsIn = (made: Made) => Object.values(made).flat();

/** How often something was made: names differ, so that they can be found. */
let fillings = 0;

/** Makes one of everything that a team can have, as its clients do; beside what there is, if there is a bot. */
async function oneOfEverything(team: TestTeam, sameBot?: Id<"bot">): Promise<Made> {
  const number = ++fillings;
  const { key: as } = team;
  const once = (name: string) => ({ "idempotency-key": `${name}-${number}` });
  const chat = await openWebChat(platform, {
    team,
    ...(sameBot !== undefined && { bot_id: sameBot }),
  });
  const { bot_id, channel_id } = chat;
  const botToken = `${6_000 + number}:AAH-of_a_bot_of_Telegrams_0123456789`;
  const hook = telegram.addBot(botToken);
  const telegramChannel = await created(platform, "createChannel", {
    as,
    params: { bot_id },
    body: { type: "telegram", credentials: { bot_token: botToken } },
  });
  const { headers: signed, body: rawBody } = telegramCall(
    update({ chat: group, migrate_to_chat_id: supergroup.id }),
    String(hook["secret_token"]),
  );
  const toHook = { params: { channel_id: telegramChannel }, headers: signed, rawBody };
  await platform.call("receiveTelegramUpdate", toHook);
  const integration = await created(platform, "createIntegration", {
    as,
    params: { bot_id },
    headers: once("integration"),
    body: {
      name: "Spare backend",
      url: receiver.url,
      headers: { "X-Token": "a-secret-token" },
      fallback: true,
      weight: 0,
    },
  });

  const user = { id: `user-${number}-`, name: "Ada Lovelace" };
  const { status, text, body } = await platform.call("sendMessage", {
    as,
    params: { id: channel_id },
    headers: once("message"),
    body: { user, content: `Hello from ${user.id}`, message_id: `own-photo-${number}` },
  });
  if (status >= 300) throw new Error(text);
  const own = String(body.data.message.conversation_id);
  const room = { chat_id: "room" };
  const photo = { ...room, user, message_id: `photo-${number}` };
  const shared = await chat.talk(`Hello, all, says ${user.id}`, photo);
  await chat.talk("Hello, Ada!", { ...room, user: "user-bob" });
  for (const id of [own, shared]) {
    const body = { rating: "up", comment: `So says ${user.id}` };
    const rated = await platform.call("rateMessage", { as, params: { id, number: "2" }, body });
    if (rated.status >= 300) throw new Error(rated.text);
  }
  const ofShared = await keepFile(platform, placeIn(team, shared));
  const ofOwn = await keepFile(platform, placeIn(team, own));

  const loop = await created(platform, "createAgentLoop", {
    as,
    headers: once("loop"),
    body: {
      ...loopFields,
      schedule: { cron: "0 9 1 1 *" },
      callback: { url: receiver.url, headers: { "X-Token": "a-secret-token" } },
    },
  });
  const params = { id: loop };
  const execution = await created(platform, "runAgentLoop", { as, params, body: {} });
  await platform.settle();
  platform.advance(1);
  await testAndReplay(as);

  const files = [ofOwn.id, ofShared.id];
  return {
    bot: [
      bot_id,
      channel_id,
      telegramChannel,
      integration,
      own,
      shared,
      user.id,
      hashOf(user.id),
      ...files,
    ],
    channel: [channel_id, own, shared, ...files],
    conversation: [own, ofOwn.id],
    user: [user.id, hashOf(user.id), own, ...files],
    agent_loop: [loop, execution],
  };
}

/** Makes an endpoint with a delivery and a replay. */
async function testAndReplay(as: string) {
  const { id } = await aWebhookEndpoint(platform, as, { url: receiver.url });
  const request = { as, params: { id } };
  await platform.call("testWebhookEndpoint", request);
  await platform.settle();
  platform.advance(1);
  const body = { since: "2026-01-01T00:00:00Z", all: true };
  await platform.call("replayDeliveries", { ...request, body });
  await platform.settle();
}

type Call = Parameters<TestPlatform["call"]>;

/** The request that erases each. */
const erasing: Readonly<Record<keyof Made, (ids: Made) => Call>> = {
  bot: ({ bot: [id] }) => ["deleteBot", { params: { id } }],
  channel: ({ channel: [id = ""] }) => ["deleteChannel", { params: { id } }],
  conversation: ({ conversation: [id = ""] }) => ["deleteConversation", { params: { id } }],
  user: ({ bot: [bot_id], user: [user_id] }) => ["deleteBotUser", { params: { bot_id, user_id } }],
  agent_loop: ({ agent_loop: [id = ""] }) => ["deleteAgentLoop", { params: { id } }],
};

/** Has the jobs of a team run to their end: over second looks, and over the time that workers may still write. */
async function runJobs({ id }: TestTeam): Promise<void> {
  for (let looks = 0; looks < 6; looks++) {
    await platform.settle();
    if (!(await allRows(`TEAM#${id}#JOB#`)).length) return;
    platform.advance(11 * minute);
    await platform.sweep();
  }
  throw new Error("A job has not come to its end.");
}

describe("One of everything", () => {
  it("is a row of every kind", async () => {
    const kinds = (await rowsOf([bystander.id])).map(kindOf);
    expect([...new Set(kinds)].toSorted()).toEqual([...new Set(everyKind)].toSorted());
  });
});

describe("A deletion whose write is answered by nobody", () => {
  it("is repeated with the very same job, which erases", async () => {
    const team = await platform.team();
    const made = await oneOfEverything(team);
    platform.advance(1);
    // What lies under another comes before it.
    for (const kind of ["conversation", "user", "channel", "bot", "agent_loop"] as const) {
      const jobs: string[] = [];
      platform.faults = ({ operation, input }) => {
        const isWrite = operation === "TransactWriteItems" || operation === "PutItem";
        const job = isWrite && /#JOB#(\w+)/.exec(JSON.stringify(input))?.[1];
        if (!job) return undefined;
        jobs.push(job);
        return jobs.length === 1 ? { kind: "answer_lost" } : undefined;
      };
      const [operationId, request] = erasing[kind](made);
      const { status } = await platform.call(operationId, { as: team.key, ...request });
      platform.faults = undefined;
      expect([kind, status, jobs]).toEqual([kind, 200, [jobs[0], jobs[0]]]);
    }
    await runJobs(team);
    expect(await left(idsIn(made))).toEqual([]);
  });
});

// The kinds of erasures that a client can ask for.
describe.each(Object.keys(erasing) as (keyof Made)[])("An erased %s", (kind) => {
  it("leaves no row that names it or what was under it, and all else as it was", async () => {
    const team = await platform.team();
    await aWebhookEndpoint(platform, team.key, { url: receiver.url, events: ["*"] });
    const beside = await oneOfEverything(team);
    const made = await oneOfEverything(team, kind === "bot" ? undefined : beside.bot[0]);
    expect((await left(made[kind])).length).toBeGreaterThan(made[kind].length);
    const files = made[kind].filter((id) => id.startsWith("file_"));
    expect(await filesOf(team, made[kind])).toEqual(files);
    const othersFiles = idsIn(made)
      .concat(idsIn(beside))
      .filter((id) => !files.includes(id));
    const filesBeside = await filesOf(team, othersFiles);
    const kept = [bystander.id, ...idsIn(beside)];
    const own = idsIn(made).filter((id) => !kept.includes(id));
    const others = async () =>
      (await rowsOf(kept)).filter(
        (row) =>
          !own.some((id) => readable(row).includes(id)) &&
          // That a user was erased names nobody but the bot.
          row["action"] !== "user.erased",
      );
    const before = await others();

    platform.advance(1);
    const [operationId, request] = erasing[kind](made);
    const { status } = await platform.call(operationId, { as: team.key, ...request });
    expect(status).toBe(200);
    await runJobs(team);
    expect(await left(made[kind])).toEqual([]);
    expect(await filesOf(team, made[kind])).toEqual([]);
    expect(await filesOf(team, othersFiles)).toEqual(filesBeside);
    if (kind === "user" || kind === "channel" || kind === "bot") {
      // The user's words end with the id; the answer to a request may be asked for again for a day.
      expect((await rowsOf([made.user[0]])).map(({ sk }) => sk)).toEqual(["RECORD"]);
    }
    expect(await others()).toEqual(before);
  });
});

describe("What was counted", () => {
  const countedOf = async ({ id }: TestTeam, bot: Id<"bot">) => [
    await figuresOf(id, bot),
    await usageOf(id),
  ];

  it("stays when a user, a conversation or a channel is erased", async () => {
    const team = await platform.team();
    const made = await oneOfEverything(team);
    const before = await countedOf(team, made.bot[0]);
    // What answers is no backend.
    expect(before[0]).toMatchObject({ none: { unanswered: 3 } });
    for (const kind of ["conversation", "user", "channel"] as const) {
      platform.advance(1);
      const [operationId, request] = erasing[kind](made);
      await platform.call(operationId, { as: team.key, ...request });
      await runJobs(team);
    }
    expect(await countedOf(team, made.bot[0])).toEqual(before);
  });

  it("of a bot is gone with it, and nothing is counted behind it by who is still asked", async () => {
    const team = await platform.team();
    const backend = await startFakeBackend();
    const gate = held(answers.status(500));
    backend.answer(answers.echo(), gate.answer);
    const chat = await openWebChat(platform, { team, backend_url: backend.url });
    await chat.talk("Hello!");
    const [figures, usage] = await countedOf(team, chat.bot_id);
    expect(Object.keys(figures ?? {})).toHaveLength(1);
    await chat.say("Still there?");
    await backend.received(2);
    await platform.call("deleteBot", { as: team.key, params: { id: chat.bot_id } });
    const jobs = async () => (await allRows(`TEAM#${team.id}#JOB#`)).length;
    for (let looks = 0; (await jobs()) > 0 && looks < 300; looks++) {
      platform.advance(3 * minute);
      await platform.sweep();
      await sleep(20);
    }
    gate.release();
    await withLog(() => platform.settle());
    await backend.close();
    // The message that nobody answers any more is counted once, as it goes.
    const [day = ""] = Object.keys(usage ?? {});
    expect(usage).toEqual({ [day]: { messages: 1, replies: 1 } });
    expect(await countedOf(team, chat.bot_id)).toEqual([
      {},
      { [day]: { messages: 2, replies: 1 } },
    ]);
    expect(await left([chat.bot_id])).toEqual([]);
  });
});

describe("An erased team", () => {
  it("leaves nothing but what expires, and every other team as it was", async () => {
    const team = await fillTable(platform);
    const files = (await rowsOf([team.id])).flatMap(
      ({ sk }) => /^FILE#\d+#(.+)$/.exec(sk)?.[1] ?? [],
    );
    expect([files.length > 0, await filesOf(team, files)]).toEqual([true, files]);
    await aWebhookEndpoint(platform, team.key, { url: receiver.url, events: ["*"] });
    const chat = await openWebChat(platform, { team });
    await chat.talk("Words of one who is gone");
    const others = await rowsOf([bystander.id]);
    const { table } = platform;
    const stores = { teams: createTeamStore(table), apiKeys: createApiKeyStore(table) };
    const deps = { ...liveWork(), ...stores };
    expect(await deleteTeam(deps, team.id, createMint(platform.clock()))).toBe("deleted");
    await runJobs(team);
    // Telegram is out of reach, so its channels wait to be let go; by then nobody has the key of their credentials.
    platform.advance(180 * minute);
    await platform.sweep();
    await platform.settle();
    expect(await left([team.id])).toEqual([]);
    expect(await filesOf(team, files)).toEqual([]);
    expect(await rowsOf(["Words of one who is gone"])).toEqual([]);
    expect(new Set((await rowsOf([team.id])).map(lastName))).toEqual(
      new Set(Object.keys(outlives)),
    );
    expect(await rowsOf([bystander.id])).toEqual(others);
  });

  it("loses its keys also when the command that deletes it dies before it has ended them", async () => {
    const team = await platform.team();
    const { key, id } = await anApiKey(platform, team.key);
    const request = { as: team.key, params: { id }, body: { grace_seconds: 600 } };
    const rotated = await platform.call("rotateApiKey", request);
    const { table } = platform;
    const dying: ApiKeyStore = {
      ...createApiKeyStore(table),
      deleteCredentials: () => Promise.reject(new Error("It dies here.")),
    };
    const deps = { ...liveWork(), teams: createTeamStore(table), apiKeys: dying };
    await expect(deleteTeam(deps, team.id, createMint(platform.clock()))).rejects.toThrow("dies");
    platform.advance(minute);
    await platform.sweep();
    await platform.settle();
    for (const as of [team.key, key, rotated.body.data.key]) {
      expect(await platform.call("getTeam", { as })).toBeRefused(401, "invalid_api_key");
    }
    await runJobs(team);
    expect(await left([team.id])).toEqual([]);
  });
});
