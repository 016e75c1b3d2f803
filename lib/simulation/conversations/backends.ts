import type * as v from "valibot";
import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import type { Attachment } from "#shared/schema/content";
import { TurnedAwayError } from "#shared/work/pace";
import { type Served, simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { World } from "../world.ts";
import type { ChatStory, PlannedReply } from "./story.ts";

/** A call as a backend saw it. */
export interface AskedBackend {
  readonly backend: number;
  /** The id of the message that is to be answered. */
  readonly question: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  /** What it answered; undefined when it failed. */
  readonly answer: string | undefined;
  /** When it was asked; unix milliseconds. */
  readonly from: number;
  /** When it answered, if it was still heard then; unix milliseconds. */
  readonly at: number;
  /** Whether that may have come too late. */
  readonly mayBeLate: boolean;
  /** Whether its turn was turned away, and then tried again. */
  readonly isBrokenOff: () => boolean;
}

/** What an answer says. */
export interface Wording {
  readonly content: string;
  readonly attachments?: readonly v.InferInput<typeof Attachment>[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The backends of a story: they do what it says and remember everything. */
export class Backends {
  readonly asked: AskedBackend[] = [];
  readonly #plans: ChatStory["backends"];
  readonly #world: World;
  readonly #wording: (count: number) => Wording;

  /** `wording`: what their answers say, by number. */
  constructor(
    world: World,
    plans: ChatStory["backends"],
    wording = (count: number): Wording => ({
      content: `answer ${count}`,
      metadata: { usage: { input_tokens: 10 + count, output_tokens: 3 } },
    }),
  ) {
    this.#world = world;
    this.#plans = plans;
    this.#wording = wording;
  }

  /** Where they are. */
  get urls(): readonly string[] {
    return this.#plans.map((_, index) => `https://backend.example/${index}`);
  }

  fetch(process: SimulatedProcess): SafeFetch {
    return simulatedFetch(process, "backend", (url, request) => this.#serve(url, request));
  }

  #serve(url: string, { headers, body, timeout_ms, signal }: OutboundRequest): Served {
    const backend = this.urls.indexOf(url);
    const plan = this.#plans[backend] ?? [{ does: "error", ms: 0 }];
    const count = this.asked.filter((other) => other.backend === backend).length;
    const { does, ms } = plan[Math.min(count, plan.length - 1)] ?? plan[0];
    const wording = this.#wording(this.asked.length);
    const answer = does === "answer" && ms < timeout_ms ? wording.content : undefined;
    // The product's own request.
    const { messages } = JSON.parse(String(body)) as AskedBackend;
    const question = headers["webhook-id"] ?? "";
    const { agenda, options } = this.#world;
    const mayBeLate = ms + options.latencyMs >= timeout_ms;
    const isBrokenOff = () => signal?.reason instanceof TurnedAwayError;
    const from = agenda.now;
    const at = from + ms;
    this.asked.push({ backend, question, messages, answer, from, at, mayBeLate, isBrokenOff });
    return served(does, does === "silence" ? timeout_ms : ms, answer === undefined ? {} : wording);
  }
}

function served(does: PlannedReply["does"], ms: number, answer: Partial<Wording>): Served {
  switch (does) {
    case "answer":
    case "silence":
      return { ms, status: 200, text: JSON.stringify(answer) };
    case "nonsense":
      return { ms, status: 200, text: "<h1>It works!</h1>" };
    case "error":
      return { ms, status: 500, text: "" };
    case "cut":
      return { ms, status: undefined, text: "" };
  }
}
