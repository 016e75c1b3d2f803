import { once } from "node:events";
import { Agent, createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type AskedPlatform, askedPlatforms } from "../costs/ask-platforms.ts";
import { discordPublicKey } from "./hook-calls.ts";
import { answerAll } from "./program.ts";
import { quantiles } from "./quantiles.ts";
import { send } from "./send.ts";

/** What is done or waited for before the answer comes. */
export interface PlatformsQuestion {
  /** So many messages of bots, since the start. */
  readonly sent?: number;
  /** People who write on a platform, each so often: again as soon as the bot has answered. */
  readonly write?: {
    readonly on: AskedPlatform["type"];
    readonly people: number;
    readonly times: number;
    /** The server, and the path of the channel's hook there. */
    readonly to: string;
    readonly path: string;
  };
}

/** Where the platforms are, and what they know. */
export interface PlatformsState {
  /** The variables that have another process call these. */
  readonly variables: Readonly<
    Record<"TELEGRAM_API_URL" | "SLACK_API_URL" | "DISCORD_API_URL" | "WHATSAPP_API_URL", string>
  >;
  /** What Telegram was told to give with each call to a hook; the last of all bots. */
  readonly secret: string;
  /** Messages of bots since the start. */
  readonly sent: number;
  /** What became of those that people wrote. */
  readonly written: Written;
}

/** How long people's messages took. */
export interface Written {
  readonly seconds: number;
  /** Until the hook had answered: quantiles of all calls. */
  readonly hook_ms: { readonly p50: number; readonly p95: number };
  /** Until the bot's answer was there. */
  readonly reply_ms: { readonly p50: number; readonly p99: number };
}

let sent = 0;
/** Of Telegram. */
let secret = "";
let messages = 0;
const waiting = new Set<{ readonly is: (chat: unknown) => boolean; readonly done: () => void }>();
/** By token or number: the hook that was set. */
const hooks = new Map<string, string>();

type Params = Readonly<Record<string, unknown>>;

/** As large as a phone's, made small by Telegram. */
const photo = Buffer.alloc(150_000);

/** The methods of the Bot API that the platform calls. */
const telegram: Readonly<Record<string, (token: string, params: Params) => unknown>> = {
  getMe: (token) => ({
    id: Number(token.split(":")[0]),
    is_bot: true,
    first_name: "Bench",
    username: "BenchBot",
    can_read_all_group_messages: true,
  }),
  getWebhookInfo: (token) => ({ url: hooks.get(token) ?? "", pending_update_count: 0 }),
  setWebhook: (token, { url, secret_token }) => {
    hooks.set(token, String(url));
    secret = String(secret_token);
    return true;
  },
  deleteWebhook: (token) => {
    hooks.delete(token);
    return true;
  },
  sendChatAction: () => true,
  getFile: () => ({ file_path: "photos/file_1.jpg", file_size: photo.length }),
  sendRichMessage: (_, { chat_id }) => {
    noteSent(chat_id);
    return { message_id: sent, date: 1, chat: { id: chat_id } };
  },
};

/** The methods of Slack's Web API that the platform calls. */
const slack: Readonly<Record<string, (token: string, params: Params) => object>> = {
  "auth.test": (token) => ({ team_id: "T0ACME", user_id: token.replace("xoxb-", ""), user: "bot" }),
  "users.info": () => ({ user: { name: "ada", profile: { display_name: "Ada" } } }),
  "assistant.threads.setStatus": () => ({}),
  "chat.delete": () => ({}),
  "chat.postMessage": (_, { channel, markdown_text }) => {
    // What else is posted stands in for an answer.
    if (markdown_text !== undefined) noteSent(channel);
    return { ts: `1796000001.${String(sent).padStart(6, "0")}` };
  },
};

/** By the id of an application of Discord: the address that was set, and the command that was made. */
const addresses = new Map<string, unknown>();
const commands = new Map<string, object>();

/** The calls of Discord's API that the platform makes. */
const discord: readonly {
  readonly path: RegExp;
  readonly answer: (call: {
    readonly method: string | undefined;
    readonly id: string;
    readonly params: Params;
    /** Of the command that is answered. */
    readonly token: string;
  }) => object;
}[] = [
  {
    path: /^\/applications\/@me$/,
    answer: ({ method, id, params }) => {
      if (method === "PATCH") addresses.set(id, params["interactions_endpoint_url"]);
      const interactions_endpoint_url = addresses.get(id) ?? null;
      return { id, verify_key: discordPublicKey, name: "Bench", interactions_endpoint_url };
    },
  },
  {
    path: /^\/applications\/\d+\/commands$/,
    answer: ({ method, id, params }) => {
      if (method === "POST") commands.set(id, { ...params, id: "1" });
      const made = commands.get(id);
      return method === "POST" ? (made ?? {}) : made ? [made] : [];
    },
  },
  {
    path: /^\/applications\/\d+\/commands\/1$/,
    answer: ({ id }) => ({ deleted: commands.delete(id) }),
  },
  {
    path: /^\/webhooks\/\d+\/([^/]+)\/messages\/@original$/,
    answer: ({ token }) => {
      noteSent(token);
      return { id: String(sent) };
    },
  },
];

