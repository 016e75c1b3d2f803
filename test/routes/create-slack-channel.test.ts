import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aSlackBot, credentials, useSlack } from "#test/support/slack-channel";
import { readable } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const slack = useSlack();
const minute = 60_000;
const hour = 60 * minute;

const calls = () => slack.fake.calls.map(({ name }) => name);
const rowsOf = async (team_id: string) =>
  (await allRows()).map(readable).filter((row) => row.includes(team_id));

describe("POST /v1/bots/{bot_id}/channels of the type slack", () => {
  it("checks the token, is connected, and gives what its owner pastes at Slack", async () => {
    const bot = await aSlackBot(platform);
    const { status, body } = await bot.create();
    const url = `https://chat.example.com/v1/hooks/slack/${body.data.id}`;
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      type: "slack",
      name: "slack",
      status: "connected",
      status_reason: null,
      webhook_url: url,
      setup: { replaced_url: null },
      health: { ok: true, problems: [] },
    });
    const manifest = JSON.parse(body.data.setup.manifest);
    expect(manifest.settings.event_subscriptions.request_url).toBe(url);
    expect(body.data.setup.steps[0]).toContain("App Manifest");
    expect(new Set(calls())).toEqual(new Set(["auth.test"]));
    expect(slack.fake.mistakes).toEqual([]);
    expect(await platform.table.get(keys.hook(body.data.id))).toMatchObject({
      type: "slack",
      // Sealed: a signing secret's digest would prove nothing.
      verifier: { ciphertext: expect.any(Uint8Array), key: 1 },
      account: { id: "T0ACME:U0BOT", user_id: "U0BOT", username: "ourbot", name: "ourbot" },
      version: 1,
    });
    expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
  });

  it("shows no credential in any answer, row or line of the log", async () => {
    const bot = await aSlackBot(platform);
    const { result: texts, lines } = await withLog(async () => {
      const made = await bot.create(credentials, { "idempotency-key": "once" });
      const got = await bot.call("getChannel", made.body.data.id);
      const list = await platform.call("listChannels", {
        as: bot.key,
        params: { bot_id: bot.bot_id },
      });
      const audit = await platform.call("listAuditEntries", { as: bot.key });
      return [made, got, list, audit].map(({ text }) => text);
    });
    const told = [...texts, JSON.stringify(lines), ...(await allRows()).map(readable)];
    for (const secret of Object.values(credentials)) {
      expect(told.filter((text) => text.includes(secret))).toEqual([]);
    }
    // The masks stand in the audit log alone.
    for (const secret of Object.values(credentials)) {
      const mask = `••••${secret.slice(-4)}`;
      expect(texts.map((text) => text.includes(mask))).toEqual([false, false, false, true]);
    }
  });

  it.each([
    ["one that Slack does not know", "xoxb-1-2-revoked", /^Slack: invalid_auth\. Slack does not/],
    ["one that rotates", "xoxe.xoxb-1-MS0yLWFiYw", /lasts for twelve hours/],
    ["one of a person", "xoxp-123456789012-123456789012", /begins with xoxb-/],
    ["what is none", "no token", /begins with xoxb-/],
  ])("answers 422 for %s as the token, and stores nothing", async (_, bot_token, message) => {
    const bot = await aSlackBot(platform);
    const wrong = await bot.create({ ...credentials, bot_token });
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: expect.stringMatching(message) },
    ]);
    const rows = await rowsOf(bot.team_id);
    expect(rows.filter((row) => /PLATFORM_ACCOUNT|CONNECT|HOOK|#CHANNEL/.test(row))).toEqual([]);
  });

  it.each<[string, unknown, string[]]>([
    ["no credentials", undefined, ["bot_token", "signing_secret"]],
    ["no signing secret", { bot_token: credentials.bot_token }, ["signing_secret"]],
    ["no token", { signing_secret: credentials.signing_secret }, ["bot_token"]],
  ])("points at what is missing for %s", async (_, given, names) => {
    const { key, bot_id } = await aSlackBot(platform);
    const answer = await platform.call("createChannel", {
      as: key,
      params: { bot_id },
      body: { type: "slack", credentials: given },
    });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual(
      names.map((name) => ({
        path: `body.credentials.${name}`,
        message: "Required for the type slack.",
      })),
    );
    expect(calls()).toEqual([]);
  });

  it("says how to get a public address where there is none, asks nobody and stores nothing", async () => {
    const bot = await aSlackBot(platform);
    process.env["PUBLIC_URL"] = "http://127.0.0.1:3000";
    const answer = await bot.create();
    process.env["PUBLIC_URL"] = "https://chat.example.com";
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path: "body.type", message: expect.stringMatching(/PUBLIC_URL.*tunnel/) },
    ]);
    expect(calls()).toEqual([]);
    const rows = await rowsOf(bot.team_id);
    expect(rows.filter((row) => /HOOK|#CHANNEL/.test(row))).toEqual([]);
  });

  it("is connected and tells which scopes are missing", async () => {
    const bot = await aSlackBot(platform);
    slack.fake.scopes = "chat:write,im:history";
    const { body } = await bot.create();
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("users:read"),
      health: { ok: false, problems: [{ code: "missing_scope" }] },
    });
  });

  it("refuses a second channel of the team for one app, and takes it in another team", async () => {
    const [bot, other] = [await aSlackBot(platform), await aSlackBot(platform)];
    await bot.create();
    expect(await bot.create()).toBeRefused(409, "conflict");
    expect((await other.create()).status).toBe(201);
  });

  it("is pending while Slack cannot be reached, and connected by the worker a minute later", async () => {
    const bot = await aSlackBot(platform);
    // The probe of the request, then the one of its attempt to connect.
    slack.fake.misbehave(answers.status(502));
    slack.fake.misbehave(answers.status(502));
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    expect(body.data.status_reason).toContain("502");
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: true, problems: [] },
    });
    const hook = await platform.table.get(keys.hook(body.data.id));
    expect(hook).toMatchObject({ account: { id: "T0ACME:U0BOT" } });
    expect(await bot.create()).toBeRefused(409, "conflict");
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "makes one connected channel when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const bot = await aSlackBot(platform);
        const run = () => bot.create(credentials, { "idempotency-key": "once" });
        return {
          run,
          check: async (_, again) => {
            expect(again.status).toBe(201);
            platform.advance(hour);
            await platform.sweep();
            await platform.settle();
            const list = await platform.call("listChannels", {
              as: bot.key,
              params: { bot_id: bot.bot_id },
            });
            expect(list.body.data.map(({ status }: { status: string }) => status)).toEqual([
              "connected",
            ]);
            const [{ id }] = list.body.data;
            expect(await platform.table.get(keys.connection(bot.team_id, id))).toBeUndefined();
          },
        };
      });
    },
  );
});
