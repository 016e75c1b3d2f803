import { createDiscordAdapter, DiscordFormatConverter } from "@chat-adapter/discord";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionType,
} from "discord-api-types/v10";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { HookRequest } from "#shared/platforms/adapter";
import { discordMarkdown } from "#shared/platforms/discord/markdown";
import type { InboundMessage } from "#shared/platforms/inbound-event";
import {
  ask,
  command,
  ids,
  interaction,
  ping,
  sentAt,
  string,
} from "../fixtures/discord/interactions.ts";
import { discordCall, publicKey } from "../support/discord-call.ts";
import { address, discord } from "../support/discord-case.ts";
import { deliver } from "../support/platform-case.ts";

const { adapter, inbound, account, channel } = discord;
const now = Date.UTC(2026, 10, 29);
const verifier = adapter.verifierOf(channel);

const parse = (body: unknown, as = account as typeof account | null) =>
  inbound.parse(discord.signed(body, now), { account: as, now });

/** What becomes of interactions of each type, by the types of Discord: one that is new there stops compiling here. */
const interactionTypes = {
  Ping: [1, "answered"],
  ApplicationCommand: [2, "kept"],
  MessageComponent: [3, "answered"],
  ApplicationCommandAutocomplete: [4, "answered"],
  ModalSubmit: [5, "answered"],
} as const satisfies Record<keyof typeof InteractionType, readonly [number, string]>;

const commandTypes = {
  ChatInput: [1, "kept"],
  User: [2, "answered"],
  Message: [3, "answered"],
  PrimaryEntryPoint: [4, "answered"],
} as const satisfies Record<keyof typeof ApplicationCommandType, readonly [number, string]>;

const becomes = (body: unknown) => (parse(body).events.length > 0 ? "kept" : "answered");

it("keeps what people type of all that Discord calls for, and answers the rest", () => {
  const data = { id: ids.command, type: 1, name: "ask", options: [string("Hello")] };
  for (const [type, kind] of Object.values(interactionTypes)) {
    expect([type, becomes(interaction(type, { data }))]).toEqual([type, kind]);
  }
  for (const [type, kind] of Object.values(commandTypes)) {
    const body = interaction(2, { data: { ...data, type } });
    expect([type, becomes(body)]).toEqual([type, kind]);
  }
});

/** What is read of options of each type; one that is new there stops compiling here. */
const optionTypes = {
  Subcommand: [1, undefined, "/do x"],
  SubcommandGroup: [2, undefined, "/do x"],
  String: [3, "words", "/do words"],
  Integer: [4, -7, "/do -7"],
  Boolean: [5, false, "/do false"],
  User: [6, ids.bob, `/do @${ids.bob}`],
  Channel: [7, ids.thread, `/do #${ids.thread}`],
  Role: [8, ids.role, `/do @${ids.role}`],
  Mentionable: [9, ids.bob, `/do @${ids.bob}`],
  Number: [10, 0.5, "/do 0.5"],
  Attachment: [11, ids.file, "/do"],
} as const satisfies Record<
  keyof typeof ApplicationCommandOptionType,
  readonly [number, unknown, string]
>;

it.each(Object.entries(optionTypes))("reads an option of type %s", (_, [type, value, words]) => {
  const option = { type, name: "x", ...(value === undefined ? { options: [] } : { value }) };
  const body = command({ name: "do", options: [Object(option)] });
  const [event] = parse(body).events as [InboundMessage];
  expect(event.content[0]).toEqual({ type: "text", text: words });
});

it("is called as we are once that is known, and knows itself before", () => {
  const body = ask(`<@${ids.application}> Who is <@${ids.application}>?`);
  const contentAs = (as: typeof account | null) =>
    (parse(body, as).events as [InboundMessage])[0].content;
  expect(contentAs(account)).toEqual([{ type: "text", text: "Who is @ourbot?" }]);
  expect(contentAs(null)).toEqual([{ type: "text", text: "Who is @bot?" }]);
  expect(contentAs({ ...account, username: null })).toEqual([
    { type: "text", text: "Who is @Our bot?" },
  ]);
});

it("tells the time of Discord's own example", () => {
  // https://docs.discord.com/developers/reference#snowflakes
  const [event] = parse(ask("Hello", undefined, "server", { id: "175928847299117063" })).events as [
    InboundMessage,
  ];
  expect(event.sent_at).toBe(1_462_015_105_796);
});

const silent = () => {};
const logger = { child: () => logger, debug: silent, info: silent, warn: silent, error: silent };
const other = createDiscordAdapter({
  botToken: channel.credentials.bot_token,
  publicKey,
  applicationId: ids.application,
  logger,
});

const theirs = async ({ headers, body }: HookRequest) => {
  const given = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    value ?? "",
  ]);
  const request = { method: "POST", headers: given, body: Buffer.from(body) };
  return other.handleWebhook(new Request("https://chat.example/hook", request));
};

