import type { ServerResponse } from "node:http";
import type { ApiError, Update, UserFromGetMe } from "@grammyjs/types";
import { type Answer, type BackendRequest, startFakeBackend } from "./fake-backend.ts";
import type { FakePlatform, PlatformCallMade } from "./platform-case.ts";

/** A message that the server took. */
interface SentMessage {
  readonly method: string;
  readonly params: Params;
}

type Params = Readonly<Record<string, unknown>>;

/** A Bot API server on 127.0.0.1: strict in what it takes, and as bad as it is told to be. */
export interface FakeTelegram extends FakePlatform {
  /** Of the bot that it knows. */
  readonly token: string;
  readonly sent: SentMessage[];
  /** What the bot's messages are sent to, as another program may set it too. */
  readonly webhook: { url: string; [field: string]: unknown };
  readonly me: { -readonly [K in keyof UserFromGetMe]: UserFromGetMe[K] };
  /** Files by id; one with an answer is given in no other way. */
  readonly files: Map<string, FakeFile>;
  /** Another bot of this server: what its messages are sent to. */
  addBot(token: string): FakeTelegram["webhook"];
  /** A server of before 10.1. */
  lacksRich: boolean;
  /** Gives the next call of this method that error. */
  refuse(method: string, error: Partial<ApiError> & { readonly error_code: number }): void;
  /** Gives the next call whatever a server can do to a caller. */
  misbehave(answer: Answer): void;
}

/** A file of the server. */
export interface FakeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly type?: string;
  readonly answer?: Answer;
}

const place = ["chat_id", "message_thread_id", "direct_messages_topic_id", "reply_parameters"];

/** The parameters that we may give each method; what is none of them is a mistake of ours. */
const methods: Readonly<Record<string, readonly string[]>> = {
  getMe: [],
  getWebhookInfo: [],
  setWebhook: ["url", "secret_token", "allowed_updates"],
  deleteWebhook: [],
  getFile: ["file_id"],
  sendChatAction: ["chat_id", "message_thread_id", "action"],
  sendMessage: [...place, "text", "link_preview_options"],
  sendRichMessage: [...place, "rich_message"],
  sendPhoto: [...place, "photo"],
  sendDocument: [...place, "document"],
  sendAudio: [...place, "audio"],
  sendVoice: [...place, "voice"],
  sendVideo: [...place, "video"],
};

