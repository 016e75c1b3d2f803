import type { RawReply } from "#shared/http/define-route";
import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import type { PlatformName } from "#shared/platforms/catalogue";
import type { Id } from "#shared/runtime/ids";
import type { Mint } from "#shared/runtime/mint";
import type { TeamSecrets } from "#shared/secrets/team-secrets";
import { type Served, simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { World } from "../world.ts";
import {
  type Kind,
  planned,
  type PlannedService,
  type PlannedUpdate,
  type PlatformStory,
} from "./story.ts";

/** What becomes of a call: what the story says, or what follows from what there is at the platform. */
export type Does =
  | PlannedService["does"]
  /** With dead credentials. */
  | "unauthorized"
  /** To a group that goes on elsewhere. */
  | "moved"
  /** Into a place where the bot is not. */
  | "stranger"
  /** As an answer to a command that can not be answered any more, or not yet. */
  | "over"
  | "early";

/** A call that sends a message, as the platform saw it. */
export interface SendCall {
  readonly process: SimulatedProcess;
  readonly at: number;
  /** Where it goes, as the platform names it. */
  readonly chat: string;
  /** The message that it answers; on Slack the thread that it goes into. */
  readonly quotes: string | undefined;
  /** The words, or where the file is. */
  readonly said: string;
  readonly does: Does;
  /** Of the message that it became, or changed; undefined when it was not obeyed. */
  readonly id: string | undefined;
  /** Whether its caller is told which message it became. */
  readonly isNamed: boolean;
  /** Discord: what tells it from others in a channel. */
  readonly nonce?: string | undefined;
  /** WhatsApp: what it came with, to be given back. */
  readonly tag?: string | undefined;
  /** Whether its caller heard that it was obeyed. */
  isHeard: boolean;
}

type AskedMessage = Pick<SendCall, "chat" | "quotes" | "said" | "nonce" | "tag"> & {
  readonly isNamed?: boolean;
  /** The message that is there already. */
  readonly id?: string | undefined;
  /** Whether it stands in for a sign of life. */
  readonly isTemporary?: boolean;
};

/** What a call asks for. */
export interface Asked {
  readonly kind: Kind;
  /** Whether it comes with dead credentials. */
  readonly isDead?: boolean;
  /** Whether it comes with no credentials of the channel. */
  readonly isAnyones?: boolean;
  /** Whether it is answered as files are. */
  readonly isFile?: boolean;
  /** What becomes of it whatever the story says. */
  readonly instead?: Does | undefined;
  readonly message?: AskedMessage;
  /** Does it; gives what it is answered: JSON, or text. */
  readonly perform: (id: string | undefined) => unknown;
  /** Told what became of it. */
  readonly note?: (does: Does) => void;
}

/** How a call is answered that was not done, or whose doing is not told. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A call to the hook without what proves it. */
export interface HookCall {
  readonly params: { readonly channel_id: Id<"ch"> };
  readonly query: Readonly<Record<string, never>>;
  readonly body: Readonly<Record<string, never>>;
  readonly raw: Buffer;
  readonly mint: Mint;
  readonly page: { readonly per_page: number; readonly page: number };
  readonly caller: undefined;
  readonly deadline: number;
}

/** How often a platform calls a hook that does not take something. */
export interface Insistence {
  /** Pauses in milliseconds, the last one for all that follow. */
  readonly pausesMs: readonly [number, ...number[]];
  /** It gives up after so many repeats, or so long. */
  readonly repeats: number;
  readonly lastsMs: number;
  /** What is not answered within this is not taken. */
  readonly answerMs: number;
}

/** What a message is said to be when it is told of. */
export interface Telling {
  readonly update: PlannedUpdate;
  readonly index: number;
  /** Which time it is, from 0. */
  readonly nth: number;
}

const dayMs = 24 * 3_600_000;

/** As Telegram and WhatsApp do, near enough. */
export const persistent: Insistence = {
  pausesMs: [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000],
  repeats: Infinity,
  lastsMs: dayMs,
  answerMs: 60_000,
};

/** The platform of a story's bot: it does what the story says, and remembers what it was called for. */
export abstract class Server {
  abstract readonly name: PlatformName;
  abstract readonly insistence: Insistence;
  /** Whether one call to the hook brings several messages. */
  readonly isBatching: boolean = false;
  /** Whether words that are refused are sent again as they are written. */
  readonly hasPlain: boolean = true;
  readonly sends: SendCall[] = [];
  /** Messages that stood in for signs of life. */
  readonly temporary: SendCall[] = [];
  /** When a sign of life was called for. */
  readonly signs: number[] = [];
  /** All that was called with the channel's credentials, but for settings. */
  readonly asked: { readonly at: number; readonly does: Does }[] = [];
  /** What became of calls for files that brought none. */
  readonly lostFetches: Does[] = [];
  /** Whom it tells of messages. */
  hook_url = "";
  /** How many tokens there were before the one that is good now. */
  tokens = 0;
  /** Since when it is good; unix milliseconds. */
  tokenSince = 0;
  /** Until then all goes well. */
  hasBegun = false;
  /** Whether the group has moved. */
  hasMoved = false;
  protected readonly world: World;
  protected readonly story: PlatformStory;
  readonly #counts: Record<Kind, number> = { sends: 0, signs: 0, fetches: 0, settings: 0 };

  constructor(world: World, story: PlatformStory) {
    this.world = world;
    this.story = story;
  }

  /** With the token that is good now. */
  abstract credentials(): Record<string, string>;
  /** What the platform calls a person, first of all and besides. */
  abstract idsOf(user: string): readonly [string, ...string[]];
  /** What it calls a chat, first of all and besides. */
  abstract chatsOf(chat: string): readonly [string, ...string[]];
  /** What it calls a message that was told of. */
  abstract messageId(index: number): string;
  /** What the hook is told of a message. */
  abstract telling(telling: Telling): object;
  /** What it is told of several. */
  envelope(tellings: readonly object[]): object {
    return tellings[0] ?? {};
  }
  /** Calls the hook as the chain of its route does. */
  abstract receive(
    process: SimulatedProcess,
    secrets: TeamSecrets,
    call: HookCall,
  ): Promise<RawReply>;
  /** Told how the hook answered of a message, when it did in time. */
  answered(_telling: Telling, _reply: RawReply): void {}
  /** Whether a call quotes what it may, where a message in this chat is answered. */
  protected abstract isQuoted(
    call: SendCall,
    asked: { readonly id: string; readonly chat: string; readonly isFirst: boolean },
  ): boolean;

  /** Whether a call goes where a message of the story is answered, and quotes what it may. */
  isPlace(call: SendCall, index: number, isFirst: boolean): boolean {
    const { chat = "" } = this.story.messages[index] ?? {};
    const asked = { id: this.messageId(index), chat, isFirst };
    return this.chatsOf(chat).includes(call.chat) && this.isQuoted(call, asked);
  }

  protected abstract read(url: string, request: OutboundRequest): Asked;
  /** How it says that something was not done, or nothing of what was. */
  protected abstract refusal(does: Does): Refusal | undefined;
  protected abstract idOf(count: number): string;
  /** Tells the hook of something, as often as that takes; whether it was taken. Given by who does. */
  tell: (what: object) => Promise<boolean> = () => Promise.resolve(false);
  /** Told of a message that was taken. */
  protected took(_call: SendCall): void {}

  /** Whether it gave each file when that was asked for again: it refused none and let nobody wait in vain. */
  get isGiving(): boolean {
    const mayPass = (does: Does) => does === "busy" || does === "error" || does === "cut";
    return this.lostFetches.length < 3 && this.lostFetches.every(mayPass);
  }

  /** Puts another token in the place of the one that there is. */
  revoke(): void {
    this.tokens += 1;
    this.tokenSince = this.world.agenda.now;
  }

  /** Plays the platform for a process. */
  fetch(process: SimulatedProcess): SafeFetch {
    return (url, request) =>
      simulatedFetch(process, `${this.name} ${this.read(url, request).kind}`, () =>
        this.#serve(process, url, request),
      )(url, request);
  }

  #serve(process: SimulatedProcess, url: string, request: OutboundRequest): Served {
    const asked = this.read(url, request);
    const { does, ms } = this.#next(asked);
    const { now } = this.world.agenda;
    const isObeyed = does === "ok" || does === "error_after" || does === "mute";
    const call = asked.message && this.#note(process, asked.message, { does, isObeyed });
    if (asked.kind === "signs") this.signs.push(now);
    if (asked.kind !== "settings" && !asked.isAnyones) this.asked.push({ at: now, does });
    if (asked.kind === "fetches" && does !== "ok") this.lostFetches.push(does);
    asked.note?.(does);
    const result = isObeyed ? asked.perform(call?.id) : undefined;
    if (call?.id !== undefined && this.sends.includes(call)) this.took(call);
    const refusal = asked.isFile ? noFile[does] : this.refusal(does);
    const told = refusal ? refusal.body : result;
    return {
      ms: does === "mute" || does === "deaf" ? request.timeout_ms + ms : ms,
      status: does === "cut" ? undefined : (refusal?.status ?? 200),
      headers: refusal?.headers ?? {},
      text: typeof told === "string" ? told : JSON.stringify(told),
      onHeard: () => {
        if (call && isObeyed && !refusal) call.isHeard = true;
      },
    };
  }

  #next({ kind, isDead, instead }: Asked): { readonly does: Does; readonly ms: number } {
    if (isDead) return { does: "unauthorized", ms: 5 };
    if (instead) return { does: instead, ms: 5 };
    if (!this.hasBegun) return { does: "ok", ms: 1 };
    return planned(this.story[kind], this.#counts[kind]++);
  }

  #note(
    process: SimulatedProcess,
    { isTemporary, isNamed = true, id, ...message }: AskedMessage,
    { does, isObeyed }: { readonly does: Does; readonly isObeyed: boolean },
  ): SendCall {
    const list = isTemporary ? this.temporary : this.sends;
    const own = () => id ?? this.idOf(this.sends.length + this.temporary.length);
    const call: SendCall = {
      ...message,
      process,
      at: this.world.agenda.now,
      does,
      id: isObeyed ? own() : undefined,
      isNamed,
      isHeard: false,
    };
    list.push(call);
    return call;
  }
}

/** How a place of files answers. */
const noFile: Readonly<Partial<Record<Does, Refusal>>> = {
  unauthorized: { status: 403, body: "" },
  busy: { status: 429, headers: { "retry-after": "5" }, body: "" },
  error: { status: 502, body: "" },
  deaf: { status: 502, body: "" },
  error_after: { status: 500, body: "" },
  refused: { status: 404, body: "" },
};

/** What a file holds that came with a message. */
export const bytesOf = (index: number) => `the bytes of file ${index}`;

/** Where backends say that files of answers are; they hold where they are. */
export const filesHost = "https://files.example/";

/** What a body says of a file that a backend gave. */
export const fileIn = (text: string) => /https:\/\/files\.example\/[\w/-]+/.exec(text)?.[0];

/** The plain text of a request. */
export const textOfBody = ({ body }: OutboundRequest): string =>
  typeof body === "string" ? body : Buffer.from(body ?? []).toString();
