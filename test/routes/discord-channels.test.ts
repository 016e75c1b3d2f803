import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { discord as one } from "#test/support/channel-cases";
import { discordCall, others } from "#test/support/discord-call";
import { credentials, useDiscord } from "#test/support/discord-channel";
import { usePlatform } from "#test/support/test-platform";
import { ask, ids, snowflake } from "../fixtures/discord/interactions.ts";

// What the channels of all platforms have in common: platform-channels.test.ts.
const platform = usePlatform();
const discord = useDiscord();
const minute = 60_000;

const endpoint = () => discord.fake.application["interactions_endpoint_url"];
const setEndpoint = (url: string) =>
  Object.assign(discord.fake.application, { interactions_endpoint_url: url });
/** The status of a call to the hook that was signed with this key. */
async function called(channel_id: string, key?: typeof others) {
  const body = ask("Hello", undefined, "server", { id: snowflake(platform.clock()) });
  const call = discordCall(JSON.stringify(body), platform.clock(), key);
  const { status } = await platform.call("receiveDiscordInteraction", {
    params: { channel_id },
    headers: call.headers,
    rawBody: call.body,
  });
  return status;
}

describe("POST /v1/bots/{bot_id}/channels of the type discord", () => {
  it("checks the application, sets its address and its command, and says how to add it", async () => {
    const bot = await aBotOf(platform, one);
    const { id, setup, webhook_url } = (await bot.create()).body.data;
    expect(setup.steps[0]).toContain(`client_id=${ids.application}&scope=bot`);
    expect(endpoint()).toBe(webhook_url);
    expect(discord.fake.commands).toMatchObject([{ name: "ask" }]);
    expect(await platform.table.get(keys.hook(id))).toMatchObject({
      verifier: { public_key: credentials.public_key },
      account: { id: ids.application, user_id: ids.bot, username: "ourbot", name: "Our bot" },
    });
  });

  it("tells which address the application had before", async () => {
    const bot = await aBotOf(platform, one);
    setEndpoint("https://old.example/hook");
    const { body } = await bot.create();
    expect(body.data.setup.replaced_url).toBe("https://old.example/hook");
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
  ])("answers 422 for %s", async (_, wrong, field, message) => {
    const bot = await aBotOf(platform, one);
    const refused = await bot.create({ ...credentials, ...wrong });
    expect(refused).toBeRefused(422, "channel_credentials_rejected");
    expect(refused.body.error.details).toEqual([
      { path: `body.credentials.${field}`, message: expect.stringMatching(message) },
    ]);
    expect(endpoint()).toBeNull();
  });

  it("is pending while Discord cannot verify our address, says so, and is connected later", async () => {
    const bot = await aBotOf(platform, one);
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
});

describe("GET /v1/channels/{id} of a Discord channel", () => {
  it("shows how to add the bot, each time", async () => {
    const channel = await aChannelOf(platform, one);
    const { setup } = await channel.read();
    expect(setup.steps.join(" ")).toContain(`client_id=${ids.application}`);
  });

  it("tells who has taken the address or the command, until the channel is connected again", async () => {
    const channel = await aChannelOf(platform, one);
    setEndpoint("https://new.example/hook");
    discord.fake.commands.length = 0;
    expect(await channel.read()).toMatchObject({
      status: "connected",
      status_reason: expect.stringContaining("https://new.example/hook"),
      health: {
        ok: false,
        problems: [{ code: "endpoint_elsewhere" }, { code: "command_missing" }],
      },
    });
    const { body } = await channel.patch({ credentials });
    expect(body.data).toMatchObject({
      status: "connected",
      status_reason: null,
      setup: { replaced_url: "https://new.example/hook" },
    });
    expect(discord.fake.commands.length).toBe(1);
  });
});

describe("PATCH /v1/channels/{id} of a Discord channel", () => {
  it("hears what another application has signed once it has moved there, and the first no more", async () => {
    const { id, patch } = await aChannelOf(platform, one);
    const { bot_token, application_id, public_key } = one.other.credentials;
    discord.fake.addApp(bot_token, application_id, public_key);
    expect([await called(id, others), await called(id)]).toEqual([401, 200]);
    await patch({ credentials: one.other.credentials });
    expect([await called(id, others), await called(id)]).toEqual([200, 401]);
  });
});

describe("DELETE /v1/channels/{id} of a Discord channel", () => {
  it("leaves what another has set there meanwhile", async () => {
    const channel = await aChannelOf(platform, one);
    setEndpoint("https://new.example");
    await channel.remove();
    await platform.settle();
    expect(await channel.connection()).toBeUndefined();
    expect([endpoint(), discord.fake.commands.length]).toEqual(["https://new.example", 1]);
  });
});
