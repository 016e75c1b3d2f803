import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { AwsError } from "#lib/local/embedded/aws-error";
import { decoded, encoded } from "#lib/local/embedded/sdk-values";
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
      // The engine answers with objects only.
      const answer = (await perform(operation, encoded(command.input) as Input)) as object;
      return decoded(answer);
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
  const rest = decoded(fields);
  if (name === "ConditionalCheckFailedException") {
    return new ConditionalCheckFailedException({ message, $metadata, ...rest });
  }
  if (name === "TransactionCanceledException") {
    return new TransactionCanceledException({ message, $metadata, ...rest });
  }
  return Object.assign(new Error(message), { name });
}
