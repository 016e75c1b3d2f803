import { handle } from "#functions/hooks/telegram/handler";
import { verifyHook } from "#shared/channels/verify-hook";
import { ApiError } from "#shared/errors/api-error";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import { baseUrlOf } from "#shared/platforms/catalogue";
import { inbound } from "#shared/platforms/telegram/inbound";
import { type Fields, fieldsOf, jsonIn } from "#shared/schema/json-fields";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { textOf } from "../conversations/said.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { worldStart } from "../world.ts";
import {
  type Asked,
  bytesOf,
  type Does,
  type HookCall,
  persistent,
  type Refusal,
  Server,
  type Telling,
  textOfBody,
} from "./server.ts";
import { group, type Kind } from "./story.ts";

const botId = 4_200;
/** As what the bot is known, in groups too. */
const botName = "OurBot";
const me = {
  id: botId,
  is_bot: true,
  first_name: "Our bot",
  username: botName,
  can_read_all_group_messages: true,
};
/** The group, and what it is when it has moved. */
const groupId = -1_001;
const movedId = -1_002;

/** Plays Telegram. */
export class Telegram extends Server {
  readonly name = "telegram";
  readonly insistence = persistent;
  #secret = "";
  /** Whether a message is told of as of the group that has moved, the same every time. */
  readonly #isMoved = new Map<number, boolean>();

  credentials = () => ({ bot_token: `${botId}:token${this.tokens}` });
  idsOf = (user: string): [string] => [`700${user}`];
  chatsOf = (chat: string): [string, ...string[]] =>
    chat === group ? [String(groupId), String(movedId)] : this.idsOf(chat);
  messageId = (index: number) => String(index + 1);
  protected idOf = (count: number) => String(1_001 + count);
  protected refusal = (does: Does) => refusals[does];

  telling({ update: { user, chat, mentions, album, file }, index }: Telling): object {
    const isGroup = chat === group;
    const isMoved = this.#isMoved.get(index) ?? this.hasMoved;
    this.#isMoved.set(index, isMoved);
    const call = `@${botName} `;
    const text = `${mentions ? call : ""}${textOf(index)}`;
    const entities = mentions ? [{ type: "mention", offset: 0, length: call.length - 1 }] : [];
    const words = file ? { caption: text, caption_entities: entities } : { text, entities };
    return {
      update_id: index,
      message: {
        message_id: index + 1,
        date: worldStart / 1_000,
        from: { id: Number(this.idsOf(user)[0]), is_bot: false, first_name: `Number ${user}` },
        chat: isGroup
          ? { id: isMoved ? movedId : groupId, type: isMoved ? "supergroup" : "group" }
          : { id: Number(this.chatsOf(chat)[0]), type: "private" },
        ...words,
        ...(album && { media_group_id: album }),
        ...(file === "film" && { document: film }),
        ...(file === "picture" && { photo: [{ file_id: `${index}`, width: 9, height: 9 }] }),
      },
    };
  }

  /** What tells, in both groups, that one goes on as the other. */
  moving = () =>
    [
      { chat: { id: groupId }, migrate_to_chat_id: movedId },
      { chat: { id: movedId }, migrate_from_chat_id: groupId },
    ].map((message) => ({ message: { message_id: 9_000, ...message } }));

  async receive(process: SimulatedProcess, _: TeamSecrets, call: HookCall) {
    const read = { ...call, headers: { "x-telegram-bot-api-secret-token": this.#secret } };
    const sender = await verifyHook(process, "telegram", inbound)(read);
    if (!sender) throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    return handle(process)({ ...read, sender });
  }

  protected isQuoted: Server["isQuoted"] = ({ quotes }, { id, isFirst }) =>
    quotes === (isFirst ? id : undefined);

  protected read(url: string, request: OutboundRequest): Asked {
    const method = url.slice(url.lastIndexOf("/") + 1);
    const { bot_token } = this.credentials();
    const base = baseUrlOf("telegram");
    if (url.startsWith(`${base}/file/`)) {
      const isDead = url !== `${base}/file/bot${bot_token}/photos/${method}`;
      return { kind: "fetches", isDead, isFile: true, perform: () => bytesOf(Number(method)) };
    }
    const isDead = url !== `${base}/bot${bot_token}/${method}`;
    const params = fieldsOf(jsonIn(Buffer.from(textOfBody(request) || "{}")));
    const kind = kindOf(method);
    const perform = (id: string | undefined) => ({
      ok: true,
      result: this.#perform(method, params, id),
    });
    if (kind !== "sends") return { kind, isDead, perform };
    const quoted = fieldsOf(params["reply_parameters"])["message_id"];
    const isOld = this.hasMoved && params["chat_id"] === groupId;
    return {
      kind,
      isDead,
      perform,
      instead: isOld ? "moved" : undefined,
      message: {
        chat: String(params["chat_id"]),
        quotes: typeof quoted === "number" ? String(quoted) : undefined,
        said: saidIn(params),
      },
    };
  }

  #perform(method: string, params: Fields, id: string | undefined): unknown {
    switch (method) {
      case "getMe":
        return me;
      case "getWebhookInfo":
        return { url: this.hook_url, pending_update_count: 0 };
      case "setWebhook":
        this.hook_url = String(params["url"]);
        this.#secret = String(params["secret_token"]);
        return true;
      case "deleteWebhook":
        this.hook_url = "";
        return true;
      case "getFile":
        return { file_path: `photos/${String(params["file_id"])}` };
      case "sendChatAction":
        return true;
      default:
        return { message_id: Number(id) };
    }
  }
}

function kindOf(method: string): Kind {
  if (method === "sendChatAction") return "signs";
  if (method === "getFile") return "fetches";
  return method.startsWith("send") ? "sends" : "settings";
}

/** The words of a message, or the address of its file. */
function saidIn({ rich_message, text, ...rest }: Fields): string {
  const files = ["photo", "document", "audio", "video", "voice"].map((kind) => rest[kind]);
  return [fieldsOf(rich_message)["markdown"], text, ...files].filter(Boolean).join();
}

/** A file that is too large to be fetched. */
const film = { file_id: "file", file_name: "film.mp4", file_size: 30 * 1_048_576 };

const refusalOf = (error_code: number, description: string, parameters?: object): Refusal => ({
  status: error_code,
  body: { ok: false, error_code, description, ...(parameters && { parameters }) },
});

/** How long a busy platform wants to be left alone. */
const busySeconds = 20;
const badGateway = refusalOf(502, "Bad Gateway");

const refusals: Readonly<Partial<Record<Does, Refusal>>> = {
  unauthorized: refusalOf(401, "Unauthorized"),
  busy: refusalOf(429, `Too Many Requests: retry after ${busySeconds}`, {
    retry_after: busySeconds,
  }),
  error: badGateway,
  deaf: badGateway,
  error_after: refusalOf(500, "Internal Server Error"),
  refused: refusalOf(400, "Bad Request: can't parse entities"),
  moved: refusalOf(400, "Bad Request: group chat was upgraded to a supergroup chat", {
    migrate_to_chat_id: movedId,
  }),
  blocked: refusalOf(403, "Forbidden: bot was blocked by the user"),
};
