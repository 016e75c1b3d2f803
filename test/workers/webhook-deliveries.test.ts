import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { afterRotation } from "#shared/secrets/signing-secrets";
import { keys } from "#shared/table/keys";
import { type StoredWebhook, webhookSecretPlace } from "#shared/webhooks/webhook";
import {
  type Answer,
  answers,
  type BackendRequest,
  held,
  useFakeBackend,
} from "#test/support/fake-backend";
import { answerBegun } from "#test/support/held-time";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { type TestTeam, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";
import { deliveriesOf, signersOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(answers.status(204));
const other = useFakeBackend(answers.status(204));
const hour = 3_600_000;
const day = 24 * hour;
let team: TestTeam;
let chat: WebChat;
beforeEach(async () => {
  platform.random = () => 0.5;
  team = await platform.team();
  chat = await openWebChat(platform, { team });
});

type Endpoint = Awaited<ReturnType<typeof aWebhookEndpoint>>;
const endpoint = (): Promise<Endpoint> =>
  aWebhookEndpoint(platform, team.key, { url: receiver.url, events: ["message.received"] });
const rowOf = async ({ id }: Endpoint) =>
  (await platform.table.get(keys.webhook(team.id, id))) as unknown as StoredWebhook;
/** Changes an endpoint as its route does. */
const change = async (of: Endpoint, set: Partial<StoredWebhook>) => {
  const { version } = await rowOf(of);
  const updated_at = new Date(platform.clock()).toISOString();
  await platform.table.update(keys.webhook(team.id, of.id), {
    set: { updated_at, version: version + 1, ...set },
  });
};
/** The only delivery so far, as the API shows it. */
const delivery = async () => {
  const [{ id } = { id: "" }] = await deliveriesOf(team);
  return (await platform.call("getDelivery", { as: team.key, params: { id: String(id) } })).body
    .data;
};
/** Lets time pass, and all that comes due in it. */
const pass = async (ms: number) => {
  platform.advance(ms);
  await platform.sweep();
  await platform.settle();
};
const verifies = (secret: string, request: BackendRequest) =>
  signersOf(platform, request, [secret]).length === 1;

describe("An event on its way to an endpoint", () => {
  it("is signed so that the library of Standard Webhooks takes it", async () => {
    const { secret } = await endpoint();
    await chat.talk("Hello!");
    const [request] = receiver.requests;
    expect(request).toMatchObject({
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "ChatbotPlatform/1.0",
        "webhook-timestamp": String(Math.floor(platform.clock() / 1000)),
      },
    });
    expect(request!.headers["webhook-id"]).toBe(JSON.parse(request!.body).id);
    expect(verifies(secret, request!)).toBe(true);
    expect(verifies(secret, { ...request!, body: request!.body.replace("Hello", "hello") })).toBe(
      false,
    );
    expect(await delivery()).toMatchObject({ status: "succeeded", attempt_count: 1 });
  });

  it("is signed with the old secret beside the new one for a day after a rotation", async () => {
    const one = await endpoint();
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const row = await rowOf(one);
    const place = webhookSecretPlace(one.id);
    await change(one, {
      signing_secret: await liveTeamSecrets().seal(team.id, place, secret),
      previous_secrets: afterRotation(row, platform.clock()),
    });
    await chat.talk("Hello!");
    await pass(23 * hour);
    await chat.talk("Still here?");
    await pass(hour);
    await chat.talk("And now?");
    const verified = receiver.requests.map((request) => {
      const sent = Number(request.headers["webhook-timestamp"]) * 1000;
      const now = jest.spyOn(platform, "clock").mockReturnValue(sent);
      const found = [one.secret, secret].map((each) => verifies(each, request));
      now.mockRestore();
      return found;
    });
    expect(verified).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
  });

  it("goes where the endpoint is when it goes, which its delivery then shows", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    await chat.talk("Hello!");
    expect(await delivery()).toMatchObject({ url: receiver.url, status: "pending" });
    await change(one, { url: other.url });
    await pass(6_000);
    expect(other.requests).toHaveLength(1);
    expect(await delivery()).toMatchObject({ url: other.url, status: "succeeded" });
    const [first, second] = [receiver.requests[0]!, other.requests[0]!];
    expect([first.body, first.headers["webhook-id"]]).toEqual([
      second.body,
      second.headers["webhook-id"],
    ]);
  });

  it.each<[string, (one: Endpoint) => Promise<unknown>, string]>([
    ["deleted", ({ id }) => platform.table.delete(keys.webhook(team.id, id)), "endpoint_deleted"],
    [
      "disabled",
      (one) => change(one, { status: "disabled", disabled_reason: "by_request" }),
      "endpoint_disabled",
    ],
  ])("ends without a further attempt when the endpoint was %s meanwhile", async (_, end, error) => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    await chat.talk("Hello!");
    await end(one);
    await pass(6_000);
    expect(receiver.requests).toHaveLength(1);
    expect(await delivery()).toMatchObject({
      status: "failed",
      error,
      attempt_count: 1,
      attempts: [{ status_code: 500 }],
      next_attempt_at: null,
    });
    const [row] = await deliveriesOf(team);
    expect(row).not.toHaveProperty("due_at");
    expect(row).not.toHaveProperty("lease_token");
  });

  it("ends once when the answer to that end is lost", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    await chat.talk("Hello!");
    await platform.table.delete(keys.webhook(team.id, one.id));
    let lost = 0;
    platform.faults = ({ operation, input }) =>
      operation === "UpdateItem" && JSON.stringify(input).includes("endpoint_deleted") && !lost++
        ? { kind: "answer_lost" }
        : undefined;
    const { lines } = await withLog(() => pass(6_000));
    expect(lost).toBe(2);
    expect(lines.filter(({ event }) => event === "delivery_attempted")).toEqual([
      expect.objectContaining({ delivery_status: "failed", attempts: 0 }),
    ]);
    expect(await delivery()).toMatchObject({ status: "failed", error: "endpoint_deleted" });
  });

  it("comes back by a retry once its endpoint is active again", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500), answers.status(200));
    await chat.talk("Hello!");
    await change(one, { status: "disabled", disabled_reason: "by_request" });
    await pass(6_000);
    await change(one, { status: "active", disabled_reason: null });
    const { id } = await delivery();
    await platform.call("retryDelivery", { as: team.key, params: { id } });
    await platform.settle();
    expect(await delivery()).toMatchObject({ status: "succeeded", error: null, attempt_count: 2 });
  });

  it("takes a redirect for a failure and follows none", async () => {
    await endpoint();
    receiver.answer(answers.redirect(other.url, 308));
    await chat.talk("Hello!");
    expect(other.requests).toEqual([]);
    expect(await delivery()).toMatchObject({
      status: "pending",
      attempts: [
        { status_code: 308, error: expect.stringContaining("308, a redirect to another server, ") },
      ],
    });
  });

  it("waits as long as the receiver asks, and no longer than a day", async () => {
    await endpoint();
    receiver.answer(answers.status(429, { "retry-after": "3600" }));
    await chat.talk("Hello!");
    const { next_attempt_at } = await delivery();
    expect(Date.parse(next_attempt_at) - platform.clock()).toBe(hour);
  });

  /** What an answer is waited for beyond its headers. */
  const second = () => platform.advance(1_000);
  it.each<[string, Answer, (() => void)?]>([
    ["drips", answers.slowBody({ text: "x".repeat(100), every_ms: 200 }), second],
    ["sends megabytes", answers.endlessBody(5_000_000)],
    [
      "is packed, and longer than is read",
      (_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(randomBytes(500_000)));
      },
    ],
    ["never ends", answers.endlessBody()],
    [
      "says nothing more",
      (_, response) => {
        response.writeHead(200, { "content-length": 100 }).flushHeaders();
      },
      second,
    ],
    ["is cut", answers.resetAfterHeaders()],
  ])(
    "has arrived when it is answered with 2xx, though the answer %s",
    async (_, answer, passes = () => {}) => {
      await endpoint();
      receiver.answer(answer);
      const begun = answerBegun();
      const talked = chat.talk("Hello!");
      await begun;
      passes();
      await talked;
      expect(await delivery()).toMatchObject({
        status: "succeeded",
        attempts: [{ status_code: 200, error: null }],
      });
      expect(receiver.requests).toHaveLength(1);
    },
  );
});

