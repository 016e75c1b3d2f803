import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { AwsError } from "#lib/local/embedded/aws-error";
import type { Input } from "#lib/local/embedded/wire";

/** Runs one operation of the table or the queues. Throws AwsError, or what a broken connection throws. */
export type Perform = (operation: string, input: Input) => Promise<unknown>;

interface Command {
  readonly input: object;
}

const $metadata = {};

/**
 * The SDK's clients without the SDK: commands go to `perform` as the wire would carry them, answers and refusals come
 * back as the SDK gives them. What the SDK does between (signing, serialising, repeating) takes ten times as long as
 * the engine.
 */
export function clientsOver(perform: Perform): { dynamodb: DynamoDBClient; sqs: SQSClient } {
  const send = async (command: Command) => {
    const operation = command.constructor.name.slice(0, -"Command".length);
    try {
      return decoded(await perform(operation, encoded(command.input) as Input));
    } catch (error) {
      throw error instanceof AwsError ? asSdkError(error) : error;
    }
  };
  // The only method of the clients that `shared` uses.
  const client = { send } as unknown;
  return { dynamodb: client as DynamoDBClient, sqs: client as SQSClient };
}

function asSdkError({ name, message, fields }: AwsError): Error {
  // The engine's fields are the wire's; decoded they are the SDK's.
  const rest = decoded(fields) as object;
  if (name === "ConditionalCheckFailedException") {
    return new ConditionalCheckFailedException({ message, $metadata, ...rest });
  }
  if (name === "TransactionCanceledException") {
    return new TransactionCanceledException({ message, $metadata, ...rest });
  }
  return Object.assign(new Error(message), { name });
}

/** As JSON carries it: bytes in base64, nothing undefined. */
function encoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(encoded);
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) copy[name] = encoded(member);
  }
  return copy;
}

/** Bytes as the SDK gives them, in place. */
export function decoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (const member of value) decoded(member);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const name in members) {
    const member = members[name];
    if (name === "B" && typeof member === "string") members[name] = Buffer.from(member, "base64");
    else decoded(member);
  }
  return value;
}
