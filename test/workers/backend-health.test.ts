import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { figuresOf } from "#test/support/counted";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { addBackend } from "#test/support/integrations";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
const second = useFakeBackend();
let chat: WebChat;
let first: Id<"int">;
beforeEach(async () => {
  chat = await openWebChat(platform);
  first = await addBackend(platform, chat, backend.url);
});

const shown = async (id = first) =>
  (await platform.call("getIntegration", { as: chat.key, params: { id } })).body.data;
const healthOf = async (id = first) => (await shown(id)).health;
const change = (body: object, id = first) =>
  platform.call("updateIntegration", { as: chat.key, params: { id }, body });
const now = () => new Date(platform.clock()).toISOString();

async function talk(times = 1) {
  for (let count = 0; count < times; count++) await chat.talk("Hello!");
}

/** Has the backend fail so often, and answer then. */
const failing = (times: number, answer = answers.echo()) => {
  const failures = Array.from({ length: times }, () => answers.status(500));
  const [one, ...others] = [...failures, answer];
  backend.answer(one ?? answer, ...others);
};
const asked = () => [backend, second].map(({ requests }) => requests.length);
const addFallback = () => addBackend(platform, chat, second.url, { fallback: true });
/** How often the row of the integration is written while something runs. */
async function writesOf(run: () => Promise<unknown>) {
  let writes = 0;
  platform.faults = ({ operation, input }) => {
    const { sk } = keys.integration(chat.team.id, chat.bot_id, first);
    const isWrite = operation === "UpdateItem" || operation === "TransactWriteItems";
    // As the key of a row; figures and answers name it elsewhere.
    if (isWrite && JSON.stringify(input).includes(`"sk":{"S":"${sk}"}`)) writes++;
    return undefined;
  };
  await run();
  platform.faults = undefined;
  return writes;
}

describe("A backend that fails", () => {
  it("is well, since nobody knows when, while nothing ever failed", async () => {
    await talk();
    expect(await healthOf()).toEqual({ state: "ok", since: null, failures: 0 });
    expect(await writesOf(() => talk(3))).toBe(0);
  });

  it("is skipped after five failures in a row within a minute, for 30 seconds", async () => {
    const { created_at } = await shown();
    await addFallback();
    failing(100);
    for (let count = 1; count <= 4; count++) {
      await talk();
      expect(await healthOf()).toEqual({ state: "ok", since: created_at, failures: count });
      platform.advance(14_999);
    }
    await talk();
    const since = now();
    expect(await shown()).toMatchObject({
      status: "active",
      health: { state: "skipped", since, failures: 5 },
    });
    expect(asked()).toEqual([5, 5]);
    await talk(2);
    platform.advance(29_999);
    await talk();
    expect(asked()).toEqual([5, 8]);
    platform.advance(1);
    // The first failure skips it again.
    await talk(3);
    expect(asked()).toEqual([6, 11]);
    expect(await healthOf()).toEqual({ state: "skipped", since, failures: 6 });
    platform.advance(30_000);
    failing(0);
    await talk(2);
    expect(asked()).toEqual([8, 11]);
    expect(await healthOf()).toEqual({ state: "ok", since: now(), failures: 0 });
  });

  it("is not skipped when its five failures take a minute, but when the last five do not", async () => {
    await addFallback();
    failing(100);
    for (const ms of [0, 50_000, 5_000, 3_000, 2_000]) {
      platform.advance(ms);
      await talk();
    }
    expect(await healthOf()).toMatchObject({ state: "ok", failures: 5 });
    platform.advance(1_000);
    await talk();
    expect(await healthOf()).toMatchObject({ state: "skipped", failures: 6 });
  });

  it("is not skipped when it answers in between", async () => {
    failing(4);
    await talk(5);
    expect(await healthOf()).toMatchObject({ state: "ok", failures: 0 });
    failing(4);
    await talk(4);
    expect(await healthOf()).toMatchObject({ state: "ok", failures: 4 });
  });

  it("is skipped for another candidate too, which is then asked first", async () => {
    failing(100);
    await talk(5);
    const other = await addBackend(platform, chat, second.url, { weight: 0.000001 });
    await talk(3);
    expect(asked()).toEqual([5, 3]);
    expect((await figuresOf(chat.team.id, chat.bot_id))[other]).toMatchObject({
      asked_first: 3,
      replies: 3,
    });
  });

  it("is never skipped when it is alone, and costs no further write of its row then", async () => {
    failing(100);
    await talk(5);
    expect(await writesOf(() => talk(5))).toBe(0);
    expect(asked()).toEqual([10, 0]);
    expect(await healthOf()).toMatchObject({ state: "skipped", failures: 5 });
    platform.advance(30_000);
    expect(await writesOf(() => talk(5))).toBe(1);
    failing(0);
    expect(await writesOf(() => talk(5))).toBe(1);
    expect(await healthOf()).toMatchObject({ state: "ok", failures: 0 });
  });

  it("is asked last of all when those before it fail", async () => {
    failing(5, answers.json({ content: "I am back." }));
    await talk(5);
    await addFallback();
    second.answer(answers.status(500));
    const { body } = await chat.say("Anybody?", { wait: 20 });
    expect(body.data.reply).toMatchObject({ content: "I am back.", integration_id: first });
    expect(asked()).toEqual([6, 1]);
  });

  it("is skipped once when many wait for it, and those that fail later write nothing more of it", async () => {
    const gates = Array.from({ length: 9 }, () => held(answers.status(500)));
    const [one, ...others] = gates.map(({ answer }) => answer);
    backend.answer(one!, ...others);
    for (const index of gates.keys()) await chat.say("Hello!", { user: `user-${index}` });
    await backend.received(gates.length);
    const recorded = async () =>
      (await figuresOf(chat.team.id, chat.bot_id))[first]?.["failed_http_error"] ?? 0;
    const writes = await writesOf(async () => {
      for (const [index, { release }] of gates.entries()) {
        release();
        while ((await recorded()) <= index) await sleep(1);
      }
      await platform.settle();
    });
    expect(writes).toBe(5);
    expect(await healthOf()).toMatchObject({ state: "skipped", failures: 5 });
  });

  it("is counted to five, and each failure once, when many fail in the same moment", async () => {
    const gate = held(answers.status(500));
    backend.answer(gate.answer);
    const many = 9;
    for (let count = 0; count < many; count++) await chat.say("Hello!", { user: `user-${count}` });
    await backend.received(many);
    gate.release();
    await platform.settle();
    expect(await healthOf()).toMatchObject({ state: "skipped", failures: 5 });
    expect(await figuresOf(chat.team.id, chat.bot_id)).toEqual({
      [first]: { asked_first: many, failed_http_error: many },
      none: { unanswered: many },
    });
  });
});

