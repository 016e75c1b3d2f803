import { randomUUID } from "node:crypto";
import type { Database, Statement } from "../database.ts";
import { groupColumn, GroupTurns } from "./group-turns.ts";
import type { MessageDetails, NewMessage } from "./message-rules.ts";
import { type Queue, queueArn, type QueueCatalog } from "./queue.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** A message as a receive hands it out. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly bodyMd5: string;
  readonly details: MessageDetails;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly receiveCount: number;
  /** Unix milliseconds. */
  readonly firstReceivedAt: number;
}

/** How a send or receive goes wrong on purpose. */
export interface DeliveryFaults {
  /** Sends: stored twice. Receives: handed out but still visible. */
  readonly duplicate: boolean;
  /** Sends: accepted, never stored. Receives: hidden, but the answer is empty. */
  readonly lost: boolean;
  /** Sends: visible so many seconds later. */
  readonly lateSeconds: number;
}

/** A send or receive without faults. */
export const plainDelivery: DeliveryFaults = { duplicate: false, lost: false, lateSeconds: 0 };

type VisibleRow = [
  id: number,
  message_id: string,
  body: string,
  body_md5: string,
  details: string | null,
  sent_at: number,
  receive_count: number,
  first_received_at: number | null,
];

/** The messages of all queues. Deadlines are compared with the clock given. */
export class MessageStore {
  readonly #database: Database;
  readonly #queues: QueueCatalog;
  readonly #clock: () => number;
  /** Of the message groups. */
  readonly turns: GroupTurns;
  readonly #insert: Statement<[]>;
  readonly #visible: Statement<VisibleRow>;
  readonly #take: Statement<[]>;
  readonly #move: Statement<[]>;
  readonly #remove: Statement<[]>;
  readonly #inFlight: Statement<[visible_at: number]>;
  readonly #hide: Statement<[]>;
  readonly #retire: Statement<[]>;
  readonly #oldest: Statement<[id: number, queue: number, sent_at: number]>;
  /** Queues in which something may have become visible since `takeTouched`. */
  #touched = new Set<string>();

