import { setTimeout as sleep } from "node:timers/promises";
import { oneOfEach } from "#lib/one-of-each";
import { keys } from "#shared/table/keys";
import { inChannel, message } from "../fixtures/slack/events.ts";
import { group, said, supergroup } from "../fixtures/telegram/updates.ts";
import { aBotOf } from "./case-channel.ts";
import { telegram as telegramCase } from "./channel-cases.ts";
import { answers, startFakeBackend } from "./fake-backend.ts";
import { modelSays } from "./fake-models.ts";
import { startFakeSlack } from "./fake-slack.ts";
import { startFakeTelegram } from "./fake-telegram.ts";
import { keepFile } from "./files.ts";
import { withLog } from "./log-lines.ts";
import { aLoop, anApiKey, aWebhookEndpoint, created } from "./make.ts";
import { askAs } from "./one-of-each.ts";
import { withPublicUrl } from "./platform-channel.ts";
import { credentials } from "./slack-channel.ts";
import { openSlackChat } from "./slack-chat.ts";
import { botToken, otherToken } from "./telegram-channel.ts";
import { openTelegramChat } from "./telegram-chat.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";
import { openWebChat } from "./web-chat.ts";

const secret = { "X-Key": "a secret of theirs" };
const once = (name: string) => ({ "idempotency-key": name });

/**
 * Fills a table over the API with every kind of row there is, in several states: done and waiting, short and packed,
 * with and without secrets. Workers are at rest when it ends. All of it is of the team that it answers with.
 */
export async function fillTable(platform: TestPlatform): Promise<TestTeam> {
  const [backend, model] = await Promise.all([startFakeBackend(), startFakeBackend()]);
  try {
    const team = await platform.team();
    await oneOfEach(askAs(platform, team.key)).all();
    const { id } = await anApiKey(platform, team.key, { expires_at: "2026-12-31T00:00:00Z" });
    const body = { grace_seconds: 60 };
    await platform.call("rotateApiKey", { as: team.key, params: { id }, body });
    await fillTelegramChannels(platform, team);
    await fillWebhooks(platform, team.key, backend.url);
    await fillConversations(platform, team, backend.url);
    await fillTelegramChat(platform, team);
    await fillSlackChat(platform, team);
    await fillAgentLoops(platform, team.key, backend.url, `${model.url}/v1`, (said) =>
      model.answer(...said),
    );
    return team;
  } finally {
    await Promise.all([backend.close(), model.close()]);
  }
}

/** A Telegram channel that is connected, one that is not yet, and one that has moved to another bot. */
async function fillTelegramChannels(platform: TestPlatform, team: TestTeam) {
  const { TELEGRAM_API_URL } = process.env;
  const telegram = await startFakeTelegram(botToken);
  try {
    process.env["TELEGRAM_API_URL"] = telegram.url;
    const bot = await aBotOf(platform, telegramCase, team);
    telegram.addBot(otherToken);
    telegram.addBot(thirdToken);
    await withPublicUrl(async () => {
      await bot.create();
      const { body } = await bot.create({ bot_token: otherToken });
      telegram.refuse("setWebhook", { error_code: 500, description: "Down" });
      const credentials = { bot_token: thirdToken };
      await bot.call("updateChannel", body.data.id, { credentials });
    });
    await platform.settle();
  } finally {
    await telegram.close();
    if (TELEGRAM_API_URL === undefined) delete process.env["TELEGRAM_API_URL"];
    else Object.assign(process.env, { TELEGRAM_API_URL });
  }
}

const thirdToken = "4400:CCH-of_a_third_bot_of_Telegram_012345";
const fourthToken = "4500:DDH-of_a_fourth_bot_of_Telegrams_0123";

async function fillWebhooks(platform: TestPlatform, as: string, url: string) {
  const { id } = await aWebhookEndpoint(platform, as, { url, events: ["*"] });
  const request = { as, params: { id } };
  await platform.call("rotateWebhookEndpointSecret", request);
  await platform.call("testWebhookEndpoint", request);
  await platform.settle();
  platform.advance(1);
  const body = { since: "2026-01-01T00:00:00Z", all: true };
  await platform.call("replayDeliveries", { ...request, body });
  await platform.settle();
  // Nobody is woken for this one: it waits for the sweeper.
  platform.faults = ({ operation }) =>
    operation === "SendMessage" ? { kind: "connection_lost" } : undefined;
  await platform.call("replayDeliveries", { ...request, body });
  platform.faults = undefined;
}

async function fillConversations(platform: TestPlatform, team: TestTeam, url: string) {
  const { key: as } = team;
  const bot_id = await created<"bot">(platform, "createBot", {
    as,
    headers: once("a bot"),
    body: { name: "Concierge" },
  });
  // Its answer holds a secret, so its record is sealed.
  const id = await created(platform, "createIntegration", {
    as,
    headers: once("an integration"),
    params: { bot_id },
    body: { name: "Backend", url, headers: secret, fallback: true },
  });
  await platform.call("rotateIntegrationSecret", { as, params: { id } });
  await created(platform, "createIntegration", {
    as,
    params: { bot_id },
    body: { name: "Broken", url: "http://127.0.0.1:1/", weight: 1_000 },
  });
  const chat = await openWebChat(platform, { team, bot_id });
  for (const user of ["ada", "ben"]) {
    const said = { user, chat_id: "shared", message_id: `of-${user}` };
    const conversation_id = await chat.talk("Hello!", said);
    await keepFile(platform, { team_id: team.id, conversation_id, number: 1 });
    const params = { id: conversation_id, number: "2" };
    const body = { rating: "up", comment: `From ${user}` };
    await platform.call("rateMessage", { as, params, body });
  }
  await platform.call("updateBot", {
    as,
    params: { id: bot_id },
    body: { settings: { response_delay: { min_ms: 60_000, max_ms: 60_000 } } },
  });
  await chat.talk("Take your time.");

  // Its job looks a second time after ten minutes; until then its rows are there.
  const gone = await openWebChat(platform, { team });
  await gone.talk("Goodbye!");
  await platform.call("deleteBot", { as, params: { id: gone.bot_id } });
  await platform.settle();
}

