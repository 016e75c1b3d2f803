import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CredentialsOf, PlatformName } from "./catalogue.ts";
import type { Done, Refusal } from "./failure.ts";
import type { Address, FileReference, Parsed, PlatformUser } from "./inbound-event.ts";
import type { Outgoing, OutgoingReply, Piece, Sent } from "./outgoing.ts";

/**
 * What a hook hears one platform with. It makes no call, so a hook's function carries nothing that makes one. Each
 * platform's `inbound.ts` exports one.
 */
export interface Inbound {
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
}

/**
 * What one platform is spoken to with. All that it needs comes with each call, and it remembers nothing that counts.
 * Each platform's `adapter.ts` exports one. Nothing else of its folder is imported from outside but its `inbound.ts`.
 */
export interface Adapter<P extends PlatformName> {
  /** What later proves that a call comes from the platform: stored with the hook, so that it needs no credentials. */
  readonly verifierOf: (channel: ChannelAccess<P>) => Verifier;
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
  /** Takes back a message, or a sign that was shown at once; there where one must stand in for an answer. */
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
  readonly setup: (
    channel: Pick<ChannelAccess<P>, "hook_url" | "answers_all_in_groups"> & {
      readonly account?: Account | null;
    },
  ) => Setup;
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

/** The account that a channel speaks as. */
export interface Account {
  /** A team has one channel for it. */
  readonly id: string;
  /** As whom it writes and is mentioned. */
  readonly user_id: string;
  readonly username: string | null;
  readonly name: string;
}

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
