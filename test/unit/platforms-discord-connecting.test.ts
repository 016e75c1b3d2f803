import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps, ChannelAccess } from "#shared/platforms/adapter";
import { platforms } from "#shared/platforms/catalogue";
import { ids, sentAt } from "../fixtures/discord/interactions.ts";
import { discord } from "../support/discord-case.ts";
import { answers } from "../support/fake-backend.ts";
import type { FakeDiscord } from "../support/fake-discord.ts";

const { adapter, channel, account } = discord;
const { credentials, hook_url } = channel;
const fetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeDiscord;
let deps: AdapterDeps;
beforeEach(async () => {
  fake = await discord.start();
  const signal = new AbortController().signal;
  deps = { fetch, base_url: fake.url, clock: () => sentAt, signal };
});
afterEach(async () => {
  await fake.close();
  expect(fake.mistakes).toEqual([]);
});

const names = () => fake.calls.map(({ name }) => name);
const endpoint = () => fake.application["interactions_endpoint_url"];
const others = { id: "990", type: 1, name: "weather", options: [] };
const theirAsk = { id: "991", type: 1, name: "ask", options: [{ type: 3, name: "question" }] };
const withCredentials = (given: Partial<typeof credentials>): ChannelAccess<"discord"> => ({
  ...channel,
  credentials: { ...credentials, ...given },
});

describe("connecting an application of Discord", () => {
  it("sets our address and makes the command, and leaves those of others alone", async () => {
    fake.commands.push(others);
    await adapter.connect(deps, channel);
    await adapter.connect(deps, channel);
    expect(endpoint()).toBe(hook_url);
    expect(fake.commands).toEqual([
      others,
      {
        id: expect.any(String),
        version: "1",
        type: 1,
        name: "ask",
        description: "Ask the bot",
        options: [
          {
            type: 3,
            name: "message",
            description: "What you want to say",
            required: true,
            max_length: 6_000,
          },
          { type: 11, name: "file", description: "A picture or a file that goes with it" },
        ],
        contexts: [0, 1, 2],
      },
    ]);
  });

  it("tells whom Discord called before, without the token in the address", async () => {
    fake.application["interactions_endpoint_url"] = `https://old.example/${credentials.bot_token}`;
    expect(await adapter.connect(deps, channel)).toEqual({
      ok: true,
      account,
      problems: [],
      replaced_url: "https://old.example/••••",
    });
  });

  it("is tried again when Discord cannot verify our address, and says so", async () => {
    const local = { ...channel, hook_url: "http://127.0.0.1:3000/hooks/discord/ch_1" };
    expect(await adapter.connect(deps, local)).toEqual({
      ok: false,
      class: "configuration",
      code: "50035",
      message:
        "Discord: Invalid Form Body: The specified interactions endpoint URL could not be verified. (50035).",
    });
    expect(fake.commands).toEqual([]);
  });

  it("is done by who comes again after the address was set and the command was not", async () => {
    fake.refuse("POST command", { status: 503 });
    expect(await adapter.connect(deps, channel)).toMatchObject({ class: "retry" });
    expect(await adapter.connect(deps, channel)).toMatchObject({ ok: true, replaced_url: null });
    expect(fake.commands.length).toBe(1);
  });

  it("waits when there were too many new commands today", async () => {
    fake.refuse("POST command", { status: 400, code: 30_034, message: "Maximum reached" });
    expect(await adapter.connect(deps, channel)).toMatchObject({ class: "retry", code: "30034" });
  });

  it("knows an application by its name, and its bot by another id", async () => {
    delete fake.application["bot"];
    expect(await adapter.probe(deps, channel)).toMatchObject({
      account: { id: ids.application, user_id: ids.application, username: null, name: "Our bot" },
    });
    delete fake.application["name"];
    expect(await adapter.probe(deps, channel)).toMatchObject({
      account: { name: ids.application },
    });
  });

  it("takes a public key however it is written", async () => {
    const given = withCredentials({ public_key: credentials.public_key.toUpperCase() });
    expect(await adapter.connect(deps, given)).toMatchObject({ ok: true });
    expect(adapter.verifierOf(given)).toEqual(adapter.verifierOf(channel));
  });
});

describe("credentials of Discord", () => {
  it.each([
    ["an empty token", { bot_token: "" }, "bot_token"],
    ["a token with its kind", { bot_token: `Bot ${credentials.bot_token}` }, "bot_token"],
    ["a token with a header in it", { bot_token: "MTEw\r\nx: y" }, "bot_token"],
    ["an application by its name", { application_id: "Our bot" }, "application_id"],
    ["an application by another path", { application_id: "1/../2" }, "application_id"],
    ["half a public key", { public_key: credentials.public_key.slice(32) }, "public_key"],
    ["a key that is none", { public_key: "x".repeat(64) }, "public_key"],
  ])("are refused without a call: %s", async (_, given, field) => {
    for (const ask of [adapter.probe, adapter.connect]) {
      const refused = await ask(deps, withCredentials(given));
      expect(refused).toMatchObject({ ok: false, class: "disconnected", field });
    }
    expect(fake.calls).toEqual([]);
  });

  it.each([
    ["a token that Discord does not know", { bot_token: "MTEw.GaB.fGh" }, "bot_token"],
    ["another application's id", { application_id: "1100000000000000009" }, "application_id"],
    ["another application's key", { public_key: "ab".repeat(32) }, "public_key"],
  ])("are refused after one call: %s", async (_, given, field) => {
    for (const ask of [adapter.probe, adapter.connect, adapter.disconnect]) {
      const refused = await ask(deps, withCredentials(given));
      expect(refused).toMatchObject({ ok: false, class: "disconnected", field });
    }
    expect(names()).toEqual(Array(3).fill("GET application"));
    expect(endpoint()).toBeNull();
  });
});

