import type { Failure } from "./failure.ts";

/** What a call to a hook said. */
export interface Parsed {
  /** Messages first, and those as they were sent; among them what tells of a person's other ids. */
  readonly events: readonly InboundEvent[];
  /** What it is answered instead of nothing, whatever the events are. */
  readonly answer?: HookAnswer;
}

/** What the platform is told at once, with status 200: JSON or plain text. */
export type HookAnswer = { readonly json: unknown } | { readonly text: string };

/** One thing that happened at a platform. */
export type InboundEvent = InboundMessage | ChatMoved | SameUser | DeliveryFailed | Disconnected;

/** The credentials are dead. */
export interface Disconnected {
  readonly kind: "disconnected";
  readonly reason: string;
  /** When that happened, where the platform says so; unix milliseconds. There may be others since. */
  readonly at?: number;
}

/** A message of a person. */
export interface InboundMessage {
  readonly kind: "message";
  /** The same for each time that the platform sends it; a later one may bring files that an earlier one lacked. */
  readonly identity: string;
  /** As the platform names it. */
  readonly message_id: string;
  readonly sent_at: number;
  /** `keep`: it is stored and never answered. */
  readonly handling: "answer" | "keep";
  readonly user: PlatformUser;
  readonly chat_id: string;
  readonly thread_id: string | null;
  readonly is_direct: boolean;
  readonly mentions_bot: boolean;
  readonly replies_to_bot: boolean;
  /** At least one. */
  readonly content: readonly InboundPart[];
  /** Messages with the same one were sent as one. */
  readonly album_id: string | null;
  readonly metadata: {
    readonly choice?: { readonly id: string; readonly title: string };
    readonly reply_to?: QuotedMessage;
  };
  /** Where its answer goes. */
  readonly address: Address;
  /** What the platform is told at once, where that depends on whether an answer will come. */
  readonly at_once?: {
    readonly answered: HookAnswer;
    readonly unanswered: HookAnswer;
    /** The sign that it then shows until an answer takes its place: where none does, `remove` takes it back by this id. */
    readonly sign_id: string;
  };
}

/** Who talks to the bot. */
export interface PlatformUser {
  readonly id: string;
  readonly name: string | null;
  readonly username: string | null;
  /** Further ids of the same person. */
  readonly also: readonly string[];
}

/** The message that another one replies to. */
export interface QuotedMessage {
  readonly message_id: string;
  readonly from_bot: boolean;
  /** At most 500 units. */
  readonly text: string;
}

/** A part of what was said: words, or a file that is still to be fetched. */
export type InboundPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "file";
      readonly is_image: boolean;
      readonly name: string | null;
      readonly mime_type: string | null;
      /** In bytes, as the platform says; null where it does not. */
      readonly size: number | null;
      readonly file: FileReference;
    };

/** A file at its platform; JSON that only its adapter reads. */
export type FileReference = Readonly<Record<string, string>>;

/** Where an answer goes; JSON that only its adapter reads. It is stored with the message and never shown. */
export type Address = Readonly<Record<string, string | number>>;

/** A chat goes on under another id. */
export interface ChatMoved {
  readonly kind: "chat_moved";
  readonly from_chat_id: string;
  readonly to_chat_id: string;
}

/** These ids are of one person. */
export interface SameUser {
  readonly kind: "same_user";
  readonly user_ids: readonly string[];
}

/** A message that the platform had taken did not reach its user. */
export interface DeliveryFailed {
  readonly kind: "delivery_failed";
  /** What it was sent with; null where it was sent by another program. */
  readonly tag: string | null;
  readonly message_id: string;
  readonly failure: Failure;
}
