import * as v from "valibot";
import { handle } from "#functions/hooks/telegram/handler";
import { operatorOf } from "#shared/audit/audit-entry";
import { ChannelPatch } from "#shared/channels/channel";
import { updateChannel } from "#shared/channels/update-channel";
import { verifyHook } from "#shared/channels/verify-hook";
import { ApiError } from "#shared/errors/api-error";
import { inbound } from "#shared/platforms/telegram/inbound";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import type { Chat } from "../conversations/chat.ts";
import { type Closed, closing } from "../conversations/closed.ts";
import { type Sent, textOf } from "../conversations/dialogue.ts";
import type { SeenConversations } from "../conversations/seen-conversations.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type World, worldStart } from "../world.ts";
import {
  group,
  movedGroup,
  type PlannedAct,
  type PlannedUpdate,
  type PlatformStory,
} from "./story.ts";
import { botName, type Telegram } from "./telegram.ts";

/** So long the platform tries to tell of a message that the hook refuses. */
const tellsForMs = 24 * 3_600_000;
const longestPauseMs = 120_000;

/** Who writes to a bot over its platform, and its operator: they do what the story says. */
export class Writers {
  /** Messages that the hook took, each time. */
  readonly sent: Sent[] = [];
  /** Times in which the channel was switched off, or had no living token. */
  readonly closed: Closed[] = [];
  /** Conversations whose deletion was asked for. */
  readonly deleted = new Set<Id<"conv">>();
  /** When the hook had taken that the group has moved; unix milliseconds. */
  movedAt = Infinity;
  readonly problems: string[] = [];
  /** How often the platform told of something. */
  told = 0;
  readonly #story: PlatformStory;
  readonly #world: World;
  readonly #chat: Chat;
  readonly #telegram: Telegram;
  readonly #seen: SeenConversations;
  /** What the platform tells of each message, the same every time. */
  readonly #updates = new Map<number, object>();

  constructor(
    story: PlatformStory,
    world: World,
    { chat, telegram, seen }: { chat: Chat; telegram: Telegram; seen: SeenConversations },
  ) {
    this.#story = story;
    this.#world = world;
    this.#chat = chat;
    this.#telegram = telegram;
    this.#seen = seen;
  }

  begin(): void {
    for (const [index, update] of this.#story.messages.entries()) {
      for (const ms of update.atMs) void this.#at(ms).then(() => this.#tell(update, index));
    }
    void this.#act();
  }

  #at(ms: number): Promise<void> {
    return pauseFor(systemTimer, worldStart + ms - this.#world.agenda.now);
  }

