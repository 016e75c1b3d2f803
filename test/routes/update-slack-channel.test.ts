import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { dyingAtEachCall } from "#test/support/dying-calls";
import { answers } from "#test/support/fake-backend";
import { slackCall } from "#test/support/fake-slack";
import { aSlackBot, credentials, useSlack } from "#test/support/slack-channel";
import { usePlatform } from "#test/support/test-platform";
import { message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const minute = 60_000;

const other = {
  bot_token: "xoxb-123456789012-9999999999999-ZyXwVuTsRqPoNmLkJiHgFeDc",
  signing_secret: "fedcba9876543210fedcba9876543210",
};

async function aChannel() {
  const bot = await aSlackBot(platform);
  const { id } = (await bot.create()).body.data;
  const account = (of: string) =>
    platform.table.get(keys.platformAccount(bot.team_id, "slack", `T0ACME:${of}`));
  return {
    ...bot,
    id,
    patch: (body: unknown) => bot.call("updateChannel", id, body),
    connection: () => platform.table.get(keys.connection(bot.team_id, id)),
    account,
    /** The status of a call that was signed with this secret. */
    called: async (signing_secret: string) => {
      const body = JSON.stringify(message());
      const call = slackCall(body, signing_secret, platform.clock());
      const { status } = await platform.call("receiveSlackEvent", {
        params: { channel_id: id },
        headers: call.headers,
        rawBody: call.body,
      });
      return status;
    },
  };
}

describe("PATCH /v1/channels/{id} of a Slack channel", () => {
  it("asks Slack nothing about a new name or whether it is enabled", async () => {
    const channel = await aChannel();
    const before = slack.fake.calls.length;
    const { body } = await channel.patch({ name: "Support", enabled: false });
    expect(body.data).toMatchObject({ name: "Support", enabled: false, status: "connected" });
    expect(slack.fake.calls).toHaveLength(before);
  });

  it("takes another signing secret, and what was signed with the old one no more", async () => {
    const channel = await aChannel();
    const { signing_secret } = other;
    expect(await channel.called(signing_secret)).toBe(401);
    const { body } = await channel.patch({ credentials: { ...credentials, signing_secret } });
    expect(body.data.status).toBe("connected");
    expect(await channel.called(signing_secret)).toBe(200);
    expect(await channel.called(credentials.signing_secret)).toBe(401);
  });

  it("moves to another app, and its first one is free", async () => {
    const channel = await aChannel();
    slack.fake.addApp(other.bot_token, "U0OTHER");
    const { status, body } = await channel.patch({ credentials: other });
    expect([status, body.data.status]).toEqual([200, "connected"]);
    await platform.settle();
    expect(await channel.account("U0BOT")).toBeUndefined();
    expect(await channel.account("U0OTHER")).toMatchObject({ channel_id: channel.id });
    expect(await platform.table.get(keys.hook(channel.id))).toMatchObject({
      account: { user_id: "U0OTHER" },
    });
    expect(await channel.connection()).toBeUndefined();
    expect((await channel.create()).status).toBe(201);
  });

  it("changes nothing for a token that Slack refuses, and for half of the credentials", async () => {
    const channel = await aChannel();
    const row = await channel.read(channel.id);
    const refused = await channel.patch({ name: "New", credentials: other });
    expect(refused).toBeRefused(422, "channel_credentials_rejected");
    const { bot_token } = credentials;
    const half = await channel.patch({ name: "New", credentials: { bot_token } });
    expect(half).toBeRefused(422, "validation_error");
    expect(half.body.error.details[0].path).toBe("body.credentials.signing_secret");
    expect(await channel.read(channel.id)).toEqual(row);
    expect(await channel.called(credentials.signing_secret)).toBe(200);
  });

  it("refuses the app of another channel of the team", async () => {
    const channel = await aChannel();
    slack.fake.addApp(other.bot_token, "U0OTHER");
    const second = await channel.create(other);
    const answer = await channel.call("updateChannel", second.body.data.id, { credentials });
    expect(answer).toBeRefused(409, "conflict");
  });

  it("is pending with new credentials while Slack is away, and connected later", async () => {
    const channel = await aChannel();
    slack.fake.misbehave(answers.status(500));
    slack.fake.misbehave(answers.status(500));
    const { body } = await channel.patch({ credentials });
    expect(body.data.status).toBe("pending");
    expect(await channel.account("U0BOT")).toBeUndefined();
    platform.advance(minute);
    await platform.settle();
    expect((await channel.read(channel.id)).status).toBe("connected");
    expect(await channel.account("U0BOT")).toMatchObject({ channel_id: channel.id });
  });

  it.each(["connection_lost", "answer_lost"] as const)(
    "ends with the new app connected and the old one free when it dies anywhere (%s) and is repeated",
    async (loses) => {
      await dyingAtEachCall(platform, loses, async () => {
        const channel = await aChannel();
        slack.fake.addApp(other.bot_token, "U0OTHER");
        return {
          run: () => channel.patch({ credentials: other }),
          check: async (_, again) => {
            expect([again.status, again.body.data?.status]).toEqual([200, "connected"]);
            // Time that passes ends the call of a worker that is at it, which is tried again after five minutes.
            await platform.settle();
            platform.advance(6 * minute);
            await platform.sweep();
            await platform.settle();
            expect(await channel.account("U0BOT")).toBeUndefined();
            expect(await channel.account("U0OTHER")).toMatchObject({ channel_id: channel.id });
            expect(await channel.connection()).toBeUndefined();
            expect(await channel.called(other.signing_secret)).toBe(200);
          },
        };
      });
    },
  );
});
