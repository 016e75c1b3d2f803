import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { aDiscordBot, credentials, useDiscord } from "#test/support/discord-channel";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { readable } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { ids } from "../fixtures/discord/interactions.ts";

const platform = usePlatform();
const discord = useDiscord();
const minute = 60_000;

const calls = () => discord.fake.calls.map(({ name }) => name);
const endpoint = () => discord.fake.application["interactions_endpoint_url"];
const rowsOf = async (team_id: string) =>
  (await allRows()).map(readable).filter((row) => row.includes(team_id));

describe("POST /v1/bots/{bot_id}/channels of the type discord", () => {
  it("checks the application, sets its address and its command, and says how to add it", async () => {
    const bot = await aDiscordBot(platform);
    const { status, body } = await bot.create();
    const url = `https://chat.example.com/v1/hooks/discord/${body.data.id}`;
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      type: "discord",
      name: "discord",
      status: "connected",
      status_reason: null,
      webhook_url: url,
      setup: { replaced_url: null },
      health: { ok: true, problems: [] },
    });
    expect(body.data.setup.steps[0]).toContain(`client_id=${ids.application}&scope=bot`);
    expect(endpoint()).toBe(url);
    expect(discord.fake.commands).toMatchObject([{ name: "ask" }]);
    expect(discord.fake.mistakes).toEqual([]);
    expect(await platform.table.get(keys.hook(body.data.id))).toMatchObject({
      type: "discord",
      verifier: { public_key: credentials.public_key },
      account: { id: ids.application, user_id: ids.bot, username: "ourbot", name: "Our bot" },
      version: 1,
    });
    expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
  });

  it("tells which address the application had before", async () => {
    const bot = await aDiscordBot(platform);
    discord.fake.application["interactions_endpoint_url"] = "https://old.example/hook";
    const { body } = await bot.create();
    expect(body.data.setup.replaced_url).toBe("https://old.example/hook");
  });

  it("shows no token in any answer, row or line of the log", async () => {
    const bot = await aDiscordBot(platform);
    const { result: texts, lines } = await withLog(async () => {
      const made = await bot.create(credentials, { "idempotency-key": "once" });
      const got = await bot.call("getChannel", made.body.data.id);
      const params = { bot_id: bot.bot_id };
      const list = await platform.call("listChannels", { as: bot.key, params });
      const audit = await platform.call("listAuditEntries", { as: bot.key });
      return [made, got, list, audit].map(({ text }) => text);
    });
    const told = [...texts, JSON.stringify(lines), ...(await allRows()).map(readable)];
    expect(told.filter((text) => text.includes(credentials.bot_token))).toEqual([]);
    // The mask stands in the audit log alone.
    const mask = `••••${credentials.bot_token.slice(-4)}`;
    expect(texts.map((text) => text.includes(mask))).toEqual([false, false, false, true]);
  });

  it.each<[string, Partial<Record<keyof typeof credentials, string>>, string, RegExp]>([
    ["a token that Discord does not know", { bot_token: "MTEw.GaB.fGh" }, "bot_token", /Reset/],
    ["what is no token", { bot_token: "Bot abc" }, "bot_token", /no token of a Discord bot/],
    [
      "the id of another application",
      { application_id: "1100000000000000009" },
      "application_id",
      /not that of the bot's token/,
    ],
    ["what is no id", { application_id: "Our bot" }, "application_id", /is a number/],
    [
      "the key of another application",
      { public_key: "ab".repeat(32) },
      "public_key",
      /not that of/,
    ],
    ["what is no key", { public_key: "abc" }, "public_key", /64 hexadecimal digits/],
  ])("answers 422 for %s, and stores nothing", async (_, wrong, field, message) => {
    const bot = await aDiscordBot(platform);
    const refused = await bot.create({ ...credentials, ...wrong });
    expect(refused).toBeRefused(422, "channel_credentials_rejected");
    expect(refused.body.error.details).toEqual([
      { path: `body.credentials.${field}`, message: expect.stringMatching(message) },
    ]);
    const rows = await rowsOf(bot.team_id);
    expect(rows.filter((row) => /PLATFORM_ACCOUNT|CONNECT|HOOK|#CHANNEL/.test(row))).toEqual([]);
    expect(endpoint()).toBeNull();
  });

  it("points at each field that is missing", async () => {
    const { key, bot_id } = await aDiscordBot(platform);
    const body = { type: "discord" };
    const answer = await platform.call("createChannel", { as: key, params: { bot_id }, body });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual(
      ["bot_token", "application_id", "public_key"].map((name) => ({
        path: `body.credentials.${name}`,
        message: "Required for the type discord.",
      })),
    );
    expect(calls()).toEqual([]);
  });

  it("refuses a second channel of the team for one application", async () => {
    const bot = await aDiscordBot(platform);
    await bot.create();
    expect(await bot.create()).toBeRefused(409, "conflict");
  });

  it("is pending while Discord cannot verify our address, says so, and is connected later", async () => {
    const bot = await aDiscordBot(platform);
    const message = "The specified interactions endpoint URL could not be verified.";
    const errors = { interactions_endpoint_url: { _errors: [{ code: "INVALID", message }] } };
    const refusal = { status: 400, code: 50_035, message: "Invalid Form Body", errors };
    discord.fake.refuse("PATCH application", refusal);
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    expect(body.data.status_reason).toContain("could not be verified");
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({ status: "connected" });
  });

  it("is pending while Discord cannot be reached, and connected by the worker a minute later", async () => {
    const bot = await aDiscordBot(platform);
    // The probe of the request, then the one of its attempt to connect.
    for (let times = 0; times < 2; times += 1) discord.fake.misbehave(answers.status(502));
    const { status, body } = await bot.create();
    expect([status, body.data.status]).toEqual([201, "pending"]);
    platform.advance(minute);
    await platform.settle();
    expect(await bot.read(body.data.id)).toMatchObject({
      status: "connected",
      status_reason: null,
      health: { ok: true, problems: [] },
    });
    const hook = await platform.table.get(keys.hook(body.data.id));
    expect(hook).toMatchObject({ account: { id: ids.application } });
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "makes one connected channel and one command when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const bot = await aDiscordBot(platform);
        const run = () => bot.create(credentials, { "idempotency-key": "once" });
        return {
          run,
          check: async (_, again) => {
            expect(again.status).toBe(201);
            platform.advance(60 * minute);
            await platform.sweep();
            await platform.settle();
            const params = { bot_id: bot.bot_id };
            const list = await platform.call("listChannels", { as: bot.key, params });
            const [{ id, status }, ...others] = list.body.data;
            expect([status, others]).toEqual(["connected", []]);
            expect(await platform.table.get(keys.connection(bot.team_id, id))).toBeUndefined();
            expect(endpoint()).toContain(id);
            expect(discord.fake.commands.length).toBe(1);
          },
        };
      });
    },
  );
});
