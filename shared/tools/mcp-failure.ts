import { explained } from "../outbound/explained-error.ts";
import type { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundHead, OutboundResponse } from "../outbound/read-answer.ts";
import { masked, shownWords } from "../outbound/shown-words.ts";
import { type Fields, fieldsOf } from "../schema/json-fields.ts";
import { hasMoreParts } from "../schema/nesting.ts";

const mostWords = 300;
/** The most lists and objects of a refusal that is read for its words. */
const mostParts = 100_000;

/** An MCP server did not do what it was asked for. The message is a sentence without secrets. */
export class McpFailure extends Error {
  override readonly name = "McpFailure";
  /** Whether the server could be reached at all. */
  readonly reached: boolean;
  /** Whether it may have done it nevertheless: it was asked, and did not say that it refuses. */
  readonly isUncertain: boolean;
  /**
   * Whether it no longer knows the session or the version that was agreed on: `surely`, so that it has done nothing,
   * or `maybe`, as its words have it.
   */
  readonly isStale: "surely" | "maybe" | undefined;
  /** The code of the protocol or of the network, where there was one. */
  readonly code: unknown;
  /** The status of HTTP by which it refused. */
  readonly status: number | undefined;
  /** The versions of the protocol that a refusal names, for which it may have been. */
  readonly versions: readonly string[];

  constructor(
    message: string,
    what: {
      reached?: boolean;
      isUncertain?: boolean;
      isStale?: "surely" | "maybe" | undefined;
      code?: unknown;
      status?: number;
      versions?: readonly string[];
    },
  ) {
    super(message);
    this.reached = what.reached ?? true;
    this.isUncertain = what.isUncertain ?? false;
    this.isStale = what.isStale;
    this.code = what.code;
    this.status = what.status;
    this.versions = what.versions ?? [];
  }
}

/** What a request went by that a server may no longer know. */
export type Agreed = "modern" | "session" | "nothing";

/** Tells what failures of one server came to. */
export interface McpFailures {
  readonly timeout: () => McpFailure;
  /** No answer came. */
  readonly network: (error: OutboundError) => McpFailure;
  /** A status of 300 or more. */
  readonly refused: (answer: OutboundResponse, agreed: Agreed) => McpFailure;
  /** An error that the protocol carried. */
  readonly error: (error: unknown, agreed: Agreed) => McpFailure;
  /** An answer that is none of the protocol. */
  readonly foreign: (answer: OutboundResponse) => McpFailure;
  /** Anything else, in a sentence that begins with the host. */
  readonly said: (words: string, what?: { readonly isUncertain?: boolean }) => McpFailure;
}

/** Makes what tells of failures of a host, without these secrets. */
export function mcpFailuresOf(
  host: string,
  secrets: readonly string[],
  timeout_ms: number,
): McpFailures {
  const shown = (words: string) => shownWords(words, secrets, mostWords);
  return {
    timeout: () => {
      const seconds = timeout_ms / 1_000;
      const message = `${host} did not answer within ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
      return new McpFailure(message, { reached: false, isUncertain: true });
    },
    network: (error) =>
      new McpFailure(masked(explained(error), secrets), {
        reached: false,
        isUncertain: error.code !== "not_allowed",
        code: error.code,
      }),
    refused: ({ status, headers, text }, agreed) => {
      const answered = `${host} answered with status ${status}`;
      if (status < 400) {
        const to = URL.parse(headers["location"] ?? "", `https://${host}`);
        // No path: there are servers whose key stands in it.
        const where = to && to.host !== host ? to.origin : "another path";
        const message = `${answered}, a redirect to ${where}, which is not followed: the URL may be wrong.`;
        return new McpFailure(message, {});
      }
      const body = text();
      const fields = fieldsOfText(body);
      const words =
        wordsIn(fields) ?? (headers["content-type"]?.startsWith("text/plain") ? body : "");
      const hint =
        status === 401 || status === 403 ? " The headers of the tool may lack a valid key." : "";
      const said = words.trim() === "" ? "." : `: ${withEnd(shown(words), hint)}`;
      const { code } = fieldsOf(fields["error"]);
      return new McpFailure(`${answered}${said}${hint}`, {
        reached: status < 500,
        isUncertain: status >= 500,
        isStale:
          status === 404 && agreed === "session"
            ? "surely"
            : staleBy(
                code,
                agreed,
                [400, 404, 410].includes(status)
                  ? agreed === "session" || isOfSession(body)
                  : agreed === "session" && /session/i.test(words),
              ),
        code,
        status,
        versions: versionsIn(body),
      });
    },
    error: (error, agreed) => {
      const { code, message, data } = fieldsOf(error);
      const words = String([message, error].find((one) => typeof one === "string") ?? "an error.");
      return new McpFailure(`${host} answered: ${shown(words)}`, {
        isStale: staleBy(
          code,
          agreed,
          agreed === "session" && (code === -32_001 || isOfSession(words)),
        ),
        code,
        versions: versionsIn(
          [message, ...Object.values(fieldsOf(data)).flat()].filter(isText).join(),
        ),
      });
    },
    foreign: (answer) => {
      const kind = isPage(answer) ? "a web page" : "something that is not MCP";
      return new McpFailure(`${host} answered with ${kind}: the URL may be wrong.`, {
        isUncertain: !isPage(answer),
      });
    },
    said: (words, what = {}) => new McpFailure(`${host} ${words}`, what),
  };
}

/** Whether an answer is a web page, which nothing of the protocol is. */
export const isPage = ({ headers }: OutboundHead) => /\bhtml\b/.test(headers["content-type"] ?? "");

/**
 * The protocol's own codes for headers and versions that do not fit, since the modern revision: nothing was begun.
 * Before it they were free, and an error of that code may come from the tool itself.
 */
const refusedBefore: readonly unknown[] = [-32_020, -32_022];

function staleBy(code: unknown, agreed: Agreed, isLikely: boolean) {
  if (agreed === "modern" && refusedBefore.includes(code)) return "surely";
  return isLikely ? "maybe" : undefined;
}

const isOfSession = (words: string) => /session|protocol|version|initiali[sz]/i.test(words);

const isText = (value: unknown) => typeof value === "string";

/** As far as it takes to name some: the body may have some MiB. */
const versionsIn = (words: string) => words.slice(0, 10_000).match(/\b20\d\d-\d\d-\d\d\b/g) ?? [];

/** Words that another sentence follows. */
const withEnd = (words: string, next: string) =>
  next === "" || /[.!?…]$/.test(words) ? words : `${words}.`;

function fieldsOfText(body: string): Fields {
  if (hasMoreParts(body, mostParts)) return {};
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    return {};
  }
}

/** `{error: {message}}` as JSON-RPC has it, `{message}`, `{error}`, `{error_description}`, `{detail}`. */
function wordsIn({ error, message, error_description, detail }: Fields): string | undefined {
  const found = [fieldsOf(error)["message"], message, error_description, error, detail];
  return found.find((words) => typeof words === "string");
}
