import { describe, expect, it } from "@jest/globals";
import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteTeam } from "#shared/erasure/delete-team";
import { createMint } from "#shared/runtime/mint";
import { keys } from "#shared/table/keys";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { telegram as one } from "#test/support/channel-cases";
import { withLog } from "#test/support/log-lines";
import { readable } from "#test/support/stored-rows";
import { botToken, otherToken, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";

// What the channels of all platforms have in common: platform-channels.test.ts.
const platform = usePlatform();
const telegram = useTelegram();
const minute = 60_000;
const hour = 60 * minute;
const thief = "https://thief.example.com/";

const callsOf = (name: string) => telegram.fake.calls.filter((call) => call.name === name);
const withToken = (bot_token: string) => ({ credentials: { bot_token } });
const isDown = { error_code: 500, description: "Down" };
const stored = async ({ hook, account, connection }: Awaited<ReturnType<typeof aChannelOf>>) => [
  await hook(),
  await account(),
  await connection(),
];
const gone = [undefined, undefined, undefined];
/** Has all that is to be let go looked at again and again. */
async function lookThrice() {
  for (let looks = 0; looks < 3; looks++) {
    await platform.settle();
    platform.advance(11 * minute);
    await platform.sweep();
  }
  await platform.settle();
}

describe("POST /v1/bots/{bot_id}/channels of the type telegram", () => {
  it("checks the token, and has Telegram call the hook with a secret", async () => {
    const bot = await aBotOf(platform, one);
    const { id, setup, webhook_url: url } = (await bot.create()).body.data;
    expect(setup).toEqual({ steps: [], replaced_url: null });
    expect(telegram.fake.webhook).toMatchObject({ url, allowed_updates: ["message"] });
    const { pk: _, sk: __, ...hook } = (await platform.table.get(keys.hook(id)))!;
    expect(hook).toEqual({
      team_id: bot.team_id,
      bot_id: bot.bot_id,
      channel_id: id,
      type: "telegram",
      verifier: { secret_sha256: expect.any(String) },
      account: { id: "4200", user_id: "4200", username: "OurBot", name: "Our bot" },
      version: 1,
    });
  });

  it("shows neither the secret of the hook nor the secret half of the token", async () => {
    const bot = await aBotOf(platform, one);
    const { result: texts, lines } = await withLog(async () => {
      const made = await bot.create();
      const got = await bot.call("getChannel", made.body.data.id);
      return [made, got].map(({ text }) => text);
    });
    const told = [...texts, JSON.stringify(lines), ...(await allRows()).map(readable)];
    for (const secret of [botToken.split(":")[1]!, String(telegram.fake.webhook.secret_token)]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(told.filter((text) => text.includes(secret))).toEqual([]);
    }
  });

  it("answers 422 with Telegram's words for a token it refuses", async () => {
    const bot = await aBotOf(platform, one);
    const wrong = await bot.create({ bot_token: "4200:AAH-revoked" });
    expect(wrong).toBeRefused(422, "channel_credentials_rejected");
    expect(wrong.body.error.details).toEqual([
      { path: "body.credentials.bot_token", message: "Telegram: Unauthorized" },
    ]);
    const none = await bot.create({ bot_token: "no token" });
    expect(none).toBeRefused(422, "channel_credentials_rejected");
    expect(callsOf("setWebhook")).toEqual([]);
  });

  it("tells the address that it replaced", async () => {
    const bot = await aBotOf(platform, one);
    telegram.fake.webhook.url = thief;
    const { body } = await bot.create();
    expect(body.data.setup).toEqual({ steps: [], replaced_url: thief });
    expect((await bot.read(body.data.id)).setup).toEqual(body.data.setup);
  });

  it("is tried after 1, 6 and 36 minutes and then every two hours, and disconnected after three days", async () => {
    const bot = await aBotOf(platform, one);
    const refuse = () => telegram.fake.refuse("setWebhook", isDown);
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
});

describe("GET /v1/channels/{id} of a Telegram channel", () => {
  it("tells of a webhook that another program has set, until it is ours again", async () => {
    const channel = await aChannelOf(platform, one);
    telegram.fake.webhook.url = thief;
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining(thief),
      health: { ok: false, problems: [{ code: "webhook_elsewhere" }] },
    });
    telegram.fake.webhook.url = channel.url;
    platform.advance(minute);
    expect(await channel.read()).toMatchObject({ status_reason: null, health: { ok: true } });
  });

  it("says what to do by hand where the bot answers everything in groups", async () => {
    const channel = await aChannelOf(platform, one);
    await platform.call("updateBot", {
      as: channel.key,
      params: { id: channel.bot_id },
      body: { settings: { should_respond: { groups: "always" } } },
    });
    expect(await channel.read()).toMatchObject({
      setup: { steps: [expect.stringContaining("/setprivacy")] },
      health: { ok: false, problems: [{ code: "privacy_mode" }] },
    });
  });

  it("shows the channel with what was known when the table does not take the news", async () => {
    const channel = await aChannelOf(platform, one);
    platform.faults = ({ operation, input }) =>
      operation === "UpdateItem" && JSON.stringify(input).includes(channel.id)
        ? { kind: "connection_lost" }
        : undefined;
    expect(await channel.read()).toMatchObject({ status: "connected", health: { ok: true } });
  });
});

describe("PATCH /v1/channels/{id} of a Telegram channel", () => {
  it("takes the webhook back with the same token, and the secret stays", async () => {
    const channel = await aChannelOf(platform, one);
    const { secret_token } = telegram.fake.webhook;
    Object.assign(telegram.fake.webhook, { url: thief, secret_token: "x" });
    const { body } = await channel.patch(withToken(botToken));
    expect(body.data).toMatchObject({ status: "connected", setup: { replaced_url: thief } });
    expect(telegram.fake.webhook).toMatchObject({ url: channel.url, secret_token });
    expect(callsOf("setWebhook")).toHaveLength(2);
    expect(telegram.fake.mistakes).toEqual([]);
  });

  it("has another secret once it has moved to another bot", async () => {
    const channel = await aChannelOf(platform, one);
    const { secret_token } = telegram.fake.webhook;
    const other = telegram.fake.addBot(otherToken);
    await channel.patch(withToken(otherToken));
    expect(other).toMatchObject({ url: channel.url, secret_token: expect.any(String) });
    expect(other).not.toMatchObject({ secret_token });
    expect(await channel.hook()).toMatchObject({ version: 3 });
  });

  it("lets go of nothing when it comes back to the bot that it left", async () => {
    const channel = await aChannelOf(platform, one);
    const other = telegram.fake.addBot(otherToken);
    // The new bot cannot be reached, so that the old one is still to be let go.
    telegram.fake.refuse("setWebhook", isDown);
    await channel.patch(withToken(otherToken));
    const { body } = await channel.patch(withToken(botToken));
    expect(body.data.status).toBe("connected");
    await platform.settle();
    expect([telegram.fake.webhook.url, other.url]).toEqual([channel.url, ""]);
    expect(await channel.connection()).toBeUndefined();
  });

  it("ends with what was sent last when two tokens are sent at once", async () => {
    const channel = await aChannelOf(platform, one);
    const other = telegram.fake.addBot(otherToken);
    const both = await Promise.all([
      channel.patch(withToken(botToken)),
      channel.patch(withToken(otherToken)),
    ]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    await platform.settle();
    const urls = [telegram.fake.webhook.url, other.url];
    expect(urls.toSorted()).toEqual(["", channel.url]);
    const id = other.url === "" ? "4200" : "4300";
    expect(await channel.hook()).toMatchObject({ account: { id } });
  });
});

describe("DELETE /v1/channels/{id} of a Telegram channel", () => {
  it("leaves a webhook that another program has set", async () => {
    const channel = await aChannelOf(platform, one);
    telegram.fake.webhook.url = thief;
    await channel.remove();
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe(thief);
    expect(await stored(channel)).toEqual(gone);
  });

  it("asks no more once Telegram refuses the token, or a day is over", async () => {
    const [dead, late] = [await aChannelOf(platform, one), await aChannelOf(platform, one)];
    telegram.fake.refuse("getWebhookInfo", { error_code: 401, description: "Unauthorized" });
    await dead.remove();
    await platform.settle();
    expect(await stored(dead)).toEqual(gone);
    for (let hours = 0; hours <= 26; hours++) telegram.fake.refuse("getWebhookInfo", isDown);
    await late.remove();
    for (let hours = 0; hours <= 26; hours++) {
      await platform.sweep();
      await platform.settle();
      platform.advance(hour);
    }
    expect(await stored(late)).toEqual(gone);
    expect(telegram.fake.webhook.url).toBe(late.url);
  });
});

describe("The Telegram channel of what is deleted above it", () => {
  it("is let go with its bot, and its account is free at once", async () => {
    const channel = await aChannelOf(platform, one);
    const { key: as, bot_id } = channel;
    // No worker comes to it yet.
    platform.faults = ({ input }) =>
      /"Delete":.*"HOOK#/.test(JSON.stringify(input)) ? { kind: "connection_lost" } : undefined;
    await platform.call("deleteBot", { as, params: { id: bot_id } });
    const bot = await platform.call("createBot", { as, body: { name: "B" } });
    const taken = await platform.call("createChannel", {
      as,
      params: { bot_id: bot.body.data.id },
      body: { type: "telegram", ...withToken(botToken) },
    });
    expect(taken.status).toBe(201);
    platform.faults = undefined;
    await lookThrice();
    const [hook, account, connection] = await stored(channel);
    expect([hook, connection]).toEqual([undefined, undefined]);
    expect(account).toMatchObject({ channel_id: taken.body.data.id });
    expect(telegram.fake.webhook.url).toBe(taken.body.data.webhook_url);
  });

  it("is let go with its team", async () => {
    const channel = await aChannelOf(platform, one);
    const { table } = platform;
    const stores = { teams: createTeamStore(table), apiKeys: createApiKeyStore(table) };
    await deleteTeam({ ...liveWork(), ...stores }, channel.team_id, createMint(platform.clock()));
    await lookThrice();
    expect(await stored(channel)).toEqual(gone);
    expect(telegram.fake.webhook.url).toBe("");
  });
});
