import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { derivedId } from "#shared/runtime/derived-id";
import { reportParts, wakeDeliveries } from "#shared/webhooks/report-event";
import type { StoredWebhook } from "#shared/webhooks/webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { liveWork } from "#shared/work/live-work";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";
import { deliveriesOf, readEvent } from "#test/support/webhook-endpoints";

const platform = usePlatform({ functions: 4 });
const receiver = useFakeBackend(answers.status(204));
const another = useFakeBackend(answers.hang());
const hour = 3_600_000;
let team: TestTeam;
beforeEach(async () => {
  platform.random = () => 0.5;
  team = await platform.team();
});
const endpoint = (url: string) =>
  aWebhookEndpoint(platform, team.key, { url, events: ["message.received"] });

describe("A receiver that was down", () => {
  it("for 72 hours gets everything afterwards, each event once", async () => {
    await endpoint(receiver.url);
    const chat = await openWebChat(platform, { team });
    receiver.answer(answers.resetBeforeHeaders());
    for (let spent = 0; spent < 72; spent += 6) {
      await chat.talk(`At hour ${spent}`, { user: `user-${spent}` });
      for (let hours = 0; hours < 6; hours++) {
        platform.advance(hour);
        await platform.sweep();
        await platform.settle();
      }
    }
    const arrived: string[] = [];
    receiver.answer((request, response) => {
      arrived.push(readEvent(request.body).data.message.content);
      response.writeHead(204).end();
    });
    for (let hours = 0; hours < 40; hours++) {
      platform.advance(hour);
      await platform.sweep();
      await platform.settle();
    }
    expect(arrived.toSorted()).toEqual(
      Array.from({ length: 12 }, (_, index) => `At hour ${6 * index}`).toSorted(),
    );
    const rows = await deliveriesOf(team);
    expect(rows.filter(({ status }) => status !== "succeeded")).toEqual([]);
    const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(12);
  });
});

describe("Twenty endpoints", () => {
  it("are told at once, though one of them hangs", async () => {
    await endpoint(another.url);
    for (let others = 1; others < 20; others++) await endpoint(receiver.url);
    const chat = await openWebChat(platform, { team });
    await chat.say("Hello!");
    await Promise.all([receiver.received(19), another.received(1)]);
    const succeeded = async () =>
      (await deliveriesOf(team)).filter(({ status }) => status === "succeeded");
    while ((await succeeded()).length < 19) await sleep(5);
    const open = (await deliveriesOf(team)).filter(({ status }) => status === "pending");
    expect(open).toEqual([expect.objectContaining({ url: another.url, attempt_count: 0 })]);
    await another.close();
    await platform.settle();
  });
});

describe("A team with hundreds of deliveries under way", () => {
  it("does not hold up another team's", async () => {
    for (let made = 0; made < 20; made++) await endpoint(receiver.url);
    const other = await platform.team();
    await aWebhookEndpoint(platform, other.key, { url: another.url, events: ["*"] });
    const chat = await openWebChat(platform, { team: other });
    const all = await createWebhookStore(platform.table).list(team.id);
    let arrivedBefore = Infinity;
    another.answer((_, response) => {
      arrivedBefore = receiver.requests.length;
      response.writeHead(204).end();
    });
    await tellOften(all, 20);
    await receiver.received(1);
    await chat.say("Hello!");
    await another.received(1);
    expect(arrivedBefore).toBeLessThan(360);
    await platform.settle();
    expect(receiver.requests.length).toBe(400);
    const rows = await deliveriesOf(team);
    expect(rows.filter(({ status }) => status !== "succeeded")).toEqual([]);
  });

  /** Reports so many events to all of these endpoints. */
  async function tellOften(webhooks: readonly StoredWebhook[], events: number): Promise<void> {
    const now = platform.clock();
    const told = Array.from({ length: events }, (_, index) =>
      reportParts(team.id, webhooks, {
        id: derivedId("evt", now, team.id, String(index)),
        type: "webhook.test",
        at: now,
        data: {},
      }),
    );
    for (const { parts } of told) await platform.table.transact(parts);
    const ids = told.flatMap(({ delivery_ids }) => delivery_ids);
    await wakeDeliveries(liveWork(), team.id, ids);
  }
});

describe("A retry that is asked for during an attempt", () => {
  it("is made as soon as that has failed", async () => {
    await endpoint(receiver.url);
    const chat = await openWebChat(platform, { team });
    const waiting = held(answers.status(500));
    receiver.answer(waiting.answer, answers.status(200));
    await chat.say("Hello!");
    await receiver.received(1);
    const [{ id } = { id: "" }] = await deliveriesOf(team);
    const params = { id: String(id) };
    expect((await platform.call("retryDelivery", { as: team.key, params })).status).toBe(200);
    waiting.release();
    await platform.settle();
    expect(receiver.requests).toHaveLength(2);
    expect(await deliveriesOf(team)).toEqual([
      expect.objectContaining({ status: "succeeded", attempt_count: 2 }),
    ]);
  });
});
