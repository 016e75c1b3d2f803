import { ApiError } from "#shared/errors/api-error";
import type { RawReply } from "#shared/http/define-route";
import type { Id } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";
import { pauseFor, systemTimer } from "#shared/runtime/timers";
import type { Chat } from "../conversations/chat.ts";
import type { Sent } from "../conversations/dialogue.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { type World, worldStart } from "../world.ts";
import type { Server, Telling } from "./server.ts";
import { planned, type PlatformStory } from "./story.ts";

/** A message that the platform told of, and whether the hook took it. */
interface Told extends Sent {
  /** Which time it was. */
  readonly nth: number;
  readonly isTaken: boolean;
}

/** Who writes to a bot over its platform: they do what the story says. */
export class Writers {
  /** Each time that the platform told of a message; of one that was not taken nobody knows whether it was kept. */
  readonly sent: Told[] = [];
  /** How often the platform told of something. */
  told = 0;
  /** Whether there is no channel any more. */
  isOver = false;
  readonly #story: PlatformStory;
  readonly #world: World;
  readonly #chat: Chat;
  readonly #server: Server;

  constructor(
    story: PlatformStory,
    world: World,
    { chat, server }: { readonly chat: Chat; readonly server: Server },
  ) {
    this.#story = story;
    this.#world = world;
    this.#chat = chat;
    this.#server = server;
    server.tell = (what) => this.#untilTaken(() => what, []);
  }

  begin(): void {
    for (const [ms, tellings] of this.#calls()) {
      const wait = worldStart + ms - this.#world.agenda.now;
      void pauseFor(systemTimer, wait).then(() => this.#tell(tellings));
    }
  }

  /** What is told of in one call, with its time. */
  #calls(): (readonly [number, Telling[]])[] {
    const calls: (readonly [number, Telling[]])[] = [];
    for (const [index, update] of this.#story.messages.entries()) {
      for (const [nth, ms] of update.atMs.entries()) {
        const telling = { update, index, nth };
        const same = this.#server.isBatching ? calls.find(([at]) => at === ms) : undefined;
        if (same) same[1].push(telling);
        else calls.push([ms, [telling]]);
      }
    }
    return calls;
  }

  async #tell(tellings: readonly Telling[]): Promise<void> {
    const { agenda } = this.#world;
    const from = agenda.now;
    this.told += 1;
    const said = tellings.map((telling) => this.#server.telling(telling));
    const isTaken = await this.#untilTaken(() => this.#server.envelope(said), tellings);
    const until = isTaken ? agenda.now : Infinity;
    for (const { index, nth } of tellings) this.sent.push({ index, nth, from, until, isTaken });
  }

  /** Tells the hook of something until it takes it, as long as the platform does. */
  async #untilTaken(what: () => object, tellings: readonly Telling[]): Promise<boolean> {
    const { agenda } = this.#world;
    const { pausesMs, repeats, lastsMs, answerMs } = this.#server.insistence;
    const from = agenda.now;
    for (let tries = 0; ; tries++) {
      const reply = await this.#within(answerMs, this.#once(what()));
      if (reply) {
        for (const telling of tellings) this.#server.answered(telling, reply);
        return true;
      }
      if (this.isOver || tries >= repeats || agenda.now - from >= lastsMs) return false;
      await pauseFor(systemTimer, planned(pausesMs, tries));
    }
  }

  /** What comes in time. */
  async #within<T>(ms: number, awaited: Promise<T>): Promise<T | undefined> {
    const over = new AbortController();
    const late = pauseFor(systemTimer, ms, over.signal).then(
      () => undefined,
      () => undefined,
    );
    const first = await Promise.race([awaited, late]);
    over.abort();
    return first;
  }

  /** Calls the hook once, as the chain of its route does. */
  async #once(what: object): Promise<RawReply | undefined> {
    const { hook_url } = this.#server;
    if (hook_url === "") return undefined;
    const told = await this.#world.once("hook", (process) => this.#call(process, hook_url, what));
    return told && !(told.answer instanceof ApiError) ? told.answer : undefined;
  }

  #call(process: SimulatedProcess, hook_url: string, what: object): Promise<RawReply> {
    return this.#server.receive(process, this.#chat.deps(process).secrets, {
      // The address that we gave the platform.
      params: { channel_id: hook_url.slice(hook_url.lastIndexOf("/") + 1) as Id<"ch"> },
      query: {},
      body: {},
      raw: Buffer.from(JSON.stringify(what)),
      mint: createMint(process.clock(), this.#world.options.draws.bytes()),
      page: { per_page: 20, page: 1 },
      caller: undefined,
      deadline: Infinity,
    });
  }
}