describe("What is known of a backend that failed", () => {
  const skipped = { state: "skipped", failures: 5 };
  beforeEach(async () => {
    failing(100);
    await talk(5);
    expect(await healthOf()).toMatchObject(skipped);
    platform.advance(1_000);
  });

  it.each([
    ["a name", { name: "Renamed", weight: 3, timeout_seconds: 5, fallback: true }],
    ["the URL that it has", {}],
  ])("stays when it is given %s", async (_, body) => {
    const { health, last_error, url } = await shown();
    await change(Object.keys(body).length > 0 ? body : { url });
    expect(await shown()).toMatchObject({ health, last_error });
  });

  it("stays when its secret is rotated", async () => {
    await platform.call("rotateIntegrationSecret", { as: chat.key, params: { id: first } });
    expect(await healthOf()).toMatchObject(skipped);
  });

  it.each([
    ["another URL", () => change({ url: second.url })],
    ["other headers", () => change({ headers: { "X-Key": "another key" } })],
    [
      "to be disabled and active again",
      async () => {
        await change({ status: "disabled" });
        await change({ status: "active" });
      },
    ],
  ])("is over when it is given %s, but for its last error", async (_, act) => {
    const { last_error } = await shown();
    await act();
    expect(await shown()).toMatchObject({
      health: { state: "ok", since: now(), failures: 0 },
      last_error,
    });
    await addFallback();
    const before = backend.requests.length + second.requests.length;
    await talk();
    expect(backend.requests.length + second.requests.length).toBeGreaterThan(before);
    expect((await figuresOf(chat.team.id, chat.bot_id))[first]).toMatchObject({ asked_first: 6 });
  });

  it("says nothing of what it was changed to while it was asked", async () => {
    await change({ status: "disabled" });
    await change({ status: "active" });
    const gate = held(answers.status(500));
    backend.answer(gate.answer);
    const count = backend.requests.length;
    await chat.say("Hello!");
    await backend.received(count + 1);
    await change({ url: second.url });
    gate.release();
    await platform.settle();
    expect(await healthOf()).toMatchObject({ state: "ok", failures: 0 });
  });
});
