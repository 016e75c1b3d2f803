import { AwsError } from "../aws-error.ts";
import { type Answer, asRecord, type Input, readInteger, readList, readText } from "../wire.ts";
import { checkSize, readMessage } from "./message-rules.ts";
import type { ReceivedMessage } from "./message-store.ts";
import type { Queue, QueueCatalog } from "./queue.ts";
import { invalidParameter, missingParameter, SqsError } from "./sqs-error.ts";
import type { SqsContext, SqsOperation } from "./sqs-operation.ts";

const maxBatchBytes = 1_048_576;

/** The queue the request names. */
export function queueOf(queues: QueueCatalog, input: Input): Queue {
  const url = readText(input, "QueueUrl");
  if (url === undefined) throw missingParameter("QueueUrl");
  return queues.queue(url.slice(url.lastIndexOf("/") + 1));
}

/** SendMessage. */
export const sendMessage: SqsOperation = {
  effect: "writes for good",
  run: (context, input) => sendOne(context, queueOf(context.queues, input), input),
};

function sendOne(context: SqsContext, queue: Queue, input: Input): Record<string, unknown> {
  const message = readMessage(input);
  checkSize(message.bytes, queue.maximumBytes);
  return {
    MessageId: context.messages.send(queue, message, context.delivery),
    MD5OfMessageBody: message.bodyMd5,
    MD5OfMessageAttributes: message.details?.attributes_md5,
  };
}

/** SendMessageBatch: each entry on its own, 200 with `Failed`. */
export const sendMessageBatch: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    const entries = readEntries(input);
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    if (bytes > maxBatchBytes) {
      throw new SqsError(
        "BatchRequestTooLong",
        `Batch requests cannot be longer than ${maxBatchBytes} bytes. You have sent ${bytes} bytes.`,
        "AWS.SimpleQueueService.BatchRequestTooLong",
      );
    }
    return forEach(entries, context.batchLimit, (entry) => sendOne(context, queue, entry));
  },
};

function entryBytes(entry: Input): number {
  try {
    return readMessage(entry).bytes;
  } catch (error) {
    if (error instanceof AwsError) return 0;
    throw error;
  }
}

/** DeleteMessage: succeeds also for a handle that deletes nothing. */
export const deleteMessage: SqsOperation = {
  effect: "writes",
  run(context, input) {
    context.messages.delete(queueOf(context.queues, input), receiptHandle(input));
    return {};
  },
};

/** DeleteMessageBatch. */
export const deleteMessageBatch: SqsOperation = {
  effect: "writes",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    return forEach(readEntries(input), context.batchLimit, (entry) => {
      context.messages.delete(queue, receiptHandle(entry));
      return {};
    });
  },
};

/** ChangeMessageVisibility. */
export const changeMessageVisibility: SqsOperation = {
  effect: "writes",
  run(context, input) {
    changeOne(context, queueOf(context.queues, input), input);
    return {};
  },
};

/** ChangeMessageVisibilityBatch. */
export const changeMessageVisibilityBatch: SqsOperation = {
  effect: "writes",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    return forEach(readEntries(input), context.batchLimit, (entry) => {
      changeOne(context, queue, entry);
      return {};
    });
  },
};

function changeOne(context: SqsContext, queue: Queue, input: Input): void {
  const seconds = readInteger(input, "VisibilityTimeout");
  if (seconds === undefined) throw missingParameter("VisibilityTimeout");
  checkVisibility(seconds);
  context.messages.changeVisibility(queue, receiptHandle(input), seconds);
}

/** Refuses visibility timeouts outside 0 to 12 hours. */
export function checkVisibility(seconds: number): void {
  if (seconds < 0 || seconds > 43_200) {
    throw invalidParameter(
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.`,
    );
  }
}

function receiptHandle(input: Input): string {
  const handle = readText(input, "ReceiptHandle");
  if (handle === undefined) throw missingParameter("ReceiptHandle");
  return handle;
}

/** ReceiveMessage without its waiting: `Services` waits. */
export const receiveMessage: SqsOperation = {
  effect: "writes",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    const max = readInteger(input, "MaxNumberOfMessages") ?? 1;
    if (max < 1 || max > 10) {
      throw invalidParameter(
        `Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
      );
    }
    const visibility = readInteger(input, "VisibilityTimeout");
    if (visibility !== undefined) checkVisibility(visibility);
    waitSeconds(queue, input);
    const system = readNames(input, "MessageSystemAttributeNames", "AttributeNames");
    const user = readNames(input, "MessageAttributeNames");
    const messages = context.messages.receive(
      queue,
      Math.min(max, context.batchLimit),
      visibility,
      context.delivery,
    );
    if (messages.length === 0) return {};
    return { Messages: messages.map((message) => show(message, system, user)) };
  },
};

