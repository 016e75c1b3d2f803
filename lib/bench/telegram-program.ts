import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { answerAll } from "./program.ts";

/** What is waited for before the answer comes. */
export interface TelegramQuestion {
  /** So many messages of bots, since the start. */
  readonly sent?: number;
}

/** Where the server is, and what it knows. */
export interface TelegramState {
  /** As `TELEGRAM_API_URL` takes it. */
  readonly url: string;
  /** What it was told to give with each call to a hook; the last of all bots. */
  readonly secret: string;
  /** Messages of bots since the start. */
  readonly sent: number;
}

let sent = 0;
let secret = "";
const waiting = new Set<{ readonly count: number; readonly done: () => void }>();
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
    for (const waiter of waiting) if (sent >= waiter.count) waiter.done();
    return { message_id: sent, date: 1, chat: { id: chat_id } };
  },
};

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

answerAll(async ({ sent: count = 0 }: TelegramQuestion): Promise<TelegramState> => {
  await new Promise<void>((resolve) => {
    if (sent >= count) return resolve();
    const waiter = { count, done: () => (waiting.delete(waiter), resolve()) };
    waiting.add(waiter);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secret, sent };
});