describe("An endpoint that answers 410", () => {
  const gone = { status: "disabled", disabled_reason: "receiver_gone" };

  it("is disabled, with its delivery failed, in one transaction", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(410));
    const transactions: string[] = [];
    platform.faults = ({ operation, input }) => {
      const text = JSON.stringify(input);
      const isEnd = operation === "TransactWriteItems" && text.includes("receiver_gone");
      if (isEnd) transactions.push(text);
      return undefined;
    };
    await chat.talk("Hello!");
    expect(await rowOf(one)).toMatchObject({ ...gone, version: 2 });
    expect(await delivery()).toMatchObject({
      status: "failed",
      error: "receiver_gone",
      attempts: [{ status_code: 410 }],
    });
    expect(transactions).toEqual([expect.stringContaining("attempt_count")]);
    await chat.talk("Anybody?");
    expect(await deliveriesOf(team)).toHaveLength(1);
  });

  it("is disabled once by many deliveries at the same time", async () => {
    const one = await endpoint();
    const waiting = held(answers.status(410));
    receiver.answer(waiting.answer);
    const said = [0, 1, 2, 3, 4].map((index) => chat.say("Hello!", { user: `user-${index}` }));
    await Promise.all(said);
    await receiver.received(5);
    waiting.release();
    await platform.settle();
    expect(await rowOf(one)).toMatchObject({ ...gone, version: 2 });
    const ended = (await deliveriesOf(team)).map(({ status, error }) => [status, error]);
    expect(ended).toEqual(Array.from({ length: 5 }, () => ["failed", "receiver_gone"]));
  });

  it("stays as its team has changed it meanwhile, and is asked again where it is then", async () => {
    const one = await endpoint();
    const waiting = held(answers.status(410));
    receiver.answer(waiting.answer);
    await chat.say("Hello!");
    await receiver.received(1);
    await change(one, { url: other.url });
    waiting.release();
    await platform.settle();
    expect(await rowOf(one)).toMatchObject({ status: "active", url: other.url, version: 2 });
    expect(await rowOf(one)).not.toHaveProperty("failing");
    expect(await delivery()).toMatchObject({
      status: "pending",
      attempts: [{ status_code: 410 }],
    });
    await pass(6_000);
    expect(await delivery()).toMatchObject({ status: "succeeded", url: other.url });
  });

  it.each<[string, (one: Endpoint) => Promise<unknown>, object | undefined]>([
    [
      "disabled",
      (one) => change(one, { status: "disabled", disabled_reason: "by_request" }),
      { disabled_reason: "by_request", version: 2 },
    ],
    ["deleted", ({ id }) => platform.table.delete(keys.webhook(team.id, id)), undefined],
  ])("stays %s when its team did that meanwhile", async (_, end, left) => {
    const one = await endpoint();
    const waiting = held(answers.status(410));
    receiver.answer(waiting.answer);
    await chat.say("Hello!");
    await receiver.received(1);
    await end(one);
    waiting.release();
    await platform.settle();
    if (left) expect(await rowOf(one)).toMatchObject(left);
    else expect(await rowOf(one)).toBeUndefined();
    expect(await delivery()).toMatchObject({ status: "failed", error: "receiver_gone" });
  });
});

