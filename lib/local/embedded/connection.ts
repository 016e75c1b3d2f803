import { AwsError } from "./aws-error.ts";
import { cancelled } from "./dynamodb/transact.ts";
import { applies, type Fault, type FaultCall, type FaultPlan } from "./faults.ts";
import type { ObjectAddress } from "./s3.ts";
import { callS3, readS3, s3Refusal } from "./s3-protocol.ts";
import { type CallOptions, plainCall, type Services } from "./services.ts";
import { plainDelivery } from "./sqs/message-store.ts";
import { SqsError } from "./sqs/sqs-error.ts";
import { type HandlerRequest, type HandlerResponse, type Input, isRecord } from "./wire.ts";

/** What the AWS SDK's clients take as `requestHandler`. */
export interface RequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: HandlerRequest,
    options?: { readonly abortSignal?: unknown },
  ): Promise<{ response: HandlerResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/** A process's way into the engine; faults and counters belong to it alone. */
export interface Connection {
  /** For the `requestHandler` option of DynamoDBClient, SQSClient and clients of further services. */
  readonly requestHandler: RequestHandler;
  /** The latest calls in order (at least 10,000), repeats by the SDK included. */
  readonly calls: readonly { readonly service: string; readonly operation: string }[];
  /** Resolves when a fault crashed the connection. */
  readonly crashed: Promise<void>;
}

/** So many of the latest calls are remembered at least. */
const maxRemembered = 10_000;

/** Service names by the prefix of X-Amz-Target. */
const serviceNames: ReadonlyMap<string, string> = new Map([
  ["DynamoDB_20120810", "dynamodb"],
  ["AmazonSQS", "sqs"],
]);

/** Opens a connection to the services. */
export function connectTo(services: Services, plan: FaultPlan | undefined): Connection {
  const calls: { service: string; operation: string }[] = [];
  const never = new Promise<never>(() => undefined);
  let isCrashed = false;
  let crash = (): void => undefined;
  const crashed = new Promise<void>((resolve) => {
    crash = () => {
      isCrashed = true;
      resolve();
    };
  });
  let index = 0;

  const handle = async (
    request: HandlerRequest,
    signal: AbortSignal | undefined,
  ): Promise<HandlerResponse> => {
    if (isCrashed) return never;
    const { service, operation, address } = readTarget(request);
    if (calls.length === 2 * maxRemembered) calls.splice(0, maxRemembered);
    calls.push({ service, operation });
    try {
      const input: Input = address ? { ...address } : readBody(request.body);
      const fault = plan && faultFor(plan, { service, operation, index, input });
      index += 1;
      if (fault?.kind === "crash_before") {
        crash();
        return await never;
      }
      if (fault?.kind === "connection_lost") throw brokenConnection();
      throwFault(fault, service, operation, input);
      const options = fault === undefined ? abortableCall(signal) : faultyCall(fault, signal);
      const answered = address
        ? callS3(services.objects, operation, address, request.body)
        : services.call(service, operation, input, options).then((body) => respond(200, body));
      if (fault?.kind === "crash_after" || fault?.kind === "answer_lost") {
        await answered.catch(() => undefined);
      }
      if (fault?.kind === "answer_lost") throw brokenConnection();
      if (fault?.kind === "crash_after") {
        crash();
        return await never;
      }
      const answer = await answered;
      return isCrashed ? await never : answer;
    } catch (error) {
      if (isCrashed) return never;
      if (error instanceof AwsError) return address ? s3Refusal(error) : refusal(error, service);
      throw error;
    }
  };

  return {
    requestHandler: {
      metadata: { handlerProtocol: "in-process" },
      async handle(request, options) {
        const signal = options?.abortSignal;
        return {
          response: await handle(request, signal instanceof AbortSignal ? signal : undefined),
        };
      },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
      destroy: () => undefined,
    },
    calls,
    crashed,
  };
}

/** Service and operation from X-Amz-Target; a request without one is for S3, and about what its path says. */
function readTarget(request: HandlerRequest): {
  service: string;
  operation: string;
  address?: ObjectAddress;
} {
  const target = request.headers["x-amz-target"] ?? request.headers["X-Amz-Target"];
  const isS3 = target === undefined && /^(?:GET|PUT|DELETE)$/.test(request.method ?? "");
  if (isS3) return { service: "s3", ...readS3(request) };
  const [prefix = "", operation = ""] = (target ?? "").split(/\.(.*)/s);
  return { service: serviceNames.get(prefix) ?? prefix, operation };
}

function readBody(body: unknown): Input {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bodyText(body));
  } catch {
    parsed = undefined;
  }
  if (!isRecord(parsed)) {
    throw new AwsError("SerializationException", "Start of structure or map expected");
  }
  return parsed;
}

function bodyText(body: unknown): string {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  }
  return "{}";
}

function faultFor(plan: FaultPlan, call: FaultCall): Fault | undefined {
  const fault = plan(call);
  return fault !== undefined && applies(fault.kind, call.service, call.operation)
    ? fault
    : undefined;
}

/** Throws what a fault answers instead of the service, if it does. */
export function throwFault(
  fault: Fault | undefined,
  service: string,
  operation: string,
  input: Input,
): void {
  if (fault?.kind === "throttle") {
    if (service === "s3") throw new AwsError("SlowDown", "Please reduce your request rate.", 503);
    throw service === "sqs"
      ? new SqsError("RequestThrottled", "Rate exceeded")
      : new AwsError(
          "ProvisionedThroughputExceededException",
          "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        );
  }
  if (fault?.kind !== "conflict") return;
  const members = input["TransactItems"];
  if (operation !== "TransactWriteItems" || !Array.isArray(members)) {
    throw new AwsError("TransactionConflictException", "Transaction is ongoing for the item");
  }
  const reasons = members.map((_, index) =>
    index === 0
      ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" }
      : { Code: "None" },
  );
  throw cancelled(reasons);
}

const abortableCall = (signal: AbortSignal | undefined): CallOptions =>
  signal === undefined ? plainCall : { ...plainCall, signal };

function faultyCall(fault: Fault, signal: AbortSignal | undefined): CallOptions {
  return {
    staleMilliseconds: fault.kind === "stale_index" ? fault.milliseconds : 0,
    batchLimit: fault.kind === "short_batch" ? fault.count : Number.POSITIVE_INFINITY,
    delivery: {
      ...plainDelivery,
      duplicate: fault.kind === "duplicate",
      lost: fault.kind === "lost",
      lateSeconds: fault.kind === "late" ? fault.seconds : 0,
    },
    signal,
  };
}

/** What Node reports when the other side closes the connection; the SDK repeats such calls. */
const brokenConnection = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

const respond = (statusCode: number, body: string): HandlerResponse => ({
  statusCode,
  headers: {},
  body: Buffer.from(body),
});

const namespaces: Readonly<Record<string, string>> = {
  dynamodb: "com.amazonaws.dynamodb.v20120810",
  sqs: "com.amazonaws.sqs",
};

function refusal(error: AwsError, service: string): HandlerResponse {
  const coral = ["SerializationException", "UnknownOperationException", "ValidationException"];
  const namespace = coral.includes(error.name) ? "com.amazon.coral.service" : namespaces[service];
  const type = namespace === undefined ? error.name : `${namespace}#${error.name}`;
  const response = respond(
    error.status,
    JSON.stringify({ __type: type, message: error.message, ...error.fields }),
  );
  if (error instanceof SqsError) {
    response.headers["x-amzn-query-error"] = `${error.queryCode};Sender`;
  }
  return response;
}
