import * as v from "valibot";
import { operatorOf } from "#shared/audit/audit-entry";
import { ChannelPatch } from "#shared/channels/channel";
import { updateChannel } from "#shared/channels/update-channel";
import { deleteChannel } from "#shared/erasure/delete-channel";
import { deleteUser } from "#shared/erasure/delete-user";
import { ApiError } from "#shared/errors/api-error";
import { isoTime } from "#shared/runtime/clock";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import type { Chat } from "../conversations/chat.ts";
import { type Closed, closing } from "../conversations/closed.ts";
import type { SeenConversations } from "../conversations/seen-conversations.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type World, worldStart } from "../world.ts";
import type { Server } from "./server.ts";
import { Slack } from "./slack.ts";
import { erasedUser, type PlannedAct, type PlatformStory } from "./story.ts";
import { Telegram } from "./telegram.ts";
import type { Writers } from "./writers.ts";

/** What a request has. */
const requestMs = 29_000;

/** An erasure as who asked for it knows it. */
export interface Asked {
  /** When it was asked for, and surely taken; unix milliseconds. */
  readonly from: number;
  until: number;
  /** What the request took for now, latest; ISO 8601. */
  before: string;
}

/** Who has a bot on a platform, and what becomes of its channel and chats there: as the story says. */
export class Operator {
  /** Times in which the channel was switched off, or had no living token. */
  readonly closed: Closed[] = [];
  /** Conversations whose deletion was asked for. */
  readonly deleted = new Set<Id<"conv">>();
  /** When the hook had taken that the group has moved; unix milliseconds. */
  movedAt = Infinity;
  /** When its user was to be erased, and by which id. */
  erased: (Asked & { readonly user_id: string }) | undefined;
  /** When its channel was to be deleted. */
  removed: Asked | undefined;
  readonly problems: string[] = [];
  readonly #story: PlatformStory;
  readonly #world: World;
  readonly #chat: Chat;
  readonly #server: Server;
  readonly #seen: SeenConversations;
  readonly #writers: Writers;

  constructor(
    story: PlatformStory,
    world: World,
    given: {
      readonly chat: Chat;
      readonly server: Server;
      readonly seen: SeenConversations;
      readonly writers: Writers;
    },
  ) {
    this.#story = story;
    this.#world = world;
    this.#chat = given.chat;
    this.#server = given.server;
    this.#seen = given.seen;
    this.#writers = given.writers;
  }

  async begin(): Promise<void> {
    const acts = this.#story.acts.toSorted((one, other) => one.atMs - other.atMs);
    for (const { atMs, does } of acts) {
      await pauseFor(systemTimer, worldStart + atMs - this.#world.agenda.now);
      if (!this.removed) await this.#do(does);
    }
  }

  async #do(does: PlannedAct["does"]): Promise<void> {
    switch (does) {
      case "move":
        return this.#move();
      case "delete":
        return this.#delete();
      case "erase":
        return this.#erase();
      case "remove":
        return this.#remove();
      case "revoke":
      case "uninstall":
      case "renew":
      case "close":
      case "open":
        return this.#set(does);
    }
  }

  async #set(does: "revoke" | "uninstall" | "renew" | "close" | "open"): Promise<void> {
    const { agenda } = this.#world;
    // While its token is dead, a channel may be taken for one that is closed.
    const what = does === "close" || does === "open" ? "channel" : "token";
    const closes = does !== "open" && does !== "renew";
    const ofThis = this.closed.filter((one) => one.what === what);
    const one = closing(what, agenda.now);
    if (closes) this.closed.push(one);
    else {
      for (const earlier of ofThis) earlier.surelyUntil = Math.min(earlier.surelyUntil, agenda.now);
    }
    if (does === "revoke" || does === "uninstall") {
      this.#server.revoke();
      if (does === "uninstall" && this.#server instanceof Slack) {
        void this.#server.tell(this.#server.uninstalled());
      }
      return;
    }
    const answer = await this.#world.client<unknown>(does, (process) => this.#patch(process, does));
    if (answer instanceof ApiError) this.problems.push(`${does} is refused: ${answer.message}`);
    if (closes) one.surelyFrom = agenda.now;
    else for (const earlier of ofThis) earlier.until = Math.min(earlier.until, agenda.now);
  }

  #patch(process: SimulatedProcess, does: "renew" | "close" | "open"): Promise<unknown> {
    const { team_id, channel, deps } = this.#chat;
    const change: v.InferInput<typeof ChannelPatch> =
      does === "renew" ? { credentials: this.#server.credentials() } : { enabled: does === "open" };
    const patch = v.parse(ChannelPatch, change);
    const deadline = process.clock() + requestMs;
    return updateChannel(deps(process), operatorOf(team_id), channel.id, patch, {
      mint: this.#mint(process),
      deadline,
    });
  }

  /** The group goes on under another id, of which the platform tells in both. */
  async #move(): Promise<void> {
    const server = this.#server;
    if (!(server instanceof Telegram) || server.hasMoved) return;
    server.hasMoved = true;
    const areTaken = await Promise.all(server.moving().map((what) => server.tell(what)));
    if (areTaken.every(Boolean)) this.movedAt = this.#world.agenda.now;
  }

  async #delete(): Promise<void> {
    const last = this.#seen.all().findLast(({ id }) => !this.deleted.has(id));
    if (!last) return;
    this.deleted.add(last.id);
    const seed = this.#world.options.draws.bytes();
    await this.#world.client("delete", (process) => this.#chat.remove(process, last.id, seed));
  }

  /** Has the first user erased, by an id that the product knows, if it knows one. */
  async #erase(): Promise<void> {
    if (this.erased) return;
    const { team_id, bot, deps } = this.#chat;
    const ids = this.#server.idsOf(erasedUser);
    const known = this.#seen
      .all()
      .flatMap(({ messages }) => [...messages.values()])
      .flatMap(({ user }) => ids.filter((id) => id === user?.id));
    const user_id = known.at(-1) ?? ids[0];
    const asked = { from: this.#world.agenda.now, until: Infinity, before: "", user_id };
    this.erased = asked;
    const which = { bot_id: bot.id, user_id, platform: this.#server.name };
    const seed = this.#world.options.draws.bytes();
    await this.#world.client("erase", (process) => {
      const mint = createMint(process.clock(), seed);
      if (isoTime(mint.now) > asked.before) asked.before = isoTime(mint.now);
      return deleteUser(deps(process), operatorOf(team_id), which, mint);
    });
    asked.until = this.#world.agenda.now;
  }

  async #remove(): Promise<void> {
    const { team_id, channel, deps } = this.#chat;
    const asked: Asked = { from: this.#world.agenda.now, until: Infinity, before: "" };
    this.removed = asked;
    const seed = this.#world.options.draws.bytes();
    await this.#world.client("remove", (process) => {
      const mint = createMint(process.clock(), seed);
      return deleteChannel(deps(process), operatorOf(team_id), channel.id, mint);
    });
    asked.until = this.#world.agenda.now;
    this.#writers.isOver = true;
    // What was open or closed before is over.
    this.closed.push({ ...closing("channel", asked.from), surelyFrom: asked.until });
  }

  #mint = (process: SimulatedProcess) =>
    createMint(process.clock(), this.#world.options.draws.bytes());
}
