import { beforeEach, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import type { StoredDelivery } from "#shared/deliveries/delivery";
import { createEventStore } from "#shared/deliveries/event-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import { events } from "#shared/events/catalogue";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import {
  type Answer,
  answers,
  type BackendRequest,
  held,
  useFakeBackend,
} from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aLoop } from "#test/support/make";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const receiver = useFakeBackend();
let key: string;
beforeEach(async () => {
  ({ key } = await platform.team());
});

async function aCallback(more: object = {}) {
  const loop = await aLoop(platform, key, { callback: { url: receiver.url, ...more } });
  const run = await platform.call("runAgentLoop", { as: key, params: { id: loop.id } });
  await platform.settle();
  const { body } = await platform.call("getExecution", {
    as: key,
    params: { id: run.body.data.id },
  });
  return { ...loop, execution: body.data, delivery: body.data.callback_delivery_id as string };
}
const deliveryOf = async (id: string) =>
  (await platform.call("getDelivery", { as: key, params: { id } })).body.data;
const pauseOf = async (id: string) =>
  Date.parse((await deliveryOf(id)).next_attempt_at) - platform.clock();

const hour = 3_600_000;

describe("the deliveries worker", () => {
  it("sends the documented payload once, signed, with the loop's headers", async () => {
    receiver.answer(answers.status(204));
    const { signing_secret, execution, delivery } = await aCallback({
      headers: { Authorization: "Bearer mine" },
    });
    expect(receiver.requests).toHaveLength(1);
    const { headers, body } = receiver.requests[0]!;
    expect(headers).toMatchObject({
      authorization: "Bearer mine",
      "content-type": "application/json",
      "user-agent": "ChatbotPlatform/1.0",
    });
    const payload = JSON.parse(body.toString());
    const described = events.find(({ type }) => type === "agent_loop.completed")!;
    expect(v.parse(described.body.entries.data, payload)).toEqual(payload);
    expect(payload).toEqual({
      agent_loop_id: execution.agent_loop_id,
      agent_loop_name: "Report",
      execution_id: execution.id,
      status: "completed",
      result: { output: "Report the sales.", iterations_used: 1, tool_calls: 0 },
      metadata: {
        started_at: execution.metadata.started_at,
        completed_at: execution.metadata.completed_at,
        duration_seconds: 0,
        model: "echo",
        tokens_used: 0,
        input_tokens: 0,
        output_tokens: 0,
      },
      error: null,
    });
    const stored = await deliveryOf(delivery);
    expect(headers["webhook-id"]).toBe(stored.event_id);
    // The library takes the real time for now; the signature itself is what counts.
    const webhook = new Webhook(signing_secret!);
    const at = new Date(Number(headers["webhook-timestamp"]) * 1000);
    expect(headers["webhook-signature"]).toBe(
      webhook.sign(String(headers["webhook-id"]), at, body.toString()),
    );
  });

  it("goes on as usual when the answer to its own record is lost", async () => {
    receiver.answer(answers.status(500));
    let lost = 0;
    platform.faults = ({ operation, input }) =>
      operation === "UpdateItem" && JSON.stringify(input).includes("attempt_count") && lost++ === 0
        ? { kind: "answer_lost" }
        : undefined;
    const { result, lines } = await withLog(() => aCallback());
    expect(lost).toBe(2);
    expect((await deliveryOf(result.delivery)).attempts).toHaveLength(1);
    expect(lines.filter(({ event }) => event === "delivery_attempted")).toHaveLength(1);
    expect(platform.queues.nextVisibleAt("deliveries")).toBeDefined();
  });

  it("shows the first KiB of an answer, cut between characters", async () => {
    const says =
      (text: string): Answer =>
      (_, response) => {
        response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
        response.end(text);
      };
    receiver.answer(says("😀".repeat(400)));
    const { delivery } = await aCallback();
    const [attempt] = (await deliveryOf(delivery)).attempts;
    expect(attempt.response).toBe("😀".repeat(256));
    receiver.answer(says(`ab${"😀".repeat(400)}`));
    const other = await aCallback();
    const [second] = (await deliveryOf(other.delivery)).attempts;
    expect(second.response).toBe(`ab${"😀".repeat(255)}`);
  });

  it("sends a result whole that is larger than a row of the table", async () => {
    receiver.answer(answers.status(200));
    const { id } = await aLoop(platform, key, {
      user_message: "{{a}}".repeat(40),
      callback: { url: receiver.url },
    });
    // Six bytes each in JSON.
    const a = "\u0001".repeat(2_500);
    const body = { variables: { a } };
    const run = await platform.call("runAgentLoop", { as: key, params: { id }, body });
    await platform.settle();
    expect(receiver.requests).toHaveLength(1);
    const { execution_id, result } = JSON.parse(receiver.requests[0]!.body.toString());
    expect([execution_id, result.output === a.repeat(40)]).toEqual([run.body.data.id, true]);
  });

  it("fails for good, and keeps no answer, once whom it tells of was erased", async () => {
    const { id: teamId, key: as } = await platform.team();
    key = as;
    const late = held(answers.json({ you_said: "My words" }, { status: 500 }));
    receiver.answer(answers.json({ you_said: "My words" }, { status: 500 }), late.answer);
    const { delivery } = await aCallback();
    const { event_id, attempts } = await deliveryOf(delivery);
    expect(attempts[0].response).toContain("My words");
    platform.advance(10_000);
    const second = platform.settle();
    await receiver.received(2);
    const events = createEventStore(platform.table);
    // As is done when it is repeated.
    for (let time = 1; time <= 2; time++) await events.erase(teamId, [event_id]);
    late.release();
    await second;
    expect((await deliveryOf(delivery)).attempts).toMatchObject([
      { status_code: 500, response: null },
      { status_code: 500, response: null },
    ]);
    platform.advance(hour);
    await platform.settle();
    expect(await deliveryOf(delivery)).toMatchObject({ status: "failed", error: "event_expired" });
    expect(receiver.requests).toHaveLength(2);
    expect(await rowsWith("My words", teamId)).toEqual([]);
  });

  it("is tried again at once when that was asked for while its person was erased", async () => {
    const { id: teamId, key: as } = await platform.team();
    key = as;
    const late = held(answers.json({ you_said: "My words" }, { status: 500 }));
    receiver.answer(late.answer);
    const waiting = aCallback();
    await receiver.received(1);
    const [row] = await allRows(`TEAM#${teamId}#DELIVERY#`);
    const { id, event_id } = row as Item & StoredDelivery;
    await platform.call("retryDelivery", { as: key, params: { id } });
    await createEventStore(platform.table).erase(teamId, [event_id]);
    late.release();
    await waiting;
    expect(await deliveryOf(id)).toMatchObject({
      status: "failed",
      error: "event_expired",
      attempts: [{ response: null, status_code: 500 }, { status_code: null }],
    });
  });

  it("ends as failed, and alarms nobody, when its team was deleted with its secrets", async () => {
    const team = await platform.team();
    ({ key } = team);
    receiver.answer(answers.status(500));
    const { delivery } = await aCallback();
    const { table } = platform;
    const deps = {
      ...liveWork(),
      teams: createTeamStore(table),
      apiKeys: createApiKeyStore(table),
    };
    await deleteTeam(deps, team.id, createMint(platform.clock()));
    const { lines } = await withLog(async () => {
      for (let looks = 0; looks < 12; looks++) {
        await platform.settle();
        platform.advance(hour);
        await platform.sweep();
      }
    });
    const row = await table.get(keys.delivery(team.id, delivery as Id<"dlv">));
    expect(row).toMatchObject({ status: "failed", error: "team_deleted" });
    expect(row).not.toHaveProperty("due_at");
    expect(lines.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("fails for good when its team is deleted, also when it sends headers of the team's own", async () => {
    const team = await platform.team();
    ({ key } = team);
    receiver.answer(answers.status(500));
    const { delivery } = await aCallback({ headers: { "X-Key": "a secret" } });
    await platform.table.deleteAll([keys.dataKey(team.id)]);
    // As long as a process keeps it.
    platform.advance(hour);
    await platform.sweep();
    await platform.settle();
    const row = await platform.table.get(keys.delivery(team.id, delivery as Id<"dlv">));
    expect(row).toMatchObject({ status: "failed", error: "team_deleted" });
  });

  it("tries ten times over 75 hours with one webhook-id, then fails for good", async () => {
    platform.random = () => 0.5;
    receiver.answer(answers.status(500));
    const { delivery } = await aCallback();
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 10; attempt++) {
      const { next_attempt_at } = await deliveryOf(delivery);
      const pause = Date.parse(next_attempt_at) - platform.clock();
      pauses.push(pause / 1000);
      // A message waits for whole seconds.
      platform.advance(pause + 1_000);
      await platform.sweep();
      await platform.settle();
      expect(receiver.requests).toHaveLength(attempt + 1);
    }
    expect(pauses).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(await deliveryOf(delivery)).toMatchObject({
      status: "failed",
      error: "attempts_exhausted",
      attempt_count: 10,
      next_attempt_at: null,
    });
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it.each([
    [0, 4_000],
    [0.999_99, 6_000],
  ])("spreads its pauses by a fifth (%d)", async (drawn, pause) => {
    platform.random = () => drawn;
    receiver.answer(answers.status(500));
    const { delivery } = await aCallback();
    const { next_attempt_at } = await deliveryOf(delivery);
    expect(Date.parse(next_attempt_at) - platform.clock()).toBe(pause);
  });

  it("waits as long as the receiver asks", async () => {
    receiver.answer(answers.status(503, { "retry-after": "120" }), answers.status(200));
    const { delivery } = await aCallback();
    expect(await pauseOf(delivery)).toBe(120_000);
    platform.advance(121_000);
    await platform.settle();
    expect((await deliveryOf(delivery)).status).toBe("succeeded");
  });

  it.each([
    ["90.5", 90_500],
    ["2030.5", 2_030_500],
    ["86399", 24 * hour - 1_000],
    ["86401", 24 * hour],
  ])("waits after a Retry-After of %s for %i ms, never more than a day", async (asked, ms) => {
    receiver.answer(answers.status(503, { "retry-after": asked }));
    const { delivery } = await aCallback();
    expect(await pauseOf(delivery)).toBe(ms);
  });

  it.each([
    [90_000, 90_000],
    [48 * hour, 24 * hour],
  ])("waits until a date in %i ms for %i ms, never more than a day", async (inMs, ms) => {
    // Dates of HTTP have whole seconds.
    platform.advance(1_000 - (platform.clock() % 1_000));
    const asked = new Date(platform.clock() + inMs).toUTCString();
    receiver.answer(answers.status(503, { "retry-after": asked }));
    const { delivery } = await aCallback();
    expect(await pauseOf(delivery)).toBe(ms);
  });

  it.each(["2050-12", "1.1.2050", "-3", "soon"])(
    "keeps its usual pause after a Retry-After of %s, which is neither seconds nor a date of HTTP",
    async (asked) => {
      receiver.answer(answers.status(503, { "retry-after": asked }));
      const { delivery } = await aCallback();
      const pause = await pauseOf(delivery);
      expect(pause).toBeGreaterThanOrEqual(4_000);
      expect(pause).toBeLessThanOrEqual(6_000);
    },
  );

  it("ends at once when the receiver is gone, and counts a redirect as a failure", async () => {
    receiver.answer(answers.status(410));
    const { delivery } = await aCallback();
    expect(await deliveryOf(delivery)).toMatchObject({ status: "failed", error: "receiver_gone" });
    receiver.answer(answers.redirect(receiver.url));
    const redirected = await aCallback();
    expect(await deliveryOf(redirected.delivery)).toMatchObject({
      status: "pending",
      attempts: [{ status_code: 302 }],
    });
  });

  it.each([
    ["is long", answers.endlessBody(1_500_000)],
    ["never ends", answers.endlessBody()],
    ["breaks off", answers.resetAfterHeaders()],
    ["is said to be packed and is not", answers.status(200, { "content-encoding": "gzip" })],
  ])("takes 2xx for received when the body %s", async (_, answer) => {
    receiver.answer(answer);
    const { delivery } = await aCallback();

    expect(await deliveryOf(delivery)).toMatchObject({
      status: "succeeded",
      attempts: [{ status_code: 200, error: null }],
    });
    expect(receiver.requests).toHaveLength(1);
  });

  it.each([
    ["a length beside chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["one length twice", "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"],
    ["a name that is none", "A B: c\r\n\r\n"],
  ])("takes 2xx for received when the headers have %s", async (_, rest) => {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    receiver.answer(answers.raw(`${early}HTTP/1.1 202 Accepted\r\n${rest}`));
    const { delivery } = await aCallback();

    expect(await deliveryOf(delivery)).toMatchObject({
      status: "succeeded",
      attempts: [{ status_code: 202, response: null, error: null }],
    });
    expect(receiver.requests).toHaveLength(1);
  });

  it("takes no 2xx from headers like these for another status", async () => {
    receiver.answer(answers.raw("HTTP/1.1 503 Busy\r\nA B: HTTP/1.1 200 OK\r\n\r\n"));
    const { delivery } = await aCallback();
    expect(await deliveryOf(delivery)).toMatchObject({
      status: "pending",
      attempts: [{ status_code: 503, error: "The receiver answered with status 503." }],
    });
  });

  it("keeps the first KiB of the answer, and a sentence where there is none", async () => {
    receiver.answer(answers.html("x".repeat(5_000)));
    const long = await aCallback();
    expect((await deliveryOf(long.delivery)).attempts[0].response).toHaveLength(1_024);
    receiver.answer(answers.resetBeforeHeaders());
    const cut = await aCallback();
    const [attempt] = (await deliveryOf(cut.delivery)).attempts;
    expect(attempt).toMatchObject({ status_code: null, response: null });
    expect(attempt.error).toMatch(/127\.0\.0\.1/);
  });

  it("signs with the old secret too after a rotation", async () => {
    receiver.answer(answers.status(200));
    const loop = await aLoop(platform, key, { callback: { url: receiver.url } });
    await platform.call("rotateAgentLoopSecret", { as: key, params: { id: loop.id } });
    await platform.call("runAgentLoop", { as: key, params: { id: loop.id } });
    await platform.settle();
    expect(String(receiver.requests[0]!.headers["webhook-signature"]).split(" ")).toHaveLength(2);
  });

  describe("when the loop has changed since the execution began", () => {
    const old = { Authorization: "Bearer of-the-old-one" };
    const signaturesOf = ({ headers }: BackendRequest) =>
      String(headers["webhook-signature"]).split(" ");
    const signatureOf = (secret: string | null, { headers, body }: BackendRequest) =>
      new Webhook(secret ?? "").sign(
        String(headers["webhook-id"]),
        new Date(Number(headers["webhook-timestamp"]) * 1000),
        body.toString(),
      );
    const queued = async () => {
      const callback = { url: receiver.url, headers: old };
      const loop = await aLoop(platform, key, { callback });
      await platform.call("runAgentLoop", { as: key, params: { id: loop.id } });
      return loop;
    };

    it("signs with the rotated secret, and for 24 hours with the old one too", async () => {
      receiver.answer(answers.status(503));
      const { id, signing_secret } = await queued();
      const { body } = await platform.call("rotateAgentLoopSecret", { as: key, params: { id } });
      await platform.settle();
      const [first] = receiver.requests;
      expect(signaturesOf(first!)).toEqual([
        signatureOf(body.data.signing_secret, first!),
        signatureOf(signing_secret, first!),
      ]);
      platform.advance(25 * hour);
      await platform.sweep();
      await platform.settle();
      const last = receiver.requests.at(-1)!;
      expect(receiver.requests.length).toBeGreaterThan(1);
      expect(signaturesOf(last)).toEqual([signatureOf(body.data.signing_secret, last)]);
    });

    it("sends the headers of now to the same receiver, and to no other", async () => {
      receiver.answer(answers.status(200));
      const change = { Authorization: "Bearer of-the-new-one" };
      for (const url of [receiver.url, "https://new.example.com/cb"]) {
        const { id } = await queued();
        const body = { callback: { url, headers: change } };
        await platform.call("updateAgentLoop", { as: key, params: { id }, body });
        await platform.settle();
      }
      expect(receiver.requests.map(({ headers }) => headers["authorization"])).toEqual([
        change.Authorization,
        old.Authorization,
      ]);
    });

    it("signs what still goes to a receiver that was taken away", async () => {
      receiver.answer(answers.status(200));
      const { id, signing_secret } = await queued();
      await platform.call("updateAgentLoop", {
        as: key,
        params: { id },
        body: { callback: null },
      });
      await platform.settle();
      const [only] = receiver.requests;
      expect(signaturesOf(only!)).toEqual([signatureOf(signing_secret, only!)]);
    });

    it("signs it with every secret that was valid at the start, and keeps them as ever in its row", async () => {
      receiver.answer(answers.status(200));
      const { id: team, key: as } = await platform.team();
      const loop = await aLoop(platform, as, { callback: { url: receiver.url, headers: old } });
      const params = { id: loop.id };
      const rotated = await platform.call("rotateAgentLoopSecret", { as, params });
      const run = await platform.call("runAgentLoop", { as, params });
      await platform.call("updateAgentLoop", { as, params, body: { callback: null } });
      await platform.settle();
      const [only] = receiver.requests;
      expect(signaturesOf(only!)).toEqual([
        signatureOf(rotated.body.data.signing_secret, only!),
        signatureOf(loop.signing_secret, only!),
      ]);
      const ended = await platform.call("getExecution", {
        as,
        params: { id: run.body.data.id },
      });
      const delivery = ended.body.data.callback_delivery_id;
      // Rows outlive the version that wrote them.
      const sealed = { ciphertext: expect.anything(), mask: expect.any(String), key: 1 };
      expect(await platform.table.get(keys.delivery(team, delivery))).toMatchObject({
        id: delivery,
        webhook_id: null,
        event_type: "agent_loop.completed",
        url: receiver.url,
        callback: {
          url: receiver.url,
          agent_loop_id: loop.id,
          headers: { Authorization: sealed },
          secrets: [
            { secret: sealed, valid_until: null },
            { secret: sealed, valid_until: platform.clock() + 24 * hour },
          ],
        },
      });
    });
  });
});
