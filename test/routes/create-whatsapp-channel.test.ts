import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { readable } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { aWhatsAppBot, credentials, useWhatsApp } from "#test/support/whatsapp-channel";
import { shakenBy } from "#test/support/whatsapp-chat";

const platform = usePlatform();
const whatsapp = useWhatsApp();
const minute = 60_000;
const hour = 60 * minute;

const calls = () => whatsapp.fake.calls.map(({ name }) => name);
const rowsOf = async (team_id: string) =>
  (await allRows()).map(readable).filter((row) => row.includes(team_id));

describe("POST /v1/bots/{bot_id}/channels of the type whatsapp", () => {
  it("checks the credentials, has Meta call the hook, and answers when Meta asks whether it is ours", async () => {
    whatsapp.fake.shake = shakenBy(platform);
    const bot = await aWhatsAppBot(platform);
    const { status, body } = await bot.create();
    const url = `https://chat.example.com/v1/hooks/whatsapp/${body.data.id}`;
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      type: "whatsapp",
      name: "whatsapp",
      status: "connected",
      status_reason: null,
      webhook_url: url,
      setup: { replaced_url: null },
      health: { ok: true, problems: [] },
    });
    expect(body.data.setup.steps[0]).toContain("publish the app");
    expect(whatsapp.fake.hooks).toEqual({ phone_number: url });
    expect(whatsapp.fake.mistakes).toEqual([]);
    expect(await platform.table.get(keys.hook(body.data.id))).toMatchObject({
      type: "whatsapp",
      // Sealed: an app secret's digest would prove nothing.
      verifier: { ciphertext: expect.any(Uint8Array), key: 1 },
      account: { id: credentials.phone_number_id, user_id: "15550783881", name: "Lucky Shrub" },
      version: 1,
    });
    expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
  });

  it("shows no credential in any answer, row or line of the log", async () => {
    const bot = await aWhatsAppBot(platform);
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
    for (const secret of [credentials.access_token, credentials.app_secret]) {
      expect(told.filter((text) => text.includes(secret))).toEqual([]);
      // The masks stand in the audit log alone.
      const mask = `••••${secret.slice(-4)}`;
      expect(texts.map((text) => text.includes(mask))).toEqual([false, false, false, true]);
    }
  });

  it.each([
    ["access_token", "EAAJB0123456789abcdefghijklmnopqrstuvwxyz", /^WhatsApp: Invalid OAuth/],
    ["phone_number_id", "106540352242923", /reaches no number/],
    ["waba_id", "102290129340399", /not the account of the number/],
    ["app_secret", "f".repeat(32), /^WhatsApp: Invalid appsecret_proof/],
  ])("answers 422 for another %s, and stores nothing", async (field, value, message) => {
    const bot = await aWhatsAppBot(platform);
    const wrong = await bot.create({ ...credentials, [field]: value });
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: `body.credentials.${field}`, message: expect.stringMatching(message) },
    ]);
    const rows = await rowsOf(bot.team_id);
    expect(rows.filter((row) => /PLATFORM_ACCOUNT|CONNECT|HOOK|#CHANNEL/.test(row))).toEqual([]);
    expect(calls().filter((name) => name.startsWith("POST"))).toEqual([]);
  });

  it("points at what is missing, and at what is of another platform", async () => {
    const bot = await aWhatsAppBot(platform);
    const { app_secret: _, ...given } = credentials;
    const answer = await bot.create({ ...given, bot_token: "x" });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: "There is no such field." },
      { path: "body.credentials.app_secret", message: "Required for the type whatsapp." },
    ]);
    expect(calls()).toEqual([]);
  });

  it("says how to get a public address where there is none, asks nobody and stores nothing", async () => {
    const bot = await aWhatsAppBot(platform);
    process.env["PUBLIC_URL"] = "http://127.0.0.1:3000";
    const answer = await bot.create();
    process.env["PUBLIC_URL"] = "https://chat.example.com";
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details[0].path).toBe("body.type");
    expect(calls()).toEqual([]);
    const rows = await rowsOf(bot.team_id);
    expect(rows.filter((row) => /HOOK|#CHANNEL/.test(row))).toEqual([]);
  });

  it("is connected and tells whose address it replaced, and that the token ends", async () => {
    const bot = await aWhatsAppBot(platform);
    whatsapp.fake.hooks.application = "https://n8n.example/webhook";
    whatsapp.fake.token = { ...whatsapp.fake.token, expires_at: platform.clock() / 1_000 + 3_600 };
    const { body } = await bot.create();
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("The token ends at 2026-03-04T06:06:00.000Z"),
      setup: { replaced_url: "https://n8n.example/webhook" },
      health: { ok: false, problems: [{ code: "token_expires" }] },
    });
  });

  it("refuses a second channel of the team for one number, and takes it in another team", async () => {
    const [bot, other] = [await aWhatsAppBot(platform), await aWhatsAppBot(platform)];
    await bot.create();
    expect(await bot.create()).toBeRefused(409, "conflict");
    expect((await other.create()).status).toBe(201);
  });

  it("is pending while Meta cannot reach the hook, says so, and is connected by the worker later", async () => {
    const bot = await aWhatsAppBot(platform);
    whatsapp.fake.shake = async () => false;
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    expect(body.data.status_reason).toContain("Meta has to reach our address from outside");
    whatsapp.fake.shake = shakenBy(platform);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({
      status: "connected",
      status_reason: null,
    });
  });

  it("is pending while Meta is down, and connected by the worker a minute later", async () => {
    const bot = await aWhatsAppBot(platform);
    // The probe of the request, then the one of its attempt to connect.
    whatsapp.fake.misbehave(answers.status(502));
    whatsapp.fake.misbehave(answers.status(502));
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
    expect(hook).toMatchObject({ account: { id: credentials.phone_number_id } });
    expect(await bot.create()).toBeRefused(409, "conflict");
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "makes one connected channel when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const bot = await aWhatsAppBot(platform);
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
            const [{ id, webhook_url }] = list.body.data;
            expect(await platform.table.get(keys.connection(bot.team_id, id))).toBeUndefined();
            expect(whatsapp.fake.hooks.phone_number).toBe(webhook_url);
          },
        };
      });
    },
  );
});
