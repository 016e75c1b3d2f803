import { generateKeyPairSync, sign } from "node:crypto";
import { handle } from "#functions/hooks/discord/handler";
import { verifyHook } from "#shared/channels/verify-hook";
import { ApiError } from "#shared/errors/api-error";
import type { RawReply } from "#shared/http/define-route";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import { baseUrlOf } from "#shared/platforms/catalogue";
import { inbound } from "#shared/platforms/discord/inbound";
import { type Fields, fieldsOf, jsonIn, textIn } from "#shared/schema/json-fields";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { textOf } from "../conversations/said.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { World } from "../world.ts";
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
import { group, type PlatformStory } from "./story.ts";

const keyPair = generateKeyPairSync("ed25519");
const public_key = keyPair.publicKey
  .export({ type: "spki", format: "der" })
  .subarray(-32)
  .toString("hex");

const application_id = "4200";
const groupId = "3001";
const cdn = "https://cdn.discordapp.com/";
const discordEpoch = 1_420_070_400_000;
/** So long a command can be answered. */
export const tokenMs = 15 * 60_000;
/** So long it knows a message in a channel again by its nonce. */
export const nonceMs = 5 * 60_000;

/** A command that somebody typed. */
interface Command {
  readonly at: number;
  /** Whether the hook said in time that an answer will come. */
  isOpen: boolean;
  /** Whether the answer has taken the place of the sign that the bot is thinking. */
  isEdited: boolean;
}

let runs = 0;

/** Plays Discord. */
export class Discord extends Server {
  readonly name = "discord";
  /** Who typed a command is told at once that it failed. */
  readonly insistence: Insistence = { pausesMs: [0], repeats: 0, lastsMs: 0, answerMs: 3_000 };
  override readonly hasPlain = false;
  /** By the number of the message. */
  readonly commands = new Map<number, Command>();
  #ask: object[] = [];

  constructor(world: World, story: PlatformStory) {
    super(world, story);
    // A process remembers the limits of a place: those of another run are none of its.
    process.env["DISCORD_API_URL"] = `https://discord-${++runs}.example/api/v10`;
  }

  credentials = () => ({ bot_token: `token.${this.tokens}`, application_id, public_key });
  idsOf = (user: string): [string] => [`700${user}`];
  chatsOf = (chat: string): [string] => [chat === group ? groupId : `200${chat}`];
  messageId = (index: number) => {
    const at = this.commands.get(index)?.at ?? 0;
    return String((BigInt(at - discordEpoch) << 22n) + BigInt(index));
  };
  protected idOf = (count: number) => String(1_001 + count);
  protected refusal = (does: Does) => refusals[does];

  telling({ update: { user, chat, file }, index }: Telling): object {
    this.commands.set(index, { at: this.world.agenda.now, isOpen: false, isEdited: false });
    const isGroup = chat === group;
    const isGuest = isGroup && this.story.isGuest;
    const person = { id: this.idsOf(user)[0], username: `user${user}` };
    const message = { name: "message", type: 3, value: textOf(index) };
    const attachment = file && fileOf(index, file);
    return {
      id: this.messageId(index),
      application_id,
      type: 2,
      token: `command-${index}`,
      context: isGroup ? (isGuest ? 2 : 0) : 1,
      authorizing_integration_owners: isGuest ? { 1: person.id } : { 0: "1" },
      channel_id: this.chatsOf(chat)[0],
      ...(isGroup && !isGuest ? { guild_id: "1", member: { user: person } } : { user: person }),
      data: {
        type: 1,
        name: "ask",
        options: [message, ...(attachment ? [{ name: "file", type: 11, value: "1" }] : [])],
        resolved: { attachments: { ...(attachment && { 1: attachment }) } },
      },
    };
  }

  override answered({ index }: Telling, { raw }: RawReply): void {
    const { type } = fieldsOf(jsonIn(Buffer.from(raw)));
    this.world.agenda.in(this.story.settlingMs, () => {
      const command = this.commands.get(index);
      if (command) command.isOpen = type === 5;
    });
  }

  async receive(process: SimulatedProcess, _: TeamSecrets, call: HookCall) {
    const time = String(Math.floor(this.world.agenda.now / 1_000));
    const signature = sign(null, Buffer.concat([Buffer.from(time), call.raw]), keyPair.privateKey);
    const headers = {
      "x-signature-timestamp": time,
      "x-signature-ed25519": signature.toString("hex"),
    };
    const read = { ...call, headers };
    const sender = await verifyHook(process, "discord", inbound)(read);
    if (!sender) throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    return handle(process)({ ...read, sender });
  }

  protected isQuoted: Server["isQuoted"] = ({ quotes }, { id }) =>
    quotes === undefined || quotes === id;

