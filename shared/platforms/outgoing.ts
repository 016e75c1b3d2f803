import type { Attachment } from "../schema/content.ts";
import type { Refusal } from "./failure.ts";
import type { Address, ChatMoved } from "./inbound-event.ts";

/** A reply as the backend gave it: GitHub's Markdown, and files by URL. */
export interface OutgoingReply {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** What is sent as one message, as JSON. `is_first`: it may quote the message that it answers. */
export type Piece =
  | {
      readonly type: "text";
      /** As the backend wrote it; what the platform understands is made of it when it is sent, or was before it was cut. */
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