describe("the health of an application of Discord", () => {
  const problems = async () => {
    const probed = await adapter.probe(deps, channel);
    return probed.ok ? probed.problems : probed;
  };

  it("is good when commands come to us", async () => {
    await adapter.connect(deps, channel);
    expect(await problems()).toEqual([]);
  });

  it("tells that there is no address, and no command", async () => {
    expect(await problems()).toMatchObject([
      { code: "endpoint_missing" },
      { code: "command_missing" },
    ]);
  });

  it("tells where commands go instead, without the token in the address", async () => {
    await adapter.connect(deps, channel);
    fake.application["interactions_endpoint_url"] = `https://new.example/${credentials.bot_token}`;
    expect(await problems()).toEqual([
      {
        code: "endpoint_elsewhere",
        message:
          "Discord sends the commands to https://new.example/••••, which was set later. Connect the channel again to take them back.",
      },
    ]);
  });

  it("tells that another program has set all commands, or its own of the same name", async () => {
    await adapter.connect(deps, channel);
    fake.commands.splice(0, 1, others, theirAsk);
    expect(await problems()).toMatchObject([{ code: "command_missing" }]);
  });

  it("is not known while Discord does not tell the commands", async () => {
    fake.refuse("GET commands", { status: 500 });
    expect(await problems()).toMatchObject({ ok: false, class: "retry" });
  });
});

describe("letting an application of Discord go", () => {
  it("takes back the command first and then the address, and nothing else", async () => {
    fake.commands.push(others);
    await adapter.connect(deps, channel);
    fake.calls.length = 0;
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(names()).toEqual([
      "GET application",
      "GET commands",
      "DELETE command",
      "PATCH application",
    ]);
    expect(fake.commands).toEqual([others]);
    expect(endpoint()).toBeNull();
  });

  it("leaves all as it is once another has the address", async () => {
    await adapter.connect(deps, channel);
    fake.application["interactions_endpoint_url"] = "https://new.example";
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(endpoint()).toBe("https://new.example");
    expect(fake.commands.length).toBe(1);
  });

  it("leaves another's command of the same name", async () => {
    await adapter.connect(deps, channel);
    fake.commands.splice(0, 1, theirAsk, { ...theirAsk, type: 2, options: undefined });
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(fake.commands.length).toBe(2);
  });

  it("ends when the command was deleted meanwhile", async () => {
    await adapter.connect(deps, channel);
    fake.refuse("DELETE command", { status: 404, code: 10_063, message: "Unknown command" });
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(endpoint()).toBeNull();
  });

  it("goes on after it was broken off, at any call", async () => {
    for (const name of ["GET application", "GET commands", "DELETE command", "PATCH application"]) {
      await adapter.connect(deps, channel);
      fake.refuse(name, { status: 502 });
      expect(await adapter.disconnect(deps, channel)).toMatchObject({ class: "retry" });
      expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
      expect([endpoint(), fake.commands]).toEqual([null, []]);
    }
  });

  it("is tried again when Discord is down", async () => {
    fake.misbehave(answers.status(503));
    expect(await adapter.disconnect(deps, channel)).toMatchObject({ class: "retry" });
  });
});

describe("what is left to the owner of an application", () => {
  const linksIn = (given: typeof account | null) =>
    adapter
      .setup({ ...channel, account: given })
      .steps.flatMap((step) => step.match(/https:\/\/discord\.com\/oauth2\/\S+/g) ?? [])
      .map((link) => Object.fromEntries(new URL(link.replace(/,$/, "")).searchParams));

  it("is to add it to a server, with all that it needs there, or to take it along", () => {
    expect(linksIn(account)).toEqual([
      {
        client_id: ids.application,
        scope: "bot applications.commands",
        // View Channel, Send Messages, Attach Files and Send Messages in Threads.
        permissions: String(0x400 + 0x800 + 0x8000 + 0x4000000000),
      },
      { client_id: ids.application, integration_type: "1", scope: "applications.commands" },
    ]);
  });

  it("names the id of the application where it is not known yet", () => {
    expect(linksIn(null).map(({ client_id }) => client_id)).toEqual([
      "APPLICATION_ID",
      "APPLICATION_ID",
    ]);
  });
});

it("is called where the environment says", () => {
  expect(platforms.discord.base_url).toEqual({
    variable: "DISCORD_API_URL",
    default: "https://discord.com/api/v10",
  });
});
