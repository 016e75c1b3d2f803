import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { aBotOf, aChannelOf } from "#test/support/case-channel";
import { channelCases } from "#test/support/channel-cases";
import { answers } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aWebhookEndpoint } from "#test/support/make";
import { useFake } from "#test/support/platform-channel";
import { readable } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { eventsOf } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const minute = 60_000;

const list = async (
  { key, bot_id }: Awaited<ReturnType<typeof aBotOf>>,
  query: Readonly<Record<string, string>>,
) => (await platform.call("listChannels", { as: key, params: { bot_id }, query })).body.data;
/** The rows that a team's channels leave. */
const rowsOf = async (team_id: string) =>
  (await allRows())
    .map(readable)
    .filter((row) => row.includes(team_id))
    .filter((row) => /PLATFORM_ACCOUNT|CONNECT|HOOK|#CHANNEL/.test(row));

describe.each(channelCases)("a channel of $type", (one) => {
  const { type, whom, credentials, other } = one;
  const held = useFake(type, one.start);
  const told = (url: string) => (one.isTold ? url : undefined);
  /** The probe of a request, then the one of its attempt to connect. */
  const isAway = () => {
    for (let times = 0; times < 2; times++) held.fake.misbehave(answers.status(502));
  };

  describe("POST /v1/bots/{bot_id}/channels", () => {
    it("connects it, and has its platform call the hook", async () => {
      const bot = await aBotOf(platform, one);
      const { status, body } = await bot.create();
      const url = `https://chat.example.com/v1/hooks/${type}/${body.data.id}`;
      expect([status, body.data]).toEqual([
        201,
        expect.objectContaining({
          type,
          name: type,
          status: "connected",
          status_reason: null,
          webhook_url: url,
          setup: expect.objectContaining({ replaced_url: null }),
          health: expect.objectContaining({ ok: true, problems: [] }),
          last_inbound_at: null,
          last_outbound_at: null,
        }),
      ]);
      expect(held.fake.addresses()).toEqual({ own: told(url), other: undefined });
      expect(held.fake.mistakes).toEqual([]);
      expect(await platform.table.get(keys.hook(body.data.id))).toMatchObject({
        type,
        account: { id: one.account },
        version: 1,
      });
      expect(await platform.table.get(keys.connection(bot.team_id, body.data.id))).toBeUndefined();
    });

    it("shows no secret in any answer, row or line of the log", async () => {
      const bot = await aBotOf(platform, one);
      const { result: texts, lines } = await withLog(async () => {
        const made = await bot.create(credentials, { "idempotency-key": "once" });
        const got = await bot.call("getChannel", made.body.data.id);
        const params = { bot_id: bot.bot_id };
        const listed = await platform.call("listChannels", { as: bot.key, params });
        const audit = await platform.call("listAuditEntries", { as: bot.key });
        return [made, got, listed, audit].map(({ text }) => text);
      });
      const all = [...texts, JSON.stringify(lines), ...(await allRows()).map(readable)];
      for (const name of one.secrets) {
        const secret = String(credentials[name]);
        expect(all.filter((text) => text.includes(secret))).toEqual([]);
        // The masks stand in the audit log alone.
        const mask = `••••${secret.slice(-4)}`;
        expect(texts.map((text) => text.includes(mask))).toEqual([false, false, false, true]);
      }
    });

    it.each([
      ["no credentials", undefined],
      ["none of its own", {}],
    ])("points at each field that is missing for %s, and asks nobody", async (_, given) => {
      const { key, bot_id } = await aBotOf(platform, one);
      const body = { type, credentials: given };
      const answer = await platform.call("createChannel", { as: key, params: { bot_id }, body });
      expect(answer).toBeRefused(422, "validation_error");
      expect(answer.body.error.details).toEqual(
        Object.keys(credentials).map((name) => ({
          path: `body.credentials.${name}`,
          message: `Required for the type ${type}.`,
        })),
      );
      expect(held.fake.calls).toEqual([]);
    });

    it.each(["http://chat.example.com", "https://127.0.0.1:3000", "http://localhost:3000"])(
      "says how to get a public address where %s is ours, asks nobody and stores nothing",
      async (address) => {
        const bot = await aBotOf(platform, one);
        process.env["PUBLIC_URL"] = address;
        const answer = await bot.create();
        process.env["PUBLIC_URL"] = "https://chat.example.com";
        expect(answer).toBeRefused(422, "validation_error");
        expect(answer.body.error.details).toEqual([
          { path: "body.type", message: expect.stringMatching(/PUBLIC_URL.*tunnel/) },
        ]);
        expect(held.fake.calls).toEqual([]);
        expect(await rowsOf(bot.team_id)).toEqual([]);
      },
    );

    it("stores nothing where its platform refuses the credentials", async () => {
      const bot = await aBotOf(platform, one);
      held.fake.refuseOnce();
      expect(await bot.create()).toBeRefused(422, "channel_credentials_rejected");
      expect(await rowsOf(bot.team_id)).toEqual([]);
      expect(held.fake.addresses().own).toBeUndefined();
    });

    it("finds no bot of another team, and asks nobody", async () => {
      const [own, foreign] = [await aBotOf(platform, one), await aBotOf(platform, one)];
      const answer = await platform.call("createChannel", {
        as: foreign.key,
        params: { bot_id: own.bot_id },
        body: { type, credentials },
      });
      expect(answer.status).toBe(404);
      expect(held.fake.calls).toEqual([]);
    });

    it("refuses a second one of the team for one account, and takes it in another team", async () => {
      const [bot, foreign] = [await aBotOf(platform, one), await aBotOf(platform, one)];
      const first = await bot.create();
      expect(await bot.create()).toBeRefused(409, "conflict");
      expect(held.fake.addresses().own).toBe(told(first.body.data.webhook_url));
      expect((await foreign.create()).status).toBe(201);
    });

    it(`is pending while ${whom} cannot be reached, and connected by the worker a minute later`, async () => {
      const bot = await aBotOf(platform, one);
      isAway();
      const { status, body } = await bot.create();
      expect([status, body.data.status]).toEqual([201, "pending"]);
      expect(body.data.status_reason).toContain("502");
      await platform.settle();
      expect(held.fake.addresses().own).toBeUndefined();
      platform.advance(minute);
      await platform.settle();
      expect(await bot.read(body.data.id)).toMatchObject({
        status: "connected",
        status_reason: null,
        health: { ok: true, problems: [] },
      });
      expect(held.fake.addresses().own).toBe(told(body.data.webhook_url));
      const hook = await platform.table.get(keys.hook(body.data.id));
      expect(hook).toMatchObject({ account: { id: one.account } });
      expect(await bot.create()).toBeRefused(409, "conflict");
    });

    it("is disconnected when the account, which could not be asked for, is another channel's", async () => {
      const first = await aChannelOf(platform, one);
      isAway();
      const second = (await first.create()).body.data;
      platform.advance(minute);
      await platform.settle();
      expect(await first.call("getChannel", second.id)).toMatchObject({
        body: {
          data: {
            status: "disconnected",
            status_reason: "Another channel of the team speaks for this account.",
          },
        },
      });
      await first.call("deleteChannel", second.id);
      await platform.settle();
      expect(held.fake.addresses().own).toBe(told(first.url));
      expect((await first.read()).status).toBe("connected");
    });
  });

  describe("GET /v1/channels/{id}", () => {
    it(`asks ${whom} at most once a minute, whoever asks`, async () => {
      const channel = await aChannelOf(platform, one);
      const before = held.fake.asked();
      const all = await Promise.all([channel.read(), channel.read(), channel.read()]);
      expect(held.fake.asked()).toBe(before + 1);
      expect(all.map(({ status }) => status)).toEqual(["connected", "connected", "connected"]);
      platform.advance(minute - 1);
      await channel.read();
      expect(held.fake.asked()).toBe(before + 1);
      platform.advance(1);
      expect(await channel.read()).toMatchObject({
        health: { checked_at: new Date(platform.clock()).toISOString(), ok: true, problems: [] },
      });
      expect(held.fake.asked()).toBe(before + 2);
    });

    it.each([
      ["answers with 502", answers.status(502)],
      ["sends a page", answers.html("<p>hello</p>")],
    ])(`shows the channel while ${whom} %s, and goes on with it`, async (_, answer) => {
      const channel = await aChannelOf(platform, one);
      held.fake.misbehave(answer);
      expect(await channel.read()).toMatchObject({
        status: "connected",
        status_reason: null,
        health: { ok: false, problems: [{ code: expect.any(String) }] },
      });
      platform.advance(minute);
      expect(await channel.read()).toMatchObject({ health: { ok: true } });
    });

    it(`shows the channel in five seconds when ${whom} never answers`, async () => {
      const channel = await aChannelOf(platform, one);
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
      held.fake.misbehave(async () => begin());
      const reading = channel.read();
      await begun;
      platform.advance(5_000);
      expect((await reading).health).toMatchObject({ ok: false, problems: [{ code: "timeout" }] });
    });

    it("disconnects the channel when its token is dead, tells so once, and connects it when it is good", async () => {
      const team = await platform.team();
      const channel = await aChannelOf(platform, one, team);
      await aWebhookEndpoint(platform, team.key, { url: "https://127.0.0.1:1/", events: ["*"] });
      for (let times = 0; times < 2; times++) {
        held.fake.refuseOnce();
        expect(await channel.read()).toMatchObject({
          status: "disconnected",
          status_reason: expect.stringContaining(one.refusal),
          health: { ok: false },
        });
        platform.advance(minute);
      }
      await platform.settle();
      expect(await eventsOf(team)).toHaveLength(1);
      held.fake.forget();
      expect((await channel.read()).status).toBe("pending");
      await platform.settle();
      expect((await channel.read()).status).toBe("connected");
      expect(held.fake.addresses().own).toBe(told(channel.url));
      expect(await channel.connection()).toBeUndefined();
    });

    it("asks nothing for another team, which finds no such channel", async () => {
      const [channel, foreign] = [await aChannelOf(platform, one), await aBotOf(platform, one)];
      const before = held.fake.calls.length;
      for (const operation of ["getChannel", "updateChannel", "deleteChannel"]) {
        const body = operation === "updateChannel" ? { name: "X", credentials } : undefined;
        expect((await foreign.call(operation, channel.id, body)).status).toBe(404);
      }
      expect(held.fake.calls).toHaveLength(before);
      expect((await channel.read()).status).toBe("connected");
    });

    it("stands in its bot's list without being asked for", async () => {
      const channel = await aChannelOf(platform, one);
      const before = held.fake.calls.length;
      const [shown, ...more] = await list(channel, { type, status: "connected" });
      expect([shown.id, more]).toEqual([channel.id, []]);
      expect(Object.keys(shown)).not.toContain("health");
      expect(held.fake.calls).toHaveLength(before);
    });
  });

  describe("PATCH /v1/channels/{id}", () => {
    it(`asks ${whom} nothing about a new name or whether it is enabled`, async () => {
      const channel = await aChannelOf(platform, one);
      const { setup } = await channel.read();
      const before = held.fake.calls.length;
      const { status, body } = await channel.patch({ name: "Support", enabled: false });
      expect(status).toBe(200);
      expect(body.data).toMatchObject({ name: "Support", enabled: false, status: "connected" });
      expect(body.data.setup).toEqual(setup);
      expect(held.fake.calls).toHaveLength(before);
    });

    it("connects a disconnected channel again with new credentials", async () => {
      const channel = await aChannelOf(platform, one);
      held.fake.refuseOnce();
      await channel.read();
      const { body } = await channel.patch({ credentials });
      // Our own address replaces none.
      const setup = { replaced_url: null };
      expect(body.data).toMatchObject({ status: "connected", status_reason: null, setup });
    });

    it("moves to another account, and lets go of its first one", async () => {
      const channel = await aChannelOf(platform, one);
      held.fake.addOther();
      const { status, body } = await channel.patch({ credentials: other.credentials });
      expect([status, body.data.status]).toEqual([200, "connected"]);
      await platform.settle();
      expect(held.fake.addresses()).toEqual({ own: undefined, other: told(channel.url) });
      expect(await channel.account()).toBeUndefined();
      expect(await channel.account(other.account)).toMatchObject({ channel_id: channel.id });
      expect(await channel.hook()).toMatchObject({ account: { id: other.account } });
      expect(await channel.connection()).toBeUndefined();
      // Its first account is free for another channel.
      expect((await channel.create()).status).toBe(201);
    });

    it(`changes nothing for credentials that ${whom} refuses, and for a part of them`, async () => {
      const channel = await aChannelOf(platform, one);
      const before = [await channel.read(), await channel.hook(), held.fake.addresses()];
      const refused = await channel.patch({ name: "New", credentials: other.credentials });
      expect(refused).toBeRefused(422, "channel_credentials_rejected");
      const [first = "", ...missing] = Object.keys(credentials).toReversed();
      const part = missing.length === 0 ? {} : { [first]: credentials[first] };
      const half = await channel.patch({ name: "New", credentials: part });
      expect(half).toBeRefused(422, "validation_error");
      expect(half.body.error.details[0].path).toMatch(/^body\.credentials\.\w+$/);
      expect([await channel.read(), await channel.hook(), held.fake.addresses()]).toEqual(before);
    });

    it("refuses the account of another channel of the team", async () => {
      const channel = await aChannelOf(platform, one);
      held.fake.addOther();
      const second = await channel.create(other.credentials);
      const answer = await channel.call("updateChannel", second.body.data.id, { credentials });
      expect(answer).toBeRefused(409, "conflict");
      expect(held.fake.addresses().own).toBe(told(channel.url));
    });

    it(`is pending with new credentials while ${whom} is away, and connected later`, async () => {
      const channel = await aChannelOf(platform, one);
      isAway();
      const { body } = await channel.patch({ credentials });
      expect(body.data.status).toBe("pending");
      expect(await channel.account()).toBeUndefined();
      platform.advance(minute);
      await platform.settle();
      expect((await channel.read()).status).toBe("connected");
      expect(await channel.account()).toMatchObject({ channel_id: channel.id });
    });

    it(`points at the credentials where ${whom} could not call us`, async () => {
      const channel = await aChannelOf(platform, one);
      process.env["PUBLIC_URL"] = "http://localhost:3000";
      const answer = await channel.patch({ credentials });
      process.env["PUBLIC_URL"] = "https://chat.example.com";
      expect(answer).toBeRefused(422, "validation_error");
      expect(answer.body.error.details[0].path).toBe("body.credentials");
    });
  });

  describe("DELETE /v1/channels/{id}", () => {
    it("lets go of hook and account at once, then of the address, and frees the account", async () => {
      const channel = await aChannelOf(platform, one);
      const before = held.fake.calls.length;
      expect((await channel.remove()).status).toBe(200);
      expect([await channel.hook(), await channel.account()]).toEqual([undefined, undefined]);
      await platform.settle();
      expect(held.fake.addresses().own).toBeUndefined();
      // Who was told nothing has nothing to take back.
      expect(held.fake.calls.length > before).toBe(one.isTold);
      expect(await channel.connection()).toBeUndefined();
      expect((await channel.create()).status).toBe(201);
    });

    it(`succeeds while ${whom} is away, and lets go when it is back`, async () => {
      const channel = await aChannelOf(platform, one);
      held.fake.misbehave(answers.status(500));
      expect((await channel.remove()).status).toBe(200);
      await platform.settle();
      expect(held.fake.addresses().own).toBe(told(channel.url));
      platform.advance(5 * minute);
      await platform.settle();
      expect(held.fake.addresses().own).toBeUndefined();
      expect(await channel.connection()).toBeUndefined();
    });
  });
});
