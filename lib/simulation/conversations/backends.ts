import type * as v from "valibot";
import type { StoredMessage } from "#shared/conversations/message";
import type { IntegrationInput } from "#shared/integrations/integration";
import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import { TurnedAwayError } from "#shared/work/pace";
import { type Served, simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { World } from "../world.ts";
import {
  isPictureThere,
  pictureBytes,
  picturesHost,
  playBedrock,
  saidBy,
  type ShownMessage,
  shownTo,
  type Wording,
} from "./models.ts";
import { indexOf, textOf } from "./said.ts";
import type { ChatStory, PlannedBackend, PlannedReply } from "./story.ts";

/** A call as a backend saw it. */
export interface AskedBackend {
  readonly backend: number;
  /** What is to be answered: the id of the message, or to models, which are told none, what it says. */
  readonly question: string;
  readonly messages: readonly ShownMessage[];
  /** What it answered; undefined when it failed. */
  readonly answer: string | undefined;
  /** What it said that this took. */
  readonly usage: unknown;
  /** When it was asked; unix milliseconds. */
  readonly from: number;
  /** When it answered, if it was still heard then; unix milliseconds. */
  readonly at: number;
  /** How long it might take. */
  readonly timeoutMs: number;
  /** Whether that may have come too late. */
  readonly mayBeLate: boolean;
  /** Whether it is a model that takes no pictures and was given one: it is asked again without. */
  readonly isRefusal: boolean;
  /** Whether its turn was turned away, and then tried again. */
  readonly isBrokenOff: () => boolean;
}

/** Where all of them are. */
const host = "https://backend.example";

/** The backends of a story, and the pictures of its users: they do what it says and remember everything. */
export class Backends {
  readonly asked: AskedBackend[] = [];
  readonly #story: Pick<ChatStory, "backends" | "timeoutSeconds">;
  readonly #world: World;
  readonly #wording: (count: number) => Wording;

  /** `wording`: what their answers say, by number. */
  constructor(
    world: World,
    story: Pick<ChatStory, "backends" | "timeoutSeconds">,
    wording = (count: number): Wording => ({
      content: `answer ${count}`,
      metadata: { usage: { input_tokens: 10 + count, output_tokens: 3 } },
    }),
  ) {
    this.#world = world;
    this.#story = story;
    this.#wording = wording;
    playBedrock(host);
  }

  /** What their integrations are made of. */
  get integrations(): readonly Partial<v.InferInput<typeof IntegrationInput>>[] {
    const { backends, timeoutSeconds: timeout_seconds } = this.#story;
    return backends.map(({ type, isDrawn }, index) => ({
      type,
      // A model of Bedrock has no address of its own.
      ...(type !== "bedrock" && { url: `${host}/${index}` }),
      ...(type !== "webhook" && { model: String(index) }),
      timeout_seconds,
      fallback: index > 0 && !isDrawn,
    }));
  }

  /** The calls about a message. */
  about(message: Pick<StoredMessage, "id" | "content">): readonly AskedBackend[] {
    const words = textOf(indexOf(message));
    return this.asked.filter(({ question }) => question === message.id || question === words);
  }

  /** Whether they are who is called there. */
  isThere = (url: string) => url.startsWith(`${host}/`) || url.startsWith(picturesHost);

  fetch(process: SimulatedProcess): SafeFetch {
    return simulatedFetch(process, "backend", (url, request) =>
      url.startsWith(picturesHost) ? pictureAt(url) : this.#serve(url, request),
    );
  }

  #serve(url: string, { headers, body, timeout_ms, signal }: OutboundRequest): Served {
    const backend = Number(/\d+/.exec(url)?.[0]);
    const plan = this.#story.backends[backend];
    if (!plan) throw new Error(`No backend is at ${url}.`);
    const { type, replies, takesPictures } = plan;
    const own = this.asked.filter((other) => other.backend === backend && !other.isRefusal);
    const { does, ms } = replies[Math.min(own.length, replies.length - 1)] ?? replies[0];
    const text = Buffer.from(body ?? "").toString();
    const messages = type === "webhook" ? messagesIn(text) : shownTo(text);
    const isRefusal = type !== "webhook" && !takesPictures && text.includes(";base64,");
    const wording = this.#wording(this.asked.length);
    const isAnswered = does === "answer" && ms < timeout_ms && !isRefusal;
    const from = this.#world.agenda.now;
    this.asked.push({
      backend,
      question: headers["webhook-id"] ?? lastWords(messages),
      messages,
      answer: isAnswered ? wording.content : undefined,
      usage: wording.metadata?.["usage"],
      from,
      at: from + ms,
      timeoutMs: timeout_ms,
      // It is asked again where a second is left.
      mayBeLate: ms + this.#world.options.latencyMs + (isRefusal ? 1_000 : 0) >= timeout_ms,
      isRefusal,
      isBrokenOff: () => signal?.reason instanceof TurnedAwayError,
    });
    if (isRefusal) return { ms, status: 400, text: JSON.stringify(noPictures) };
    // What comes too late says nothing of what it was asked.
    const reply = { does, ms: does === "silence" ? timeout_ms : ms };
    return served(plan, reply, isAnswered ? wording : blank);
  }
}

/** The product's own request. */
const messagesIn = (body: string) => (JSON.parse(body) as AskedBackend).messages;

/** What the last message of a user says last. */
const lastWords = (messages: readonly ShownMessage[]) => {
  const said = JSON.stringify(messages.findLast(({ role }) => role === "user"));
  return [...said.matchAll(/question \d+/g)].at(-1)?.[0] ?? "";
};

function pictureAt(url: string): Served {
  const index = Number(url.slice(picturesHost.length));
  return isPictureThere(index)
    ? { ms: 20, status: 200, headers: { "content-type": "image/gif" }, text: pictureBytes(index) }
    : { ms: 20, status: 404, text: "" };
}

const blank: Wording = { content: "" };
const noPictures = { message: "This model does not support image input." };

function served({ type }: PlannedBackend, { does, ms }: PlannedReply, wording: Wording): Served {
  const said = (one: Wording) => JSON.stringify(type === "webhook" ? one : saidBy(type, one));
  switch (does) {
    case "answer":
      return { ms, status: 200, text: said(wording) };
    case "silence":
    case "empty":
      return { ms, status: 200, text: said(blank) };
    case "half":
      return { ms, status: 200, text: said(wording).slice(0, -20) };
    case "huge":
      return { ms, status: 200, text: said({ content: "word ".repeat(1_048_576) }) };
    case "wrong":
      return { ms, status: 200, text: JSON.stringify({ error: { message: "Overloaded." } }) };
    case "nonsense":
      return { ms, status: 200, text: "<h1>It works!</h1>" };
    case "busy":
      return { ms, status: 429, headers: { "retry-after": "30" }, text: "" };
    case "error":
      return { ms, status: 500, text: "" };
    case "cut":
      return { ms, status: undefined, text: "" };
  }
}