/** How long a ReceiveMessage may wait for a message. */
export function waitSeconds(queue: Queue, input: Input): number {
  const seconds = readInteger(input, "WaitTimeSeconds");
  if (seconds !== undefined && (seconds < 0 || seconds > 20)) {
    throw invalidParameter(
      `Value ${seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`,
    );
  }
  return seconds ?? queue.waitSeconds;
}

const readNames = (input: Input, ...fields: readonly string[]): ReadonlySet<string> =>
  new Set(fields.flatMap((field) => (readList(input, field) ?? []).map(String)));

function show(
  message: ReceivedMessage,
  system: ReadonlySet<string>,
  user: ReadonlySet<string>,
): Record<string, unknown> {
  const attributes = Object.entries(systemAttributes(message)).filter(
    ([name]) => system.has("All") || system.has(name),
  );
  const own = Object.entries(message.details.attributes ?? {}).filter(([name]) =>
    [...user].some((asked) => matchesName(asked, name)),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    Attributes: attributes.length === 0 ? undefined : Object.fromEntries(attributes),
    MD5OfMessageAttributes: own.length === 0 ? undefined : message.details.attributes_md5,
    MessageAttributes: own.length === 0 ? undefined : Object.fromEntries(own),
  };
}

function matchesName(asked: string, name: string): boolean {
  if (asked === "All" || asked === ".*" || asked === name) return true;
  return asked.endsWith(".*") && name.startsWith(asked.slice(0, -2));
}

/** The attributes SQS gives a received message: all of them strings. */
export function systemAttributes(message: ReceivedMessage): Record<string, string> {
  const { details } = message;
  const attributes: Record<string, string> = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    SenderId: "AIDALOCAL",
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  if (details.group_id !== undefined) attributes["MessageGroupId"] = details.group_id;
  if (details.trace_header !== undefined) attributes["AWSTraceHeader"] = details.trace_header;
  if (details.dead_letter_source !== undefined) {
    attributes["DeadLetterQueueSourceArn"] = details.dead_letter_source;
  }
  return attributes;
}

function readEntries(input: Input): Record<string, unknown>[] {
  const entries = (readList(input, "Entries") ?? []).map(asRecord);
  if (entries.length === 0) {
    throw new SqsError(
      "EmptyBatchRequest",
      "There should be at least one SendMessageBatchRequestEntry in the request.",
      "AWS.SimpleQueueService.EmptyBatchRequest",
    );
  }
  if (entries.length > 10) {
    throw new SqsError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    );
  }
  const ids = entries.map((entry) => readText(entry, "Id") ?? "");
  if (ids.some((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    throw new SqsError(
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      "AWS.SimpleQueueService.InvalidBatchEntryId",
    );
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new SqsError(
      "BatchEntryIdsNotDistinct",
      `Id ${twice} repeated.`,
      "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    );
  }
  return entries;
}

function forEach(
  entries: readonly Input[],
  limit: number,
  work: (entry: Input) => Record<string, unknown>,
): Answer {
  const successful: Record<string, unknown>[] = [];
  const failed: Record<string, unknown>[] = [];
  for (const [index, entry] of entries.entries()) {
    const Id = readText(entry, "Id");
    try {
      if (index >= limit) throw new AwsError("ServiceUnavailable", "Try again later", 503);
      successful.push({ Id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({
        Id,
        Code: error instanceof SqsError ? error.queryCode : error.name,
        Message: error.message,
        SenderFault: error.status < 500,
      });
    }
  }
  return { Successful: successful, Failed: failed.length === 0 ? undefined : failed };
}
