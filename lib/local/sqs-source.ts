import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SourceQueues } from "./event-source.ts";

/** The longest that SQS lets a receiver wait, and the most that it gives at once. */
const waitSeconds = 20;
const mostAtOnce = 10;

/**
 * Queues of SQS by their URLs, for event sources: each is asked in long polls. SQS tells nobody when a message comes,
 * so there may always be one, and who receives waits for it.
 */
export function createSqsSource(
  client: SQSClient,
  urls: ReadonlyMap<string, string>,
): SourceQueues {
  const urlOf = (queue: string) => urls.get(queue);
  const polls = new Map<string, AbortController>();
  return {
    receive: async (queue, max) => {
      const poll = new AbortController();
      polls.set(queue, poll);
      try {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: urlOf(queue),
            MaxNumberOfMessages: Math.min(max, mostAtOnce),
            WaitTimeSeconds: waitSeconds,
            MessageSystemAttributeNames: ["All"],
          }),
          { abortSignal: poll.signal },
        );
        return Messages.map(
          ({ MessageId = "", ReceiptHandle = "", Body = "", MD5OfBody = "", Attributes = {} }) => ({
            messageId: MessageId,
            receiptHandle: ReceiptHandle,
            body: Body,
            md5OfBody: MD5OfBody,
            attributes: Attributes,
          }),
        );
      } catch (error) {
        if (poll.signal.aborted) return [];
        throw error;
      }
    },

    delete: async (queue, handles) => {
      const { Failed = [] } = await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: urlOf(queue),
          Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
      const [first] = Failed;
      if (first) throw new Error(`${Failed.length} messages were not deleted: ${first.Code}.`);
    },

    changeVisibility: async (queue, ReceiptHandle, VisibilityTimeout) => {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(queue),
          ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    },

    // Who stops listening waits for no message any more.
    onReady: (queue) => () => polls.get(queue)?.abort(),
    nextVisibleAt: () => 0,
  };
}
