import { describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { exists } from "#shared/table/condition";
import { keys } from "#shared/table/keys";
import { largest } from "#test/support/largest";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const update = (as: string, id: string, body: unknown) =>
  platform.call("updateAgentLoop", { as, params: { id }, body });

describe("PATCH /v1/agent-loops/{id}", () => {
  itRefuses("updateAgentLoop", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as)).id },
    body: { name: "B" },
  }));

  it("changes what is given, keeps the rest, and nothing at all for {}", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { description: "Old" });
    const before = await platform.call("getAgentLoop", { as: key, params: { id } });
    platform.advance(1_000);
    expect((await update(key, id, {})).body.data.updated_at).toBe(before.body.data.updated_at);
    const { body } = await update(key, id, { name: "New", description: null });
    expect(body.data).toMatchObject({ ...loopFields, name: "New", description: null });
    expect(body.data.updated_at).not.toBe(before.body.data.updated_at);
  });

  it("leaves what workers remember of a loop meanwhile", async () => {
    const team = await platform.team();
    const { id } = await aLoop(platform, team.key);
    const loops = createAgentLoopStore(platform.table);
    const seen = (await loops.find(team.id, id))!;
    await platform.table.update(keys.agentLoop(team.id, id), { set: { slow_until: 1 } });
    const changed = { ...seen, name: "New", version: seen.version + 1 };
    expect(await loops.replace(team.id, changed, seen.version, {})).toBe("replaced");
    expect(await loops.find(team.id, id)).toEqual({ ...changed, slow_until: 1 });
  });

  it("changes a loop that was just small enough to be made, its secret rotated too, and makes it no larger", async () => {
    const { key } = await platform.team();
    const headers = { Authorization: "Bearer ".padEnd(4_096, "x") };
    const body = {
      ...loopFields,
      system_prompt: "😀".repeat(19_000),
      model: { provider: "openai", name: "m", api_key: "k".repeat(1_000), headers },
      callback: { url: "https://example.com/done", headers },
    };
    const make = (letters: number) =>
      platform.call("createAgentLoop", {
        as: key,
        body: { ...body, user_message: "x".repeat(letters + 1) },
      });
    const most = await largest(19_999, async (letters) => (await make(letters)).status === 201);
    expect(most).toBeLessThan(19_999);
    const { id } = (await make(most)).body.data;
    expect((await update(key, id, { status: "paused" })).status).toBe(200);
    for (let rotations = 0; rotations < 3; rotations++) {
      await platform.call("rotateAgentLoopSecret", { as: key, params: { id } });
    }
    expect((await update(key, id, { status: "active" })).status).toBe(200);
    const same = { ...body.callback, headers: { Authorization: "••••xxxx" } };
    expect((await update(key, id, { callback: same })).status).toBe(200);
    expect((await update(key, id, { description: "More words" })).status).toBe(422);
  });

  it("changes nothing when what is given is there already, in whatever order the table keeps fields", async () => {
    const { key, id: team_id } = await platform.team();
    const schedule = { every_minutes: 60, overlap: "allow" };
    const { id } = await aLoop(platform, key, { schedule });
    const before = await platform.call("getAgentLoop", { as: key, params: { id } });
    const row = (await platform.table.get(keys.agentLoop(team_id, id)))!;
    const reversed = Object.fromEntries(Object.entries(schedule).toReversed());
    await platform.table.put({ ...row, schedule: reversed }, exists("pk"));
    platform.advance(60_000);
    const { body } = await update(key, id, { schedule });
    expect(body.data.updated_at).toBe(before.body.data.updated_at);
    expect(body.data.next_run_at).toBe(before.body.data.next_run_at);
  });

  it("takes a schedule back as it was shown, with its kind, and refuses the kind of the other form", async () => {
    const { key } = await platform.team();
    for (const [schedule, kind, other] of [
      [{ cron: "0 9 * * 1", timezone: "UTC", overlap: "skip" }, "cron", "interval"],
      [{ every_minutes: 60, overlap: "allow" }, "interval", "cron"],
    ] as const) {
      const { id } = await aLoop(platform, key, { schedule });
      const { body } = await platform.call("getAgentLoop", { as: key, params: { id } });
      expect(body.data.schedule).toEqual({ kind, ...schedule });
      const again = await update(key, id, { schedule: body.data.schedule });
      expect(again.body.data).toMatchObject({
        schedule: { kind, ...schedule },
        updated_at: body.data.updated_at,
        next_run_at: body.data.next_run_at,
      });
      expect((await update(key, id, { schedule: { kind: other, ...schedule } })).status).toBe(422);
    }
  });

  it("keeps a key that is given as its mask", async () => {
    const { key } = await platform.team();
    const model = { provider: "openai", name: "m", api_key: "sk-live-9f8e7d6c5b4a" };
    const { id } = await aLoop(platform, key, { model });
    const { body } = await update(key, id, { model: { ...model, name: "n", api_key: "••••5b4a" } });
    expect(body.data.model).toMatchObject({ name: "n", api_key: "••••5b4a" });
  });

  it("keeps a key that is left out, and drops it for null", async () => {
    const { key } = await platform.team();
    const model = { provider: "openai", name: "m" };
    const { id } = await aLoop(platform, key, {
      model: { ...model, api_key: "sk-live-9f8e7d6c5b4a", headers: { "X-A": "1" } },
    });
    const kept = await update(key, id, { model: { ...model, name: "n" } });
    expect(kept.body.data.model).toMatchObject({ name: "n", api_key: "••••5b4a", headers: {} });
    const dropped = await update(key, id, { model: { ...model, api_key: null } });
    expect(dropped.body.data.model.api_key).toBeNull();
    expect((await update(key, id, { model })).body.data.model.api_key).toBeNull();
  });

  describe("a secret that was given for one server", () => {
    const headers = { "X-Token": "a-long-token-1" };
    const kept = { headers: { "X-Token": "••••en-1" } };
    const model = { provider: "openai", name: "m", base_url: "https://a.example.com/v1" };
    const tool = { type: "mcp", name: "crm", url: "https://a.example.com/mcp" };
    const secrets = { model: { ...model, api_key: "sk-live-9f8e7d6c5b4a", headers } };

    it.each([
      [
        "a model at another address",
        secrets,
        { model: { ...model, base_url: "https://b.example.com/v1", api_key: "••••5b4a", ...kept } },
        ["body.model.api_key", "body.model.headers.X-Token"],
      ],
      [
        "a model at another address, left out",
        { model: { ...model, api_key: "sk-live-9f8e7d6c5b4a" } },
        { model: { ...model, base_url: "https://b.example.com/v1" } },
        ["body.model.api_key"],
      ],
      [
        "a model at the vendor's own address",
        secrets,
        { model: { ...model, base_url: null, api_key: "••••5b4a" } },
        ["body.model.api_key"],
      ],
      [
        "another vendor",
        { model: { ...secrets.model, base_url: null } },
        { model: { ...model, base_url: null, provider: "anthropic", api_key: null, ...kept } },
        ["body.model.headers.X-Token"],
      ],
      [
        "a tool's server",
        { tools: [{ ...tool, headers }] },
        { tools: [{ type: "time" }, { ...tool, url: "https://b.example.com/mcp", ...kept }] },
        ["body.tools.1.headers.X-Token"],
      ],
      [
        "a callback's receiver",
        { callback: { url: "https://a.example.com/done", headers } },
        { callback: { url: "https://a.example.com:8443/done", ...kept } },
        ["body.callback.headers.X-Token"],
      ],
    ])("does not go to %s", async (_, before, change, paths) => {
      const { key } = await platform.team();
      const { id } = await aLoop(platform, key, before);
      const { status, body } = await update(key, id, change);
      expect([status, body.error.details]).toEqual([
        422,
        paths.map((path) => ({
          path,
          message: expect.stringContaining("Give it again for the new address."),
        })),
      ]);
    });

    it("is dropped when the model becomes echo, which calls nobody, and goes to no server after it", async () => {
      const { key } = await platform.team();
      const { id } = await aLoop(platform, key, secrets);
      const echo = { provider: "echo", name: "echo", base_url: "https://b.example.com/v1" };
      const silent = await update(key, id, { model: echo });
      const back = await update(key, id, { model: { ...echo, provider: "openai" } });
      expect([silent.status, silent.body.data.model.api_key]).toEqual([200, null]);
      expect([back.status, back.body.data.model.api_key]).toEqual([200, null]);
    });

    it("is kept at another path of that server, and the signing secret wherever callbacks go", async () => {
      const { key } = await platform.team();
      const { id } = await aLoop(platform, key, {
        ...secrets,
        tools: [{ ...tool, headers }],
        callback: { url: "https://a.example.com/done" },
      });
      const { status, body } = await update(key, id, {
        model: { ...secrets.model, base_url: "https://a.example.com/v2", api_key: "••••5b4a" },
        tools: [{ ...tool, url: "https://a.example.com/other", ...kept }],
        callback: { url: "https://b.example.com/done" },
      });
      expect([status, body.data.model.api_key]).toEqual([200, "••••5b4a"]);
      expect(body.data.tools[0].headers).toEqual(kept.headers);
    });
  });

  it("shows a secret when the callback is set, and only then", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key);
    const set = await update(key, id, { callback: { url: "https://example.com/a" } });
    expect(set.body.data.signing_secret).toMatch(/^whsec_/);
    const moved = await update(key, id, { callback: { url: "https://example.com/b" } });
    expect(moved.body.data.signing_secret).toBeNull();
  });

  it("stops the schedule of a paused loop and computes it anew when it is active again", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { schedule: { every_minutes: 60 } });
    expect((await update(key, id, { status: "paused" })).body.data.next_run_at).toBeNull();
    platform.advance(600_000);
    const { body } = await update(key, id, { status: "active" });
    expect(Date.parse(body.data.next_run_at)).toBe(platform.clock() + 3_600_000);
  });

  it("points at the prompt that a schedule cannot fill, or at the schedule that is new", async () => {
    const { key } = await platform.team();
    const schedule = { every_minutes: 60 };
    const scheduled = await aLoop(platform, key, { schedule });
    const filled = await aLoop(platform, key, { system_prompt: "Speak {{language}}." });
    const paths = async (id: string, body: object) => {
      const answer = await update(key, id, body);
      expect(answer.status).toBe(422);
      return answer.body.error.details.map(({ path }: { path: string }) => path);
    };
    expect(await paths(scheduled.id, { user_message: "{{a}}" })).toEqual(["body.user_message"]);
    expect(await paths(filled.id, { schedule })).toEqual(["body.schedule"]);
  });

  it("moves the next run with the schedule, its time zone, and when there is none", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { status: "paused" });
    const nextAfter = async (body: object) =>
      (await update(key, id, body)).body.data.next_run_at as string | null;
    expect(await nextAfter({ schedule: { every_minutes: 60 } })).toBeNull();
    const cron = "0 9 * * *";
    const utc = await nextAfter({ status: "active", schedule: { cron } });
    const tokyo = await nextAfter({ schedule: { cron, timezone: "Asia/Tokyo" } });
    expect([utc?.slice(11), tokyo?.slice(11)]).toEqual(["09:00:00.000Z", "00:00:00.000Z"]);
    expect(await nextAfter({ schedule: null })).toBeNull();
  });
});
