import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ApiAnswer, apiOf } from "#lib/api";
import { tableNameOf } from "#lib/deployed-names";
import { createTableRequest } from "#lib/local/table-request";
import { createDynamoTable } from "#shared/table/dynamo-table";
import { keys, lists } from "#shared/table/keys";
import { openTestEngine } from "../support/embedded-clients.ts";
import { type FakeTelegram, startFakeTelegram } from "../support/fake-telegram.ts";
import {
  type Ended,
  makeTeam,
  newDataDir,
  runChannelWith,
  startLocalServer,
} from "../support/local-server.ts";
import { botToken } from "../support/telegram-channel.ts";

const closers: (() => Promise<unknown> | void)[] = [];
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});
const aDataDir = () => {
  const dataDir = newDataDir();
  closers.push(() => rmSync(dirname(dataDir), { recursive: true, force: true }));
  return dataDir;
};
const reportOf = ({ stdout }: Ended) => JSON.parse(stdout);
const codesIn = (ended: Ended) =>
  reportOf(ended).problems.map(({ code }: { code: string }) => code);

describe("npm run channel on this machine", () => {
  const dataDir = aDataDir();
  let telegram: FakeTelegram;
  let channel: ApiAnswer["data"];
  let web: ApiAnswer["data"];
  const check = (id: string, ...args: string[]) =>
    runChannelWith({
      dataDir,
      args: ["check", id, ...args],
      env: { TELEGRAM_API_URL: telegram.url },
    });
  beforeAll(async () => {
    telegram = await startFakeTelegram(botToken);
    closers.push(() => telegram.close());
    const env = { PUBLIC_URL: "https://chat.example.com", TELEGRAM_API_URL: telegram.url };
    const server = await startLocalServer({ dataDir, env });
    const { api_key } = await makeTeam(dataDir, "Acme", "free");
    const api = apiOf(server.url, api_key);
    const bot = (await api("POST", "/v1/bots", { name: "Support" })).data;
    const path = `/v1/bots/${String(bot["id"])}/channels`;
    const credentials = { bot_token: botToken };
    const made = await api("POST", path, { type: "telegram", name: "Our bot", credentials });
    channel = made.data;
    web = (await api("POST", path, { type: "web" })).data;
    await server.stop();
  });

  it("says that nothing is wrong, and ends with 0", async () => {
    const { code, stdout, stderr } = await check(web.id);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^ch_\w+ {2}web {2}connected {2}"web" {2}of bot_\w+ {2}of team_\w+\nNothing is wrong with it\.\n$/i,
    );
  });

  it("calls the channel's hook, where nobody answers in this test", async () => {
    const { code, stdout, stderr } = await check(channel.id);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(
      /^ch_\w+ {2}telegram {2}connected {2}"Our bot" {2}of bot_\w+ {2}of team_\w+\n- Nobody answers at https:\/\/chat\.example\.com.+ \(hook_unreachable\)\n$/,
    );
  });

  it("says what is wrong in sentences, and as JSON, and ends with 1", async () => {
    telegram.webhook.url = "https://thief.example.com/";
    const [people, programs] = [await check(channel.id), await check(channel.id, "--json")];
    expect([people.code, programs.code, people.stderr, programs.stderr]).toEqual([1, 1, "", ""]);
    expect(people.stdout).toMatch(/\n- Telegram sends .+thief.+ \(webhook_elsewhere\)\n$/);
    expect(reportOf(programs)).toEqual({
      channel_id: channel.id,
      team_id: expect.stringMatching(/^team_/),
      bot_id: channel["bot_id"],
      type: "telegram",
      name: "Our bot",
      status: "connected",
      webhook_url: channel["webhook_url"],
      ok: false,
      problems: ["hook_unreachable", "webhook_elsewhere"].map((code) => ({
        code,
        message: expect.any(String),
      })),
    });
  });

  it("finds a web channel too, which no hook leads to", async () => {
    const ended = await check(web.id, "--json");
    expect([ended.code, codesIn(ended)]).toEqual([0, []]);
  });

  it("says that there is no such channel", async () => {
    const { code, stdout, stderr } = await check("ch_01jd7zq3c8e9v5r2k4m6n8p0ab");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe("There is no channel ch_01jd7zq3c8e9v5r2k4m6n8p0ab.\n");
  });
});

describe("npm run channel on a stage", () => {
  it("finds the channel in the stage's table, and says what it may not open", async () => {
    const { engine, dynamodb } = openTestEngine();
    engine.createTable(createTableRequest(tableNameOf("dev")));
    const endpoint = await engine.listen(0);
    closers.push(
      () => engine.close(),
      () => endpoint.close(),
    );
    const table = createDynamoTable(dynamodb, tableNameOf("dev"));
    const [team_id, bot_id, id] = [
      "team_01jd7zq3c8e9v5r2k4m6n8p0ab",
      "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
      "ch_01jd7zq3c8e9v5r2k4m6n8p0ab",
    ] as const;
    const sealed = { ciphertext: Buffer.alloc(40), mask: "••••", key: 1 };
    const channel = {
      id,
      bot_id,
      type: "telegram",
      name: "Our bot",
      status: "connected",
      status_reason: null,
      enabled: true,
      webhook_url: `https://api.example.com/v1/hooks/telegram/${id}`,
      credentials: { bot_token: sealed },
      hook_secret: sealed,
      account: null,
    };
    for (const row of [
      { ...keys.team(team_id), id: team_id, list_pk: lists.teams, list_sk: team_id },
      {
        ...keys.bot(team_id, bot_id),
        id: bot_id,
        status: "paused",
        settings: { should_respond: {}, conversation: {} },
      },
      { ...keys.channelAddress(team_id, id), bot_id },
      { ...keys.channel(team_id, bot_id, id), ...channel },
    ]) {
      await table.putIfAbsent(row);
    }
    const ended = await runChannelWith({
      dataDir: aDataDir(),
      args: ["check", id, "--stage", "dev", "--json"],
      env: {
        AWS_ENDPOINT_URL: endpoint.url,
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
      },
    });
    expect([ended.code, ended.stderr]).toEqual([1, ""]);
    expect(codesIn(ended)).toEqual(["bot_paused", "hook_unreachable", "credentials_sealed"]);
  });
});

describe("npm run channel", () => {
  it.each([
    [[], "Say what to do: check."],
    [["mend"], "There is no command mend: check."],
    [["check"], "Say which channel: check ID."],
    [["check", "ch_1"], "is no id of a channel"],
    [["check", "ch_01jd7zq3c8e9v5r2k4m6n8p0ab", "ch_2"], "check takes one id."],
    [["check", "--all"], "--all"],
  ])("refuses %j with a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await runChannelWith({ dataDir: aDataDir(), args });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("npm run channel -- --help says more.");
  });

  it("says what it does when it is asked", async () => {
    const { code, stdout } = await runChannelWith({ dataDir: aDataDir(), args: ["--help"] });
    expect([code, stdout]).toEqual([0, expect.stringContaining("npm run --silent channel")]);
  });
});
