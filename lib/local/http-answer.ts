import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { ApiError } from "#shared/errors/api-error";
import { catalogue } from "#shared/errors/catalogue";
import { newId } from "#shared/runtime/ids";

/** What a gateway of its own accord answers, word for word as an HTTP API does. */
export const gatewayAnswers = {
  unavailable: ownAnswer(503, "Service Unavailable"),
  broken: ownAnswer(500, "Internal Server Error"),
  tooLong: ownAnswer(413, "Request Too Long"),
} as const;

function ownAnswer(statusCode: number, message: string): PlainAnswer {
  const headers = { "content-type": "application/json" };
  return { statusCode, headers, body: JSON.stringify({ message }) };
}

/** An answer ready to be written. */
export interface PlainAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string | Buffer;
}

/** Reads what a function returned; one that cannot be an answer is the gateway's 500. */
export function readAnswer(result: unknown): PlainAnswer {
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    return gatewayAnswers.broken;
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = result as Record<string, unknown>;
  if (typeof statusCode !== "number" || !(statusCode >= 200 && statusCode <= 599)) {
    return gatewayAnswers.broken;
  }
  if (body !== undefined && typeof body !== "string") return gatewayAnswers.broken;
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    fields[name.toLowerCase()] = String(value);
  }
  return {
    statusCode,
    headers: fields,
    ...(Array.isArray(cookies) && { cookies: cookies.map(String) }),
    ...(body !== undefined && {
      body: isBase64Encoded === true ? Buffer.from(body, "base64") : body,
    }),
  };
}

/** Writes an answer whole. With `last` the connection ends with it. */
export function writeAnswer(
  response: ServerResponse,
  { statusCode, headers, cookies, body = "" }: PlainAnswer,
  last: boolean,
): void {
  const fields: Record<string, string | number | readonly string[]> = { ...headers };
  // An HTTP API takes an answer that does not say what it is for text, an empty one too.
  fields["content-type"] ??= "text/plain; charset=utf-8";
  if (statusCode === 204 || statusCode === 304) delete fields["content-type"];
  else fields["content-length"] = Buffer.byteLength(body);
  if (cookies) fields["set-cookie"] = cookies;
  if (last) fields["connection"] = "close";
  response.writeHead(statusCode, fields as Record<string, string | number | string[]>);
  response.end(body);
}

/** How long a connection stays for what its client still sends behind a refusal. */
export const lingerMs = 3_000;

/**
 * Answers at once, and ends the connection. What the client still sends is dropped unread for a moment, because a
 * connection that is closed under unread bytes loses the answer too.
 */
export function refuseUnread(
  request: IncomingMessage,
  response: ServerResponse,
  { statusCode, headers, body = "" }: PlainAnswer,
): void {
  response.writeHead(statusCode, {
    "content-type": "application/json",
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  response.write(body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(() => request.destroy(), lingerMs);
  request
    .on("end", end)
    .on("close", () => clearTimeout(timer))
    .resume();
}

/** A refusal in the API's own envelope, for requests that can reach no function. */
export function refusal({ code, message }: ApiError): PlainAnswer {
  const requestId = newId("req");
  return {
    statusCode: catalogue[code],
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-request-id": requestId,
    },
    body: JSON.stringify({ error: { code, message, request_id: requestId } }),
  };
}

/** An answer as bytes, where Node has nothing to write it with. The connection ends with it. */
export function bytesOf({ statusCode, headers = {}, body = "" }: PlainAnswer): string {
  return [
    `HTTP/1.1 ${statusCode} ${http.STATUS_CODES[statusCode]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
