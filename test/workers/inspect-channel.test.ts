import { beforeEach, describe, expect, it } from "@jest/globals";
import { createChannelStore } from "#shared/channels/channel-store";
import { verifierPlace } from "#shared/channels/hook";
import { inspectChannel } from "#shared/channels/inspect-channel";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { adapterOf } from "#shared/platforms/adapters";
import { systemClock } from "#shared/runtime/clock";
import type { Id } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { liveWork } from "#shared/work/live-work";
import { allRows } from "#test/support/all-rows";
import { aBotOf } from "#test/support/case-channel";
import { slack as slackCase, telegram as telegramCase } from "#test/support/channel-cases";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { useSlack } from "#test/support/slack-channel";
import { botToken, useTelegram } from "#test/support/telegram-channel";
import { type TestPlatform, usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const telegram = useTelegram();
const slack = useSlack();
const hooks = useFakeBackend();
const call = createSafeFetch({ allowPrivate: () => true });
/** The public address of the hooks leads to a server of the test. */
const fetch: typeof call = (url, request) =>
  call(url.startsWith("https://") ? `${hooks.url}${new URL(url).pathname}` : url, request);
const text =
  (status: number, words: string, type = "text/plain"): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": type });
    response.end(words);
  };
const minute = 60_000;

let bot: Awaited<ReturnType<typeof aBotOf>>;
let id: Id<"ch">;
beforeEach(async () => {
  hooks.answer(text(401, "The signature is missing or wrong."));
  bot = await aBotOf(platform, telegramCase);
  id = (await bot.create()).body.data.id;
  // What the fake server tells as its time is the real one.
  platform.advance(Date.now() - platform.clock());
});

async function inspect(of: { team_id: Id<"team">; id: Id<"ch"> } = { ...bot, id }, here = true) {
  const found = (await createChannelStore(platform.table).find(of.team_id, of.id))!;
  const deps = { ...liveWork(), secrets: liveTeamSecrets(), fetch, adapterOf, runs_here: here };
  return inspectChannel({ ...deps, clock: systemClock }, of.team_id, found);
}
const codes = async () => (await inspect()).map(({ code }) => code);
const rowKey = () => keys.channel(bot.team_id, bot.bot_id, id);
const set = (fields: object) => platform.table.update(rowKey(), { set: { ...fields } });
const ofBot = (body: object) =>
  platform.call("updateBot", { as: bot.key, params: { id: bot.bot_id }, body });
const wakesNobody: TestPlatform["faults"] = ({ operation }) =>
  operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
/** Has Telegram tell the bot as it is, so many seconds off. */
const secondsOff = (seconds: number) =>
  telegram.fake.misbehave((_, response) => {
    response.setHeader("date", new Date(platform.clock() + seconds * 1_000).toUTCString());
    response.end(JSON.stringify({ ok: true, result: telegram.fake.me }));
    telegram.fake.misbehave((__, next) => {
      next.setHeader("date", new Date(platform.clock() + seconds * 1_000).toUTCString());
      next.end(JSON.stringify({ ok: true, result: { ...telegram.fake.webhook } }));
    });
  });

