import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Connection } from "#lib/local/embedded/connection";
import type { TransactionTime } from "#lib/local/embedded/dynamodb/contention";
import { type Engine, openEngine } from "#lib/local/embedded/engine";
import type { FaultPlan } from "#lib/local/embedded/faults";

/** Both clients of one connection. */
export interface EmbeddedClients {
  readonly connection: Connection;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
}

let isDirect = false;

/** From now on commands reach the engine as they are, without the wire's form between. */
export const throughDirectDoor = (): void => void (isDirect = true);

/** Clients that reach the engine in-process: no socket, no signature. */
export function embeddedClients(engine: Engine, faults?: FaultPlan): EmbeddedClients {
  const connection = engine.connect(faults);
  const configuration = {
    region: "us-east-1",
    endpoint: "http://127.0.0.1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: connection.requestHandler,
    signer: { sign: async <Request>(request: Request) => request },
  };
  const dynamodb = new DynamoDBClient(configuration);
  const sqs = new SQSClient({ ...configuration, useQueueUrlAsEndpoint: false });
  if (isDirect) [dynamodb, sqs].forEach(connection.direct);
  return { connection, dynamodb, sqs };
}

/** An engine in memory (or in `file`) with the clients of one connection. */
export function openTestEngine(
  options: {
    readonly clock?: () => number;
    readonly faults?: FaultPlan;
    readonly file?: string;
    readonly transactionTime?: TransactionTime;
  } = {},
): EmbeddedClients & { readonly engine: Engine } {
  const engine = openEngine({
    file: options.file ?? ":memory:",
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    transactionTime: options.transactionTime,
  });
  return { engine, ...embeddedClients(engine, options.faults) };
}