  async #tell(planned: PlannedUpdate, index: number): Promise<void> {
    const { agenda } = this.#world;
    const from = agenda.now;
    const { hasMoved } = this.#telegram;
    const update = this.#updates.get(index) ?? updateOf(planned, index, hasMoved);
    this.#updates.set(index, update);
    this.told += 1;
    const isTaken = await this.#untilTaken(update);
    if (isTaken) this.sent.push({ index, from, until: agenda.now });
  }

  /** Tells the hook of something until it takes it, as the platform does for a day. */
  async #untilTaken(update: object): Promise<boolean> {
    const { agenda } = this.#world;
    const from = agenda.now;
    for (let pause = 2_000; ; pause = Math.min(2 * pause, longestPauseMs)) {
      const answer = await this.#world.client("hook", (process) => this.#call(process, update));
      if (!(answer instanceof ApiError)) return true;
      if (agenda.now - from > tellsForMs) return false;
      await pauseFor(systemTimer, pause);
    }
  }

  /** Calls the hook as the chain of its route does. */
  async #call(process: SimulatedProcess, update: object): Promise<void> {
    const { url, secret_token } = this.#telegram.hook;
    // The address that we gave the platform.
    const channel_id = url.slice(url.lastIndexOf("/") + 1) as Id<"ch">;
    const read = {
      params: { channel_id },
      query: {},
      body: {},
      headers: { "x-telegram-bot-api-secret-token": secret_token },
      raw: Buffer.from(JSON.stringify(update)),
    };
    const sender = await verifyHook(process, "telegram", inbound)(read);
    if (!sender) throw new ApiError("invalid_signature", "The signature is missing or wrong.");
    const mint = createMint(process.clock(), this.#world.options.draws.bytes());
    const page = { per_page: 20, page: 1 };
    const request = { ...read, sender, mint, page, caller: undefined, deadline: Infinity };
    await handle(process)(request);
  }

  async #act(): Promise<void> {
    const acts = this.#story.acts.toSorted((one, other) => one.atMs - other.atMs);
    for (const { atMs, does } of acts) {
      await this.#at(atMs);
      await this.#do(does);
    }
  }

  async #do(does: PlannedAct["does"]): Promise<void> {
    if (does === "move") return this.#move();
    if (does === "delete") return this.#delete();
    const { agenda } = this.#world;
    // While its token is dead, a channel may be taken for one that is closed.
    const what = does === "close" || does === "open" ? "channel" : "token";
    const closes = does === "close" || does === "revoke";
    const ofThis = this.closed.filter((one) => one.what === what);
    const one = closing(what, agenda.now);
    if (closes) this.closed.push(one);
    else {
      for (const earlier of ofThis) earlier.surelyUntil = Math.min(earlier.surelyUntil, agenda.now);
    }
    if (does === "revoke") return this.#telegram.revoke();
    const answer = await this.#world.client<unknown>(does, (process) => this.#set(process, does));
    if (answer instanceof ApiError) this.problems.push(`${does} is refused: ${answer.message}`);
    if (closes) one.surelyFrom = agenda.now;
    else for (const earlier of ofThis) earlier.until = Math.min(earlier.until, agenda.now);
  }

  /** The group goes on under another id, of which the platform tells in both. */
  async #move(): Promise<void> {
    if (this.#telegram.hasMoved) return;
    this.#telegram.hasMoved = true;
    const [from, to] = [Number(group), Number(movedGroup)];
    const telling = [
      { chat: { id: from }, migrate_to_chat_id: to },
      { chat: { id: to }, migrate_from_chat_id: from },
    ].map((message) => this.#untilTaken({ message: { message_id: 9_000, ...message } }));
    const areTaken = await Promise.all(telling);
    if (areTaken.every(Boolean)) this.movedAt = this.#world.agenda.now;
  }

  async #delete(): Promise<void> {
    const last = this.#seen.all().findLast(({ id }) => !this.deleted.has(id));
    if (!last) return;
    this.deleted.add(last.id);
    const seed = this.#world.options.draws.bytes();
    await this.#world.client("delete", (process) => this.#chat.remove(process, last.id, seed));
  }

  #set(process: SimulatedProcess, does: "renew" | "close" | "open"): Promise<unknown> {
    const { team_id, channel, deps } = this.#chat;
    const mint = createMint(process.clock(), this.#world.options.draws.bytes());
    const change: v.InferInput<typeof ChannelPatch> =
      does === "renew"
        ? { credentials: { bot_token: this.#telegram.token } }
        : { enabled: does === "open" };
    const patch = v.parse(ChannelPatch, change);
    const deadline = process.clock() + requestMs;
    return updateChannel(deps(process), operatorOf(team_id), channel.id, patch, {
      mint,
      deadline,
    });
  }
}

/** What a request has. */
const requestMs = 29_000;

/** What the platform tells of a message. */
function updateOf(
  { user, chat, mentions, album }: PlannedUpdate,
  index: number,
  hasMoved: boolean,
): object {
  const isGroup = chat === group;
  const call = `@${botName} `;
  const text = `${mentions ? call : ""}${textOf(index)}`;
  const entities = mentions ? [{ type: "mention", offset: 0, length: call.length - 1 }] : [];
  const words = album
    ? { caption: text, caption_entities: entities, media_group_id: album, document }
    : { text, entities };
  return {
    update_id: index,
    message: {
      message_id: index + 1,
      date: worldStart / 1_000,
      from: { id: Number(user), is_bot: false, first_name: `Number ${user}` },
      chat: isGroup
        ? { id: Number(hasMoved ? movedGroup : group), type: hasMoved ? "supergroup" : "group" }
        : { id: Number(chat), type: "private" },
      ...words,
    },
  };
}

/** A file that is too large to be fetched. */
const document = { file_id: "file", file_name: "film.mp4", file_size: 30 * 1_048_576 };
