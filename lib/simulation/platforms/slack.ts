import { createHmac } from "node:crypto";
import { handle } from "#functions/hooks/slack/handler";
import { verifyHook } from "#shared/channels/verify-hook";
import { ApiError } from "#shared/errors/api-error";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import { baseUrlOf } from "#shared/platforms/catalogue";
import { inbound } from "#shared/platforms/slack/inbound";
import { type Fields, fieldsOf, jsonIn, textIn } from "#shared/schema/json-fields";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { textOf } from "../conversations/said.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { worldStart } from "../world.ts";
import {
  type Asked,
  bytesOf,
  type Does,
  fileIn,
  filesHost,
  type HookCall,
  type Insistence,
  type Refusal,
  Server,
  type Telling,
  textOfBody,
} from "./server.ts";
import { group, type Kind } from "./story.ts";

const botUser = "UBOT";
const signing_secret = "8f742231b10e8888abcd99yyyzzz85a5";
const places = "https://files.slack.com/";

/** Plays Slack. */
export class Slack extends Server {
  readonly name = "slack";
  readonly insistence: Insistence = {
    pausesMs: [1, 60_000, 300_000],
    repeats: 3,
    lastsMs: Infinity,
    answerMs: 3_000,
  };
  /** Calls that take temporary messages back. */
  readonly removals: { readonly id: string; readonly does: Does }[] = [];
  #places = 0;
  /** What was put where a file of an answer has its place. */
  readonly #uploads = new Map<string, string>();

  credentials = () => ({ bot_token: `xoxb-4200-${this.tokens}`, signing_secret });
  idsOf = (user: string): [string] => [`U700${user}`];
  chatsOf = (chat: string): [string] => [chat === group ? "C1" : `D700${chat}`];
  messageId = (index: number) => `${worldStart / 1_000}.${String(index).padStart(6, "0")}`;
  protected idOf = (count: number) => `${worldStart / 1_000}.${String(500_000 + count)}`;
  protected refusal = (does: Does) => refusals[does];

  /** Of a mention in a channel every second time tells that it is one, and of no file. */
  telling({ update, index, nth }: Telling): object {
    const { user, chat, mentions, isHidden, file } = update;
    const isGroup = chat === group;
    const isMention = isGroup && mentions && nth % 2 === 1;
    const isShown = mentions && (isMention || !isHidden);
    return event(`Ev${index}.${nth}`, {
      type: isMention ? "app_mention" : "message",
      user: this.idsOf(user)[0],
      text: `${isShown ? `<@${botUser}> ` : ""}${textOf(index)}`,
      ts: this.messageId(index),
      channel: this.chatsOf(chat)[0],
      ...(!isMention && { channel_type: isGroup ? "channel" : "im" }),
      ...(!isMention && file && { subtype: "file_share", files: [fileOf(index, file)] }),
    });
  }

  /** What tells that the app is gone. */
  uninstalled = () => event("Ev gone", { type: "app_uninstalled" }, this.world.agenda.now);

  async receive(process: SimulatedProcess, secrets: TeamSecrets, call: HookCall) {
    const time = String(Math.floor(this.world.agenda.now / 1_000));
    const digest = createHmac("sha256", signing_secret).update(`v0:${time}:`).update(call.raw);
    const headers = {
      "x-slack-request-timestamp": time,
      "x-slack-signature": `v0=${digest.digest("hex")}`,
    };
    const read = { ...call, headers };
    const sender = await verifyHook({ ...proofOf(process), secrets }, "slack", inbound)(read);
    if (!sender) throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    return handle(process)({ ...read, sender });
  }

  /** In a channel each message opens a thread. */
  protected isQuoted: Server["isQuoted"] = ({ quotes }, { id, chat }) =>
    quotes === (chat === group ? id : undefined);

