import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Attachment } from "../schema/content.ts";
import type { CredentialsOf, PlatformName } from "./catalogue.ts";

/**
 * What one platform is spoken to with. All that it needs comes with each call, and it remembers nothing that counts.
 * Each platform's `adapter.ts` exports one, and nothing else of its folder is imported from outside.
 */
export interface Adapter<P extends PlatformName> {
  /** What later proves that a call comes from the platform: stored with the hook, so that it needs no credentials. */
  readonly verifierOf: (channel: ChannelAccess<P>) => Verifier;
  /** Whether the platform sent this, judged by the raw bytes. */
  readonly verify: (request: HookRequest, verifier: Verifier, now: number) => boolean;
  /** What a GET that asks whether the hook is ours is answered, as plain text; undefined for who may not know. */
  readonly handshake?: (
    query: Readonly<Record<string, string>>,
    verifier: Verifier,
  ) => string | undefined;
  /** Reads a verified call. Never throws: what cannot be read is left out and stops nothing else. */
  readonly parse: (
    request: HookRequest,
    context: { readonly account: Account | null; readonly now: number },
  ) => Parsed;

  /** A reply as what is sent one by one; always the same of the same reply. */
  readonly pieces: (reply: OutgoingReply) => readonly Piece[];
  /** The pieces that say the same in the plainest form, for one that was refused; none where there is no plainer. */
  readonly plainer: (piece: Piece) => readonly Piece[];
  /** Sends one piece with as many calls as one message takes. */
  readonly send: (
    deps: AdapterDeps,
    credentials: CredentialsOf<P>,
    outgoing: Outgoing,
  ) => Promise<Sent>;
  /** Takes back a message that was sent; there where a temporary one must stand in for a sign of life. */
  readonly remove?: (
    deps: AdapterDeps,
    credentials: CredentialsOf<P>,
    sent: { readonly address: Address; readonly id: string },
  ) => Promise<Done>;
  /** Shows the user that an answer is on its way, until a message comes or the time in the catalogue is over. */
  readonly typing?: (
    deps: AdapterDeps,
    credentials: CredentialsOf<P>,
    address: Address,
  ) => Promise<Done>;

  /** Fetches a file that a message brought. */
  readonly download: (
    deps: AdapterDeps,
    credentials: CredentialsOf<P>,
    file: FileReference,
  ) => Promise<Downloaded>;
  /** What the platform calls a user whose messages bring an id only. */
  readonly lookUpUser?: (
    deps: AdapterDeps,
    credentials: CredentialsOf<P>,
    user_id: string,
  ) => Promise<Pick<PlatformUser, "name" | "username"> | undefined>;

  /** What the owner still has to do by hand, in the order of doing it. */
  readonly setup: (channel: ChannelAccess<P>) => Setup;
  /** Asks whose credentials these are and what stands in the way of messages, and changes nothing. */
  readonly probe: (deps: AdapterDeps, channel: ChannelAccess<P>) => Promise<Probed>;
  /** Has the platform call our hook, as far as it has an API for that. Harmless to repeat. */
  readonly connect: (deps: AdapterDeps, channel: ChannelAccess<P>) => Promise<Connected>;
  /** Takes back what `connect` set, and only while it is still ours. Harmless to repeat. */
  readonly disconnect: (deps: AdapterDeps, channel: ChannelAccess<P>) => Promise<Done>;
}

/** What an adapter calls a platform with. */
export interface AdapterDeps {
  readonly fetch: SafeFetch;
  /** Of the platform, path included, without a slash at the end. */
  readonly base_url: string;
  readonly clock: Clock;
  /** Ends the call; what it was given as a reason is thrown. */
  readonly signal: AbortSignal;
}

/** A channel as its platform has to know it. */
export interface ChannelAccess<P extends PlatformName> {
  readonly credentials: CredentialsOf<P>;
  /** The address that the platform calls. */
  readonly hook_url: string;
  /** Ours, of this channel alone: 1 to 256 of `A-Za-z0-9_-`, for platforms that give back what they were given. */
  readonly hook_secret: string;
  /** Whether the bot answers in groups without being addressed. */
  readonly answers_all_in_groups: boolean;
}

