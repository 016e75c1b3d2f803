import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
} from "@aws-sdk/client-kms";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { bucketNameOf, deadLettersOf, tableNameOf } from "#lib/deployed-names";
import type { ManifestWorker } from "#lib/manifest";
import { s3Endpoint } from "#shared/blobs/live-blobs";
import { makeBucket } from "#shared/blobs/s3-store";
import { awsConfig, boundedTimes } from "#shared/runtime/aws-config";
import { isUnavailable } from "#shared/runtime/unavailable";
import { withoutEnd } from "#shared/runtime/without-end";
import { type AwsPlace, explainAwsError, guardedHandler, namesAt, reachAws } from "./aws-place.ts";
import type { SourceQueues } from "./event-source.ts";
import { createSqsSource } from "./sqs-source.ts";
import { StartError } from "./start-error.ts";
import { createTableRequest } from "./table-request.ts";

/** What is used where the standard variables of AWS lead. */
export interface RemoteAws {
  readonly queues: SourceQueues;
  /** What it is and where, a line each. */
  readonly lines: readonly string[];
}

/**
 * Leads every AWS client of this process to a place, and finds table, queues, key and bucket there; in an emulator it makes
 * what is missing; the queues are those of the workers. Throws a StartError with what a person can do when something
 * stands in the way.
 */
export async function openRemoteAws(
  place: AwsPlace,
  workers: readonly ManifestWorker[],
): Promise<RemoteAws> {
  reachAws(place);
  const { table, keyAlias, queue: nameOf } = namesAt(place);
  const makes = place.stage === undefined;
  const dynamodb = openService(place, "DynamoDB", (config) => new DynamoDBClient(config));
  const sqs = openService(place, "SQS", openSqs);
  const kms = openService(place, "KMS", (config) => new KMSClient(config));
  const s3 = openService(place, "S3", (config) => new DynamoDBClient(config).config);
  const wanted = workers.flatMap(({ worker: { timeoutSeconds, trigger } }) =>
    "queue" in trigger ? [{ ...trigger, name: nameOf(trigger.queue), timeoutSeconds }] : [],
  );

  // The key first: then a table without a key is one whose key was lost, never one of a start that did not succeed.
  const keyState = await kms.ask((client) => findKey(client, keyAlias, makes));
  const urls = await sqs.ask((client) =>
    Promise.all(wanted.map((one) => (makes ? makeQueue(client, one) : urlOf(client, one.name)))),
  );
  const tableState = await dynamodb.ask((client) => findTable(client, table, makes));

  const bucket = await dynamodb.ask((client) => bucketAt(place, client));
  if (makes) await s3.ask((aws) => makeBucket(aws, { name: bucket, endpoint: s3Endpoint() }));

  const queues = wanted.map(({ queue }, index) => [queue, urls[index] ?? ""] as const);
  for (const [queue, url] of queues) process.env[`QUEUE_URL_${queue.toUpperCase()}`] = url;
  Object.assign(process.env, {
    TABLE_NAME: table,
    KMS_KEY_ID: keyAlias,
    BUCKET_NAME: bucket,
  });
  const isOldTable = tableState === "found" && keyState === "made";
  return {
    queues: createSqsSource(
      openSqs({ ...awsConfig(), requestHandler: guardedHandler(place, longPoll) }),
      new Map(queues),
    ),
    lines: [
      dynamodb.line(`table ${table}${saying[tableState]}`),
      sqs.line(`queues ${wanted.map(({ name }) => name).join(", ")}`),
      kms.line(`key ${keyAlias}${saying[keyState]}`),
      s3.line(`bucket ${bucket}`),
      ...(isOldTable
        ? ["The table is older than this key: secrets that stand in it cannot be opened any more."]
        : []),
    ],
  };
}

type State = "found" | "made";
const saying = { found: "", made: " (made just now)" };

/** SQS itself waits 20 s for a message. */
const longPoll = { ...boundedTimes, requestTimeout: 25_000, socketTimeout: 25_000 };

type Config = ReturnType<typeof awsConfig>;

const openSqs = (config: Config) => new SQSClient({ ...config, useQueueUrlAsEndpoint: false });

/** A service of a place, with the words for what comes of asking it. */
function openService<Client>(place: AwsPlace, name: string, open: (config: Config) => Client) {
  const requestHandler = guardedHandler(place);
  const client = open({ ...awsConfig(), requestHandler });
  return {
    line: (what: string) => `  ${name.padEnd(8)}  ${what}, at ${requestHandler.address}`,
    ask: async <T>(run: (client: Client) => Promise<T>): Promise<T> => {
      try {
        return await run(client);
      } catch (error) {
        const why =
          place.stage === undefined && explainEmulator(error, name, requestHandler.address);
        throw why ? new StartError(why, { cause: error }) : explainAwsError(error, place);
      }
    },
  };
}