/** Starts a server that knows one bot, on a free port unless told. */
export async function startFakeTelegram(token: string, at = 0): Promise<FakeTelegram> {
  const backend = await startFakeBackend(undefined, at);
  const refusals: { method: string; error: Params }[] = [];
  const misbehaviour: Answer[] = [];
  const calls: PlatformCallMade[] = [];
  const others = new Map<string, FakeTelegram["webhook"]>();
  const fake: FakeTelegram = {
    url: backend.url,
    token,
    calls,
    mistakes: [],
    sent: [],
    webhook: { url: "" },
    files: new Map(),
    lacksRich: false,
    me: {
      id: Number(token.split(":")[0]),
      is_bot: true,
      first_name: "Our bot",
      username: "OurBot",
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
    },
    addBot: (other) => {
      const webhook = { url: "" };
      others.set(other, webhook);
      return webhook;
    },
    refuse: (method, error) => void refusals.push({ method, error }),
    misbehave: (answer) => void misbehaviour.push(answer),
    close: () => backend.close(),
  };

  const answer: Answer = async (request, response, alive) => {
    const bad = misbehaviour.shift();
    if (bad) return bad(request, response, alive);
    const [, folder, given, name = "", path = ""] =
      /^\/(file\/)?bot([^/]*)\/(\w+)(\/.*)?$/.exec(request.path) ?? [];
    if (folder) {
      const of = given === token ? `${name}${path}` : "";
      const file = [...fake.files.values()].find((one) => one.path === of);
      calls.push({ name: "file", params: { path: of } });
      return file?.answer ? file.answer(request, response, alive) : sendFile(response, file);
    }
    const refusal = refusals.findIndex(({ method }) => method === name);
    const [planned] = refusal < 0 ? [] : refusals.splice(refusal, 1);
    const error =
      planned?.error ??
      (given === token || others.has(given ?? "") ? check(request, name) : unauthorized);
    const params = error ? {} : paramsOf(request);
    calls.push({ name, params });
    if (error) return json(response, Number(error["error_code"]), { ok: false, ...error });
    json(response, 200, { ok: true, result: perform(name, params, given ?? "") });
  };
  backend.answer(answer);

  function sendFile(response: ServerResponse, file: FakeFile | undefined) {
    if (!file) return json(response, 404, { ok: false, error_code: 404, description: "Not Found" });
    response.writeHead(200, { "content-type": file.type ?? "application/octet-stream" });
    response.end(file.bytes);
  }

  /** What Telegram would answer a call that is wrong; what only we hold ourselves to is written down as a mistake. */
  function check(request: BackendRequest, name: string): Params | undefined {
    const known = methods[name];
    if (!known || (name === "sendRichMessage" && fake.lacksRich)) return notFound;
    if (request.method !== "POST" || request.headers["content-type"] !== "application/json") {
      fake.mistakes.push(`${name} is called with ${request.method} and no JSON`);
    }
    const params = paramsOf(request);
    for (const field of Object.keys(params)) {
      if (!known.includes(field)) fake.mistakes.push(`${name} is given ${field}`);
    }
    const { text, rich_message, url, secret_token, chat_id, reply_parameters } = params;
    if (known.includes("chat_id") && typeof chat_id !== "number") {
      fake.mistakes.push(`${name} is given no number as chat_id`);
    }
    if (reply_parameters && !fieldsIn(reply_parameters)["allow_sending_without_reply"]) {
      fake.mistakes.push(`${name} insists on the message that it quotes`);
    }
    if (name === "sendMessage") {
      if (typeof text !== "string" || text.trim() === "") return bad("message text is empty");
      if (text.length > 4_096) return bad("message is too long");
    }
    if (name === "sendRichMessage") {
      const { markdown } = fieldsIn(rich_message);
      const isEmpty = typeof markdown !== "string" || markdown.trim() === "";
      if (isEmpty) return bad("message text is empty");
      if (Array.from(markdown).length > 32_768) return bad("message is too long");
    }
    if (name === "setWebhook") {
      if (!String(url).startsWith("https://")) return bad("bad webhook: HTTPS is needed");
      if (!/^[\w-]{1,256}$/.test(String(secret_token))) {
        return bad("secret token contains unallowed characters");
      }
    }
    if (name === "getFile" && !fake.files.has(String(params["file_id"]))) {
      return bad("invalid file_id");
    }
    return undefined;
  }

  function perform(name: string, params: Params, given: string): unknown {
    const other = others.get(given);
    const webhook = other ?? fake.webhook;
    if (name === "getMe") return other ? { ...fake.me, id: Number(given.split(":")[0]) } : fake.me;
    if (name === "getWebhookInfo") return { pending_update_count: 0, ...webhook };
    if (name === "setWebhook") return Boolean(Object.assign(webhook, params));
    if (name === "deleteWebhook") return Boolean(Object.assign(webhook, { url: "" }));
    if (name === "sendChatAction") return true;
    if (name === "getFile") {
      const file = fake.files.get(String(params["file_id"]));
      return { file_id: params["file_id"], file_path: file?.path, file_size: file?.bytes.length };
    }
    fake.sent.push({ method: name, params });
    const message_id = 1_000 + fake.sent.length;
    return { message_id, date: 1, chat: { id: params["chat_id"] }, from: fake.me };
  }

  return fake;
}

const unauthorized = { error_code: 401, description: "Unauthorized" };
const notFound = { error_code: 404, description: "Not Found: method not found" };
const bad = (words: string) => ({ error_code: 400, description: `Bad Request: ${words}` });

// What stands in a body is looked at where it is used.
const fieldsIn = (value: unknown) => (value ?? {}) as Params;
const paramsOf = ({ body }: BackendRequest) => fieldsIn(JSON.parse(body || "{}"));

function json(response: ServerResponse, status: number, value: unknown) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** A call as Telegram makes it to a hook. */
export const telegramCall = (update: Update | object, secret: string) => ({
  headers: {
    "content-type": "application/json",
    "x-telegram-bot-api-secret-token": secret,
  },
  body: Buffer.from(JSON.stringify(update)),
});
