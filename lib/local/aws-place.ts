import { SQSClient } from "@aws-sdk/client-sqs";
import { keyAliasOf, queueNameOf, tableNameOf } from "#lib/deployed-names";
import { boundedTimes, useAwsTransport } from "#shared/runtime/aws-config";
import type { QueueName } from "#shared/runtime/grants";
import { isUnavailable } from "#shared/runtime/unavailable";
import { isOver } from "./invocation.ts";
import { StartError } from "./start-error.ts";

/** Table, queues, key and bucket wherever the standard variables of AWS lead. */
export interface AwsPlace {
  /** A deployed stage, of which everything is used as it is. Without one it is an emulator, where all of it is made. */
  readonly stage: string | undefined;
}

/** What the platform's things are called there. */
export function namesAt({ stage = "local" }: AwsPlace) {
  return {
    table: tableNameOf(stage),
    keyAlias: keyAliasOf(stage),
    queue: (queue: QueueName) => queueNameOf(stage, queue),
  };
}

/**
 * Leads every AWS client of this process to the place. For an emulator, credentials and a region need not be set, and
 * nothing reaches AWS itself, whatever variables and profiles say.
 */
export function reachAws(place: AwsPlace): void {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_DEFAULT_REGION } = process.env;
  const isMadeUp = place.stage === undefined && !AWS_ACCESS_KEY_ID && !AWS_PROFILE;
  if (isMadeUp) process.env["AWS_REGION"] ||= AWS_DEFAULT_REGION || "us-east-1";
  useAwsTransport({
    maxAttempts: 3,
    requestHandler: guardedHandler(place),
    // Not as variables: a model on Bedrock would take them for real ones.
    ...(isMadeUp && { credentials: { accessKeyId: "test", secretAccessKey: "test" } }),
  });
}

/** All functions call from this process; on Lambda each has 50 sockets of its own. */
const agent = { keepAlive: true, maxSockets: 500 };

/** What sends the calls of an AWS client to the place; `address` says where the last one went. */
export function guardedHandler({ stage }: AwsPlace, times = boundedTimes) {
  const options = { ...times, httpAgent: agent, httpsAgent: agent };
  // The SDK's own, which only its clients make.
  const { requestHandler } = new SQSClient({ requestHandler: options }).config;
  const handle = requestHandler.handle.bind(requestHandler);
  const guarded = Object.assign(requestHandler, {
    address: "",
    handle: async (...[request, handlerOptions]: Parameters<typeof handle>) => {
      // On Lambda a function that outlived its time is gone and writes nothing more.
      if (isOver()) throw new Error("This function has outlived its time.");
      if (stage === undefined && /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(request.hostname)) {
        throw new StartError(
          `This would call AWS itself (${request.hostname}). ${nameEndpoints}, or work on a deployed stage with --stage NAME.`,
        );
      }
      const { protocol, hostname, port } = request;
      guarded.address = `${protocol}//${hostname}${port ? `:${port}` : ""}`;
      return handle(request, handlerOptions);
    },
  });
  return guarded;
}

const nameEndpoints =
  "Name an emulator in AWS_ENDPOINT_URL, or one for each service in AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL_S3";

const refusals = new Set([
  // What SQS says; the others are DynamoDB's.
  "AccessDenied",
  "AccessDeniedException",
  "ExpiredTokenException",
  "InvalidSignatureException",
  "UnrecognizedClientException",
]);

/** What a person can do about an error of AWS at a place; other errors are given back. */
export function explainAwsError(error: unknown, place: AwsPlace): unknown {
  if (!(error instanceof Error) || error instanceof StartError) return error;
  const { stage } = place;
  const { table, keyAlias } = namesAt(place);
  const because = (why: string) => new StartError(why, { cause: error });
  const choose =
    stage === undefined
      ? "AWS_ENDPOINT_URL, AWS_PROFILE and AWS_REGION choose where that is."
      : "AWS_PROFILE and AWS_REGION choose the account and the region.";
  const make =
    stage === undefined
      ? "npm start -- --aws makes it."
      : `Deploy it with npm run deploy -- -c stage=${stage}.`;
  const whose = stage === undefined ? "platform" : `stage ${stage}`;
  if (error.name === "ResourceNotFoundException") {
    return because(
      `There is no ${whose} here: the table ${table} was not found. ${make} ${choose}`,
    );
  }
  if (error.name === "QueueDoesNotExist") {
    return because(`The ${whose} has its table here, but not its queues. ${make} ${choose}`);
  }
  // What KMS says.
  if (error.name === "NotFoundException") {
    return because(
      `There is no ${whose} here: the key ${keyAlias} was not found. ${make} ${choose}`,
    );
  }
  if (error.name === "CredentialsProviderError") {
    return because(`There are no AWS credentials: ${error.message}. ${choose}`);
  }
  if (/^Region (is missing|not accepted)/.test(error.message)) {
    return because(`There is no AWS region. ${choose}`);
  }
  if (refusals.has(error.name)) return because(`AWS refused: ${error.message} ${choose}`);
  if (isUnavailable(error)) return because(`AWS does not answer: ${error.message}.`);
  return error;
}
