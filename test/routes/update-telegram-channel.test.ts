import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { aTelegramBot, botToken, otherToken, useTelegram } from "#test/support/telegram-channel";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const telegram = useTelegram();
const minute = 60_000;

const callsOf = (name: string) => telegram.fake.calls.filter((call) => call.name === name);

async function aChannel() {
  const bot = await aTelegramBot(platform);
  const { id, webhook_url } = (await bot.create()).body.data;
  const patch = (body: unknown) => bot.call("updateChannel", id, body);
  const connection = () => platform.table.get(keys.connection(bot.team_id, id));
  const account = (of: string) =>
    platform.table.get(keys.platformAccount(bot.team_id, "telegram", of));
  return { ...bot, id, webhook_url, patch, connection, account };
}

const withToken = (bot_token: string) => ({ credentials: { bot_token } });

describe("PATCH /v1/channels/{id} of a Telegram channel", () => {
  it("asks Telegram nothing about a new name or whether it is enabled", async () => {
    const channel = await aChannel();
    const before = telegram.fake.calls.length;
    const { status, body } = await channel.patch({ name: "Support", enabled: false });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ name: "Support", enabled: false, status: "connected" });
    expect(body.data.setup).toEqual({ steps: [], replaced_url: null });
    expect(telegram.fake.calls).toHaveLength(before);
  });

  it("takes the webhook back with the same token, and the secret stays", async () => {
    const channel = await aChannel();
    const { secret_token } = telegram.fake.webhook;
    Object.assign(telegram.fake.webhook, { url: "https://thief.example.com/", secret_token: "x" });
    const { body } = await channel.patch(withToken(botToken));
    expect(body.data).toMatchObject({
      status: "connected",
      setup: { replaced_url: "https://thief.example.com/" },
    });
    expect(telegram.fake.webhook).toMatchObject({ url: channel.webhook_url, secret_token });
  });

  it("moves to another bot, with another secret, and lets go of the old one", async () => {
    const channel = await aChannel();
    const { secret_token } = telegram.fake.webhook;
    const other = telegram.fake.addBot(otherToken);
    const { status, body } = await channel.patch(withToken(otherToken));
    expect([status, body.data.status]).toEqual([200, "connected"]);
    expect(other).toMatchObject({ url: channel.webhook_url });
    expect(other).not.toMatchObject({ secret_token });
    await platform.settle();
    expect(telegram.fake.webhook.url).toBe("");
    expect(await channel.account("4200")).toBeUndefined();
    expect(await channel.account("4300")).toMatchObject({ channel_id: channel.id });
    expect(await platform.table.get(keys.hook(channel.id))).toMatchObject({
      account: { id: "4300" },
      version: 3,
    });
    expect(await channel.connection()).toBeUndefined();
    // The account is free for another channel.
    expect((await channel.create()).status).toBe(201);
  });

  it("lets go of nothing when it comes back to the bot that it left", async () => {
    const channel = await aChannel();
    const other = telegram.fake.addBot(otherToken);
    // The new bot cannot be reached, so that the old one is still to be let go.
    telegram.fake.refuse("setWebhook", { error_code: 500, description: "Down" });
    await channel.patch(withToken(otherToken));
    const { body } = await channel.patch(withToken(botToken));
    expect(body.data.status).toBe("connected");
    await platform.settle();
    expect([telegram.fake.webhook.url, other.url]).toEqual([channel.webhook_url, ""]);
    expect(await channel.connection()).toBeUndefined();
  });

  it("changes nothing for a token that Telegram refuses", async () => {
    const channel = await aChannel();
    const [row, webhook] = [await channel.read(channel.id), { ...telegram.fake.webhook }];
    const answer = await channel.patch({ name: "New", ...withToken("4200:revoked") });
    expect(answer).toBeRefused(422, "channel_credentials_rejected");
    expect(await channel.read(channel.id)).toEqual(row);
    expect(telegram.fake.webhook).toEqual(webhook);
  });

  it("refuses the account of another channel of the team", async () => {
    const channel = await aChannel();
    telegram.fake.addBot(otherToken);
    const second = await channel.create(otherToken);
    const answer = await channel.call("updateChannel", second.body.data.id, withToken(botToken));
    expect(answer).toBeRefused(409, "conflict");
    expect(telegram.fake.webhook.url).toBe(channel.webhook_url);
  });

  it("is pending with new credentials while Telegram is away, and connected later", async () => {
    const channel = await aChannel();
    telegram.fake.misbehave(answers.status(500));
    telegram.fake.misbehave(answers.status(500));
    const { body } = await channel.patch(withToken(botToken));
    expect(body.data.status).toBe("pending");
    expect(await channel.account("4200")).toBeUndefined();
    platform.advance(minute);
    await platform.settle();
    expect((await channel.read(channel.id)).status).toBe("connected");
    expect(await channel.account("4200")).toMatchObject({ channel_id: channel.id });
  });

  it.each([
    ["web", { bot_token: botToken }],
    ["telegram", {}],
  ])("refuses credentials that a %s channel does not have, or lacks", async (type, credentials) => {
    const channel = await aChannel();
    const made = await platform.call("createChannel", {
      as: channel.key,
      params: { bot_id: channel.bot_id },
      body: { type: "web" },
    });
    const id = type === "web" ? made.body.data.id : channel.id;
    const answer = await channel.call("updateChannel", id, { credentials });
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details[0].path).toBe("body.credentials.bot_token");
  });

  it("points at the credentials where Telegram could not call us", async () => {
    const channel = await aChannel();
    process.env["PUBLIC_URL"] = "http://localhost:3000";
    const answer = await channel.patch(withToken(botToken));
    process.env["PUBLIC_URL"] = "https://chat.example.com";
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details[0].path).toBe("body.credentials");
  });

  it("ends with what was sent last when two tokens are sent at once", async () => {
    const channel = await aChannel();
    const other = telegram.fake.addBot(otherToken);
    const both = await Promise.all([
      channel.patch(withToken(botToken)),
      channel.patch(withToken(otherToken)),
    ]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    await platform.settle();
    const { account } = (await platform.table.get(keys.hook(channel.id)))! as {
      account?: { id: string };
    };
    const urls = [telegram.fake.webhook.url, other.url];
    expect(urls.toSorted()).toEqual(["", channel.webhook_url]);
    expect(other.url === "" ? "4200" : "4300").toBe(account?.id);
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "ends with the new bot connected and the old one free when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        Object.assign(telegram.fake.webhook, { url: "" });
        const channel = await aChannel();
        const other = telegram.fake.addBot(otherToken);
        return {
          run: () => channel.patch(withToken(otherToken)),
          check: async (_, again) => {
            expect([again.status, again.body.data?.status]).toEqual([200, "connected"]);
            // Time that passes ends the call of a worker that is at it, which is tried again after five minutes.
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(other.url).toBe(channel.webhook_url);
            expect(telegram.fake.webhook.url).toBe("");
            expect(await channel.account("4200")).toBeUndefined();
            expect(await channel.connection()).toBeUndefined();
          },
        };
      });
    },
  );
});

describe("Telegram's calls", () => {
  it("are made as Telegram takes them", async () => {
    const channel = await aChannel();
    await channel.patch(withToken(botToken));
    expect(callsOf("setWebhook")).toHaveLength(2);
    expect(telegram.fake.mistakes).toEqual([]);
  });
});
