import { describe, expect, it } from "@jest/globals";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { created } from "#test/support/make";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

const hour = 3_600_000;
const named = (name: string) => ({ "idempotency-key": name });
const create = (as: string, key: string, body: unknown = { name: "A" }) =>
  platform.call("createBot", { as, body, headers: named(key) });
const countBots = async (as: string) => (await platform.call("listBots", { as })).body.meta.total;

describe("The header Idempotency-Key", () => {
  it.each([
    ["nothing", ""],
    ["256 characters", "x".repeat(256)],
    ["a letter beyond ASCII", "clé"],
    ["a tab", "a\tb"],
    ["a line break", "a\nb"],
    ["DEL", "a\u007f"],
  ])("is 400 on every POST when it is %s, and nothing is done", async (_, name) => {
    const { key } = await platform.team();
    const posts = platform.manifest.routes.filter(
      ({ route }) => route.method === "POST" && "scope" in route.auth,
    );
    expect(posts.length).toBeGreaterThan(5);
    for (const { route } of posts) {
      const { operationId } = route;
      const answer = await platform.call(operationId, {
        as: key,
        body: { name: "A" },
        headers: named(name),
      });
      expect([operationId, answer.status, answer.body.error.code]).toEqual([
        operationId,
        400,
        "bad_request",
      ]);
      expect(answer.body.error.message).toContain("1 to 255 printable ASCII characters");
    }
    expect(await countBots(key)).toBe(0);
  });

  it.each([
    ["one character", "x"],
    ["255 characters", "~".repeat(255)],
    [
      "every printable character",
      String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 32 + at)),
    ],
  ])("may be %s", async (_, name) => {
    const { key } = await platform.team();
    expect((await create(key, name)).status).toBe(201);
    expect((await create(key, name)).headers["idempotent-replayed"]).toBe("true");
  });

  it("means nothing to GET, PATCH and DELETE", async () => {
    const { key } = await platform.team();
    const id = await created(platform, "createBot", { as: key, body: { name: "A" } });
    const request = { as: key, params: { id }, headers: named("once") };
    await platform.call("updateBot", { ...request, body: { name: "B" } });
    const again = await platform.call("updateBot", { ...request, body: { name: "C" } });
    expect([again.status, again.body.data.name]).toEqual([200, "C"]);
    expect((await platform.call("getBot", request)).body.data.name).toBe("C");
    expect((await platform.call("deleteBot", request)).status).toBe(200);
    expect((await platform.call("deleteBot", request)).status).toBe(404);
  });
});

