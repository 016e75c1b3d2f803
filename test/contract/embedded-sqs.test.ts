import { DeleteMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import {
  expectRefusal,
  onOtherSqs,
  useContractQueues,
} from "#test/support/embedded-contract-queues";

/*
 * Runs against the embedded engine, or against what AWS_ENDPOINT_URL_SQS names (then it waits in real time).
 * Last compared with ElasticMQ 1.7.1, which differs from AWS, and from the engine, in these points:
 * - it calls nearly every refusal InvalidAttributeValue (there only the fact of a refusal is checked);
 * - it accepts empty batches, entry ids with blanks, visibility beyond 12 hours and of messages not in flight;
 * - it does not count attributes as part of a message's size;
 * - deleting with a handle whose message is gone is an error; dead letters do not name their source.
 */

const queues = useContractQueues();

const remove = (QueueUrl: string, ReceiptHandle: string | undefined) =>
  queues.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

describe("a message", () => {
  it("comes with its body, its attributes and what SQS knows about it", async () => {
    const url = await queues.createQueue();
    const { MessageId } = await queues.send(url, "grüße 😀", {
      MessageGroupId: "team_1",
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "job" },
        size: { DataType: "Number", StringValue: "12" },
        bytes: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 255) },
      },
    });
    const [message] = await queues.receive(url);
    expect(message).toMatchObject({
      MessageId,
      Body: "grüße 😀",
      Attributes: {
        ApproximateReceiveCount: "1",
        MessageGroupId: "team_1",
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "job" },
        size: { DataType: "Number", StringValue: "12" },
        bytes: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 255) },
      },
    });
  });

  it("is hidden while someone works on it, and comes back with a new handle and a higher count", async () => {
    const url = await queues.createQueue({ VisibilityTimeout: "2" });
    await queues.send(url, "a");
    const [first] = await queues.receive(url);
    expect(await queues.receive(url)).toEqual([]);
    await queues.pass(2);
    const [second] = await queues.receive(url);
    expect(second?.MessageId).toBe(first?.MessageId);
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    expect(second?.Attributes?.ApproximateReceiveCount).toBe("2");
    expect(second?.Attributes?.ApproximateFirstReceiveTimestamp).toBe(
      first?.Attributes?.ApproximateFirstReceiveTimestamp,
    );
  });

  it("is gone once deleted, also after its visibility ran out", async () => {
    const url = await queues.createQueue({ VisibilityTimeout: "1" });
    await queues.send(url, "a");
    const [message] = await queues.receive(url);
    await queues.pass(1);
    await remove(url, message?.ReceiptHandle);
    expect(await queues.receive(url)).toEqual([]);
    if (!onOtherSqs) await remove(url, message?.ReceiptHandle);
  });

  it("may be delayed by up to 900 seconds", async () => {
    const url = await queues.createQueue();
    await queues.send(url, "later", { DelaySeconds: 2 });
    expect(await queues.receive(url)).toEqual([]);
    await queues.pass(2);
    expect(await queues.receive(url)).toHaveLength(1);
    for (const DelaySeconds of [-1, 901]) {
      await expectRefusal(queues.send(url, "never", { DelaySeconds }), /^InvalidParameterValue/);
    }
  });

  it("takes the delay of its queue when it has none", async () => {
    const url = await queues.createQueue({ DelaySeconds: "2" });
    await queues.send(url, "later");
    await queues.send(url, "now", { DelaySeconds: 0 });
    expect((await queues.receive(url)).map(({ Body }) => Body)).toEqual(["now"]);
    await queues.pass(2);
    expect((await queues.receive(url)).map(({ Body }) => Body)).toEqual(["later"]);
  });

  it("has at most 1 MiB, its attributes included", async () => {
    const url = await queues.createQueue();
    await queues.send(url, "x".repeat(1_048_576));
    await expectRefusal(queues.send(url, "x".repeat(1_048_577)), /^InvalidParameterValue/);
    const MessageAttributes = { a: { DataType: "String", StringValue: "b" } };
    const tooLong = () => queues.send(url, "x".repeat(1_048_570), { MessageAttributes });
    if (onOtherSqs) await tooLong();
    else await expectRefusal(tooLong(), /^InvalidParameterValue/);
  });

  it.each(["\u0000", "\u000b", "\u001f", "\ufffe"])(
    "refuses %j, which XML cannot hold",
    async (text) => {
      const url = await queues.createQueue();
      await expectRefusal(queues.send(url, `a${text}b`), /^InvalidMessageContents$/);
    },
  );

  it("is never empty", async () => {
    const url = await queues.createQueue();
    await expectRefusal(queues.send(url, ""), /^(?:Missing|Invalid)/);
  });
});

describe("visibility", () => {
  it("is shortened and lengthened while a message is in flight", async () => {
    const url = await queues.createQueue();
    await queues.send(url, "a");
    const [first] = await queues.receive(url);
    await queues.hide(url, first?.ReceiptHandle, 0);
    const [second] = await queues.receive(url, { VisibilityTimeout: 1 });
    expect(second?.Attributes?.ApproximateReceiveCount).toBe("2");
    await queues.hide(url, second?.ReceiptHandle, 3);
    await queues.pass(2);
    expect(await queues.receive(url)).toEqual([]);
    await queues.pass(1);
    expect(await queues.receive(url)).toHaveLength(1);
  });

  it("cannot be changed without a message in flight", async () => {
    const url = await queues.createQueue();
    await queues.send(url, "a");
    const [message] = await queues.receive(url);
    await queues.hide(url, message?.ReceiptHandle, 0);
    if (!onOtherSqs) {
      await expectRefusal(
        queues.hide(url, message?.ReceiptHandle, 43_201),
        /^InvalidParameterValue/,
      );
      await expectRefusal(queues.hide(url, message?.ReceiptHandle, 5), /^MessageNotInflight$/);
    }
    await remove(url, message?.ReceiptHandle);
    await expectRefusal(queues.hide(url, message?.ReceiptHandle, 5), /^InvalidParameterValue/);
    await expectRefusal(
      queues.hide(url, "nonsense", 5),
      /^(?:ReceiptHandleIsInvalid|InvalidParameterValue)/,
    );
  });
});

describe("a receive", () => {
  it("takes at most as many as asked, and at most ten", async () => {
    const url = await queues.createQueue();
    for (let i = 0; i < 5; i += 1) await queues.send(url, String(i));
    expect(await queues.receive(url, { MaxNumberOfMessages: 2 })).toHaveLength(2);
    expect(await queues.receive(url)).toHaveLength(3);
    for (const MaxNumberOfMessages of [0, 11]) {
      await expectRefusal(
        queues.receive(url, { MaxNumberOfMessages }),
        /^(?:InvalidParameterValue|ReadCountOutOfRange)/,
      );
    }
  });

  it("waits for a message", async () => {
    const url = await queues.createQueue();
    const waiting = queues.receive(url, { WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const sent = performance.now();
    await queues.send(url, "here");
    expect((await waiting).map(({ Body }) => Body)).toEqual(["here"]);
    // Not when the wait ends by itself.
    expect(performance.now() - sent).toBeLessThan(15_000);
  });

  it("waits no longer than asked", async () => {
    const url = await queues.createQueue();
    const started = performance.now();
    expect(await queues.receive(url, { WaitTimeSeconds: 1 })).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(900);
    await expectRefusal(queues.receive(url, { WaitTimeSeconds: 21 }), /^InvalidParameterValue/);
  });
});