/** Conversations over Telegram: an answered message with a file, one whose file and one whose answer Telegram wants later; and a group that moves. */
async function fillTelegramChat(platform: TestPlatform, team: TestTeam) {
  const fake = await startFakeTelegram(fourthToken);
  try {
    const chat = await openTelegramChat(platform, fake, { team });
    const { file_id } = said.document.document;
    fake.files.set(file_id, { path: "documents/report.pdf", bytes: Buffer.from("a report") });
    await chat.tell({ ...said.document, message_thread_id: 7, is_topic_message: true });
    await chat.tell({ chat: group, migrate_to_chat_id: supergroup.id });
    await platform.settle();
    fake.refuse("getFile", { error_code: 500, description: "Internal Server Error" });
    const inTopic = { message_id: 788, message_thread_id: 8, is_topic_message: true } as const;
    await chat.tell({ ...said.document, ...inTopic });
    await platform.settle();
    fake.refuse("sendRichMessage", { error_code: 502, description: "Bad Gateway" });
    await chat.tell({ ...said.photo, message_id: 790, media_group_id: "album" });
    platform.advance(2_000);
    await platform.settle();
  } finally {
    await fake.close();
  }
}

/** A channel of Slack's with a message to others, and one whose temporary message Slack does not take back. */
async function fillSlackChat(platform: TestPlatform, team: TestTeam) {
  const { PUBLIC_URL, SLACK_API_URL } = process.env;
  const [fake, backend] = [await startFakeSlack(credentials.bot_token), await startFakeBackend()];
  try {
    Object.assign(process.env, {
      PUBLIC_URL: "https://chat.example.com",
      SLACK_API_URL: fake.url,
    });
    const chat = await openSlackChat(platform, fake, { team, backend_url: backend.url });
    await chat.tell(inChannel());
    fake.refuse("chat.delete", { error: "ratelimited", status: 429 });
    backend.answer(async (...request) => {
      while (fake.sent.length === 0) await platform.lookForWait(300);
      await answers.echo()(...request);
    });
    await chat.tell(message());
    await withLog(() => platform.settle());
  } finally {
    await Promise.all([fake.close(), backend.close()]);
    Object.assign(process.env, { PUBLIC_URL });
    if (SLACK_API_URL === undefined) delete process.env["SLACK_API_URL"];
    else Object.assign(process.env, { SLACK_API_URL });
  }
}

async function fillAgentLoops(
  platform: TestPlatform,
  as: string,
  callbackUrl: string,
  base_url: string,
  modelAnswers: (said: Parameters<Awaited<ReturnType<typeof startFakeBackend>>["answer"]>) => void,
) {
  const first = modelSays("openai", {
    text: "Let me look.",
    calls: [
      { id: "a", name: "time_today", args: {} },
      { id: "b", name: "http_request", args: { method: "POST", url: callbackUrl } },
    ],
    tokens: [10, 5],
  });
  modelAnswers([
    // It takes so long that it needs a place.
    async (...asked) => {
      platform.advance(1_000);
      const { pk } = keys.place("executions", 0);
      while ((await platform.table.queryAll({ pk })).length === 0) await sleep(5);
      await first(...asked);
    },
    modelSays("openai", { text: "Done. ".repeat(8_000), tokens: [30, 7] }),
  ]);
  const loop = await aLoop(platform, as, {
    model: { provider: "openai", name: "fake", base_url, api_key: "sk-fake-1234", headers: secret },
    tools: [{ type: "time" }, { type: "http" }, { type: "mcp", name: "own", url: callbackUrl }],
    schedule: { cron: "0 9 1 1 *" },
    callback: { url: callbackUrl, headers: secret },
  });
  const run = async (id: string, user_message: string) => {
    await platform.call("runAgentLoop", { as, params: { id }, body: { user_message } });
    await platform.settle();
  };
  // Its model cannot be reached: it waits to be tried again.
  const stuck = await aLoop(platform, as, {
    model: { provider: "openai", name: "fake", base_url: "http://127.0.0.1:1/v1" },
    schedule: { every_minutes: 60 },
  });
  await run(stuck.id, "Report.");
  await platform.call("updateAgentLoop", {
    as,
    params: { id: loop.id },
    body: { tools: [{ type: "time" }, { type: "http" }] },
  });
  await run(loop.id, "Report the sales of yesterday. ".repeat(600));
  await platform.call("rotateAgentLoopSecret", { as, params: { id: loop.id } });
  // Nobody listens: its delivery waits for the next attempt.
  const nowhere = await aLoop(platform, as, { callback: { url: "http://127.0.0.1:1/" } });
  await run(nowhere.id, "Report.");
}
