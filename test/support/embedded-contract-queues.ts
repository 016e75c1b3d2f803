import { randomUUID } from "node:crypto";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, expect } from "@jest/globals";
import { openTestEngine } from "./embedded-clients.ts";
import { endpointConfiguration, isEmulator, refusalOf } from "./embedded-contract.ts";

const sqsEndpoint = process.env["AWS_ENDPOINT_URL_SQS"];

/** True when the suite runs against an SQS emulator. */
export const onOtherSqs = isEmulator(sqsEndpoint);

/** SQS in the engine or at AWS_ENDPOINT_URL_SQS. */
export interface ContractQueues {
  readonly client: SQSClient;
  /** Makes a queue with a name of its own; gives its URL. */
  createQueue(attributes?: Readonly<Record<string, string>>): Promise<string>;
  /** SendMessage; `more` are further fields of the request, here and below. */
  readonly send: (
    url: string,
    text: string,
    more?: Partial<SendMessageCommandInput>,
  ) => Promise<SendMessageCommandOutput>;
  /** The messages, at most ten, that ReceiveMessage takes, with all their attributes. */
  readonly receive: (url: string, more?: Partial<ReceiveMessageCommandInput>) => Promise<Message[]>;
  /** ChangeMessageVisibility. */
  readonly hide: (url: string, handle: string | undefined, seconds: number) => Promise<unknown>;
  /** The ARN of a queue. */
  arnOf(url: string): Promise<string>;
  /** Lets that much time pass: by the clock in the engine, by waiting elsewhere. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** SQS for the tests of a file, called at its top. */
export function useContractQueues(): ContractQueues {
  const queues = openContractQueues();
  afterAll(() => queues.close());
  return queues;
}

function openContractQueues(): ContractQueues {
  let now = Date.now();
  const embedded = sqsEndpoint === undefined ? openTestEngine({ clock: () => now }) : undefined;
  const client =
    embedded?.sqs ??
    new SQSClient({ ...endpointConfiguration(sqsEndpoint ?? ""), useQueueUrlAsEndpoint: false });
  return {
    client,
    async createQueue(Attributes = {}) {
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({ QueueName: `contract-${randomUUID()}`, Attributes }),
      );
      return QueueUrl ?? "";
    },
    send: (QueueUrl, MessageBody, more) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more })),
    async receive(QueueUrl, more) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
          ...more,
        }),
      );
      return Messages;
    },
    hide: (QueueUrl, ReceiptHandle, VisibilityTimeout) =>
      client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }),
      ),
    async arnOf(QueueUrl) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
      );
      return Attributes?.["QueueArn"] ?? "";
    },
    async pass(seconds) {
      now += seconds * 1_000;
      if (embedded === undefined) {
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000 + 200));
      }
    },
    async close() {
      client.destroy();
      await embedded?.engine.close();
    },
  };
}

/** Expects a refusal, by one of these names where the other side is exact about them. */
export async function expectRefusal(call: Promise<unknown>, names: RegExp): Promise<void> {
  const { name } = await refusalOf(call);
  if (!onOtherSqs) expect(name).toMatch(names);
}
