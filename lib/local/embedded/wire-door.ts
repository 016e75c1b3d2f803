import { AwsError } from "./aws-error.ts";
import type { Perform } from "./call.ts";
import type { ObjectAddress } from "./s3.ts";
import { callS3, readS3, s3Refusal } from "./s3-protocol.ts";
import type { Services } from "./services.ts";
import { SqsError } from "./sqs/sqs-error.ts";
import { type HandlerRequest, type HandlerResponse, type Input, isRecord } from "./wire.ts";

/** What the AWS SDK's clients take as `requestHandler`. */
export interface RequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: HandlerRequest,
    options?: { readonly abortSignal?: unknown; readonly outcome?: Outcome },
  ): Promise<{ response: HandlerResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/** How the first try of a call has failed elsewhere: the request handler answers with it, once. */
export interface Outcome {
  error: unknown;
}

/** Service names by the prefix of X-Amz-Target. */
const serviceNames: ReadonlyMap<string, string> = new Map([
  ["DynamoDB_20120810", "dynamodb"],
  ["AmazonSQS", "sqs"],
]);

/** The way in by requests as they go over HTTP, for clients of the AWS SDK and for whatever speaks its protocols. */
export function openWireDoor(services: Services, perform: Perform): RequestHandler {
  return {
    metadata: { handlerProtocol: "in-process" },
    async handle(request, { abortSignal, outcome } = {}) {
      const { service, operation, address } = readTarget(request);
      try {
        if (outcome?.error !== undefined) {
          const { error } = outcome;
          outcome.error = undefined;
          throw error;
        }
        const response = await perform<HandlerResponse>({
          service,
          operation,
          input: () => (address ? { ...address } : readBody(request.body)),
          run: (input, options) =>
            address
              ? callS3(services.objects, operation, address, request.body)
              : services
                  .call(service, operation, input, options)
                  .then((answer) => respond(200, JSON.stringify(answer))),
          signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
          // Who comes by the wire may be anybody.
          callerIsHere: false,
        });
        return { response };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return { response: address ? s3Refusal(error) : refusal(error, service) };
      }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
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
