import { randomUUID } from "node:crypto";
import { type Input, readInteger, readList, readText, readTextMap } from "../wire.ts";
import { queueOf } from "./message-operations.ts";
import type { MessageStore } from "./message-store.ts";
import { type Queue, queueArn, type QueueAttributes, queueUrl } from "./queue.ts";
import { invalidParameter, missingParameter, SqsError } from "./sqs-error.ts";
import type { SqsContext, SqsOperation } from "./sqs-operation.ts";

/** CreateQueue: a queue that exists is an error only when its attributes differ. */
export const createQueue: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    const name = readText(input, "QueueName") ?? "";
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
      throw invalidParameter(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
      );
    }
    const attributes = readTextMap(input, "Attributes") ?? {};
    const existing = context.queues.find(name);
    if (existing === undefined) context.queues.create(name, attributes, context.clock());
    else checkSame(existing, attributes);
    return { QueueUrl: queueUrl(name) };
  },
};

function checkSame(queue: Queue, attributes: QueueAttributes): void {
  const other = Object.keys(attributes).find((name) => attributes[name] !== queue.attributes[name]);
  if (other !== undefined) {
    throw new SqsError(
      "QueueNameExists",
      `A queue already exists with the same name and a different value for attribute ${other}`,
      "QueueAlreadyExists",
    );
  }
}

/** Creates the queue, or gives it these attributes. */
export function ensureQueue(
  context: SqsContext,
  name: string,
  attributes: QueueAttributes,
): string {
  const existing = context.queues.find(name);
  if (existing === undefined) context.queues.create(name, attributes, context.clock());
  else if (Object.keys(attributes).some((key) => attributes[key] !== existing.attributes[key])) {
    context.queues.change(existing, attributes);
  }
  return queueUrl(name);
}

/** GetQueueUrl. */
export const getQueueUrl: SqsOperation = {
  effect: "reads",
  run(context, input) {
    const { name } = context.queues.queue(readText(input, "QueueName") ?? "");
    return { QueueUrl: queueUrl(name) };
  },
};

/** ListQueues. */
export const listQueues: SqsOperation = {
  effect: "reads",
  run(context, input) {
    const prefix = readText(input, "QueueNamePrefix") ?? "";
    const urls = context.queues
      .all()
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => queueUrl(name));
    return { QueueUrls: urls.slice(0, readInteger(input, "MaxResults") ?? 1_000) };
  },
};

/** DeleteQueue: the queue is gone at once. */
export const deleteQueue: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    context.queues.drop(queueOf(context.queues, input));
    return {};
  },
};

/** GetQueueAttributes. */
export const getQueueAttributes: SqsOperation = {
  effect: "reads",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    const asked = (readList(input, "AttributeNames") ?? []).map(String);
    const all = allAttributes(queue, context.messages);
    const unknown = asked.find(
      (name) => name !== "All" && !knownAttributes.has(name) && !(name in all),
    );
    if (unknown !== undefined) {
      throw new SqsError("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
    }
    const shown = Object.entries(all).filter(
      ([name]) => asked.includes("All") || asked.includes(name),
    );
    return {
      Attributes: shown.length === 0 ? undefined : Object.fromEntries(shown),
    };
  },
};

const knownAttributes: ReadonlySet<string> = new Set([
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "FifoQueue",
  "ContentBasedDeduplication",
]);

function allAttributes(queue: Queue, messages: MessageStore): Record<string, string> {
  const { visible, inFlight, delayed } = messages.count(queue);
  const seconds = String(Math.floor(queue.createdAt / 1_000));
  return {
    ...queue.attributes,
    QueueArn: queueArn(queue.name),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: seconds,
    LastModifiedTimestamp: seconds,
  };
}

/** SetQueueAttributes. */
export const setQueueAttributes: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    const queue = queueOf(context.queues, input);
    const attributes = readTextMap(input, "Attributes");
    if (attributes === undefined) throw missingParameter("Attributes");
    context.queues.change(queue, attributes);
    return {};
  },
};

/** PurgeQueue: empty at once. */
export const purgeQueue: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    context.messages.purge(queueOf(context.queues, input));
    return {};
  },
};

/** StartMessageMoveTask: everything visible is moved at once. */
export const startMessageMoveTask: SqsOperation = {
  effect: "writes for good",
  run(context, input) {
    const source = queueByArn(context, input, "SourceArn");
    if (source === undefined) throw missingParameter("SourceArn");
    const isDeadLetterQueue = context.queues
      .all()
      .some(({ deadLetter }) => deadLetter?.queue === source.name);
    if (!isDeadLetterQueue) {
      throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
    }
    context.messages.moveAll(source, queueByArn(context, input, "DestinationArn"));
    return { TaskHandle: randomUUID() };
  },
};

function queueByArn({ queues }: SqsContext, input: Input, field: string): Queue | undefined {
  const arn = readText(input, field);
  if (arn === undefined) return undefined;
  const queue = queues.find(arn.slice(arn.lastIndexOf(":") + 1));
  if (queue === undefined) {
    throw new SqsError(
      "ResourceNotFoundException",
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    );
  }
  return queue;
}
