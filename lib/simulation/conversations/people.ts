import { operatorOf } from "#shared/audit/audit-entry";
import { updateBot } from "#shared/bots/update-bot";
import { updateChannel } from "#shared/channels/update-channel";
import type { StoredMessage } from "#shared/conversations/message";
import { ApiError } from "#shared/errors/api-error";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import type { Content } from "#shared/schema/content";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type World, worldStart } from "../world.ts";
import type { Chat } from "./chat.ts";
import { type Closed, closing } from "./closed.ts";
import type { Sent } from "./dialogue.ts";
import { picturesHost } from "./models.ts";
import { textOf } from "./said.ts";
import type { ChatStory, PlannedAct, PlannedMessage } from "./story.ts";

/** A message as its client knows it. */
interface SentMessage extends Sent {
  /** What was kept; undefined when it was refused because its conversation had been deleted. */
  readonly kept: Pick<StoredMessage, "id" | "conversation_id"> | undefined;
}

/** The users and the operator of a story: they do what it says and remember what they were told. */
export class People {
  readonly sent: SentMessage[] = [];
  readonly closed: Closed[] = [];
  /** Conversations whose deletion was asked for. */
  readonly deleted = new Set<Id<"conv">>();
  readonly problems: string[] = [];
  readonly #story: ChatStory;
  readonly #world: World;
  readonly #chat: Chat;

  constructor(story: ChatStory, world: World, chat: Chat) {
    this.#story = story;
    this.#world = world;
    this.#chat = chat;
  }

  begin(): void {
    for (const [index, message] of this.#story.messages.entries()) {
      for (const ms of message.atMs) void this.#at(ms).then(() => this.#say(message, index));
    }
    void this.#act();
  }

  #at(ms: number): Promise<void> {
    return pauseFor(systemTimer, worldStart + ms - this.#world.agenda.now);
  }

  async #say({ user, chat, hasId, hasPicture }: PlannedMessage, index: number): Promise<void> {
    const { agenda, options } = this.#world;
    const seed = options.draws.bytes();
    const from = agenda.now;
    // The request's own mint, as its `Idempotency-Key` keeps it; with an id of its own it has none.
    const mint = (process: SimulatedProcess) =>
      hasId ? createMint(process.clock(), options.draws.bytes()) : createMint(from, seed);
    const said = { user, chat_id: chat, message_id: hasId ? `message ${index}` : undefined };
    const text = textOf(index);
    const picture = { type: "image_url" as const, image_url: { url: `${picturesHost}${index}` } };
    const content: Content = hasPicture ? [{ type: "text", text }, picture] : text;
    const answer = await this.#world.client("say", (process) =>
      this.#chat.say(process, content, said, mint(process)),
    );
    const isRefused = answer instanceof ApiError;
    if (isRefused && answer.code !== "conflict") {
      this.problems.push(`message ${index} is refused: ${answer.code}`);
    }
    const kept = isRefused ? undefined : answer.message;
    this.sent.push({ index, from, until: agenda.now, kept });
  }

  async #act(): Promise<void> {
    const acts = this.#story.acts.toSorted((one, other) => one.atMs - other.atMs);
    for (const act of acts) {
      await this.#at(act.atMs);
      await this.#do(act);
    }
  }

  async #do({ does, chat }: PlannedAct): Promise<void> {
    const { agenda } = this.#world;
    if (does === "delete") {
      const last = this.sent.findLast(
        ({ index, kept }) => kept && this.#story.messages[index]?.chat === chat,
      );
      if (!last?.kept) return;
      const { conversation_id } = last.kept;
      this.deleted.add(conversation_id);
      const seed = this.#world.options.draws.bytes();
      await this.#world.client(does, (process) =>
        this.#chat.remove(process, conversation_id, seed),
      );
      return;
    }
    const what = does === "pause" || does === "resume" ? "bot" : "channel";
    const closes = does === "pause" || does === "close";
    const ofThis = this.closed.filter((one) => one.what === what);
    const one = closing(what, agenda.now);
    if (closes) this.closed.push(one);
    else {
      for (const earlier of ofThis) earlier.surelyUntil = Math.min(earlier.surelyUntil, agenda.now);
    }
    await this.#world.client<unknown>(does, (process) => this.#set(process, what, closes));
    if (closes) one.surelyFrom = agenda.now;
    else for (const earlier of ofThis) earlier.until = Math.min(earlier.until, agenda.now);
  }

  #set(process: SimulatedProcess, what: Closed["what"], closes: boolean): Promise<unknown> {
    const { team_id, bot, channel, deps } = this.#chat;
    const by = operatorOf(team_id);
    const mint = createMint(process.clock(), this.#world.options.draws.bytes());
    return what === "bot"
      ? updateBot(deps(process), by, bot.id, { status: closes ? "paused" : "active" }, mint)
      : updateChannel(
          deps(process),
          by,
          channel.id,
          { enabled: !closes },
          { mint, deadline: Infinity },
        );
  }
}
