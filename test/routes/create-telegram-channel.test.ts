import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { readable } from "#test/support/stored-rows";
import { aTelegramBot, botToken, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const telegram = useTelegram();
const minute = 60_000;
const hour = 60 * minute;

const callsOf = (name: string) => telegram.fake.calls.filter((call) => call.name === name);

describe("POST /v1/bots/{bot_id}/channels of the type telegram", () => {
  it("checks the token, has Telegram call the hook with a secret, and is connected", async () => {
    const bot = await aTelegramBot(platform);
    const { status, body } = await bot.create();
    const url = `https://chat.example.com/v1/hooks/telegram/${body.data.id}`;
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      type: "telegram",
      name: "telegram",
      status: "connected",
      status_reason: null,
      webhook_url: url,
      setup: { steps: [], replaced_url: null },
      last_inbound_at: null,
      last_outbound_at: null,
    });
    expect(telegram.fake.webhook).toMatchObject({ url, allowed_updates: ["message"] });
    expect(telegram.fake.mistakes).toEqual([]);
    const { pk: _, sk: __, ...hook } = (await platform.table.get(keys.hook(body.data.id)))!;
    expect(hook).toEqual({
      team_id: bot.team_id,
      bot_id: bot.bot_id,
      channel_id: body.data.id,
      type: "telegram",
      verifier: { secret_sha256: expect.any(String) },
      account: { id: "4200", user_id: "4200", username: "OurBot", name: "Our bot" },
      version: 1,
    });
    expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
  });

  it("shows neither token nor secret in any answer, row or line of the log", async () => {
    const bot = await aTelegramBot(platform);
    const { result: texts, lines } = await withLog(async () => {
      const made = await bot.create(botToken, { "idempotency-key": "once" });
      const id = made.body.data.id;
      const got = await bot.call("getChannel", id);
      const list = await platform.call("listChannels", {
        as: bot.key,
        params: { bot_id: bot.bot_id },
      });
      const audit = await platform.call("listAuditEntries", { as: bot.key });
      return [made, got, list, audit].map(({ text }) => text);
    });
    const { secret_token } = telegram.fake.webhook;
    const secrets = [botToken, botToken.split(":")[1]!, String(secret_token)];
    const told = [...texts, JSON.stringify(lines), ...(await allRows()).map(readable)];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      expect(told.filter((text) => text.includes(secret))).toEqual([]);
    }
    // The mask stands in the audit log alone.
    const mask = `••••${botToken.slice(-4)}`;
    expect(texts.map((text) => text.includes(mask))).toEqual([false, false, false, true]);
  });

  it("answers 422 with Telegram's words for a token it refuses, and stores nothing", async () => {
    const bot = await aTelegramBot(platform);
    const wrong = await bot.create("4200:AAH-revoked");
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: "Telegram: Unauthorized" },
    ]);
    expect(await bot.create("no token")).toBeRefused(422, "channel_credentials_rejected");
    const list = await platform.call("listChannels", {
      as: bot.key,
      params: { bot_id: bot.bot_id },
    });
    expect(list.body.meta.total).toBe(0);
    const rows = (await allRows()).map(readable).filter((row) => row.includes(bot.team_id));
    expect(rows.filter((row) => /PLATFORM_ACCOUNT|CONNECT|HOOK/.test(row))).toEqual([]);
    expect(callsOf("setWebhook")).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["no credentials", undefined, "Required"],
    ["none of its own", {}, "Required"],
  ])("points at the token for %s", async (_, credentials, message) => {
    const { key, bot_id } = await aTelegramBot(platform);
    const answer = await platform.call("createChannel", {
      as: key,
      params: { bot_id },
      body: { type: "telegram", credentials },
    });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: expect.stringContaining(message) },
    ]);
    expect(telegram.fake.calls).toEqual([]);
  });

  it.each(["http://chat.example.com", "https://127.0.0.1:3000", "http://localhost:3000"])(
    "says how to get a public address where %s is ours, and asks nobody",
    async (address) => {
      const bot = await aTelegramBot(platform);
      process.env["PUBLIC_URL"] = address;
      const answer = await bot.create();
      process.env["PUBLIC_URL"] = "https://chat.example.com";
      expect(answer).toBeRefused(422, "validation_error");
      expect(answer.body.error.details).toEqual([
        { path: "body.type", message: expect.stringMatching(/PUBLIC_URL.*tunnel/) },
      ]);
      expect(telegram.fake.calls).toEqual([]);
    },
  );

  it("answers 404 for another team's bot and asks Telegram nothing", async () => {
    const [own, other] = [await aTelegramBot(platform), await aTelegramBot(platform)];
    const answer = await platform.call("createChannel", {
      as: other.key,
      params: { bot_id: own.bot_id },
      body: { type: "telegram", credentials: { bot_token: botToken } },
    });
    expect(answer.status).toBe(404);
    expect(telegram.fake.calls).toEqual([]);
  });

  it("refuses a second channel of the team for one account, and takes it in another team", async () => {
    const [bot, other] = [await aTelegramBot(platform), await aTelegramBot(platform)];
    await bot.create();
    const webhook = { ...telegram.fake.webhook };
    expect(await bot.create()).toBeRefused(409, "conflict");
    expect(telegram.fake.webhook).toEqual(webhook);
    expect((await other.create()).status).toBe(201);
  });

  it("tells the address that it replaced", async () => {
    const bot = await aTelegramBot(platform);
    telegram.fake.webhook.url = "https://other.example.com/hook";
    const { body } = await bot.create();
    expect(body.data.setup).toEqual({ steps: [], replaced_url: "https://other.example.com/hook" });
    expect((await bot.read(body.data.id)).setup).toEqual(body.data.setup);
  });

  it("is pending while Telegram cannot be reached, and connected by the worker a minute later", async () => {
    const bot = await aTelegramBot(platform);
    // The probe of the request, then the one of its attempt to connect.
    telegram.fake.misbehave(answers.status(502));
    telegram.fake.misbehave(answers.status(502));
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    expect(body.data.status_reason).toContain("502");
    await platform.settle();
    expect(callsOf("setWebhook")).toEqual([]);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: true, problems: [] },
    });
    expect(telegram.fake.webhook.url).toBe(body.data.webhook_url);
    const hook = await platform.table.get(keys.hook(body.data.id));
    expect(hook).toMatchObject({ account: { id: "4200" } });
    expect(await bot.create()).toBeRefused(409, "conflict");
  });

  it("is tried after 1, 6 and 36 minutes and then every two hours, and disconnected after three days", async () => {
    const bot = await aTelegramBot(platform);
    const refuse = () =>
      telegram.fake.refuse("setWebhook", { error_code: 500, description: "Down" });
    refuse();
    const { body } = await bot.create();
    expect(body.data).toMatchObject({ status: "pending", status_reason: "Telegram: Down" });
    const tried: number[] = [];
    for (let minutes = 1; minutes <= 73 * 60; minutes++) {
      const isFine = minutes > 40 && minutes % 60 !== 36;
      if (isFine) {
        platform.advance(minute);
        continue;
      }
      refuse();
      const before = callsOf("setWebhook").length;
      platform.advance(minute);
      await platform.sweep();
      await platform.settle();
      if (callsOf("setWebhook").length > before) tried.push(minutes);
    }
    expect(tried.slice(0, 5)).toEqual([1, 6, 36, 156, 276]);
    expect(Math.max(...tried) / 60).toBeGreaterThanOrEqual(72);
    const list = await platform.call("listChannels", {
      as: bot.key,
      params: { bot_id: bot.bot_id },
    });
    expect(list.body.data[0]).toMatchObject({
      status: "disconnected",
      status_reason: "Telegram: Down",
    });
    expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
  });

  it("is disconnected when the account, which could not be asked for, is another channel's", async () => {
    const bot = await aTelegramBot(platform);
    const first = await bot.create();
    const webhook = { ...telegram.fake.webhook };
    telegram.fake.misbehave(answers.status(502));
    telegram.fake.misbehave(answers.status(502));
    const second = await bot.create();
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(second.body.data.id)).toMatchObject({
      status: "disconnected",
      status_reason: "Another channel of the team speaks for this account.",
    });
    expect(telegram.fake.webhook).toEqual(webhook);
    await bot.call("deleteChannel", second.body.data.id);
    await platform.settle();
    expect(telegram.fake.webhook).toEqual(webhook);
    expect((await bot.read(first.body.data.id)).status).toBe("connected");
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "makes one connected channel when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const bot = await aTelegramBot(platform);
        const run = () => bot.create(botToken, { "idempotency-key": "once" });
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
            const id = list.body.data[0].id;
            expect(telegram.fake.webhook.url).toBe(list.body.data[0].webhook_url);
            expect(await platform.table.get(keys.connection(bot.team_id, id))).toBeUndefined();
          },
        };
      });
    },
  );
});
