import type {
  Account,
  Adapter,
  AdapterDeps,
  ChannelAccess,
  HookRequest,
  Inbound,
} from "#shared/platforms/adapter";
import type { PlatformName } from "#shared/platforms/catalogue";
import type { FailureClass } from "#shared/platforms/failure";
import type { Address, InboundEvent, Parsed } from "#shared/platforms/inbound-event";
import type { OutgoingReply, Piece, Sent } from "#shared/platforms/outgoing";
import type { Answer } from "./fake-backend.ts";

/** A call that a fake platform took. */
export interface PlatformCallMade {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A platform on 127.0.0.1. */
export interface FakePlatform {
  /** The base URL. */
  readonly url: string;
  readonly calls: PlatformCallMade[];
  /** What we did that the real one would bear and we would not. */
  readonly mistakes: string[];
  /** Gives the next call whatever a server can do to a caller. */
  misbehave(answer: Answer): void;
  close(): Promise<void>;
}

/** One adapter with what the suite over all of them has to know. */
export interface PlatformCase<P extends PlatformName, F extends FakePlatform = FakePlatform> {
  readonly name: P;
  readonly adapter: Adapter<P>;
  readonly inbound: Inbound;
  readonly account: Account;
  readonly channel: ChannelAccess<P>;
  /** The fields of the credentials that everybody may know, such as ids and public keys. */
  readonly no_secrets?: readonly string[];
  readonly start: () => Promise<F>;
  /** A call to the hook as the platform makes it. */
  readonly signed: (body: unknown, now: number) => HookRequest;
  /** The same call as others would make it. */
  readonly forged: (body: unknown, now: number) => readonly (readonly [string, HookRequest])[];
  /** What comes in, row by row: a body of recorded shape and the events that it becomes. */
  readonly comesIn: readonly {
    readonly row: string;
    readonly body: unknown;
    readonly events: readonly Partial<InboundEvent>[];
    readonly answer?: Parsed["answer"];
  }[];
  readonly address: Address;
  /** What the platform says to a message, and what that means. */
  readonly refusals: readonly {
    readonly says: string;
    readonly plan: (fake: F) => void;
    readonly piece?: Piece;
    readonly class: FailureClass;
    readonly retry_after_ms?: number;
  }[];
  /** Has the platform say the credentials in its errors, as a careless one would. */
  readonly tell: (fake: F, words: string) => void;
}

/** A text that is sent as it is. */
export const plainPiece = (text: string): Piece => ({
  type: "text",
  text,
  form: "plain",
  is_first: false,
});

/** Sends a reply as the worker does: piece by piece, and one that is refused once more in the plainest form. */
export async function deliver<P extends PlatformName>(
  { adapter, channel }: Pick<PlatformCase<P>, "adapter" | "channel">,
  deps: AdapterDeps,
  { reply, address: first }: { readonly reply: OutgoingReply; readonly address: Address },
): Promise<readonly Sent[]> {
  const outcomes: Sent[] = [];
  const left = [...adapter.pieces(reply)];
  let address = first;
  for (let piece = left.shift(); piece; piece = left.shift()) {
    const tag = `msg_1#${outcomes.length}`;
    const sent = await adapter.send(deps, channel.credentials, { address, piece, tag });
    const plainer = !sent.ok && sent.class === "refused" ? adapter.plainer(piece) : [];
    if (plainer.length > 0) {
      left.unshift(...plainer);
      continue;
    }
    outcomes.push(sent);
    if (sent.ok && sent.address) ({ address } = sent);
  }
  return outcomes;
}
