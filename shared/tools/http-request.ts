import { decoderFor } from "../outbound/charset.ts";
import { explained } from "../outbound/explained-error.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";
import { argumentsReader } from "./arguments-problem.ts";
import { type BuiltTool, errorResult, textField } from "./built-tool.ts";

const shownBytes = 65_536;
const mostBytes = 8 * 1_048_576;

const shownHeaders = [
  "content-type",
  "location",
  "retry-after",
  "etag",
  "last-modified",
  "link",
  "allow",
  "www-authenticate",
];

const schema = {
  type: "object",
  properties: {
    method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"] },
    url: { type: "string", description: "A complete URL, such as https://example.com/path?x=1." },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Header names and their values.",
    },
    body: { type: "string", description: "Sent as it is. For JSON, the JSON text." },
  },
  required: ["method", "url"],
  additionalProperties: false,
};

/**
 * The built-in HTTP client. Every status is an answer, also 404 and 500; redirects are not followed and show their
 * location. An error is what brought no answer: a URL that is not allowed, a timeout, a broken connection.
 */
export const httpRequestTool = (fetch: SafeFetch, timeout_ms: number): BuiltTool => ({
  tool: {
    server: "http",
    tool: "request",
    name: "http_request",
    description:
      "Sends one HTTP request and returns status, some headers and the body of the answer, cut at 64 KiB. Redirects are not followed.",
    input_schema: schema,
    mayHaveEffects: (args) => textField(meant(args), "method") !== "GET",
    problemOf: (args) => problemOf(meant(args)),
  },
  run: async (given, signal) => {
    const args = meant(given);
    const body = textField(args, "body");
    const headers = headersOf(fieldsOf(args)["headers"], body);
    let size = 0;
    try {
      const answer = await fetch(textField(args, "url") ?? "", {
        method: textField(args, "method") ?? "",
        headers,
        ...(body === undefined ? {} : { body }),
        timeout_ms,
        max_bytes: mostBytes,
        kept_bytes: shownBytes,
        onData: (chunk) => void (size += chunk.length),
        signal,
      });
      return { text: describe(answer, size), is_error: false };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof OutboundError) return errorResult(explained(error));
      throw error;
    }
  },
});

const { asMeant, problemOf } = argumentsReader(schema);

/** Arguments as the schema has them, of what models write in their place. */
function meant(args: unknown): unknown {
  if (!isFields(args)) return args;
  const { method, headers, body } = args;
  return asMeant({
    ...args,
    ...(typeof method === "string" && { method: method.toUpperCase() }),
    ...(isFields(headers) && { headers: asTexts(headers) }),
    ...(typeof body === "object" && body !== null && { body: JSON.stringify(body) }),
  });
}

const asTexts = (headers: Fields) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const json = JSON.stringify(value);
        return [name, /^["[{]/.test(json) ? value : json];
      }),
  );

function headersOf(given: unknown, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(fieldsOf(given))) {
    if (typeof value === "string") headers[name.toLowerCase()] = value;
  }
  if (body !== undefined && !("content-type" in headers)) {
    headers["content-type"] = isJson(body) ? "application/json" : "text/plain; charset=utf-8";
  }
  return headers;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function describe({ status, headers, body }: OutboundResponse, size: number): string {
  const lines = shownHeaders.flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${headers[name].slice(0, 1_000)}`],
  );
  return [`HTTP ${status}`, ...lines, "", bodyText(headers["content-type"] ?? "", body, size)].join(
    "\n",
  );
}

function bodyText(contentType: string, body: Uint8Array, size: number): string {
  if (size === 0) return "(no body)";
  const isCut = size > body.length;
  const text = decode(contentType, body, isCut);
  const bytes = size.toLocaleString("en-US");
  if (text === undefined) return `(${bytes} bytes that are not text)`;
  if (!isCut) return text;
  return `${text}\n\n[Cut: these are the first 65,536 of ${bytes} bytes.]`;
}

/** Undefined when the bytes are no text. A character that the cut goes through is left out. */
function decode(contentType: string, bytes: Uint8Array, isCut: boolean): string | undefined {
  const read = (type: string, fatal = false) => {
    try {
      return decoderFor(type, { fatal }).decode(bytes, { stream: isCut });
    } catch {
      return undefined;
    }
  };
  const isNamed = /;\s*charset=/i.test(contentType);
  const within = isNamed ? undefined : charsetWithin(contentType, bytes);
  const type = within ? `; charset=${within}` : contentType;
  const text = read(type, true) ?? (isCalledText.test(contentType) ? read(type) : undefined);
  if (text === undefined || text.includes("\0")) return undefined;
  // As browsers do where no character set is named; one that is UTF-8 but for some bytes stays that.
  const isWestern = !isNamed && !within && /^\s*text\//i.test(contentType);
  return isWestern && text.includes("\ufffd") && !/[^\0-\x7f\ufffd]/.test(text)
    ? read("; charset=windows-1252")
    : text;
}

const isCalledText = /^\s*text\/|\b(?:json|xml|javascript)\b/i;

/** What a page says of itself where a browser looks for it. */
function charsetWithin(contentType: string, bytes: Uint8Array): string | undefined {
  if (!/\b(?:html|xml)\b/i.test(contentType)) return undefined;
  const begin = Buffer.from(bytes.subarray(0, 1_024)).toString("latin1");
  const named =
    /<meta[^<>]*?charset\s*=\s*["']?([\w:.-]+)/i.exec(begin) ??
    /^<\?xml[^>]*?encoding\s*=\s*["']([\w:.-]+)/i.exec(begin);
  // Who can read so far does not read UTF-16.
  return named?.[1]?.replace(/^utf-16.*/i, "utf-8");
}