/** What the Graph API answers the platform, by the end of the path; a number by itself is its id. */
const whatsapp: Readonly<Record<string, (number: string, params: Params) => object>> = {
  "": (id, { webhook_configuration: set }) => {
    if (set === undefined) return { id, webhook_configuration: { phone_number: hooks.get(id) } };
    hooks.set(id, String(Object(set)["override_callback_uri"]));
    return { success: true };
  },
  app: () => ({ id: "1" }),
  subscribed_apps: () => ({ data: [{ whatsapp_business_api_data: { id: "1" } }] }),
  phone_numbers: () => ({ data: [], paging: { next: "more" } }),
  debug_token: () => ({ data: { expires_at: 0 } }),
  subscriptions: () => ({
    data: [{ object: "whatsapp_business_account", fields: [{ name: "messages" }] }],
  }),
  messages: (_, { to }) => {
    if (to !== undefined) noteSent(to);
    return { messages: [{ id: `wamid.${sent}` }] };
  },
};

function noteSent(chat: unknown): void {
  sent += 1;
  for (const waiter of waiting) if (waiter.is(chat)) waiter.done();
}

/** Resolves with the next message of a bot of which this is true. */
const message = (is: (chat: unknown) => boolean) =>
  new Promise<void>((resolve) => {
    const waiter = { is, done: () => (waiting.delete(waiter), resolve()) };
    waiting.add(waiter);
  });

/** Where the answer to a message of somebody goes, as `noteSent` is told of it. */
const chatOf: Readonly<Record<AskedPlatform["type"], (number: number, person: number) => unknown>> =
  {
    telegram: (_, person) => 6_000_000 + person,
    slack: (_, person) => `D0ADA${person}`,
    discord: (number) => `token-${number}`,
    whatsapp: (_, person) => String(16_505_551_234 + person),
  };

async function write({ on, people, times, to, path }: NonNullable<PlatformsQuestion["write"]>) {
  const platform = askedPlatforms.find(({ type }) => type === on);
  if (!platform) throw new Error(`There is no platform ${on}.`);
  const agent = new Agent({ keepAlive: true });
  const hookTimes: number[] = [];
  const replyTimes: number[] = [];
  const person = async (id: number) => {
    for (let count = 0; count < times; count++) {
      const number = ++messages;
      const call = platform.call(number, secret, id);
      const place = chatOf[on](number, id);
      const answered = message((chat) => chat === place);
      const begin = performance.now();
      const { status } = await send(agent, to, { method: "POST", path, ...call });
      hookTimes.push(performance.now() - begin);
      if (status !== 200) throw new Error(`The hook answered ${status}.`);
      await answered;
      replyTimes.push(performance.now() - begin);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: people }, (_, index) => person(index)));
  const seconds = (performance.now() - start) / 1_000;
  agent.destroy();
  const [hook, reply] = [quantiles(hookTimes), quantiles(replyTimes)];
  return {
    seconds,
    hook_ms: { p50: hook(0.5), p95: hook(0.95) },
    reply_ms: { p50: reply(0.5), p99: reply(0.99) },
  };
}

/** What a method of one of them answers; undefined where there is none. */
function perform({ url = "", method: verb, headers }: IncomingMessage, params: Params) {
  const [, token = "", name = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(url) ?? [];
  const method = telegram[name];
  if (method) return { ok: true, result: method(token, params) };
  if (url.startsWith("/discord/")) {
    const place = url.slice("/discord".length);
    const call = discord.find(({ path }) => path.test(place));
    const [, token = ""] = call?.path.exec(place) ?? [];
    const id = headers.authorization?.split(".")[1] ?? "";
    return call?.answer({ method: verb, id, params, token });
  }
  const [, slackName = ""] = /^\/slack\/([\w.]+)$/.exec(url) ?? [];
  const given = headers.authorization?.replace("Bearer ", "") ?? "";
  const answer = slack[slackName]?.(given, params);
  if (answer) return { ok: true, ...answer };
  const [, number = "", end = ""] = /^\/whatsapp\/(\d*)\/?(\w*)/.exec(url) ?? [];
  return url.startsWith("/whatsapp/") ? whatsapp[end]?.(number, params) : undefined;
}

/** What the platform sends them is an object; or a form, of which nothing is looked at. */
const paramsIn = (body: string): Params => (body.startsWith("{") ? JSON.parse(body) : {}) as Params;

// They have no limits, and answer at once.
const server = createServer((request, response) => {
  const answer = async () => {
    if (request.url?.startsWith("/file/")) return void response.end(photo);
    const body = perform(request, paramsIn(await text(request)));
    response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { ok: false }));
  };
  // Who asked went away.
  answer().catch(() => request.destroy());
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");

const nobody = { on: "telegram", people: 0, times: 0, to: "", path: "" } as const;

answerAll(async (question: PlatformsQuestion): Promise<PlatformsState> => {
  const { sent: count = 0, write: writers = nobody } = question;
  const written = await write(writers);
  if (sent < count) await message(() => sent >= count);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const variables = {
    TELEGRAM_API_URL: url,
    SLACK_API_URL: `${url}/slack`,
    DISCORD_API_URL: `${url}/discord`,
    WHATSAPP_API_URL: `${url}/whatsapp`,
  };
  return { variables, secret, sent, written };
});
