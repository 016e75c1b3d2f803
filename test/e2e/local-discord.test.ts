import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { discordCall, others } from "#test/support/discord-call";
import { credentials } from "#test/support/discord-channel";
import { type FakeDiscord, startFakeDiscord } from "#test/support/fake-discord";
import {
  callApi,
  type LocalServer,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";
import { ask, ping, snowflake } from "../fixtures/discord/interactions.ts";

// The platform starts as a process of its own.
jest.setTimeout(60_000);

const publicUrl = "https://chat.example.com";
let discord: FakeDiscord;
let server: LocalServer;
let call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
beforeAll(async () => {
  discord = await startFakeDiscord(credentials.bot_token);
  const env = { DISCORD_API_URL: discord.url, PUBLIC_URL: publicUrl };
  server = await startLocalServer({ dataDir: newDataDir(), env });
  const { api_key } = await makeTeam(server.dataDir, "Acme", "free");
  call = async (...given) => (await callApi(server, api_key, ...given)).body.data;
});
afterAll(async () => {
  await (server as LocalServer | undefined)?.stop();
  await discord.close();
});

/** Calls a hook as Discord does, which reaches us over the public address. */
const tell = async (hook: string, body: unknown, key?: typeof others) => {
  const { headers, body: bytes } = discordCall(JSON.stringify(body), Date.now(), key);
  const url = hook.replace(publicUrl, server.url);
  const response = await fetch(url, { method: "POST", headers, body: bytes });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
};

describe("Discord over HTTP, beside the platform as a process", () => {
  it("verifies the address, asks, and gets its answer in place of the sign", async () => {
    const tried: number[] = [];
    discord.tries = async (url) => {
      const [right, wrong] = [await tell(url, ping), await tell(url, ping, others)];
      tried.push(right.status, wrong.status);
      return right.status === 200 && right.body.type === 1 && wrong.status === 401;
    };
    const bot = await call("POST", "/v1/bots", { name: "Concierge" });
    const channels = `/v1/bots/${String(bot["id"])}/channels`;
    const channel = await call("POST", channels, { type: "discord", credentials });
    expect(channel).toMatchObject({ status: "connected", status_reason: null });
    expect(tried).toEqual([200, 401]);

    const hook = String(channel["webhook_url"]);
    const before = discord.calls.length;
    const command = (number: number) =>
      ask("Hello!", undefined, "server", { id: snowflake(Date.now(), number) });
    expect(await tell(hook, command(1))).toEqual({ status: 200, body: { type: 5 } });
    await discord.received(before + 1);
    expect(discord.sent).toMatchObject([{ name: "PATCH original", fields: { content: "Hello!" } }]);

    await call("PATCH", `/v1/bots/${String(bot["id"])}`, { status: "paused" });
    expect(await tell(hook, command(2))).toMatchObject({ status: 200, body: { type: 4 } });
    expect(discord.mistakes).toEqual([]);
  });
});