describe("Inspecting a channel", () => {
  it("finds nothing wrong with one that is well, and changes nothing", async () => {
    const before = await allRows(`TEAM#${bot.team_id}`);
    const calls = telegram.fake.calls.length;
    expect(await inspect()).toEqual([]);
    expect(hooks.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /v1/hooks/telegram/${id}`,
    ]);
    expect(await allRows(`TEAM#${bot.team_id}`)).toEqual(before);
    expect(telegram.fake.calls.slice(calls).map(({ name }) => name)).toEqual([
      "getMe",
      "getWebhookInfo",
    ]);
  });

  it.each<[string, string, RegExp, () => unknown]>([
    ["bot_paused", "is of a paused bot", /paused/, () => ofBot({ status: "paused" })],
    ["channel_disabled", "is not enabled", /enabled/, () => set({ enabled: false })],
    [
      "disconnected",
      "is disconnected",
      /disconnected: Telegram: Unauthorized/,
      () => set({ status: "disconnected", status_reason: "Telegram: Unauthorized" }),
    ],
    [
      "pending",
      "waits to be connected",
      /not connected yet: Down/,
      () => set({ status: "pending", status_reason: "Down" }),
    ],
    [
      "missing_scope",
      "lacks a right to send",
      /refused since .*Z: files:write is missing/,
      () =>
        set({
          send_failure: {
            code: "missing_scope",
            message: "files:write is missing",
            at: "2026-01-02T03:04:05.000Z",
          },
        }),
    ],
    [
      "missing_scope",
      "lacks a right to files",
      /Files are not to be had since .*Z: files:read is missing/,
      () =>
        set({
          fetch_failure: {
            code: "missing_scope",
            message: "files:read is missing",
            at: "2026-01-02T03:04:05.000Z",
          },
        }),
    ],
    [
      "webhook_elsewhere",
      "lost its webhook to another system",
      /https:\/\/thief\.example\.com/,
      () => (telegram.fake.webhook.url = "https://thief.example.com/"),
    ],
    [
      "webhook_failing",
      "does not let its platform in",
      /401 Unauthorized/,
      () =>
        Object.assign(telegram.fake.webhook, {
          pending_update_count: 3,
          last_error_date: Math.floor(platform.clock() / 1_000),
          last_error_message: "Wrong response from the webhook: 401 Unauthorized",
        }),
    ],
    [
      "privacy_mode",
      "is kept out of groups",
      /\/setprivacy/,
      () => ofBot({ settings: { should_respond: { groups: "always" } } }),
    ],
    [
      "credentials_dead",
      "has dead credentials",
      /refuses the credentials: Telegram: Unauthorized/,
      () => telegram.fake.refuse("getMe", { error_code: 401, description: "Unauthorized" }),
    ],
    [
      "platform_unreachable",
      "has a platform that is down",
      /does not answer/,
      () => telegram.fake.misbehave(answers.status(502)),
    ],
    [
      "other_account",
      "speaks as another account than it did",
      /another account, Our bot/,
      () => set({ account: { id: "1", user_id: "1", username: null, name: "Old" } }),
    ],
    [
      "hook_unreachable",
      "has a hook that nobody answers at",
      /Nobody answers at https:\/\/.*PUBLIC_URL/,
      () => hooks.answer(answers.resetBeforeHeaders()),
    ],
    [
      "hook_elsewhere",
      "has a tunnel that is closed",
      /Something else answers at https:\/\/.*status 404/,
      () => hooks.answer(text(404, "<h1>Tunnel not found</h1>".padEnd(9_000), "text/html")),
    ],
    [
      "hook_elsewhere",
      "has another API at its address",
      /with status 401 where/,
      () => hooks.answer(text(401, '{"error":"no key"}', "application/json")),
    ],
    ["hook_missing", "has no hook", /404/, () => platform.table.delete(keys.hook(id))],
    [
      "wrong_secret",
      "has a hook with another secret",
      /401/,
      () => platform.table.update(keys.hook(id), { set: { verifier: { secret_sha256: "0" } } }),
    ],
    ["clock_off", "has a platform that is later", /6[45] s behind/, () => secondsOff(65)],
    ["clock_off", "has a platform that is earlier", /30[01] s ahead/, () => secondsOff(-300)],
  ])("finds %s where it %s", async (code, _, sentence, spoil) => {
    await spoil();
    const found = await inspect();
    expect(found.map((one) => one.code)).toEqual([code]);
    expect(found[0]?.message).toMatch(sentence);
  });

  it("finds not_public where its platform cannot call it", async () => {
    const webhook_url = `http://127.0.0.1:3000/v1/hooks/telegram/${id}`;
    await set({ webhook_url });
    Object.assign(telegram.fake.webhook, { url: webhook_url });
    expect(await codes()).toEqual(["not_public"]);
    expect(hooks.requests).toEqual([]);
  });

  it("finds credentials_sealed where they cannot be opened, and does not ask the platform", async () => {
    const { bot_token } = (await platform.table.get(rowKey()))!["credentials"] as Item;
    await set({
      credentials: { bot_token: { ...(bot_token as object), ciphertext: Buffer.alloc(40) } },
    });
    const calls = telegram.fake.calls.length;
    expect(await codes()).toEqual(["credentials_sealed"]);
    expect(telegram.fake.calls).toHaveLength(calls);
  });

  it("does not look at this machine's clock where the platform runs elsewhere", async () => {
    secondsOff(600);
    expect(await inspect({ ...bot, id }, false)).toEqual([]);
  });

  it("tells all that is wrong, and no credential", async () => {
    await ofBot({ status: "paused" });
    await set({ enabled: false });
    telegram.fake.webhook.url = `https://thief.example.com/${botToken}`;
    const found = await inspect();
    expect(found.map(({ code }) => code)).toEqual([
      "bot_paused",
      "channel_disabled",
      "webhook_elsewhere",
    ]);
    expect(JSON.stringify(found)).not.toContain(botToken);
  });

  it("finds work_stuck where conversations wait for an answer that does not come, of this channel alone", async () => {
    const chats = [await openWebChat(platform), await openWebChat(platform)];
    platform.faults = wakesNobody;
    await withLog(() => Promise.all(chats.map((chat) => chat.say("Hello!"))));
    platform.faults = undefined;
    const [one] = chats;
    const of = { team_id: one!.team.id, id: one!.channel_id };
    expect(await inspect(of)).toEqual([]);
    platform.advance(6 * minute);
    expect(await inspect(of)).toEqual([
      {
        code: "work_stuck",
        message:
          "A conversation waits for an answer that does not come: npm run work -- list says why.",
      },
    ]);
    await platform.sweep();
    await platform.settle();
    expect(await inspect(of)).toEqual([]);
  });

  it("finds connection_stuck where connecting does not go on", async () => {
    telegram.fake.refuse("setWebhook", { error_code: 500, description: "Down" });
    platform.faults = wakesNobody;
    await withLog(() => bot.call("updateChannel", id, { credentials: { bot_token: botToken } }));
    platform.faults = undefined;
    platform.advance(10 * minute);
    const found = await inspect({ ...bot, id }, false);
    expect(found.map(({ code }) => code)).toEqual(["pending", "connection_stuck"]);
  });

  it("opens the sealed hook of a Slack channel, and finds the same there", async () => {
    const slackBot = await aBotOf(platform, slackCase);
    const of = { team_id: slackBot.team_id, id: (await slackBot.create()).body.data.id };
    expect(await inspect(of)).toEqual([]);
    const verifier = await liveTeamSecrets().seal(
      of.team_id,
      verifierPlace(of.id),
      JSON.stringify({ signing_secret: "another" }),
    );
    await platform.table.update(keys.hook(of.id), { set: { verifier } });
    slack.fake.scopes = slack.fake.scopes.replace("files:read,", "");
    const found = await inspect(of);
    expect(found.map(({ code }) => code)).toEqual(["wrong_secret", "missing_scope"]);
  });
});
