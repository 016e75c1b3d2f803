import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SignatureV4 } from "@smithy/signature-v4";
import { AwsError } from "./aws-error.ts";
import type { ObjectAddress, ObjectStore } from "./s3.ts";
import type { HandlerRequest, HandlerResponse } from "./wire.ts";

/** Which operation a request without X-Amz-Target is, and what it is about; the key is empty for a bucket. */
export function readS3({ method = "", path = "" }: Pick<HandlerRequest, "method" | "path">) {
  const [, bucket = "", key = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  const operation = key === "" ? bucketOperations[method] : objectOperations[method];
  return { operation: operation ?? `${method} ${path}`, address: { bucket, key } };
}

const bucketOperations: Readonly<Record<string, string>> = { PUT: "CreateBucket" };
const objectOperations: Readonly<Record<string, string>> = {
  PUT: "PutObject",
  GET: "GetObject",
  DELETE: "DeleteObject",
};

/** Answers calls about buckets and objects. Throws AwsError. */
export async function callS3(
  objects: ObjectStore,
  operation: string,
  address: ObjectAddress,
  body: unknown,
): Promise<HandlerResponse> {
  switch (operation) {
    case "CreateBucket":
      objects.createBucket(address.bucket);
      return { statusCode: 200, headers: {}, body: nothing };
    case "PutObject":
      await objects.put(address, body instanceof Readable ? body : nothing);
      return { statusCode: 200, headers: {}, body: nothing };
    case "GetObject": {
      const { file } = await objects.open(address);
      try {
        return { statusCode: 200, headers: {}, body: await file.readFile() };
      } finally {
        await file.close();
      }
    }
    case "DeleteObject":
      await objects.delete(address);
      return { statusCode: 204, headers: {}, body: nothing };
    default:
      throw new AwsError("NotImplemented", "S3 does nothing else here.", 501);
  }
}

const nothing = new Uint8Array();

/** An error as S3 says it. */
export const s3Refusal = ({ name, message, status }: AwsError): HandlerResponse => ({
  statusCode: status,
  headers: { "content-type": "application/xml" },
  body: Buffer.from(`<Error><Code>${name}</Code><Message>${message}</Message></Error>`),
});

/** Who signs addresses of objects, and how the objects are addressed from outside. */
export interface PresignedBy {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly sha256: ConstructorParameters<typeof SignatureV4>[0]["sha256"];
  /** What the signed URLs begin with. */
  readonly endpoint: string;
  readonly clock: () => number;
}

/** Answers a GET or HEAD of an object by its presigned URL; without `by`, whoever asks. */
export async function serveObject(
  objects: ObjectStore,
  { method = "", url = "", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  response: ServerResponse,
  by?: PresignedBy,
): Promise<void> {
  try {
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    if (by && !(await isPresigned(method, url, by))) {
      throw new AwsError("AccessDenied", "The URL is not signed, or it has expired.", 403);
    }
    const { file, size } = await objects.open(readS3({ path: pathname }).address);
    const part = method === "GET" ? partOf(size, headers) : undefined;
    if (part && part.start > part.end) {
      await file.close();
      const refusal = s3Refusal(new AwsError("InvalidRange", "The object has no such bytes.", 416));
      response.writeHead(416, { ...refusal.headers, "content-range": `bytes */${size}` });
      response.end(refusal.body);
      return;
    }
    response.writeHead(part ? 206 : 200, {
      "content-type": searchParams.get("response-content-type") ?? "binary/octet-stream",
      "content-length": part ? part.end - part.start + 1 : size,
      "accept-ranges": "bytes",
      ...(part && { "content-range": `bytes ${part.start}-${part.end}/${size}` }),
      "cache-control": searchParams.get("response-cache-control") ?? "no-store",
      "content-disposition": searchParams.get("response-content-disposition") ?? "attachment",
      // A page of somebody else's, from the API's own address, must not be one of its pages.
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
    });
    if (method === "HEAD") {
      response.end();
      await file.close();
    } else await pipeline(file.createReadStream(part), response);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const known = error instanceof AwsError;
    const refusal = s3Refusal(known ? error : new AwsError("InternalError", "", 500));
    response.writeHead(refusal.statusCode, refusal.headers).end(refusal.body);
  }
}

/**
 * The bytes that a request asks for, without which Safari plays no video; none of them where the start lies behind the end.
 * Undefined for all of it: S3 gives that too for what is no range or more than one, and we have no version to compare.
 */
function partOf(size: number, headers: IncomingHttpHeaders) {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  if (headers["if-range"] !== undefined || first + last === "") return undefined;
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size - 1 };
  if (last !== "" && Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Math.min(last === "" ? Infinity : Number(last), size - 1) };
}

const skewMs = 15 * 60_000;
const mostSeconds = 7 * 24 * 60 * 60;

/** Whether a URL was signed so for this method, and not too long ago. */
async function isPresigned(method: string, target: string, by: PresignedBy): Promise<boolean> {
  const url = new URL(`${by.endpoint}${target}`);
  const { searchParams } = url;
  const names = [...searchParams.keys()];
  // Of two of a name one would be proved and the other obeyed.
  if (new Set(names).size < names.length) return false;
  const given = searchParams.get("X-Amz-Signature") ?? "";
  const [, ...date] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get("X-Amz-Date") ?? "") ?? [];
  const [year = 0, month = 0, ...rest] = date.map(Number);
  const signedAt = Date.UTC(year, month - 1, ...rest);
  const expiresIn = Number(searchParams.get("X-Amz-Expires"));
  const age = by.clock() - signedAt;
  // S3 takes no other ages and lives, and the signer would throw.
  if (!(age > -skewMs && age < expiresIn * 1_000 && expiresIn <= mostSeconds)) return false;

  const signer = new SignatureV4({ ...by, service: "s3", uriEscapePath: false });
  const isPlain = ([name]: [string, string]) => !name.startsWith("X-Amz-");
  const { query } = await signer.presign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries([...searchParams].filter(isPlain)),
      headers: { host: url.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    },
    { signingDate: new Date(signedAt), expiresIn },
  );
  const right = Buffer.from(String(query?.["X-Amz-Signature"]));
  const ours = Buffer.from(given);
  return right.length === ours.length && timingSafeEqual(right, ours);
}
