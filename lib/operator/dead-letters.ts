import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { deadLettersOf } from "#lib/deployed-names";
import { awsConfig } from "#shared/runtime/aws-config";
import type { QueueName } from "#shared/runtime/grants";
import { queueOf, readWorkRef, type WorkRef } from "#shared/work/work-kinds";
import { type AwsPlace, namesAt } from "../local/aws-place.ts";

/** A message that its worker could not handle, held by the command that reads it. */
export interface DeadLetter {
  readonly queue: QueueName;
  /** Undefined when it is no message of the platform. */
  readonly ref: WorkRef | undefined;
  readonly body: string;
  readonly sent_at: number;
  readonly handle: string;
}

/** The queues as an operator's command uses them. */
export interface OperatorQueues {
  /** Takes up to 1,000 dead letters of a queue and hides them for a minute. */
  takeDeadLetters(queue: QueueName): Promise<readonly DeadLetter[]>;
  /** Shows one again. */
  putBack(letter: DeadLetter): Promise<void>;
  remove(letter: DeadLetter): Promise<void>;
  /** Wakes the worker of some work. */
  wake(ref: WorkRef): Promise<void>;
}

const hiddenSeconds = 60;
const mostTaken = 1_000;

/** The queues of a place, or of this machine's data folder, found by their names. */
export function createOperatorQueues(place: AwsPlace | undefined): OperatorQueues {
  const nameOf = place ? namesAt(place).queue : (queue: QueueName) => queue;
  const client = new SQSClient({ ...awsConfig(), useQueueUrlAsEndpoint: false });
  const urls = new Map<string, Promise<string | undefined>>();
  const urlOf = (name: string) => {
    const known =
      urls.get(name) ??
      client.send(new GetQueueUrlCommand({ QueueName: name })).then(({ QueueUrl }) => QueueUrl);
    urls.set(name, known);
    return known;
  };
  const deadOf = (queue: QueueName) => urlOf(deadLettersOf(nameOf(queue)));

  return {
    takeDeadLetters: async (queue) => {
      const taken = new Map<string, DeadLetter>();
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: await deadOf(queue),
            MaxNumberOfMessages: 10,
            // Without a wait SQS looks at some of its servers only.
            WaitTimeSeconds: place ? 1 : 0,
            VisibilityTimeout: hiddenSeconds,
            MessageSystemAttributeNames: ["SentTimestamp"],
          }),
        );
        const fresh = Messages.filter(({ MessageId = "" }) => !taken.has(MessageId));
        for (const { MessageId = "", ReceiptHandle = "", Body = "", Attributes } of fresh) {
          taken.set(MessageId, {
            queue,
            ref: refIn(Body),
            body: Body,
            sent_at: Number(Attributes?.SentTimestamp ?? 0),
            handle: ReceiptHandle,
          });
        }
        if (fresh.length === 0 || taken.size >= mostTaken) return [...taken.values()];
      }
    },

    putBack: async ({ queue, handle }) => {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: await deadOf(queue),
          ReceiptHandle: handle,
          VisibilityTimeout: 0,
        }),
      );
    },

    remove: async ({ queue, handle }) => {
      await client.send(
        new DeleteMessageCommand({ QueueUrl: await deadOf(queue), ReceiptHandle: handle }),
      );
    },

    wake: async (ref) => {
      await client.send(
        new SendMessageCommand({
          QueueUrl: await urlOf(nameOf(queueOf(ref))),
          MessageBody: JSON.stringify(ref),
          MessageGroupId: ref.team_id,
        }),
      );
    },
  };
}

function refIn(body: string): WorkRef | undefined {
  try {
    return readWorkRef(JSON.parse(body));
  } catch {
    return undefined;
  }
}
