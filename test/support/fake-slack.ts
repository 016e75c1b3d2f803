import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Answer, type BackendRequest, startFakeBackend } from "./fake-backend.ts";
import type { FakePlatform, PlatformCallMade } from "./platform-case.ts";

type Params = Readonly<Record<string, unknown>>;

/** An error of the Web API, which comes with status 200 unless another is named. */
interface SlackError {
  readonly error?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A workspace on 127.0.0.1: strict in what it takes, and as bad as it is told to be. */
export interface FakeSlack extends FakePlatform {
  /** Messages by what Slack calls them, and files without a name of their own. */
  readonly sent: { method: string; params: Params; ts?: string }[];
  readonly users: Map<string, object>;
  /** What the token may do. */
  scopes: string;
  /** Another app of this workspace, and as whom its bot writes. */
  addApp(token: string, user_id: string): void;
  /** Files to be fetched, by the last part of their path. */
  readonly files: Map<string, { bytes: Uint8Array; type: string }>;
  /** What was put there, by the id of the file. */
  readonly uploads: Map<string, { length: number; filename: string; bytes?: string }>;
  /** Where files are put, if that is not here. */
  uploadUrl: string | undefined;
  /** Gives the next call of this method that error; `upload` is where files are put. */
  refuse(method: string, error: SlackError): void;
}

const json = "application/json; charset=utf-8";
const form = "application/x-www-form-urlencoded";

/** How each method is called and with what; everything else is a mistake of ours. */
const methods: Readonly<Record<string, { type: string; params: readonly string[] }>> = {
  "auth.test": { type: json, params: [] },
  "chat.postMessage": {
    type: json,
    params: "channel thread_ts markdown_text text mrkdwn unfurl_links unfurl_media".split(" "),
  },
  "chat.delete": { type: json, params: ["channel", "ts"] },
  "assistant.threads.setStatus": {
    type: json,
    params: ["channel_id", "thread_ts", "status", "loading_messages"],
  },
  "users.info": { type: form, params: ["user"] },
  "files.getUploadURLExternal": { type: form, params: ["filename", "length"] },
  "files.completeUploadExternal": { type: json, params: ["files", "channel_id", "thread_ts"] },
};

/** Starts a workspace that knows one app, on a free port unless told. */
export async function startFakeSlack(token: string, at = 0): Promise<FakeSlack> {
  const backend = await startFakeBackend(undefined, at);
  const refusals: { method: string; error: SlackError }[] = [];
  const misbehaviour: Answer[] = [];
  const calls: PlatformCallMade[] = [];
  const apps = new Map([[token, "U0BOT"]]);
  const fake: FakeSlack = {
    url: `${backend.url}/api`,
    calls,
    mistakes: [],
    sent: [],
    users: new Map(),
    files: new Map(),
    uploads: new Map(),
    uploadUrl: undefined,
    scopes:
      "app_mentions:read,chat:write,channels:history,groups:history,im:history,mpim:history," +
      "files:read,files:write,users:read",
    addApp: (other, user_id) => void apps.set(other, user_id),
    refuse: (method, error) => void refusals.push({ method, error }),
    misbehave: (answer) => void misbehaviour.push(answer),
    close: () => backend.close(),
  };

  backend.answer(async (request, response, alive) => {
    const bad = misbehaviour.shift();
    if (bad) return bad(request, response, alive);
    const given = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const user_id = apps.get(given);
    const [, place, name = ""] = /^\/(api|upload\/v1|files-pri)\/(.*)$/.exec(request.path) ?? [];
    if (place === "files-pri") return sendFile(response, user_id ? name : "");
    const asked = place === "api" ? name : "upload";
    const refusal = refusals.findIndex(({ method }) => method === asked);
    const [planned] = refusal < 0 ? [] : refusals.splice(refusal, 1);
    if (place !== "api") return takeFile(request, response, name, planned?.error.status);
    const params = paramsOf(request);
    const error = planned?.error ?? (user_id ? check(request, name, params, given) : invalid);
    calls.push({ name, params: error ? {} : params });
    const headers = { "content-type": json, "x-oauth-scopes": fake.scopes };
    const { status = 200, headers: more = {}, ...fields } = error ?? {};
    response.writeHead(status, { ...headers, ...more });
    response.end(JSON.stringify(error ? { ok: false, ...fields } : perform(name, params, user_id)));
  });

  /** What Slack would answer a call that is wrong; what only we hold ourselves to is written down as a mistake. */
  function check(
    request: BackendRequest,
    name: string,
    params: Params,
    given: string,
  ): SlackError | undefined {
    const known = methods[name];
    if (!known) return { error: "unknown_method" };
    if (request.method !== "POST" || request.headers["content-type"] !== known.type) {
      fake.mistakes.push(`${name} is called with ${request.method} and not with ${known.type}`);
    }
    for (const field of Object.keys(params)) {
      if (!known.params.includes(field)) fake.mistakes.push(`${name} is given ${field}`);
    }
    if (request.body.includes(given)) fake.mistakes.push(`${name} has the token in its body`);
    if (name === "chat.postMessage") return checkMessage(params);
    if (name === "users.info" && !fake.users.has(String(params["user"]))) {
      return { error: "user_not_found" };
    }
    if (name === "assistant.threads.setStatus") {
      const messages = Array.isArray(params["loading_messages"]) ? params["loading_messages"] : [];
      if (messages.length > 10 || messages.some((words) => String(words).length > 50)) {
        return { error: "invalid_arguments" };
      }
      if (!isTime(params["thread_ts"])) return { error: "invalid_thread_ts" };
    }
    if (name === "chat.delete" && !fake.sent.some(({ ts }) => ts === params["ts"])) {
      return { error: "message_not_found" };
    }
    if (name === "files.getUploadURLExternal" && !(Number(params["length"]) > 0)) {
      return { error: "invalid_arguments" };
    }
    if (name === "files.completeUploadExternal") {
      const [file] = Array.isArray(params["files"]) ? params["files"] : [];
      const upload = fake.uploads.get(String(Object(file)["id"]));
      if (upload?.bytes?.length !== upload?.length) return { error: "file_not_found" };
    }
    return undefined;
  }

  function checkMessage({ channel, thread_ts, markdown_text, text, mrkdwn, ...rest }: Params) {
    if (!/^[CDG][A-Z0-9]+$/.test(String(channel))) return { error: "channel_not_found" };
    if (thread_ts !== undefined && !isTime(thread_ts)) return { error: "invalid_thread_ts" };
    if (markdown_text !== undefined && text !== undefined) {
      return { error: "markdown_text_conflict" };
    }
    const words = markdown_text ?? text;
    if (typeof words !== "string" || words.trim() === "") return { error: "no_text" };
    if (words.length > (text === undefined ? 12_000 : 40_000)) return { error: "msg_too_long" };
    if (text !== undefined) {
      if (words.length > 3_900) fake.mistakes.push("a text is cut by Slack's clients");
      if (/[<>]/.test(words) || mrkdwn !== false) fake.mistakes.push("a text has marks of Slack's");
    }
    if (rest["unfurl_links"] !== false || rest["unfurl_media"] !== false) {
      fake.mistakes.push("a message unfurls its links");
    }
    return undefined;
  }

  function perform(name: string, params: Params, user_id?: string): object {
    if (name === "auth.test") {
      const url = "https://acme.slack.com/";
      const ids = { team_id: "T0ACME", user_id, bot_id: "B0BOT" };
      return { ok: true, url, team: "Acme", user: "ourbot", ...ids, is_enterprise_install: false };
    }
    if (name === "users.info") return { ok: true, user: fake.users.get(String(params["user"])) };
    if (name === "files.getUploadURLExternal") {
      const file_id = `F0${fake.uploads.size}`;
      const { length, filename } = params;
      fake.uploads.set(file_id, { length: Number(length), filename: String(filename) });
      const upload_url = fake.uploadUrl ?? `${backend.url}/upload/v1/${file_id}`;
      return { ok: true, upload_url, file_id };
    }
    if (name === "files.completeUploadExternal") {
      fake.sent.push({ method: name, params });
      return { ok: true, files: params["files"] };
    }
    if (name !== "chat.postMessage") return { ok: true };
    const ts = `1796000${String(fake.sent.length).padStart(3, "0")}.000100`;
    fake.sent.push({ method: name, params, ts });
    return { ok: true, channel: params["channel"], ts, message: { type: "message", ts } };
  }

  function takeFile(
    { method, headers, body }: BackendRequest,
    response: ServerResponse,
    id: string,
    planned?: number,
  ) {
    const upload = fake.uploads.get(id);
    if (headers.authorization !== undefined) fake.mistakes.push("an upload has the token");
    const isWhole = method === "POST" && Number(headers["content-length"]) === upload?.length;
    const status = planned ?? (isWhole ? 200 : 400);
    if (upload && status === 200) upload.bytes = body;
    response.writeHead(status).end(`${status} - ${upload?.length}`);
  }

  function sendFile(response: ServerResponse, name: string) {
    const file = fake.files.get(name);
    const page = { bytes: Buffer.from("<html>Sign in</html>"), type: "text/html; charset=utf-8" };
    const { bytes, type } = file ?? page;
    response.writeHead(200, { "content-type": type }).end(bytes);
  }

  return fake;
}

const invalid: SlackError = { error: "invalid_auth" };

const isTime = (value: unknown) => /^\d{10}\.\d{6}$/.test(String(value));

// What stands in a body is looked at where it is used.
const paramsOf = ({ headers, body }: BackendRequest): Params =>
  headers["content-type"] === form
    ? Object.fromEntries(new URLSearchParams(body))
    : (JSON.parse(body || "{}") as Params);

/** A call as Slack makes it to a hook. */
export function slackCall(body: string, secret: string, now: number) {
  const time = String(Math.floor(now / 1_000));
  const signature = createHmac("sha256", secret).update(`v0:${time}:${body}`).digest("hex");
  return {
    headers: {
      "content-type": "application/json",
      "x-slack-request-timestamp": time,
      "x-slack-signature": `v0=${signature}`,
    },
    body: Buffer.from(body),
  };
}