describe("An endpoint that fails", () => {
  const writesOf = async (run: () => Promise<unknown>) => {
    let writes = 0;
    platform.faults = ({ operation, input }) => {
      const isRead = operation === "GetItem" || operation === "Query";
      const text = JSON.stringify(input);
      // Those of other tests are still being tried.
      if (!isRead && text.includes(`TEAM#${team.id}"`) && text.includes('"WEBHOOK#wh_')) writes++;
      return undefined;
    };
    await run();
    platform.faults = undefined;
    return writes;
  };

  it("is written down when it begins, at most once an hour, and when it is over", async () => {
    const one = await endpoint();
    expect(await writesOf(() => chat.talk("All is well."))).toBe(0);
    receiver.answer(answers.status(500));
    const since = new Date(platform.clock()).toISOString();
    expect(await writesOf(() => chat.talk("One", { user: "a" }))).toBe(1);
    expect(await rowOf(one)).toMatchObject({ failing: { since, until: since }, version: 1 });
    expect(await writesOf(() => chat.talk("Two", { user: "b" }))).toBe(0);
    platform.advance(hour);
    const until = new Date(platform.clock()).toISOString();
    await platform.settle();
    expect(await rowOf(one)).toMatchObject({ failing: { since, until } });
    expect(await writesOf(() => chat.talk("Three", { user: "c" }))).toBe(0);
    receiver.answer(answers.status(200));
    expect(await writesOf(() => chat.talk("Four", { user: "d" }))).toBe(1);
    expect(await rowOf(one)).not.toHaveProperty("failing");
    expect(await writesOf(() => pass(6 * 60_000))).toBe(0);
    expect((await deliveriesOf(team)).map(({ status }) => status)).toEqual(
      Array.from({ length: 5 }, () => "succeeded"),
    );
  });

  it("is not blamed for an event that has expired before it was sent", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    await chat.talk("Hello!");
    receiver.answer(answers.status(200));
    await chat.talk("Still there?", { user: "bob" });
    expect(await rowOf(one)).not.toHaveProperty("failing");
    const open = (await deliveriesOf(team)).find(({ status }) => status === "pending");
    await platform.table.deleteAll([keys.event(team.id, open!["event_id"] as Id<"evt">)]);
    await pass(6_000);
    const expired = (await deliveriesOf(team)).find(({ id }) => id === open!["id"]);
    expect(expired).toMatchObject({ status: "failed", error: "event_expired" });
    expect(await rowOf(one)).not.toHaveProperty("failing");
  });

  it("is disabled after five days in which nothing came through, and told nothing more", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    for (let spent = 0; spent <= 5 * day; spent += 6 * hour) {
      expect(await rowOf(one)).toMatchObject({ status: "active" });
      await chat.talk("Hello?", { user: `user-${spent}` });
      await pass(6 * hour);
    }
    expect(await rowOf(one)).toMatchObject({ status: "disabled", disabled_reason: "failing" });
    const sent = receiver.requests.length;
    await pass(3 * day);
    expect(receiver.requests).toHaveLength(sent);
    const open = (await deliveriesOf(team)).filter(({ status }) => status === "pending");
    expect(open).toEqual([]);
  });

  it("stays active when one delivery in five days came through", async () => {
    const one = await endpoint();
    receiver.answer(answers.status(500));
    for (let spent = 0; spent <= 6 * day; spent += 12 * hour) {
      if (spent === 3 * day) receiver.answer(answers.status(200), answers.status(500));
      await chat.talk("Hello?", { user: `user-${spent}` });
      await pass(12 * hour);
    }
    expect(await rowOf(one)).toMatchObject({ status: "active" });
  });

  it("is not disabled by an attempt that began before its team changed it", async () => {
    const failed = (ago: number) => new Date(platform.clock() - ago).toISOString();
    const one = await endpoint();
    await change(one, {
      updated_at: failed(9 * day),
      failing: { since: failed(6 * day), until: failed(hour) },
    });
    const waiting = held(answers.status(500));
    receiver.answer(waiting.answer);
    await chat.say("Hello!");
    await receiver.received(1);
    await change(one, { description: "Mended." });
    waiting.release();
    await platform.settle();
    expect(await rowOf(one)).toMatchObject({ status: "active", description: "Mended." });
    await pass(6_000);
    expect(await rowOf(one)).toMatchObject({
      status: "active",
      failing: { since: new Date(platform.clock()).toISOString() },
    });
  });
});