/** What proves where a call comes from, as the adapter made it; JSON. */
export type Verifier = Readonly<Record<string, string>>;

/** A call that came to a hook. */
export interface HookRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it came over the wire. */
  readonly body: Uint8Array;
}

/** What the platform is told at once, with status 200: JSON or plain text. */
export type HookAnswer = { readonly json: unknown } | { readonly text: string };

/** What a call to a hook said. */
export interface Parsed {
  /** Messages first, and those as they were sent. */
  readonly events: readonly InboundEvent[];
  /** What it is answered instead of nothing, whatever the events are. */
  readonly answer?: HookAnswer;
}

/** One thing that happened at a platform. */
export type InboundEvent =
  | InboundMessage
  | ChatMoved
  | SameUser
  | DeliveryFailed
  | { readonly kind: "disconnected"; readonly reason: string };

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
  readonly at_once?: { readonly answered: HookAnswer; readonly unanswered: HookAnswer };
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
  readonly tag: string | null;
  readonly message_id: string;
  readonly failure: Failure;
}

/** The account that a channel speaks as. */
export interface Account {
  /** A team has one channel for it. */
  readonly id: string;
  /** As whom it writes and is mentioned. */
  readonly user_id: string;
  readonly username: string | null;
  readonly name: string;
}

/** A reply as the backend gave it: GitHub's Markdown, and files by URL. */
export interface OutgoingReply {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** What is sent as one message, as JSON. `is_first`: it may quote the message that it answers. */
export type Piece =
  | {
      readonly type: "text";
      /** As the backend wrote it; what the platform understands is made of it when it is sent. */
      readonly text: string;
      /** `plain`: the words as they are written, for a platform that did not take the marks. */
      readonly form: "marked" | "plain";
      readonly is_first: boolean;
    }
  | { readonly type: "attachment"; readonly attachment: Attachment; readonly is_first: boolean };

/** A piece on its way. */
export interface Outgoing {
  readonly address: Address;
  readonly piece: Piece;
  /** Names the reply and the piece, the same whenever it is tried again, in at most 512 characters. */
  readonly tag: string;
}

/** What became of one piece. */
export type Sent =
  | {
      readonly ok: true;
      /** What the platform calls the message; null where it does not say. */
      readonly id: string | null;
      /** The address that holds from now on, where it is another. */
      readonly address?: Address;
      readonly moved?: ChatMoved;
    }
  | Refusal;

/** What became of a call that brings nothing back. */
export type Done = { readonly ok: true } | Refusal;

/** A file, or why there is none. */
export type Downloaded =
  { readonly ok: true; readonly bytes: Uint8Array; readonly mime_type: string | null } | Refusal;

/** What stands in the way of messages although the credentials are good. */
export interface Problem {
  readonly code: string;
  /** Tells the owner what is wrong and what to do. */
  readonly message: string;
}

/** Whose credentials they are. */
export type Probed =
  { readonly ok: true; readonly account: Account; readonly problems: readonly Problem[] } | Refusal;

/** What connecting brought. */
export type Connected =
  | {
      readonly ok: true;
      readonly account: Account;
      readonly problems: readonly Problem[];
      /** The address that the platform called before, if it was another's. */
      readonly replaced_url: string | null;
    }
  | Refusal;

/** What is left to the owner. */
export interface Setup {
  readonly steps: readonly string[];
  /** Ready to be pasted, where the platform takes one. */
  readonly manifest?: string;
}

/** What a failure means for what comes next; `shared/platforms/README.md` has it in words. */
export type FailureClass = "retry" | "recipient" | "configuration" | "disconnected" | "refused";

/** Why something was not done. */
export interface Failure {
  readonly class: FailureClass;
  /** As the platform names it. */
  readonly code: string;
  /** A sentence for the people of the team, without any secret. */
  readonly message: string;
  /** How long the platform wants to be left alone. */
  readonly retry_after_ms?: number;
  /** The field of the credentials that is to blame. */
  readonly field?: string;
}

/** A failure as the outcome of a call. */
export type Refusal = { readonly ok: false } & Failure;