  protected read(url: string, request: OutboundRequest): Asked {
    const body = textOfBody(request);
    const elsewhere = { kind: "fetches", isAnyones: true, isFile: true } as const;
    if (url.startsWith(filesHost)) return { ...elsewhere, perform: () => url };
    const { authorization } = request.headers;
    const isDead = authorization !== `Bearer ${this.credentials().bot_token}`;
    const name = url.slice(url.lastIndexOf("/") + 1);
    if (url.startsWith(`${places}upload/`)) {
      const perform = () => this.#uploads.set(name, fileIn(body) ?? body) && "OK";
      return { ...elsewhere, perform };
    }
    if (url.startsWith(places)) {
      return { kind: "fetches", isDead, isFile: true, perform: () => bytesOf(Number(name)) };
    }
    if (!url.startsWith(`${baseUrlOf("slack")}/`)) throw new Error(`Nobody is at ${url}.`);
    const params = body.startsWith("{")
      ? fieldsOf(jsonIn(Buffer.from(body)))
      : Object.fromEntries(new URLSearchParams(body));
    return { isDead, ...this.#asked(name, params) };
  }

  #place() {
    const file_id = String(++this.#places);
    return { upload_url: `${places}upload/${file_id}`, file_id };
  }

  #asked(method: string, params: Fields): Asked {
    const ok = (more: object = {}) => ({ ok: true, ...more });
    const plain = (kind: Kind, more?: object): Asked => ({ kind, perform: () => ok(more) });
    const place = (chat: unknown) => ({ chat: String(chat), quotes: textIn(params["thread_ts"]) });
    switch (method) {
      case "auth.test":
        return plain("settings", { team_id: "T1", user_id: botUser, user: "ourbot" });
      case "users.info":
        return plain("fetches", { user: { name: `name of ${String(params["user"])}` } });
      case "assistant.threads.setStatus":
        return plain("signs");
      case "files.getUploadURLExternal":
        return { kind: "fetches", perform: () => ok(this.#place()) };
      case "files.completeUploadExternal": {
        const [file] = params["files"] as readonly { readonly id: string }[];
        const said = this.#uploads.get(file?.id ?? "") ?? "";
        const message = { ...place(params["channel_id"]), said, isNamed: false };
        return { kind: "sends", message, perform: () => ok() };
      }
      case "chat.delete": {
        const id = String(params["ts"]);
        const note = (does: Does) => void this.removals.push({ id, does });
        const isGone = this.removals.some((one) => one.id === id && isDone(one.does));
        return { ...plain("signs"), note, ...(isGone && { instead: "ok" as const }) };
      }
      case "chat.postMessage": {
        const said = textIn(params["markdown_text"]) ?? textIn(params["text"]) ?? "";
        const isTemporary = said.startsWith("🤔");
        const message = { ...place(params["channel"]), said, isTemporary };
        const perform = (id: string | undefined) => ok({ ts: id });
        return { kind: isTemporary ? "signs" : "sends", message, perform };
      }
      default:
        throw new Error(`Slack is asked for ${method}.`);
    }
  }
}

/** Whether it was obeyed, whatever was told of that. */
const isDone = (does: Does) => does === "ok" || does === "error_after" || does === "mute";

const proofOf = ({ table, clock }: SimulatedProcess) => ({ table, clock });

const event = (event_id: string, what: object, now = worldStart) => ({
  type: "event_callback",
  team_id: "T1",
  event_id,
  event_time: Math.floor(now / 1_000),
  authorizations: [{ team_id: "T1", user_id: botUser, is_bot: true }],
  event: what,
});

const fileOf = (index: number, file: "picture" | "film") => ({
  name: file === "film" ? "film.mp4" : "photo.png",
  mimetype: file === "film" ? "video/mp4" : "image/png",
  size: file === "film" ? 30 * 1_048_576 : 20,
  url_private_download: `${places}${index}`,
});

const refusalOf = (error: string): Refusal => ({ status: 200, body: { ok: false, error } });
const badGateway: Refusal = { status: 502, body: "Bad Gateway" };

const refusals: Readonly<Partial<Record<Does, Refusal>>> = {
  unauthorized: refusalOf("token_revoked"),
  busy: {
    status: 429,
    headers: { "retry-after": "20" },
    body: { ok: false, error: "ratelimited" },
  },
  error: badGateway,
  deaf: badGateway,
  error_after: refusalOf("fatal_error"),
  refused: refusalOf("invalid_blocks"),
  blocked: refusalOf("is_archived"),
};
