import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { Scope } from "#shared/auth/scopes";
import { createMint } from "#shared/runtime/mint";
import { setPlan } from "#shared/teams/set-plan";
import type { Plan } from "#shared/teams/team";
import { createTeamStore } from "#shared/teams/team-store";
import { anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const minute = 60_000;

describe("GET /v1/team", () => {
  itRefuses("getTeam", platform, async (as) => ({ as }));

  it.each<[Plan, number]>([
    ["free", 60],
    ["pro", 300],
    ["enterprise", 1_000],
  ])("shows a team of the plan %s with its limits", async (plan, requests_per_minute) => {
    const { id, key } = await platform.team(plan);
    const { status, headers, body } = await platform.call("getTeam", { as: key });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        id,
        name: "Acme",
        plan,
        limits: {
          requests_per_minute,
          bots: 500,
          agent_loops: 500,
          webhook_endpoints: 20,
          api_keys: 50,
          integrations_per_bot: 20,
          channels_per_bot: 20,
        },
        scopes: [...Scope.options],
        api_key: {
          id: expect.stringMatching(/^key_/),
          name: "First key",
          last_four: key.slice(-4),
          expires_at: null,
        },
        created_at: new Date(platform.clock()).toISOString(),
      },
    });
    expect(headers["x-ratelimit-limit"]).toBe(String(requests_per_minute));
  });

  it("shows the scopes of the calling key, not those of others", async () => {
    const team = await platform.team();
    const key = await team.keyWith("bots:read", "conversations:write");
    const { body } = await platform.call("getTeam", { as: key });
    expect(body.data).toMatchObject({ id: team.id, scopes: ["bots:read", "conversations:write"] });
  });

  it("is open to a key without any scope", async () => {
    const team = await platform.team();
    const { status, body } = await platform.call("getTeam", { as: await team.keyWith() });
    expect([status, body.data.scopes]).toEqual([200, []]);
  });

  it("shows which key asks and when it ends", async () => {
    const { key } = await platform.team();
    const expires_at = "2026-05-01T00:00:00.000Z";
    const fields = { name: "Dashboard", scopes: ["bots:read"], expires_at };
    const { key: value, id, last_four } = await anApiKey(platform, key, fields);
    const { body } = await platform.call("getTeam", { as: value });
    expect(body.data.api_key).toEqual({ id, name: "Dashboard", last_four, expires_at });
  });

  it("shows a new plan at once, whose limit is in force with the next window", async () => {
    const { id, key } = await platform.team("free");
    await platform.call("getTeam", { as: key });
    const { table } = platform;
    const deps = { teams: createTeamStore(table), apiKeys: createApiKeyStore(table) };
    await setPlan(deps, id, "pro", createMint(platform.clock()));
    const { body } = await platform.call("getTeam", { as: key });
    expect([body.data.plan, body.data.limits.requests_per_minute]).toEqual(["pro", 300]);
    platform.advance(minute);
    const { headers } = await platform.call("getTeam", { as: key });
    expect(headers["x-ratelimit-limit"]).toBe("300");
  });

  it("takes no parameters", async () => {
    const { key } = await platform.team();
    const { status, body } = await platform.call("getTeam", { as: key, query: "expand=keys" });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: "query.expand", message: "There is no such parameter." },
    ]);
  });
});