  protected read(url: string, request: OutboundRequest): Asked {
    if (url.startsWith(filesHost)) {
      return { kind: "fetches", isAnyones: true, isFile: true, perform: () => url };
    }
    if (url.startsWith(cdn)) {
      const perform = () => bytesOf(Number(url.slice(cdn.length)));
      return { kind: "fetches", isAnyones: true, isFile: true, perform };
    }
    const base = baseUrlOf("discord");
    if (!url.startsWith(`${base}/`)) throw new Error(`Nobody is at ${url}.`);
    const { authorization } = request.headers;
    const isDead = authorization !== `Bot ${this.credentials().bot_token}`;
    const body = textOfBody(request);
    const [, place, id = "", token] = url.slice(base.length).split("/");
    const said = fileIn(body) ?? textIn(fieldsOf(jsonIn(Buffer.from(body)))["content"]) ?? "";
    if (place === "webhooks") return this.#answer(Number(token?.split("-")[1]), said, request);
    if (place === "channels") return { isDead, ...this.#post(id, said, body) };
    const params = fieldsOf(jsonIn(Buffer.from(body || "{}")));
    const perform = () =>
      this.#set(`${request.method} ${id === "@me" ? "me" : "commands"}`, params);
    return { kind: "settings", isDead, perform };
  }

  /** What answers a command: no token of the bot goes with it. */
  #answer(index: number, said: string, { method }: OutboundRequest): Asked {
    const command = this.commands.get(index);
    const { now } = this.world.agenda;
    const isOver = !command?.isOpen || now >= command.at + tokenMs;
    const { chat = "" } = this.story.messages[index] ?? {};
    const isEdit = method === "PATCH";
    const perform = (id: string | undefined) => {
      if (isEdit && command) command.isEdited = true;
      return { id };
    };
    const message = {
      chat: this.chatsOf(chat)[0],
      quotes: this.messageId(index),
      said,
      id: isEdit ? String(900_000 + index) : undefined,
    };
    return {
      kind: "sends",
      isAnyones: true,
      instead: isOver ? "over" : undefined,
      message,
      perform,
    };
  }

  #post(chat: string, said: string, body: string): Asked {
    const nonce = /"nonce":"(\w+)"/.exec(body)?.[1];
    const { now } = this.world.agenda;
    const first = this.sends.find(
      (one) => one.id !== undefined && one.nonce === nonce && now - one.at < nonceMs,
    );
    return {
      kind: "sends",
      instead: this.story.isGuest && chat === groupId ? "stranger" : undefined,
      message: {
        chat,
        quotes: undefined,
        said,
        nonce,
        id: nonce === undefined ? undefined : first?.id,
      },
      perform: (id) => ({ id }),
    };
  }

  #set(what: string, params: Fields): unknown {
    switch (what) {
      case "PATCH me":
        this.hook_url = textIn(params["interactions_endpoint_url"]) ?? "";
        return {};
      case "POST commands":
        this.#ask = [{ id: "1", ...params }];
        return {};
      case "DELETE commands":
        this.#ask = [];
        return {};
      case "GET commands":
        return this.#ask;
      default:
        return {
          id: application_id,
          verify_key: public_key,
          name: "Our bot",
          bot: { id: application_id, username: "ourbot" },
          interactions_endpoint_url: this.hook_url || null,
        };
    }
  }

  /** Whether nothing of ours is left but what was there before. */
  get isLeft() {
    return this.hook_url === "" && this.#ask.length === 0;
  }
}

const fileOf = (index: number, file: "picture" | "film") => ({
  filename: file === "film" ? "film.mp4" : "photo.png",
  content_type: file === "film" ? "video/mp4" : "image/png",
  size: file === "film" ? 30 * 1_048_576 : 20,
  url: `${cdn}${index}`,
});

const refusalOf = (status: number, code: number, message: string): Refusal => ({
  status,
  body: { code, message },
});
const badGateway: Refusal = { status: 502, body: "Bad Gateway" };

const refusals: Readonly<Partial<Record<Does, Refusal>>> = {
  unauthorized: refusalOf(401, 0, "401: Unauthorized"),
  busy: {
    status: 429,
    headers: { "retry-after": "20", "x-ratelimit-bucket": "bucket" },
    body: { message: "You are being rate limited.", retry_after: 20, global: false },
  },
  error: badGateway,
  deaf: badGateway,
  error_after: { status: 500, body: "Internal Server Error" },
  refused: refusalOf(400, 50_035, "Invalid Form Body"),
  blocked: refusalOf(403, 50_007, "Cannot send messages to this user"),
  over: refusalOf(404, 10_015, "Unknown Webhook"),
  stranger: refusalOf(403, 50_001, "Missing Access"),
};
