import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { refusalOf } from "#test/support/embedded-contract";
import {
  expectRefusal,
  onOtherSqs,
  useContractQueues,
} from "#test/support/embedded-contract-queues";

const queues = useContractQueues();

describe("a batch", () => {
  const sendBatch = (QueueUrl: string, Entries: SendMessageBatchRequestEntry[]) =>
    queues.client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const entry = (Id: string, MessageBody = Id) => ({ Id, MessageBody });

  it("answers for each of its entries", async () => {
    const url = await queues.createQueue();
    const { Successful, Failed } = await sendBatch(url, [
      entry("good"),
      entry("bad", "\u0000"),
      { ...entry("late"), DelaySeconds: 901 },
      { ...entry("grouped"), MessageGroupId: "team_1" },
    ]);
    expect(Successful?.map(({ Id }) => Id)).toEqual(["good", "grouped"]);
    expect(Failed).toMatchObject([
      { Id: "bad", SenderFault: true },
      { Id: "late", SenderFault: true },
    ]);
    expect(await queues.receive(url)).toHaveLength(2);
  });

  it.each<[string, SendMessageBatchRequestEntry[], RegExp]>([
    ["no entries", [], /EmptyBatchRequest/],
    [
      "eleven",
      Array.from({ length: 11 }, (_, i) => entry(`e${i}`)),
      /TooManyEntriesInBatchRequest/,
    ],
    ["the same id twice", [entry("a"), entry("a")], /BatchEntryIdsNotDistinct/],
    ["an id with a blank", [entry("a b")], /InvalidBatchEntryId/],
    [
      "more than 1 MiB",
      [entry("a", "x".repeat(600_000)), entry("b", "x".repeat(600_000))],
      /BatchRequestTooLong/,
    ],
  ])("a batch of %s is refused", async (what, entries, name) => {
    const url = await queues.createQueue();
    if (onOtherSqs && ["no entries", "an id with a blank"].includes(what)) {
      await sendBatch(url, entries);
      return;
    }
    await expectRefusal(sendBatch(url, entries), name);
    expect(await queues.receive(url)).toEqual([]);
  });

  it("deletes and hides several", async () => {
    const url = await queues.createQueue();
    await sendBatch(url, [entry("a"), entry("b")]);
    const messages = await queues.receive(url);
    const changed = await queues.client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: "one", ReceiptHandle: messages[0]?.ReceiptHandle, VisibilityTimeout: 0 },
          { Id: "two", ReceiptHandle: "nonsense", VisibilityTimeout: 0 },
        ],
      }),
    );
    expect(changed.Successful?.map(({ Id }) => Id)).toEqual(["one"]);
    expect(changed.Failed?.map(({ Id }) => Id)).toEqual(["two"]);
    const deleted = await queues.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: messages.map(({ ReceiptHandle }, i) => ({ Id: `d${i}`, ReceiptHandle })),
      }),
    );
    expect(deleted.Successful).toHaveLength(2);
    expect(await queues.receive(url)).toEqual([]);
  });
});

describe("a dead-letter queue", () => {
  it("takes what was received too often, says where from, and gives it back", async () => {
    const dead = await queues.createQueue();
    const deadLetterTargetArn = await queues.arnOf(dead);
    const url = await queues.createQueue({
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    });
    const { MessageId } = await queues.send(url, "poison");
    for (let i = 1; i <= 2; i += 1) {
      const [message] = await queues.receive(url);
      expect(message?.Attributes?.ApproximateReceiveCount).toBe(String(i));
      await queues.pass(1);
    }
    expect(await queues.receive(url)).toEqual([]);
    const [buried] = await queues.receive(dead);
    expect(buried).toMatchObject({ MessageId, Body: "poison" });
    if (!onOtherSqs) {
      expect(buried?.Attributes?.DeadLetterQueueSourceArn).toBe(await queues.arnOf(url));
    }

    await queues.hide(dead, buried?.ReceiptHandle, 0);
    await queues.client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }));
    const returned = await queues.receive(url, { WaitTimeSeconds: 5 });
    expect(returned.map(({ Body }) => Body)).toEqual(["poison"]);
  });

  it("must exist", async () => {
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:nowhere",
      maxReceiveCount: 2,
    });
    await expectRefusal(
      queues.createQueue({ RedrivePolicy }),
      /^(?:InvalidParameterValue|QueueDoesNotExist)/,
    );
  });
});

describe("queues", () => {
  const attributes = async (QueueUrl: string) =>
    (await queues.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] })))
      .Attributes;

  it("count what is visible, in flight and delayed", async () => {
    const url = await queues.createQueue();
    for (const DelaySeconds of [0, 0, 60]) await queues.send(url, "a", { DelaySeconds });
    await queues.receive(url, { MaxNumberOfMessages: 1 });
    expect(await attributes(url)).toMatchObject({
      ApproximateNumberOfMessages: "1",
      ApproximateNumberOfMessagesNotVisible: "1",
      ApproximateNumberOfMessagesDelayed: "1",
    });
  });

  it("are found by name, listed by prefix, changed and emptied", async () => {
    const url = await queues.createQueue({ VisibilityTimeout: "7" });
    const QueueName = url.slice(url.lastIndexOf("/") + 1);
    const found = await queues.client.send(new GetQueueUrlCommand({ QueueName }));
    expect(found.QueueUrl).toBe(url);
    const listed = await queues.client.send(new ListQueuesCommand({ QueueNamePrefix: QueueName }));
    expect(listed.QueueUrls).toEqual([url]);
    expect(await attributes(url)).toMatchObject({ VisibilityTimeout: "7" });
    await queues.client.send(
      new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: "8" } }),
    );
    expect(await attributes(url)).toMatchObject({ VisibilityTimeout: "8" });
    await queues.send(url, "a");
    await queues.client.send(new PurgeQueueCommand({ QueueUrl: url }));
    expect(await queues.receive(url)).toEqual([]);
  });

  it("may be created again as they are, not otherwise", async () => {
    const url = await queues.createQueue({ VisibilityTimeout: "7" });
    const QueueName = url.slice(url.lastIndexOf("/") + 1);
    const again = (VisibilityTimeout: string) =>
      queues.client.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout } }));
    expect((await again("7")).QueueUrl).toBe(url);
    await expectRefusal(again("8"), /QueueNameExists|QueueAlreadyExists/);
  });

  it("a queue that does not exist is refused by name", async () => {
    const url = await queues.createQueue();
    const refused = await refusalOf(queues.send(`${url}-missing`, "a"));
    expect(refused.name).toBe("QueueDoesNotExist");
  });
});
