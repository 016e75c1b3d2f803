import { once } from "node:events";
import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { privateMessage } from "./private-message.ts";
import { answerAll } from "./program.ts";
import { quantiles } from "./quantiles.ts";
import { send } from "./send.ts";

/** What is done or waited for before the answer comes. */
export interface TelegramQuestion {
  /** So many messages of bots, since the start. */
  readonly sent?: number;
  /** People who write in their private chats, each so often: again as soon as the bot has answered. */
  readonly write?: { readonly people: number; readonly times: number; readonly to: string };
}

/** Where the server is, and what it knows. */
export interface TelegramState {
  /** As `TELEGRAM_API_URL` takes it. */
  readonly url: string;
  /** What it was told to give with each call to a hook; the last of all bots. */
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
let secret = "";
/** The path of the hook that was set last. */
let hookPath = "";
let messages = 0;
const waiting = new Set<{ readonly is: (chat: unknown) => boolean; readonly done: () => void }>();
/** By token: the hook that was set. */
const hooks = new Map<string, string>();

type Params = Readonly<Record<string, unknown>>;

/** The methods of the Bot API that the platform calls. */
const methods: Readonly<Record<string, (token: string, params: Params) => unknown>> = {
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
    hookPath = new URL(String(url)).pathname;
    secret = String(secret_token);
    return true;
  },
  deleteWebhook: (token) => {
    hooks.delete(token);
    return true;
  },
  sendChatAction: () => true,
  sendRichMessage: (_, { chat_id }) => {
    sent += 1;
    for (const waiter of waiting) if (waiter.is(chat_id)) waiter.done();
    return { message_id: sent, date: 1, chat: { id: chat_id } };
  },
};

/** Resolves with the next message of a bot of which this is true. */
const message = (is: (chat: unknown) => boolean) =>
  new Promise<void>((resolve) => {
    const waiter = { is, done: () => (waiting.delete(waiter), resolve()) };
    waiting.add(waiter);
  });

async function write({ people, times, to }: NonNullable<TelegramQuestion["write"]>) {
  const agent = new Agent({ keepAlive: true });
  const headers = {
    "content-type": "application/json",
    "x-telegram-bot-api-secret-token": secret,
  };
  const hookTimes: number[] = [];
  const replyTimes: number[] = [];
  const person = async (id: number) => {
    for (let count = 0; count < times; count++) {
      const body = JSON.stringify(privateMessage(++messages, id));
      const answered = message((chat) => chat === id);
      const begin = performance.now();
      const { status } = await send(agent, to, { method: "POST", path: hookPath, headers, body });
      hookTimes.push(performance.now() - begin);
      if (status !== 200) throw new Error(`The hook answered ${status}.`);
      await answered;
      replyTimes.push(performance.now() - begin);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: people }, (_, index) => person(6_000_000 + index)));
  const seconds = (performance.now() - start) / 1_000;
  agent.destroy();
  const [hook, reply] = [quantiles(hookTimes), quantiles(replyTimes)];
  return {
    seconds,
    hook_ms: { p50: hook(0.5), p95: hook(0.95) },
    reply_ms: { p50: reply(0.5), p99: reply(0.99) },
  };
}

// A Bot API that has no limits, and answers at once.
const server = createServer((request, response) => {
  const [, token = "", name = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
  const answer = async () => {
    const params = (await json(request)) as Params;
    const method = methods[name];
    const body = method
      ? { ok: true, result: method(token, params) }
      : { ok: false, error_code: 404, description: "Not Found" };
    response.writeHead(method ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  // Who asked went away.
  answer().catch(() => request.destroy());
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");

const nobody = { people: 0, times: 0, to: "" };

answerAll(async (question: TelegramQuestion): Promise<TelegramState> => {
  const { sent: count = 0, write: writers = nobody } = question;
  const written = await write(writers);
  if (sent < count) await message(() => sent >= count);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, secret, sent, written };
});
