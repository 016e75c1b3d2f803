import { isDeepStrictEqual } from "node:util";
import type { StoredConversation } from "#shared/conversations/conversation";
import { asMessage } from "#shared/conversations/conversation-store";
import type { ConversationWork } from "#shared/conversations/conversation-work";
import { isErased, type StoredMessage } from "#shared/conversations/message";
import type { Id } from "#shared/runtime/ids";
import { entriesOf, fieldsOf } from "#shared/schema/json-fields";
import { idAtEnd } from "#shared/table/keys";
import type { Item } from "#shared/table/table";

/** A conversation as the table has had it. */
export interface SeenConversation {
  readonly id: Id<"conv">;
  /** As it was first. */
  head: StoredConversation | undefined;
  /** As they were last, by number; of what was erased, as it was before. */
  readonly messages: Map<number, StoredMessage>;
  /** When the words of a message were erased, by its number; unix milliseconds. */
  readonly erased: Map<number, number>;
  /** When each message was kept, or came to want an answer, by its number; unix milliseconds. */
  readonly keptAt: Map<number, number>;
  /** The backends of which it was written down that they failed for a message, in order, by its number. */
  readonly failed: Map<number, readonly Id<"int">[]>;
  /** When it was first seen that a message stays without a reply, by its number; unix milliseconds. */
  readonly leftAt: Map<number, number>;
}

/** Remembers what conversations once were, the deleted ones too: what was said stays said, and a reply stays the reply. */
export class SeenConversations {
  readonly problems: string[] = [];
  readonly #byId = new Map<Id<"conv">, SeenConversation>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** In the order in which they began. */
  all(): readonly SeenConversation[] {
    return [...this.#byId.values()];
  }

  /** Sees a row that was written. */
  see(row: Item): void {
    if (row.sk === "STATE") {
      // Of the rows of the product, only heads of conversations stand there.
      const head = row as unknown as StoredConversation;
      this.#of(head.id).head ??= head;
    }
    const { failed_backends } = row as Item & Partial<ConversationWork>;
    if (row.sk === "WORK" && failed_backends) {
      const { question, integration_ids } = failed_backends;
      this.#of(idAtEnd(row.pk)).failed.set(question, integration_ids);
    }
    if (row.sk.startsWith("MESSAGE#")) this.#seeMessage(asMessage(row));
  }

  #of(id: Id<"conv">): SeenConversation {
    const seen = this.#byId.get(id) ?? {
      id,
      head: undefined,
      messages: new Map(),
      erased: new Map(),
      keptAt: new Map(),
      failed: new Map(),
      leftAt: new Map(),
    };
    this.#byId.set(id, seen);
    return seen;
  }

  #seeMessage(message: StoredMessage): void {
    const { number, conversation_id: id } = message;
    const seen = this.#of(id);
    const before = seen.messages.get(number);
    if (before && isErased(message)) {
      const { reply_number, delivery } = message;
      seen.erased.set(number, seen.erased.get(number) ?? this.#clock());
      seen.messages.set(number, {
        ...before,
        ...(reply_number !== undefined && { reply_number }),
        delivery,
      });
      return;
    }
    if (before && !isKept(before, message)) {
      this.problems.push(`${id}: ${told(before)} became ${told(message)}`);
    }
    seen.messages.set(number, message);
    if (!before || before.answer !== message.answer) seen.keptAt.set(number, this.#clock());
    if (message.reply_number === 0 && !seen.leftAt.has(number)) {
      seen.leftAt.set(number, this.#clock());
    }
  }
}

/** Whether nothing but what is still open has changed. */
const isKept = (before: StoredMessage, now: StoredMessage) =>
  before.id === now.id &&
  isDeepStrictEqual(firstWords(before.content), firstWords(now.content)) &&
  before.reply_to === now.reply_to &&
  (before.reply_number ?? now.reply_number) === now.reply_number &&
  (before.delivery?.status === "pending" || before.delivery?.status === now.delivery?.status);

/** The words that a message begins with; files may follow, come later and be settled. */
export const firstWords = (content: unknown): unknown =>
  Array.isArray(content) ? fieldsOf(entriesOf(content)[0])["text"] : content;

const told = ({ id, number, content, reply_number, delivery }: StoredMessage) =>
  `${number} ${id} ${JSON.stringify(content)} (reply ${reply_number}, ${delivery?.status})`;

/** Messages in the order of their numbers. */
export const ordered = (messages: ReadonlyMap<number, StoredMessage>) =>
  [...messages.values()].sort((one, other) => one.number - other.number);
