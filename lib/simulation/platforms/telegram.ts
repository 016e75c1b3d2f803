import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import { baseUrlOf } from "#shared/platforms/catalogue";
import { type Fields, fieldsOf } from "#shared/schema/json-fields";
import { type Served, simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { World } from "../world.ts";
import { group, movedGroup, type PlannedService, type PlatformStory } from "./story.ts";

/** A call that sends a message, as the platform saw it. */
export interface SendCall {
  readonly process: SimulatedProcess;
  readonly at: number;
  readonly chat: string;
  /** The message that it answers. */
  readonly quotes: string | undefined;
  /** The words, or where the file is. */
  readonly said: string;
  readonly does: PlannedService["does"] | "unauthorized" | "moved";
  /** Of the message that it became; undefined when it was not obeyed. */
  readonly id: string | undefined;
  /** Whether its caller heard that it was obeyed. */
  isHeard: boolean;
}

/** What is called for alike. */
type Kind = "sends" | "signs" | "settings";

const botId = 4_200;
/** As what the bot is known, in groups too. */
export const botName = "OurBot";
const me = {
  id: botId,
  is_bot: true,
  first_name: "Our bot",
  username: botName,
  can_read_all_group_messages: true,
};

/** The platform of a story's bot: it does what the story says, and remembers what it was called for. */
export class Telegram {
  readonly sends: SendCall[] = [];
  /** When a sign of life was called for, and in which chat. */
  readonly signs: { readonly at: number; readonly chat: string }[] = [];
  /** Whom it tells of messages. */
  hook = { url: "", secret_token: "" };
  /** The one that acts for the bot now. */
  token = `${botId}:token0`;
  /** Since when; unix milliseconds. */
  tokenSince = 0;
  /** Whether the group has moved. */
  hasMoved = false;
  /** Until then all goes well. */
  hasBegun = false;
  readonly #world: World;
  readonly #story: PlatformStory;
  readonly #counts: Record<Kind, number> = { sends: 0, signs: 0, settings: 0 };
  #revoked = 0;

  constructor(world: World, story: PlatformStory) {
    this.#world = world;
    this.#story = story;
  }

  /** Puts another token in the place of the one that there is. */
  revoke(): void {
    this.#revoked += 1;
    this.tokenSince = this.#world.agenda.now;
    this.token = `${botId}:token${this.#revoked}`;
  }

  /** Plays the platform for a process. */
  fetch(process: SimulatedProcess): SafeFetch {
    return (url, request) =>
      simulatedFetch(process, `telegram ${kindOf(methodIn(url))}`, () =>
        this.#serve(process, url, request),
      )(url, request);
  }

  #serve(process: SimulatedProcess, url: string, { body, timeout_ms }: OutboundRequest): Served {
    const method = methodIn(url);
    const isOurs = url === `${baseUrlOf("telegram")}/bot${this.token}/${method}`;
    const params = fieldsOf(JSON.parse(String(body)));
    const isMoved = this.hasMoved && params["chat_id"] === Number(group);
    const { does, ms } = !isOurs
      ? ({ does: "unauthorized", ms: 5 } as const)
      : isMoved
        ? ({ does: "moved", ms: 5 } as const)
        : this.#next(kindOf(method));
    const isObeyed = does === "ok" || does === "error_after" || does === "mute";
    const { result, call } = this.#perform(process, method, params, { does, isObeyed });
    const error = errors[does];
    return {
      ms: does === "mute" || does === "deaf" ? timeout_ms + ms : ms,
      status: does === "cut" ? undefined : (error?.error_code ?? 200),
      text: JSON.stringify(error ? { ok: false, ...error } : { ok: true, result }),
      onHeard: () => {
        if (call && !error) call.isHeard = true;
      },
    };
  }

  #next(kind: Kind): PlannedService {
    if (!this.hasBegun) return { does: "ok", ms: 1 };
    const plan = this.#story[kind];
    return plan[Math.min(this.#counts[kind]++, plan.length - 1)] ?? plan[0];
  }

  #perform(
    process: SimulatedProcess,
    method: string,
    params: Fields,
    { does, isObeyed }: { readonly does: SendCall["does"]; readonly isObeyed: boolean },
  ): { readonly result: unknown; readonly call?: SendCall } {
    const { chat_id, url, secret_token } = params;
    const chat = String(chat_id);
    const at = this.#world.agenda.now;
    switch (method) {
      case "getMe":
        return { result: me };
      case "getWebhookInfo":
        return { result: { url: this.hook.url, pending_update_count: 0 } };
      case "setWebhook":
        if (isObeyed) this.hook = { url: String(url), secret_token: String(secret_token) };
        return { result: true };
      case "sendChatAction":
        this.signs.push({ at, chat });
        return { result: true };
    }
    const quoted = fieldsOf(params["reply_parameters"])["message_id"];
    const id = isObeyed ? String(1_001 + this.sends.length) : undefined;
    const call = {
      process,
      at,
      chat,
      quotes: typeof quoted === "number" ? String(quoted) : undefined,
      said: saidIn(params),
      does,
      id,
      isHeard: false,
    };
    this.sends.push(call);
    return { result: { message_id: Number(id) }, call };
  }
}

const methodIn = (url: string) => url.slice(url.lastIndexOf("/") + 1);

function kindOf(method: string): Kind {
  if (method === "sendChatAction") return "signs";
  return method.startsWith("send") ? "sends" : "settings";
}

/** The words of a message, or the address of its file. */
function saidIn({ rich_message, text, ...rest }: Fields): string {
  const files = ["photo", "document", "audio", "video", "voice"].map((kind) => rest[kind]);
  return [fieldsOf(rich_message)["markdown"], text, ...files].filter(Boolean).join();
}

interface Refusal {
  readonly error_code: number;
  readonly description: string;
  readonly parameters?: object;
}

/** How long a busy platform wants to be left alone. */
const busySeconds = 20;

const badGateway = { error_code: 502, description: "Bad Gateway" };

const errors: Readonly<Partial<Record<SendCall["does"], Refusal>>> = {
  unauthorized: { error_code: 401, description: "Unauthorized" },
  busy: {
    error_code: 429,
    description: `Too Many Requests: retry after ${busySeconds}`,
    parameters: { retry_after: busySeconds },
  },
  error: badGateway,
  deaf: badGateway,
  error_after: { error_code: 500, description: "Internal Server Error" },
  refused: { error_code: 400, description: "Bad Request: can't parse entities" },
  moved: {
    error_code: 400,
    description: "Bad Request: group chat was upgraded to a supergroup chat",
    parameters: { migrate_to_chat_id: Number(movedGroup) },
  },
  blocked: { error_code: 403, description: "Forbidden: bot was blocked by the user" },
};
