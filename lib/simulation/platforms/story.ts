import type { PlatformName } from "#shared/platforms/catalogue";
import type { ChatStory } from "../conversations/story.ts";

/** What a person writes, as the platform tells of it. */
export interface PlannedUpdate {
  /** Milliseconds after the start, once for each time that the platform tells of it. */
  readonly atMs: readonly [number, ...number[]];
  /** Which person, by number. */
  readonly user: string;
  /** The user's own chat, or the group. */
  readonly chat: string;
  /** Whether the bot is mentioned; in one's own chat that makes no difference. */
  readonly mentions: boolean;
  /** Slack: whether only what tells of the mention says so. */
  readonly isHidden?: boolean;
  /** Messages with the same one are of one album. */
  readonly album?: string;
  /** A file that goes with it; one of them is too large to be fetched. */
  readonly file?: "picture" | "film";
  /** WhatsApp: as whom it names the person, by both ids unless it says otherwise. */
  readonly as?: "number" | "scoped";
}

/**
 * What the platform does with one call. Obeyed are `ok`, `error_after` and `mute`: the last two say nothing of it, and
 * neither does `deaf`. `busy` names a time; `refused` does not take this message, `blocked` no message for this person.
 */
export interface PlannedService {
  readonly does:
    "ok" | "busy" | "error" | "error_after" | "mute" | "deaf" | "cut" | "refused" | "blocked";
  readonly ms: number;
}

/** Each kind of call has its own services, call by call, the last one for all that follow. */
export type Services = readonly [PlannedService, ...PlannedService[]];

/** What is called for alike: what sends a message, shows that one is made, moves a file; and all else. */
export type Kind = "sends" | "signs" | "fetches" | "settings";

/** What WhatsApp tells of a message that it took: each status so long after the call, perhaps before its answer. */
export interface PlannedFate {
  readonly tells: readonly {
    readonly status: "sent" | "delivered" | "read" | "failed";
    readonly afterMs: number;
  }[];
}

/**
 * What becomes of the channel and its chats; each waits for the one before. `revoke`: its token is dead; `uninstall`: so,
 * and Slack tells of it; `renew`: it gets the living one; `move`: the group goes on under another id; `delete`: its last
 * conversation is deleted; `erase`: the first user is; `remove`: the channel is deleted.
 */
export interface PlannedAct {
  readonly atMs: number;
  readonly does:
    "revoke" | "uninstall" | "renew" | "close" | "open" | "move" | "delete" | "erase" | "remove";
}

/** What happens to a bot on a platform. */
export interface PlatformStory
  extends
    Pick<ChatStory, "backends" | "timeoutSeconds" | "contextWindow" | "delayMs" | "collectMs">,
    Readonly<Record<Kind, Services>> {
  readonly platform: PlatformName;
  readonly messages: readonly PlannedUpdate[];
  readonly mode: "auto" | "thread" | "session";
  readonly groups: "mention" | "always" | "never";
  readonly acts: readonly PlannedAct[];
  readonly typing: boolean;
  /** Discord: whether the app is in the group only by one of its users. */
  readonly isGuest: boolean;
  /** Discord: how long it takes to know that the hook has taken a command. */
  readonly settlingMs: number;
  /** WhatsApp: of each message that it took, the last one for all that follow. */
  readonly fates: readonly [PlannedFate, ...PlannedFate[]];
  /** Of how many paragraphs each answer is; more than one are as long as a plain message may be. */
  readonly paragraphs: number;
  /** How many files go with each answer. */
  readonly files: number;
}

/** The only group. */
export const group = "group";

/** Who is erased. */
export const erasedUser = "1";

/** The one of several plans for calls that are made one after another: the last one for all that follow. */
export const planned = <T>(plan: readonly [T, ...T[]], count: number): T =>
  plan[Math.min(count, plan.length - 1)] ?? plan[0];
