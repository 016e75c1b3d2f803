import type { Logger, LogLevel } from "./log.ts";

/** Settings of a client. */
export interface ClientOptions {
  /** `CHATBOT_PLATFORM_API_KEY` unless given. */
  readonly apiKey?: string | undefined;
  /** Where the platform is, with or without `/v1`. `CHATBOT_PLATFORM_BASE_URL`, or this machine, unless given. */
  readonly baseUrl?: string | undefined;
  /** Secrets that `webhooks.unwrap` and `webhooks.verify` believe. `CHATBOT_PLATFORM_WEBHOOK_SECRET` unless given. */
  readonly webhookSecret?: string | readonly string[] | undefined;
  /** Milliseconds for one try, to the last byte of the answer: 30,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** Further tries of what failed on its way: 2 unless given. */
  readonly maxRetries?: number | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** `CHATBOT_PLATFORM_LOG` unless given, else `off`. */
  readonly logLevel?: LogLevel | undefined;
  /** `console` unless given. */
  readonly logger?: Logger | undefined;
  /** Whether it may run in a browser, where everybody can read its key. */
  readonly dangerouslyAllowBrowser?: boolean | undefined;
}

/** Settings of one call. */
export interface RequestOptions {
  /** Made anew for each POST unless given; all tries of a call have the same. */
  readonly idempotencyKey?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
  /** Sent beside those of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Added to the query, for what this version does not know. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  /** Added to the body, for what this version does not know. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/** A request of any operation. */
export interface ApiRequest {
  readonly query?: object | undefined;
  readonly body?: unknown;
  readonly options?: RequestOptions | undefined;
  /** Whether it needs no API key. */
  readonly isPublic?: boolean | undefined;
  /** Who is gone: the answer to a DELETE that worked, though its answer was lost. */
  readonly deleted?: object | undefined;
}
