import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { decodeLeniently } from "./router.ts";

/** What of a request its event is made of; a request that Node has read has it. */
export type HttpRequest = Pick<IncomingMessage, "method" | "url" | "httpVersion" | "rawHeaders"> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** What the event says beyond the request itself. */
export interface EventFacts {
  readonly requestId: string;
  /** Unix milliseconds of the request's arrival. */
  readonly now: number;
  /** `POST /v1/bots`, or `$default`. */
  readonly routeKey: string;
  readonly pathParameters: Record<string, string> | undefined;
}

/** The path and the query of a request target, undecoded. */
export function splitTarget(target: string): { path: string; query: string } {
  // The absolute form, which proxies use (RFC 9112, section 3.2.2).
  const local = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?#]*/i, "");
  const mark = local.indexOf("?");
  const path = mark < 0 ? local : local.slice(0, mark);
  return { path: path === "" ? "/" : path, query: mark < 0 ? "" : local.slice(mark + 1) };
}

/**
 * The event of an HTTP API's Lambda integration, payload format 2.0: names of headers in lower case, repeated headers
 * and parameters joined by commas, cookies apart, the path decoded, bodies in base64 unless their type is text.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(
  request: HttpRequest,
  body: Buffer | undefined,
  { requestId, now, routeKey, pathParameters }: EventFacts,
): APIGatewayProxyEventV2 {
  const { path, query } = splitTarget(request.url ?? "/");
  const rawPath = decodeLeniently(path);
  const headers = joinHeaders(request.rawHeaders);
  const cookies = headers["cookie"]?.split(/; */);
  if (cookies) delete headers["cookie"];
  const parameters = query === "" ? undefined : joinParameters(query);
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies && { cookies }),
    headers,
    ...(parameters && { queryStringParameters: parameters }),
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers["host"] ?? "127.0.0.1",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage: "$default",
      time: commonLogTime(now),
      timeEpoch: now,
    },
    ...bodyFields(headers["content-type"], body),
  };
}

function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]},${value}` : value;
  }
  return headers;
}

function joinParameters(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(values);
}

/**
 * AWS says that a body of a binary type comes in base64, and not which types are text. These are, as somebody found by
 * asking it: https://github.com/ministackorg/ministack/pull/766. A form and a body without a type are binary.
 */
const textType = /^\s*(text\/|application\/(json|xml|javascript)\s*(;|$))/i;

function bodyFields(
  type: string | undefined,
  body: Buffer | undefined,
): Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded"> {
  if (!body || body.length === 0) return { isBase64Encoded: false };
  // Bytes that are no UTF-8 would be changed on their way through a string.
  const isText = type !== undefined && textType.test(type) && isUtf8(body);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
let shown = { second: 0, text: "" };

/** `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(unixMs: number): string {
  const second = Math.floor(unixMs / 1000);
  if (shown.second !== second) {
    const time = new Date(second * 1000).toISOString();
    const month = months[Number(time.slice(5, 7)) - 1];
    const text = `${time.slice(8, 10)}/${month}/${time.slice(0, 4)}:${time.slice(11, 19)} +0000`;
    shown = { second, text };
  }
  return shown.text;
}
