import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SignatureV4 } from "@smithy/signature-v4";
import { inPieces } from "../runtime/in-pieces.ts";
import { isUnavailable } from "../runtime/unavailable.ts";
import { type BlobStore, encodeStrictly, maxBlobBytes } from "./blob-store.ts";

/**
 * What every AWS client has of the deployment: who calls, where, and what sends the request. A whole client for S3 would
 * be 166 KB more in a bundle, for three calls.
 */
export type AwsSettings = Pick<
  DynamoDBClient["config"],
  "credentials" | "region" | "requestHandler" | "sha256"
>;

/** A bucket, and the endpoint of S3 if it is not AWS's own. */
export interface Bucket {
  readonly name: string;
  readonly endpoint?: string | undefined;
}

const addressSeconds = 60;
const tries = 3;

/** Blobs in a bucket of S3. */
export function createS3Store(settings: AwsSettings, bucket: Bucket): BlobStore {
  const { requestFor, send, receive, signer } = connectBucket(settings, bucket);
  return {
    put: async (key, bytes) => {
      if (bytes.byteLength > maxBlobBytes) throw new RangeError("A blob has 20 MiB at most.");
      await send("PUT", key, { body: bytes });
    },
    get: async (key, maxBytes) => {
      try {
        return await receive("GET", key, { maxBytes });
      } catch (error) {
        // Who may list no objects is not told which there are.
        if (error instanceof S3Error && (error.status === 404 || error.status === 403)) return;
        throw error;
      }
    },
    delete: async (key) => void (await send("DELETE", key)),
    address: async (key, { type, disposition }, method) => {
      const request = await requestFor(method, key);
      const query = {
        "response-content-type": type,
        "response-content-disposition": disposition,
        "response-cache-control": "private, max-age=3600",
      };
      const { protocol, headers, path, ...presigned } = await signer.presign(
        { ...request, query },
        { expiresIn: addressSeconds },
      );
      return `${protocol}//${headers["host"]}${path}?${queryString(presigned.query)}`;
    },
  };
}

/** Makes a bucket, unless it is there and one's own. Throws what S3 answers. */
export async function makeBucket(settings: AwsSettings, bucket: Bucket): Promise<void> {
  const region = await settings.region();
  const place = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  try {
    // The first region of S3 has no name there.
    const body = region === "us-east-1" ? {} : { body: Buffer.from(place) };
    await connectBucket(settings, bucket).send("PUT", "", body);
  } catch (error) {
    if (!(error instanceof S3Error && error.name === "BucketAlreadyOwnedByYou")) throw error;
  }
}

/** What goes with a request beside its method and its key. */
interface More {
  readonly body?: Uint8Array;
  readonly query?: Readonly<Record<string, string>>;
  /** Of the answer. */
  readonly maxBytes?: number;
}

/** What signs requests about one bucket, or about S3 itself where the bucket has no name, and sends them. */
export function connectBucket(settings: AwsSettings, bucket: Bucket) {
  const { credentials, region, requestHandler, sha256 } = settings;
  const signer = new SignatureV4({
    credentials,
    region,
    sha256,
    service: "s3",
    // Signed as they are sent: S3 alone does not encode paths twice.
    uriEscapePath: false,
  });

  const requestFor = async (method: string, key: string, { body, query = {} }: More = {}) => {
    const url = urlOf(bucket, await region(), key);
    return {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== "" && { port: Number(url.port) }),
      path: url.pathname,
      query,
      headers: {
        host: url.host,
        // What TLS carries need not be hashed too.
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        ...(body && { "content-length": String(body.byteLength) }),
      },
      ...(body && { body: inPieces(body) }),
    };
  };

  /** Gives what S3 answered; throws it when that is an error. */
  const receive = async (method: string, key: string, more: More = {}): Promise<Buffer> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const signed = await signer.sign(await requestFor(method, key, more));
        // The SDK's handler takes what its signer gives; it declares a class for it.
        type Sent = Parameters<typeof requestHandler.handle>[0];
        const { response } = await requestHandler.handle(signed as Sent);
        const isGood = response.statusCode < 300;
        const answer = await readBody(response.body, isGood ? more.maxBytes : undefined);
        if (isGood) return answer;
        throw new S3Error(response.statusCode, answer.toString());
      } catch (error) {
        if (attempt === tries || !isUnavailable(error)) throw error;
        await sleep(Math.random() * 100 * 2 ** attempt);
      }
    }
  };

  const send = async (method: string, key: string, more?: More): Promise<string> =>
    (await receive(method, key, more)).toString();

  return { requestFor, send, receive, signer };
}

/** By AWS's endpoint a bucket is a host name; elsewhere it begins the path, which needs no name server. */
function urlOf({ name, endpoint }: Bucket, region: string, key: string): URL {
  const path = name === "" ? "" : `${name}/${key}`;
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, "")}/${path}`);
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const host = name === "" ? "" : `${name}.`;
  return new URL(`https://${host}s3.${region}.${suffix}/${key}`);
}

/** As S3 reads it before it checks the signature: every character encoded that RFC 3986 reserves. */
const queryString = (query: Readonly<Record<string, unknown>> = {}) =>
  Object.entries(query)
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(String(value))}`)
    .join("&");

/** To its end, or the connection could not be used again. On one machine it is bytes, elsewhere a stream. */
async function readBody(body: unknown, maxBytes = Infinity): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = body instanceof Uint8Array ? [body] : (body as AsyncIterable<Uint8Array>);
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new RangeError(`A blob has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0]
    ? Buffer.from(chunks[0].buffer, chunks[0].byteOffset, size)
    : Buffer.concat(chunks);
}

/** S3 answered that it did not do what it was asked. */
class S3Error extends Error {
  override readonly name: string;
  /** As the SDK's own errors tell their status. */
  readonly $metadata: { readonly httpStatusCode: number };
  readonly status: number;
  constructor(status: number, said: string) {
    super(`S3 answered ${status}: ${said.slice(0, 500)}`);
    this.name = /<Code>(\w+)<\/Code>/.exec(said)?.[1] ?? "S3Error";
    this.$metadata = { httpStatusCode: status };
    this.status = status;
  }
}