  constructor(database: Database, queues: QueueCatalog, clock: () => number) {
    this.#database = database;
    this.#queues = queues;
    this.#clock = clock;
    this.turns = new GroupTurns(database);
    this.#insert = database.prepare(
      "INSERT INTO messages (queue, visible_at, message_id, body, body_md5, details, sent_at, receive_count) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
    );
    // A bare `LIMIT ?` would be planned anew for each value that it is given.
    this.#visible = database.prepare(
      `SELECT id, message_id, body, body_md5, details, sent_at, receive_count, first_received_at FROM messages WHERE queue = ? AND ${groupColumn} = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ? + 0`,
    );
    this.#take = database.prepare(
      "UPDATE messages SET visible_at = ?, receive_count = ?, first_received_at = ?, receipt = ? WHERE id = ?",
    );
    this.#move = database.prepare(
      "UPDATE messages SET queue = ?, visible_at = ?, details = ?, receipt = NULL WHERE id = ?",
    );
    this.#remove = database.prepare(
      "DELETE FROM messages WHERE id = ? AND queue = ? AND receipt = ?",
    );
    this.#inFlight = database.prepare(
      "SELECT visible_at FROM messages WHERE id = ? AND queue = ? AND receipt = ?",
    );
    this.#hide = database.prepare("UPDATE messages SET visible_at = ? WHERE id = ?");
    this.#retire = database.prepare("DELETE FROM messages WHERE id = ?");
    this.#oldest = database.prepare(
      "SELECT id, queue, sent_at FROM messages ORDER BY id LIMIT ? + 0",
    );
  }

  /** Stores a message and gives its id. */
  send(queue: Queue, message: NewMessage, faults: DeliveryFaults): string {
    const messageId = randomUUID();
    const now = this.#clock();
    const delay = (message.delaySeconds ?? queue.delaySeconds) + faults.lateSeconds;
    const details = message.details === undefined ? null : JSON.stringify(message.details);
    const copies = faults.lost ? 0 : faults.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#insert.run(
        queue.id,
        now + delay * 1_000,
        messageId,
        message.body,
        message.bodyMd5,
        details,
        now,
      );
    }
    this.#touched.add(queue.name);
    return messageId;
  }

  /**
   * Hands out up to `max` visible messages of the groups in turn and hides them; what was received too often goes to the
   * dead-letter queue.
   */
  receive(
    queue: Queue,
    max: number,
    visibilitySeconds: number | undefined,
    faults: DeliveryFaults,
  ): ReceivedMessage[] {
    const now = this.#clock();
    const timeout = (visibilitySeconds ?? queue.visibilityTimeoutSeconds) * 1_000;
    const received: ReceivedMessage[] = [];
    while (received.length < max) {
      const group = this.turns.take(queue, now);
      if (group === undefined) break;
      const rows = this.#visible.all(queue.id, group, now, max - received.length);
      for (const row of rows) {
        const [id, messageId, body, bodyMd5, details, sentAt, count, first] = row;
        if (isOutdated(queue, sentAt, now)) {
          this.#retire.run(id);
          continue;
        }
        if (this.#isDead(queue, row, now)) continue;
        const message: ReceivedMessage = {
          messageId,
          receiptHandle: `${id}.${randomUUID()}`,
          body,
          bodyMd5,
          details: detailsOf(details),
          sentAt,
          receiveCount: count + 1,
          firstReceivedAt: first ?? now,
        };
        this.#take.run(
          faults.duplicate ? now : now + timeout,
          message.receiveCount,
          message.firstReceivedAt,
          message.receiptHandle,
          id,
        );
        received.push(message);
      }
      // What was handed out is still there.
      if (faults.duplicate && received.length > 0) break;
    }
    if (faults.duplicate && received.length > 0) this.#touched.add(queue.name);
    return faults.lost ? [] : received;
  }

  /** Of the oldest messages of all queues, so many, removes those that their queue keeps no longer; gives their number. */
  removeOutdated(max: number): number {
    const now = this.#clock();
    const queues = new Map(this.#queues.all().map((queue) => [queue.id, queue]));
    const outdated = this.#oldest.all(max).filter(([, id, sentAt]) => {
      const queue = queues.get(id);
      return queue !== undefined && isOutdated(queue, sentAt, now);
    });
    for (const [id] of outdated) this.#retire.run(id);
    return outdated.length;
  }

  /** Deletes what the handle of the latest receive names; an older handle deletes nothing. */
  delete(queue: Queue, receiptHandle: string): void {
    this.#remove.run(rowOf(receiptHandle), queue.id, receiptHandle);
  }

  /** Makes a message in flight visible again in so many seconds. */
  changeVisibility(queue: Queue, receiptHandle: string, seconds: number): void {
    const id = rowOf(receiptHandle);
    const now = this.#clock();
    const row = this.#inFlight.get(id, queue.id, receiptHandle);
    if (row === undefined) {
      throw invalidParameter(
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    if (row[0] <= now) {
      throw new SqsError(
        "MessageNotInflight",
        "The specified message isn't in flight.",
        "AWS.SimpleQueueService.MessageNotInflight",
      );
    }
    this.#hide.run(now + seconds * 1_000, id);
    this.#touched.add(queue.name);
  }

  /** Numbers of messages: visible, in flight, and delayed. */
  count(queue: Queue): { visible: number; inFlight: number; delayed: number } {
    const row = this.#database
      .prepare<[number, number, number]>(
        `SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FILTER (WHERE visible_at > ?2 AND receipt IS NOT NULL),
         count(*) FILTER (WHERE visible_at > ?2 AND receipt IS NULL) FROM messages WHERE queue = ?1`,
      )
      .get(queue.id, this.#clock());
    const [visible = 0, inFlight = 0, delayed = 0] = row ?? [];
    return { visible, inFlight, delayed };
  }

  purge(queue: Queue): void {
    this.#database.prepare("DELETE FROM messages WHERE queue = ?").run(queue.id);
  }

  /** Moves every visible message to the queue it came from, or to the one given; gives their number. */
  moveAll(from: Queue, to: Queue | undefined): number {
    const now = this.#clock();
    let moved = 0;
    const visible = this.#database
      .prepare<[id: number, details: string | null]>(
        "SELECT id, details FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id",
      )
      .all(from.id, now);
    for (const [id, text] of visible) {
      const details = detailsOf(text);
      const origin = details.dead_letter_source?.split(":").at(-1);
      const target = to ?? (origin === undefined ? undefined : this.#queues.find(origin));
      if (target === undefined) continue;
      this.#database
        .prepare("UPDATE messages SET receive_count = 0, first_received_at = NULL WHERE id = ?")
        .run(id);
      this.#move.run(
        target.id,
        now,
        JSON.stringify({ ...details, dead_letter_source: undefined }),
        id,
      );
      this.#touched.add(target.name);
      moved += 1;
    }
    return moved;
  }

  /** The queues that changed since the last call. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  #isDead(queue: Queue, row: VisibleRow, now: number): boolean {
    const [id, , , , text, , count] = row;
    if (queue.deadLetter === undefined || count < queue.deadLetter.maxReceives) return false;
    const target = this.#queues.find(queue.deadLetter.queue);
    if (target === undefined) return false;
    const details = detailsOf(text);
    details.dead_letter_source = queueArn(queue.name);
    this.#move.run(target.id, now, JSON.stringify(details), id);
    this.#touched.add(target.name);
    return true;
  }
}

const isOutdated = ({ retentionSeconds }: Queue, sentAt: number, now: number) =>
  sentAt + retentionSeconds * 1_000 <= now;

function detailsOf(text: string | null): MessageDetails {
  // Only this class writes the column.
  return text === null ? {} : (JSON.parse(text) as MessageDetails);
}

function rowOf(receiptHandle: string): number {
  const match = /^(\d{1,15})\.[0-9a-f-]{36}$/.exec(receiptHandle);
  if (match === null) {
    throw new SqsError(
      "ReceiptHandleIsInvalid",
      `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
    );
  }
  return Number(match[1]);
}