describe("The same request again", () => {
  it("gets the first answer, marked, with a request id and limits of its own", async () => {
    const { key } = await platform.team();
    const first = await create(key, "once");
    platform.advance(5_000);
    const again = await create(key, "once");
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers["location"]).toBe(first.headers["location"]);
    expect(first.headers["idempotent-replayed"]).toBeUndefined();
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(again.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
    expect(again.headers["x-ratelimit-remaining"]).toBe("998");
    expect(await countBots(key)).toBe(1);
  });

  it("gets it also when what was made is changed or gone", async () => {
    const { key } = await platform.team();
    const first = await create(key, "once");
    const request = { as: key, params: { id: first.body.data.id } };
    await platform.call("updateBot", { ...request, body: { name: "B" } });
    expect((await create(key, "once")).body.data.name).toBe("A");
    await platform.call("deleteBot", request);
    expect((await create(key, "once")).text).toBe(first.text);
  });

  it("makes one resource of 200 that are sent at once", async () => {
    const { key } = await platform.team();
    const sent = await Promise.all(Array.from({ length: 200 }, () => create(key, "once")));
    const made = sent.filter(({ status }) => status === 201);
    const busy = sent.filter(({ status }) => status === 409);
    expect(made.length).toBeGreaterThan(0);
    expect(made.length + busy.length).toBe(200);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(made.filter(({ headers }) => !headers["idempotent-replayed"])).toHaveLength(1);
    for (const { body, headers } of busy) {
      expect(body.error.code).toBe("idempotency_in_progress");
      expect(headers["retry-after"]).toBe("5");
    }
    expect(await countBots(key)).toBe(1);
    expect((await create(key, "once")).text).toBe(made[0]?.text);
  });

  it("is 409 with Retry-After while the first is still running, and then gets its answer", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const late = held(answers.echo());
    backend.answer(late.answer);
    const request = {
      as: chat.key,
      params: { id: chat.channel_id },
      query: { wait: 25 },
      body: { user: { id: "ada" }, content: "Hello!" },
      headers: named("once"),
    };
    const first = platform.call("sendMessage", request);
    await backend.received(1);
    const second = await platform.call("sendMessage", request);
    expect(second).toBeRefused(409, "idempotency_in_progress");
    expect(second.headers["retry-after"]).toBe("5");
    expect(second.body.error.message).toContain("still running");
    late.release();
    const { status, text } = await first;
    expect(status).toBe(201);
    const third = await platform.call("sendMessage", request);
    expect([third.status, third.text]).toEqual([201, text]);
    expect(third.body.data.reply.content).toBe("Hello!");
  });

  it("is another team's own", async () => {
    const one = await platform.team();
    const two = await platform.team();
    const first = await create(one.key, "once");
    const second = await create(two.key, "once", { name: "B" });
    expect([second.status, second.headers["idempotent-replayed"]]).toEqual([201, undefined]);
    expect(second.body.data.id).not.toBe(first.body.data.id);
  });

  it("gets it whichever key of the team asks, if that key has the scope", async () => {
    const team = await platform.team();
    const other = await team.keyWith("bots:write");
    const reader = await team.keyWith("bots:read");
    const first = await create(team.key, "once");
    const again = await create(other, "once");
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect((await create(reader, "once")).status).toBe(403);
  });

  it("gets a secret again only with the key that asked first", async () => {
    const chat = await openWebChat(platform);
    const request = {
      params: { bot_id: chat.bot_id },
      body: { name: "Backend", url: backend.url },
      headers: named("once"),
    };
    const first = await platform.call("createIntegration", { ...request, as: chat.key });
    expect(first.body.data.signing_secret).toMatch(/^whsec_/);
    const again = await platform.call("createIntegration", { ...request, as: chat.key });
    expect([again.status, again.text]).toEqual([201, first.text]);
    const other = await chat.team.keyWith("integrations:write");
    const foreign = await platform.call("createIntegration", { ...request, as: other });
    expect(foreign).toBeRefused(422, "idempotency_key_reused");
    expect(foreign.text).not.toContain("whsec_");
  });

  it("is forgotten after 24 hours, and not before", async () => {
    const { key } = await platform.team();
    const first = await create(key, "once");
    platform.advance(24 * hour - 1_000);
    expect((await create(key, "once")).text).toBe(first.text);
    platform.advance(1_000);
    const next = await create(key, "once");
    expect([next.status, next.headers["idempotent-replayed"]]).toEqual([201, undefined]);
    expect(next.body.data.id).not.toBe(first.body.data.id);
    expect(await countBots(key)).toBe(2);
  });
});

describe("Another request under the same key", () => {
  it.each<[string, (bot: string) => [string, object]]>([
    ["body", () => ["createBot", { body: { name: "B" } }]],
    ["body but for white space", () => ["createBot", { rawBody: '{ "name":"A"}' }]],
    ["body, invalid at that", () => ["createBot", { rawBody: "{" }]],
    ["query", () => ["createBot", { body: { name: "A" }, query: "x=1" }]],
    ["path", (bot) => ["createChannel", { params: { bot_id: bot }, body: { name: "A" } }]],
  ])("is 422 with another %s, and changes nothing", async (_, request) => {
    const { key } = await platform.team();
    const first = await create(key, "once");
    const [operationId, more] = request(first.body.data.id);
    const { status, body } = await platform.call(operationId, {
      as: key,
      headers: named("once"),
      ...more,
    });
    expect({ status, body }).toBeRefused(422, "idempotency_key_reused");
    expect(body.error.message).toContain("Use a new one for a new request.");
    expect((await create(key, "once")).text).toBe(first.text);
    expect(await countBots(key)).toBe(1);
  });

  it("is 422 for the same route but another parent", async () => {
    const { key } = await platform.team();
    const one = await created(platform, "createBot", { as: key, body: { name: "A" } });
    const two = await created(platform, "createBot", { as: key, body: { name: "B" } });
    const open = (bot_id: string) =>
      platform.call("createChannel", {
        as: key,
        params: { bot_id },
        body: { type: "web" },
        headers: named("once"),
      });
    expect([(await open(one)).status, (await open(two)).status]).toEqual([201, 422]);
  });
});