/** What a person can do about an error of a service at an emulator's address. */
function explainEmulator(error: unknown, name: string, address: string): string | undefined {
  if (!(error instanceof Error) || error instanceof StartError) return undefined;
  if (isAnswer(error)) {
    // What is no answer of AWS is followed by advice for who uses the SDK.
    const [said = ""] = error.message.split("\n");
    return `What runs at ${address} does not do what is needed of ${name}: ${error.name}: ${withoutEnd(said, ".")}. AWS_ENDPOINT_URL_${name.toUpperCase()} may name another emulator for it alone.`;
  }
  if (!isUnavailable(error)) return undefined;
  return `${name} does not answer at ${address}: ${error.message}. Is the emulator running?`;
}

const isAnswer = (error: Error) =>
  "$metadata" in error &&
  typeof error.$metadata === "object" &&
  error.$metadata !== null &&
  "httpStatusCode" in error.$metadata;

async function findTable(client: DynamoDBClient, name: string, makes: boolean): Promise<State> {
  const describe = async () =>
    (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  if (!makes) {
    await describe();
    return "found";
  }
  const { TimeToLiveSpecification, ...request } = createTableRequest(name);
  const found = await unlessMissing("ResourceNotFoundException", describe);
  if (!found) await client.send(new CreateTableCommand(request));
  else if (shapeOf(found) !== shapeOf(request)) {
    throw new StartError(
      `The table ${name} has not the keys and indexes that this version wants. Delete it, and it is made anew.`,
    );
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name });
  // A step of its own, which a start that was killed may have left out.
  const { TimeToLiveDescription } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  if (!TimeToLiveDescription?.TimeToLiveStatus?.startsWith("ENABL")) {
    await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
  }
  return found ? "found" : "made";
}

/** The keys of a table and of its indexes, as a text that can be compared. */
const shapeOf = ({
  KeySchema,
  GlobalSecondaryIndexes = [],
}: Pick<TableDescription, "KeySchema" | "GlobalSecondaryIndexes">) =>
  [{ IndexName: "", KeySchema }, ...GlobalSecondaryIndexes]
    .map((one) => [
      one.IndexName,
      ...(one.KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`),
    ])
    .map((parts) => parts.join(" "))
    .toSorted()
    .join("\n");

const urlOf = async (client: SQSClient, name: string) =>
  (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl ?? "";

/** What a queue's worker says of it. */
interface QueueWanted {
  readonly name: string;
  readonly timeoutSeconds: number;
  readonly maxReceives: number;
}

/** Makes a queue with its dead letters; those that are there get what the worker says today. Returns its URL. */
async function makeQueue(
  client: SQSClient,
  { name, timeoutSeconds, maxReceives }: QueueWanted,
): Promise<string> {
  // Without attributes it is no error that a queue is there.
  const make = async (QueueName: string) =>
    (await client.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? "";
  const [deadLetters, url] = [await make(deadLettersOf(name)), await make(name)];
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ["QueueArn"] }),
  );
  await client.send(
    new SetQueueAttributesCommand({
      QueueUrl: url,
      Attributes: {
        VisibilityTimeout: String(timeoutSeconds),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: Attributes?.QueueArn,
          maxReceiveCount: maxReceives,
        }),
      },
    }),
  );
  return url;
}

/** The name of the bucket: that of a stage holds the account and the region that its table is in. */
async function bucketAt({ stage }: AwsPlace, client: DynamoDBClient): Promise<string> {
  if (stage === undefined) return "chatbot-platform-local";
  const TableName = tableNameOf(stage);
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const [, , , region = "", account = ""] = (Table?.TableArn ?? "").split(":");
  return bucketNameOf(stage, account, region);
}

async function findKey(client: KMSClient, alias: string, makes: boolean): Promise<State> {
  const describe = () => client.send(new DescribeKeyCommand({ KeyId: alias }));
  if (!makes) {
    await describe();
    return "found";
  }
  if (await unlessMissing("NotFoundException", describe)) return "found";
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({ Description: "Wraps the data keys of the teams' secrets." }),
  );
  await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
  return "made";
}

/** What is found, or undefined when the error says that it is not there. */
async function unlessMissing<T>(missing: string, find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Error && error.name === missing) return undefined;
    throw error;
  }
}
