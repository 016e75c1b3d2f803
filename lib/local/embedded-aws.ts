import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { deadLettersOf } from "#lib/deployed-names";
import type { Manifest } from "#lib/manifest";
import { awsConfig, useAwsTransport } from "#shared/runtime/aws-config";
import type { Clock } from "#shared/runtime/clock";
import type { QueueName } from "#shared/runtime/grants";
import { type DataFolder, lockSetUp } from "./data-folder.ts";
import type { TransactionTime } from "./embedded/dynamodb/contention.ts";
import { type Engine, type EngineQueues, openEngine } from "./embedded/engine.ts";
import type { FaultPlan } from "./embedded/faults.ts";
import { createKeyService, idOfKey, KeyFileError, openKeyFile } from "./embedded/kms.ts";
import { serveObject } from "./embedded/s3-protocol.ts";
import { isOver } from "./invocation.ts";
import { explainFileError, StartError } from "./start-error.ts";
import { createTableRequest } from "./table-request.ts";

/** What stands in for AWS in this process. */
export interface EmbeddedAws {
  readonly queues: EngineQueues;
  /**
   * Has functions give addresses of blobs that begin with this URL. What is given back answers a request whose path
   * begins with `path`, which comes there.
   */
  serveBlobs(url: string): BlobServer;
  /** Opens DynamoDB and SQS on loopback; returns their addresses. */
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

/** What answers requests for blobs, by URLs that functions have signed. */
export interface BlobServer {
  readonly path: string;
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Where the stand-in keeps its things, and for whom. */
export interface EmbeddedAwsOptions {
  /** Undefined keeps everything in memory. */
  readonly folder: DataFolder | undefined;
  /** Of whose workers the queues are. */
  readonly manifest: Pick<Manifest, "workers">;
  readonly clock: Clock;
  /** What goes wrong with the calls of functions, for tests. */
  readonly faults?: FaultPlan | undefined;
  /** How long transactions take, for tests and measurements; by default no time. */
  readonly transactionTime?: TransactionTime | undefined;
}

const tableName = "chatbot-platform";
const bucket = "files";
const hour = 60 * 60_000;
const region = "us-east-1";

/**
 * Opens the embedded DynamoDB, SQS and KMS, makes the table and the queues of the manifest, and leads every AWS client
 * of this process there. Throws a StartError when the folder cannot be used.
 */
export function openEmbeddedAws(options: EmbeddedAwsOptions): EmbeddedAws {
  const { folder } = options;
  if (!folder) return openOver(":memory:", randomBytes(32), options);
  const unlock = lockSetUp(folder);
  try {
    // The key first: then a database without a key is one whose key was lost, never one that is just being made.
    const masterKey = openKeyFile(folder.keyFile, { databaseExists: existsSync(folder.database) });
    return openOver(folder.database, masterKey, options);
  } catch (error) {
    if (error instanceof KeyFileError) throw new StartError(error.message, { cause: error });
    throw explainFileError(error, folder.path);
  } finally {
    unlock();
  }
}

function openOver(
  file: string,
  masterKey: Uint8Array,
  { folder, manifest, clock, faults, transactionTime }: EmbeddedAwsOptions,
): EmbeddedAws {
  const engine = openEngine({
    file,
    clock,
    buckets: folder?.buckets,
    durability: process.env["SYNCHRONOUS"] === "FULL" ? "power" : "process",
    services: { TrentService: createKeyService(masterKey) },
    transactionTime,
  });
  // Blobs alone are read over HTTP, so their URLs must not be signed with what everybody knows.
  const credentials = { accessKeyId: "local", secretAccessKey: randomBytes(20).toString("hex") };
  try {
    if (folder && !engine.belongsTo(idOfKey(masterKey))) {
      throw new KeyFileError(
        `The key file ${folder.keyFile} does not belong to the database beside it, whose secrets cannot be read with it. ` +
          "Put back the one from the same backup as the database.",
      );
    }
    engine.createTable(createTableRequest(tableName));
    const urls = createQueues(engine, manifest);
    useEngine(engine, faults, credentials, {
      TABLE_NAME: tableName,
      BUCKET_NAME: bucket,
      ...urls,
    });
  } catch (error) {
    void engine.close();
    throw error;
  }
  const closers: (() => Promise<void>)[] = [];
  return {
    queues: engine.queues,
    serveBlobs: (endpoint) => {
      process.env["AWS_ENDPOINT_URL_S3"] = endpoint;
      engine.objects.createBucket(bucket);
      const removeOld = () => void engine.objects.removeOld().catch(() => undefined);
      removeOld();
      const timer = setInterval(removeOld, hour).unref();
      closers.push(async () => clearInterval(timer));
      const { AWS_REGION = region } = process.env;
      const { sha256 } = new DynamoDBClient(awsConfig()).config;
      const signer = { credentials, region: AWS_REGION, sha256, endpoint, clock: Date.now };
      return {
        path: `/${bucket}/`,
        answer: (request, response) => serveObject(engine.objects, request, response, signer),
      };
    },
    listen: async (port) => {
      const server = await engine.listen(port);
      closers.push(() => server.close());
      return server.url;
    },
    close: async () => {
      for (const close of closers) await close();
      await engine.close();
    },
  };
}

/** One queue and its dead letters per worker that reads one; returns the variables that name them. */
function createQueues(
  engine: Engine,
  { workers }: Pick<Manifest, "workers">,
): Record<string, string> {
  const urls: Record<string, string> = {};
  for (const { worker } of workers) {
    if (!("queue" in worker.trigger)) continue;
    const { queue, maxReceives } = worker.trigger;
    const deadLetters = deadLettersOf(queue);
    engine.createQueue({ name: deadLetters, visibility_timeout_seconds: 30 });
    urls[queueVariable(queue)] = engine.createQueue({
      name: queue,
      visibility_timeout_seconds: worker.timeoutSeconds,
      dead_letter: { queue: deadLetters, max_receives: maxReceives },
    });
  }
  return urls;
}

/** The SDK's middleware that only writes headers which the engine does not read. */
const onlyHeaders = [
  "getUserAgentMiddleware",
  "hostHeaderMiddleware",
  "recursionDetectionMiddleware",
];

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

const queueVariable = (queue: QueueName) => `QUEUE_URL_${queue.toUpperCase()}`;

function useEngine(
  engine: Engine,
  faults: FaultPlan | undefined,
  credentials: Credentials,
  environment: Readonly<Record<string, string>>,
): void {
  const { AWS_REGION = region } = process.env;
  Object.assign(process.env, environment, { AWS_REGION, KMS_KEY_ID: "local" });
  const { requestHandler, direct } = engine.connect(faults, () => {
    // On Lambda a function that outlived its time is gone and writes nothing more.
    if (isOver()) throw new Error("This function has outlived its time.");
  });
  useAwsTransport(
    {
      region,
      maxAttempts: 3,
      requestHandler,
      credentials,
      // Nobody checks signatures in one's own process.
      signer: { sign: async (request) => request },
    },
    (client) => {
      for (const name of onlyHeaders) client.middlewareStack.remove(name);
      direct(client);
    },
  );
}