describe("beside an adapter of others", () => {
  const called: { command: string; text: string; user: Record<string, unknown>; raw: object }[] =
    [];
  const chat = {
    processSlashCommand: (event: (typeof called)[number]) => void called.push(event),
    processAction: silent,
  };
  // All that it needs of the rest of its library.
  const ready = other.initialize(Object(chat));

  /** Rows that we read otherwise on purpose, and why. */
  const onPurpose = new Map([
    ["people, roles and channels as options", "theirs gives ids"],
    ["a mention of us at the start", "theirs leaves tokens in texts of commands"],
    ["a mention of us, by the application", "as above"],
    ["a mention of us at the end", "as above"],
    ["nothing but a mention of us", "as above"],
    ["mentions", "as above"],
    ["a role and a channel", "as above"],
    ["a role and a channel that are not in the call", "as above"],
    ["emojis", "as above"],
    ["a command in a text", "as above"],
    ["/ask with a picture", "theirs gives the id of the file as if it were typed"],
    ["/ask with nothing but a picture", "as above"],
    ["another file", "as above"],
    ["a file without a type", "as above"],
    ["a file that is too large", "as above"],
    ["a file without a place", "as above"],
    ["a file that is not in the call", "as above"],
    ["a file of another command", "as above"],
    ["a channel that is named in its own object alone", "theirs needs the deprecated field"],
    ["/ask with a blank message", "the backend is told what was typed"],
  ]);

  const button = interaction(3, {
    data: { custom_id: "a", component_type: 2 },
    message: { id: "181" },
  });
  const rows = discord.comesIn.flatMap(({ row, body, events: [event] }) =>
    event?.kind === "message" && !onPurpose.has(row) ? [[row, body] as const] : [],
  );

  it.each(rows)("reads %s as that does", async (_, body) => {
    await ready;
    called.length = 0;
    const [ours] = parse(body).events as [InboundMessage];
    const response = await theirs(discord.signed(body, now));
    expect(await response.json()).toEqual(Object(ours.at_once?.answered)["json"]);
    const [event] = called;
    const typed = [event?.command, event?.text].filter(Boolean).join(" ");
    const text = ours.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
    // That of /ask is its message alone.
    const isMessage = typed.startsWith("/ask ") && !text.includes(typed);
    expect(text.join(" ")).toBe(isMessage ? typed.slice("/ask ".length) : typed);
    expect(event?.user).toMatchObject({
      userId: ours.user.id,
      userName: ours.user.username,
      fullName: ours.user.name ?? ours.user.username,
      isMe: false,
    });
  });

  it.each([
    ["the question whether the hook is ours", ping],
    ["a button", button],
  ])("answers %s as that does", async (_, body) => {
    const response = await theirs(discord.signed(body, now));
    expect(Object(parse(body).answer)["json"]).toEqual(await response.json());
    expect(response.status).toBe(200);
  });

  it("answers where that refuses: a command of autocompletion would show an error", async () => {
    const body = interaction(4, { data: { id: ids.command, type: 1, name: "ask", options: [] } });
    expect((await theirs(discord.signed(body, now))).status).toBe(400);
  });

  it("takes and refuses the same calls, but for their age", async () => {
    const body = JSON.stringify(ask("Grüße 🙂"));
    const old = new Set(["more than five minutes ago", "in the time to come"]);
    const calls = [
      discord.signed(ask("Hello"), now),
      discordCall(body, now),
      ...discord.forged(ask("Hello"), now).flatMap(([how, call]) => (old.has(how) ? [] : [call])),
    ];
    const taken = await Promise.all(calls.map(async (call) => (await theirs(call)).status !== 401));
    expect(calls.map((call) => inbound.verify(call, verifier, now))).toEqual(taken);
    expect(taken.filter(Boolean).length).toBe(2);
  });

  it.each([
    "| Name | Price |\n|:-----|------:|\n| **Tea** | 2 |\n| `Coffee` | 3 |",
    "a | b | c\n--|--|--\n1 | | 3\n",
    "| only |\n|------|\n| one |",
    "**bold** *it* ~~no~~ `code`",
    "[t](https://a.example) and https://b.example",
    "```js\nlet a = 1;\n```",
  ])("shows %j as that does", (markdown) => {
    const shown = new DiscordFormatConverter().renderPostable({ markdown });
    expect(discordMarkdown(markdown).trim()).toBe(shown.trim());
  });
});

describe("the calls of an answer", () => {
  afterEach(() => void jest.restoreAllMocks());

  it("are those of an adapter of others, in their order", async () => {
    const ours = await callsOf(async (url) => {
      const signal = new AbortController().signal;
      const fetch = createSafeFetch({ allowPrivate: () => true });
      const deps = { fetch, base_url: url, clock: () => sentAt, signal };
      const reply = { text: "word ".repeat(600), attachments: [] };
      await deliver(discord, deps, { reply, address });
    });
    expect(ours).toEqual([
      `PATCH /webhooks/${ids.application}/${address.token}/messages/@original`,
      `POST /webhooks/${ids.application}/${address.token}`,
    ]);

    const made: string[] = [];
    jest.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      made.push(`${init?.method} ${new Request(input).url}`);
      return Response.json({ id: "1" });
    });
    const answering = createDiscordAdapter({
      botToken: channel.credentials.bot_token,
      publicKey,
      applicationId: ids.application,
      logger,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const processSlashCommand = async ({ channelId }: { channelId: string }) => {
      await answering.postMessage(channelId, "one");
      await answering.postMessage(channelId, "two");
      resolve();
    };
    await answering.initialize(Object({ processSlashCommand }));
    const { headers, body } = discord.signed(ask("Hello"), now);
    const request = { method: "POST", headers: Object(headers), body: Buffer.from(body) };
    await answering.handleWebhook(new Request("https://chat.example/hook", request));
    await promise;
    // Theirs waits where Discord always does.
    const same = made.map((call) => call.replace("https://discord.com/api/v10", "").split("?")[0]);
    expect(same).toEqual(ours);
  });
});

/** The calls that are made to a Discord of our own. */
async function callsOf(act: (url: string) => Promise<void>): Promise<readonly string[]> {
  const fake = await discord.start();
  await act(fake.url);
  await fake.close();
  expect(fake.mistakes).toEqual([]);
  return fake.sent.map(({ name, path }) => `${name.split(" ")[0]} ${path}`);
}
