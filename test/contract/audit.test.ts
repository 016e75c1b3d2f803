import { describe, expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { oneOfEach, paramsOf } from "#lib/one-of-each";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { AuditAction, type AuditEntry } from "#shared/audit/audit-entry";
import { asAuditEntry } from "#shared/audit/audit-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import type { Route } from "#shared/http/define-route";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { keys, prefixes } from "#shared/table/keys";
import { setPlan } from "#shared/teams/set-plan";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { askAs } from "#test/support/one-of-each";
import { readable } from "#test/support/stored-rows";
import {
  type TestAnswer,
  type TestRequest,
  type TestTeam,
  usePlatform,
} from "#test/support/test-platform";

const platform = usePlatform();

/** What each route that writes puts into the audit log. */
const written: Readonly<Record<string, AuditAction>> = {
  createBot: "bot.created",
  updateBot: "bot.updated",
  deleteBot: "bot.deleted",
  deleteBotUser: "user.erased",
  deleteBotUserByQuery: "user.erased",
  createIntegration: "integration.created",
  updateIntegration: "integration.updated",
  rotateIntegrationSecret: "integration.secret_rotated",
  deleteIntegration: "integration.deleted",
  createChannel: "channel.created",
  updateChannel: "channel.updated",
  deleteChannel: "channel.deleted",
  deleteConversation: "conversation.deleted",
  createAgentLoop: "agent_loop.created",
  updateAgentLoop: "agent_loop.updated",
  rotateAgentLoopSecret: "agent_loop.secret_rotated",
  deleteAgentLoop: "agent_loop.deleted",
  createWebhookEndpoint: "webhook_endpoint.created",
  updateWebhookEndpoint: "webhook_endpoint.updated",
  rotateWebhookEndpointSecret: "webhook_endpoint.secret_rotated",
  deleteWebhookEndpoint: "webhook_endpoint.deleted",
  createApiKey: "api_key.created",
  rotateApiKey: "api_key.rotated",
  deleteApiKey: "api_key.deleted",
};

/** Routes that write and change no configuration. */
const unaudited: Readonly<Record<string, string>> = {
  sendMessage: "a message is no configuration",
  rateMessage: "what a user thinks of a reply is no configuration; the message shows it",
  testIntegration: "a test changes nothing",
  runAgentLoop: "a run is no configuration; the execution tells who began it",
  cancelExecution: "ends a run",
  testWebhookEndpoint: "a test changes nothing",
  retryDelivery: "sends again what was sent",
  replayDeliveries: "sends again what was sent",
};

/** What only the operator does. */
const byOperator = ["team.created", "team.plan_changed", "team.deleted"];

const routes = (await loadManifest()).routes.map(({ route }) => route);
const routeOf = (operationId: string) => routes.find((route) => route.operationId === operationId)!;

/** A request that succeeds, of one of each noun of a team: as the example says. */
async function validRequest(
  { key }: TestTeam,
  { operationId, path, example }: Route,
): Promise<TestRequest> {
  const one = oneOfEach(askAs(platform, key));
  const user_id = "ada";
  if (operationId === "deleteBotUser") {
    return { as: key, params: { bot_id: await one.id("bots"), user_id } };
  }
  const query = operationId === "deleteBotUserByQuery" ? { query: { user_id } } : {};
  return { as: key, params: await paramsOf(path, one.id), body: example?.body, ...query };
}

/** A team's log as it is stored, oldest first. */
const logOf = async ({ id }: TestTeam) =>
  (await platform.table.queryAll({ pk: prefixes.auditEntries(id).pk })).map(asAuditEntry);

/** What was written of something since then. */
async function since(team: TestTeam, before: readonly AuditEntry[]) {
  const known = new Set(before.map(({ id }) => id));
  return (await logOf(team)).filter(({ id }) => !known.has(id));
}

const actionsOf = (entries: readonly AuditEntry[]) => entries.map(({ action }) => action);

/** Secrets in an answer, which it shows this once. */
const secretsIn = ({ text }: TestAnswer) => text.match(/(whsec_|sk_live_)[\w+/=]{20,}/g) ?? [];

/** What the bodies of requests seal. */
const given = ["a secret of theirs", "8f14e45fceea3kf9"];

const holdsBytes = (value: unknown): boolean =>
  value instanceof Uint8Array ||
  (typeof value === "object" && value !== null && Object.values(value).some(holdsBytes));

describe("The audit log", () => {
  it("has an action for each route that writes, but for those that change no configuration", () => {
    // What platforms call brings messages.
    const writing = routes.filter(({ method, auth }) => method !== "GET" && "scope" in auth);
    const known = [...Object.keys(written), ...Object.keys(unaudited)];
    expect(writing.map(({ operationId }) => operationId).toSorted()).toEqual(known.toSorted());
    const actions = new Set([...Object.values(written), ...byOperator]);
    expect([...actions].toSorted()).toEqual([...AuditAction.options].toSorted());
  });

  it.each(Object.entries(written))("gets one entry from %s: %s", async (operationId, action) => {
    const team = await platform.team();
    const route = routeOf(operationId);
    const request = await validRequest(team, route);
    const before = await logOf(team);
    platform.advance(1);
    const answer = await platform.call(operationId, request);
    expect(answer.status).toBe(route.status);
    const entries = await since(team, before);
    const { data } = answer.body;
    const { id, bot_id } = { ...request.params, ...data };
    const { body } = await platform.call("getTeam", { as: team.key });
    const { id: key, name } = body.data.api_key;
    const isNew = action.endsWith("created");
    const isOver = /(deleted|erased)$/.test(action);
    expect(entries).toEqual([
      {
        pk: expect.any(String),
        sk: entries[0]?.id,
        id: expect.stringMatching(/^aud_/),
        actor: { type: "api_key", id: key, name },
        action,
        resource_id: action === "user.erased" ? bot_id : id,
        before: isNew ? null : expect.any(Object),
        after: isOver ? null : expect.any(Object),
        request_id: answer.headers["x-request-id"],
        created_at: new Date(platform.clock()).toISOString(),
        remove_at: Math.floor(platform.clock() / 1_000) + 90 * 24 * 60 * 60,
      },
    ]);
    const [entry] = entries;
    if (!isNew && !isOver) {
      expect(Object.keys(entry!.before!)).not.toEqual([]);
      expect(Object.keys(entry!.after!)).toEqual(Object.keys(entry!.before!));
      expect(entry!.after).not.toEqual(entry!.before);
    }
    const shown = await platform.call("listAuditEntries", { as: team.key });
    const {
      pk: _,
      sk: __,
      remove_at: ___,
      ...inList
    } = entry as typeof entry & { pk: string; sk: string; remove_at: number };
    expect(shown.body.data[0]).toEqual(inList);
  });

  it.each(Object.keys(written))(
    "holds no secret of what %s was given or gives",
    async (operationId) => {
      const team = await platform.team();
      const request = await validRequest(team, routeOf(operationId));
      const answer = await platform.call(operationId, request);
      const log = await logOf(team);
      expect(log.filter(holdsBytes)).toEqual([]);
      for (const secret of [...secretsIn(answer), ...given, team.key]) {
        expect(log.filter((entry) => readable(entry).includes(secret))).toEqual([]);
      }
    },
  );

  it.each(Object.keys(unaudited))("gets nothing from %s", async (operationId) => {
    const team = await platform.team();
    const request = await validRequest(team, routeOf(operationId));
    const before = await logOf(team);
    await platform.call(operationId, request);
    await platform.settle();
    expect(await since(team, before)).toEqual([]);
  });

  it("gets nothing from reads", async () => {
    const team = await platform.team();
    const one = oneOfEach(askAs(platform, team.key));
    await one.all();
    const before = await logOf(team);
    for (const { operationId, method, auth, path } of routes) {
      if (method !== "GET" || !("scope" in auth)) continue;
      const params = await paramsOf(path, one.id);
      const { status } = await platform.call(operationId, { as: team.key, params });
      expect([operationId, status]).toEqual([operationId, 200]);
    }
    expect(await since(team, before)).toEqual([]);
  });

  const patches = routes.filter(({ method }) => method === "PATCH");
  it.each(patches.map(({ operationId }) => operationId))(
    "gets nothing from a %s that changes nothing, and the row is not written",
    async (operationId) => {
      const team = await platform.team();
      const request = await validRequest(team, routeOf(operationId));
      const { body } = await platform.call(operationId, request);
      const before = await logOf(team);
      platform.advance(1);
      for (const again of [request.body, {}]) {
        const answer = await platform.call(operationId, { ...request, body: again });
        expect([answer.status, answer.body.data.updated_at]).toEqual([200, body.data.updated_at]);
      }
      expect(await since(team, before)).toEqual([]);
    },
  );

  it("gets nothing from what is refused", async () => {
    const team = await platform.team();
    const request = await validRequest(team, routeOf("updateBot"));
    const before = await logOf(team);
    const refused = [
      await platform.call("updateBot", { ...request, body: { name: "" } }),
      await platform.call("deleteBot", { as: team.key, params: { id: "bot_" } }),
      await platform.call("createBot", {
        as: await team.keyWith("bots:read"),
        body: { name: "Butler" },
      }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 404, 403]);
    expect(await since(team, before)).toEqual([]);
  });

  it("gets one entry for each change of many at once, each with what it found", async () => {
    const team = await platform.team();
    const { as, params } = await validRequest(team, routeOf("updateBot"));
    const before = await logOf(team);
    const windows = [11, 12, 13, 14, 15, 16, 17, 18];
    await Promise.all(
      windows.map((context_window) =>
        platform.call("updateBot", { as, params, body: { settings: { context_window } } }),
      ),
    );
    const sides = (await since(team, before)).map((entry) =>
      [entry.before, entry.after].map(
        (side) => (side as { settings: { context_window: number } }).settings.context_window,
      ),
    );
    expect(sides).toHaveLength(windows.length);
    expect(new Set(sides.map(([, after]) => after))).toEqual(new Set(windows));
    // Each begins where another has ended.
    const { body } = await platform.call("getBot", { as, params });
    const ends = [10, ...windows.filter((one) => one !== body.data.settings.context_window)];
    expect(new Set(sides.map(([begin]) => begin))).toEqual(new Set(ends));
  });

  it("has no name for a key whose credential is from before names were kept, until it is rotated", async () => {
    const team = await platform.team();
    const { api_key } = (await platform.call("getTeam", { as: team.key })).body.data;
    const store = createApiKeyStore(platform.table);
    const { hash } = (await store.find(team.id, api_key.id))!;
    await platform.table.update(keys.credential(hash), { remove: ["key_name"] });
    const nameIn = async (as: string) => {
      const before = await logOf(team);
      await platform.call("createBot", { as, body: { name: "Butler" } });
      return (await since(team, before)).map(({ actor }) => actor);
    };
    expect(await nameIn(team.key)).toEqual([{ type: "api_key", id: api_key.id, name: null }]);
    const rotate = { as: team.key, params: { id: api_key.id } };
    const { key } = (await platform.call("rotateApiKey", rotate)).body.data;
    expect(await nameIn(key)).toEqual([{ type: "api_key", id: api_key.id, name: api_key.name }]);
  });
});

describe("A change that dies on its way and is repeated", () => {
  const repeatable = Object.keys(written).filter(
    // A second erasure of a user is a second erasure.
    (operationId) =>
      routeOf(operationId).method !== "DELETE" || /ApiKey|Integration/.test(operationId),
  );
  it.each(
    repeatable.flatMap((operationId) => [
      [operationId, "connection_lost"] as const,
      [operationId, "answer_lost"] as const,
    ]),
  )("has one entry: %s, %s", async (operationId, loses) => {
    const route = routeOf(operationId);
    const calls = await dyingAtEachCall(platform, loses, async () => {
      const team = await platform.team();
      const headers = { "idempotency-key": "once" };
      const request = { ...(await validRequest(team, route)), headers };
      await platform.settle();
      const before = await logOf(team);
      return {
        run: () => platform.call(operationId, request),
        check: async (_, again) => {
          const isGone = route.method === "DELETE" && again.status === 404;
          expect([isGone, again.status]).toEqual([isGone, isGone ? 404 : route.status]);
          expect(actionsOf(await since(team, before))).toEqual([written[operationId]]);
        },
      };
    });
    expect(calls).toBeGreaterThanOrEqual(3);
  });
});

describe("The operator's commands", () => {
  const stores = () => ({
    teams: createTeamStore(platform.table),
    apiKeys: createApiKeyStore(platform.table),
  });
  const operator = { actor: { type: "operator", id: null, name: null }, request_id: null };
  const plan = (id: Id<"team">, to: "free" | "pro") =>
    setPlan(stores(), id, to, createMint(platform.clock()));

  it("have one entry each: a new team, another plan and the deletion", async () => {
    const team = await platform.team("free");
    platform.advance(1);
    await plan(team.id, "pro");
    platform.advance(1);
    const deps = { ...liveWork(), ...stores() };
    await deleteTeam(deps, team.id, createMint(platform.clock()));
    const resource_id = team.id;
    expect(await logOf(team)).toMatchObject([
      {
        ...operator,
        action: "team.created",
        resource_id,
        before: null,
        after: { name: "Acme", plan: "free", api_key: { name: "First key" } },
      },
      {
        ...operator,
        action: "team.plan_changed",
        resource_id,
        before: { plan: "free" },
        after: { plan: "pro" },
      },
      {
        ...operator,
        action: "team.deleted",
        resource_id,
        before: { name: "Acme", plan: "pro" },
        after: null,
      },
    ]);
  });

  it("have none for the plan that a team has, but the keys follow if they did not", async () => {
    const team = await platform.team("free");
    const dying = {
      ...stores().apiKeys,
      setRateLimit: () => Promise.reject(new Error("It dies.")),
    };
    const mint = createMint(platform.clock());
    await expect(setPlan({ ...stores(), apiKeys: dying }, team.id, "pro", mint)).rejects.toThrow(
      "dies",
    );
    expect(await plan(team.id, "pro")).toBe("changed");
    expect(actionsOf(await logOf(team)).toSorted()).toEqual(["team.created", "team.plan_changed"]);
    const { headers } = await platform.call("getTeam", { as: team.key });
    expect(headers["x-ratelimit-limit"]).toBe("300");
  });
});
