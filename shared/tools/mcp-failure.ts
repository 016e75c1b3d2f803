import type { OutboundResponse } from "../outbound/read-answer.ts";
import type { OutboundError } from "../outbound/outbound-error.ts";
import { cut, masked, oneLine } from "../models/model-failure.ts";

const mostWords = 300;

/** What went over the wire last. */
export interface McpExchange {
  answer: OutboundResponse | undefined;
  error: OutboundError | undefined;
}

/** An MCP server did not do what it was asked for. The message is a sentence without secrets. */
export class McpFailure extends Error {
  override readonly name = "McpFailure";
  /** Whether the server could be reached at all. */
  readonly reached: boolean;
  /** Whether it may have done it nevertheless: it was asked, and did not say that it refuses. */
  readonly isUncertain: boolean;
  /** Whether it no longer knows the session or the version that was agreed on; then it has done nothing. */
  readonly isStale: boolean;

  constructor(
    message: string,
    what: { reached?: boolean; isUncertain?: boolean; isStale?: boolean },
  ) {
    super(message);
    this.reached = what.reached ?? true;
    this.isUncertain = what.isUncertain ?? false;
    this.isStale = what.isStale ?? false;
  }
}

/** Tells what a failure came to. `protocolMessage` is the server's own error, where the protocol carried one. */
export function mcpFailure(
  { answer, error }: McpExchange,
  {
    host,
    secrets,
    timeout_ms,
    isTimeout,
    protocolMessage,
  }: {
    readonly host: string;
    readonly secrets: readonly string[];
    readonly timeout_ms: number;
    readonly isTimeout: boolean;
    readonly protocolMessage: string | undefined;
  },
): McpFailure {
  const shown = (words: string) => cut(masked(oneLine(words), secrets).toWellFormed(), mostWords);
  if (isTimeout || error?.code === "timeout") {
    const seconds = timeout_ms / 1_000;
    const message = `${host} did not answer within ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
    return new McpFailure(message, { reached: false, isUncertain: true });
  }
  if (error) {
    const isUncertain = error.code !== "not_allowed";
    return new McpFailure(masked(error.message, secrets), { reached: false, isUncertain });
  }
  if (answer && answer.status >= 300) return refusal(host, answer, shown);
  if (protocolMessage !== undefined) {
    return new McpFailure(`${host} answered: ${shown(protocolMessage)}`, {});
  }
  const isPage = /\bhtml\b/.test(answer?.headers["content-type"] ?? "");
  const kind = isPage ? "a web page" : "something that is not MCP";
  return new McpFailure(`${host} answered with ${kind}: the URL may be wrong.`, {
    isUncertain: !isPage,
  });
}

function refusal(
  host: string,
  { status, headers, text }: OutboundResponse,
  shown: (words: string) => string,
): McpFailure {
  const answered = `${host} answered with status ${status}`;
  if (status < 400) {
    return new McpFailure(`${answered}, a redirect to another server, which is not followed.`, {});
  }
  const body = text();
  const words = wordsIn(body) ?? (headers["content-type"]?.startsWith("text/plain") ? body : "");
  const isStale = status === 404 || (status === 400 && /session|protocol|version/i.test(body));
  const hint =
    status === 401 || status === 403 ? " The headers of the tool may lack a valid key." : "";
  const said = words.trim() === "" ? "." : `: ${shown(words)}`;
  return new McpFailure(`${answered}${said}${hint}`, {
    reached: status < 500,
    isUncertain: status >= 500,
    isStale,
  });
}

/** `{error: {message}}` as JSON-RPC has it, `{message}`, `{error}`, `{error_description}`, `{detail}`. */
function wordsIn(body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const fields = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null ? { ...value } : {};
  const { error, message, error_description, detail } = fields(parsed);
  const found = [fields(error)["message"], message, error_description, error, detail];
  return found.find((words) => typeof words === "string");
}
