import type { QueueName } from "../runtime/grants.ts";

/** A message to send: ids only. `group` is the team, so that one team's backlog does not hold up the others. */
export interface Outgoing {
  readonly body: unknown;
  readonly group: string;
  readonly delaySeconds: number;
}

/** The queues as the rest of the code sees them. They only wake workers; the table alone decides. */
export interface Queues {
  /** Sends one message. Throws when the queue did not take it. */
  send(queue: QueueName, message: Outgoing): Promise<void>;
  /** Sends up to 10. Returns the indexes of those that the queue did not take. */
  sendBatch(queue: QueueName, messages: readonly Outgoing[]): Promise<number[]>;
  /** How long a received message stays invisible from now. */
  setVisibility(queue: QueueName, receiptHandle: string, seconds: number): Promise<void>;
}
