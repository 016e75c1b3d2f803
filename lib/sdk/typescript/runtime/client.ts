import {
  ApiAbortError,
  ApiConnectionError,
  ApiError,
  ApiTimeoutError,
  ChatbotPlatformError,
} from "./errors.ts";
import { createLog, type Log } from "./log.ts";
import type { ApiRequest, ClientOptions } from "./options.ts";
import { ApiPromise, Page, PagePromise, type WithResponse } from "./page.ts";
import type { PageMeta } from "./types.ts";

/** What all tries of a call have in common. */
interface Prepared {
  readonly url: string;
  readonly headers: Headers;
  readonly sent: unknown;
  readonly timeoutMs: number;
}

type Errors = Readonly<
  Record<number, new (status: number, headers: Headers, body: unknown) => ApiError>
>;

const globals = globalThis as {
  process?: { env?: Record<string, string | undefined>; versions?: Record<string, string> };
  window?: { document?: unknown };
};
const environment = (name: string) =>
  globals.process?.env?.[`CHATBOT_PLATFORM_${name}`] || undefined;

/** Sends requests: what every resource is made of. */
export class BaseClient {
  readonly baseUrl: string;
  readonly #options: ClientOptions;
  readonly #apiKey: string;
  readonly #errors: Errors;
  readonly #agent: string;
  readonly #log: Log;

  constructor(options: ClientOptions, version: string, errors: Errors) {
    if (globals.window?.document && !options.dangerouslyAllowBrowser) {
      throw new ChatbotPlatformError(
        "A browser shows the API key: use a server or dangerouslyAllowBrowser.",
      );
    }
    this.#options = options;
    this.#apiKey = (options.apiKey || environment("API_KEY") || "").trim();
    // A header would say no, and show it.
    if (/[^!-~]/.test(this.#apiKey)) {
      throw new ChatbotPlatformError("The API key has an odd letter.");
    }
    const base = options.baseUrl || environment("BASE_URL") || "http://127.0.0.1:3000";
    if (!/^\s*http/i.test(base)) {
      throw new TypeError("baseUrl begins with http:// or https://.");
    }
    this.baseUrl = `${new URL(base).href.replace(/(\/v1)?(?<!\/)\/*$/, "")}/v1`;
    this.#errors = errors;
    const node = globals.process?.versions?.["node"];
    this.#agent = `chatbot-platform-typescript/${version}${node ? ` node/${node}` : ""}`;
    this.#log = createLog(options.logger ?? console, options.logLevel ?? environment("LOG"));
  }

  /** @internal Behind a getter, so that it is not printed with the client. */
  get webhookSecret(): string | readonly string[] | undefined {
    return this.#options.webhookSecret ?? environment("WEBHOOK_SECRET")?.match(/\S+/g) ?? undefined;
  }

  /**
   * Sends any request, for what this version has no method for: `path` begins with `/` and is below `/v1`.
   * Gives the parsed JSON of the answer, with its envelope.
   */
  request<T = unknown>(method: string, path: string, request: ApiRequest = {}): ApiPromise<T> {
    return ApiPromise.from<T, ApiPromise<T>>(this.#send<T>(method, path, request));
  }

  /** @internal One resource, out of its envelope. */
  one<T>(method: string, path: string, request: ApiRequest): ApiPromise<T> {
    const whole = this.#send<{ data: T }>(method, path, request);
    return ApiPromise.from<T, ApiPromise<T>>(
      whole.then((answer) => ({ ...answer, data: enveloped(answer.data).data })),
    );
  }

  /** @internal A list. */
  page<Row>(path: string, request: ApiRequest): PagePromise<Row> {
    const whole = this.#send<{ data: Row[]; meta: PageMeta }>("GET", path, request);
    // The cursor knows the place: a page beside it is refused.
    const next = (cursor: string) =>
      this.page<Row>(path, { ...request, query: { ...request.query, page: undefined, cursor } });
    return PagePromise.from<Page<Row>, PagePromise<Row>>(
      whole.then((answer) => ({ ...answer, data: new Page(enveloped(answer.data), next) })),
    );
  }

  /** @internal Waits between tries. Ends with the signal. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        done();
      }
      signal?.addEventListener("abort", end);
      if (signal?.aborted) end();
    });
    throwIfAborted(signal);
  }

  async #send<T>(method: string, path: string, request: ApiRequest): Promise<WithResponse<T>> {
    const { options = {} } = request;
    const maxRetries = options.maxRetries ?? this.#options.maxRetries ?? 2;
    const prepared = this.#prepare(method, path, request);
    let mayHaveActed = false;
    for (let tries = 0; ; tries++) {
      throwIfAborted(options.signal);
      const outcome = await this.#try<T>(method, path, prepared, options.signal);
      if (!(outcome instanceof ChatbotPlatformError)) return outcome;
      if (
        outcome instanceof ApiError &&
        outcome.status === 404 &&
        mayHaveActed &&
        request.deleted
      ) {
        return {
          data: { data: { ...request.deleted, deleted: true } } as T,
          response: new Response(null, { headers: outcome.headers }),
          request_id: outcome.request_id,
        };
      }
      const wait = tries < maxRetries ? pauseBefore(outcome, tries) : undefined;
      if (wait === undefined) throw outcome;
      mayHaveActed ||= !(outcome instanceof ApiError) || outcome.status >= 500;
      this.#log(
        "warn",
        `${method} ${path} is tried again in ${wait.toFixed()} ms: ${outcome.message}`,
      );
      await this.pause(wait, options.signal);
    }
  }

  #prepare(
    method: string,
    path: string,
    { query, body, isPublic, options = {} }: ApiRequest,
  ): Prepared {
    if (!path.startsWith("/")) throw new TypeError("A path begins with a slash.");
    const asked = { ...query, ...options.query } as Record<string, unknown>;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) {
      if (value !== undefined && value !== null) {
        search.append(name, `${value as string | number | boolean}`);
      }
    }
    const sent = options.body ? { ...(body as object | undefined), ...options.body } : body;
    const headers = new Headers({ accept: "application/json", "user-agent": this.#agent });
    if (this.#apiKey) headers.set("authorization", `Bearer ${this.#apiKey}`);
    if (sent !== undefined) headers.set("content-type", "application/json");
    if (method === "POST") {
      headers.set("idempotency-key", options.idempotencyKey ?? crypto.randomUUID());
    }
    for (const [name, value] of Object.entries({ ...this.#options.headers, ...options.headers })) {
      headers.set(name, value);
    }
    if (!isPublic && !headers.has("authorization")) {
      throw new ChatbotPlatformError(
        "There is no API key: set CHATBOT_PLATFORM_API_KEY or apiKey.",
      );
    }
    const wait = Number(asked["wait"]);
    const timeoutMs =
      options.timeoutMs ??
      Math.max(this.#options.timeoutMs ?? 30_000, wait > 0 ? wait * 1000 + 10_000 : 0);
    const asText = search.toString();
    const url = `${this.baseUrl}${path}${asText && `?${asText}`}`;
    return { url, headers, sent, timeoutMs };
  }

  /** One try. Gives the answer or what it failed with; throws when the caller ended it. */
  async #try<T>(
    method: string,
    path: string,
    { url, headers, sent, timeoutMs }: Prepared,
    signal: AbortSignal | undefined,
  ): Promise<WithResponse<T> | ChatbotPlatformError> {
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener("abort", end);
    const begun = Date.now();
    this.#log("debug", `${method} ${path}`, { headers: Object.fromEntries(headers), body: sent });
    try {
      const send = this.#options.fetch ?? fetch;
      const response = await send(url, {
        method,
        headers,
        redirect: "manual",
        signal: ending.signal,
        ...(sent !== undefined && { body: JSON.stringify(sent) }),
      });
      const text = await response.text();
      const request_id = response.headers.get("x-request-id") ?? undefined;
      this.#log(
        "info",
        `${method} ${path} ${response.status} in ${Date.now() - begun} ms, ${request_id ?? "without id"}`,
      );
      if (response.ok) {
        const data = JSON.parse(text) as T;
        this.#log("debug", `answer to ${method} ${path}`, data);
        return { data, response, request_id };
      }
      return this.#refusal(response, text);
    } catch (cause) {
      throwIfAborted(signal);
      if (ending.signal.aborted) {
        return new ApiTimeoutError(`No whole answer came within ${timeoutMs} ms.`, { cause });
      }
      return new ApiConnectionError(`No whole answer came from ${this.baseUrl}.`, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  #refusal({ status, headers }: Response, text: string): ChatbotPlatformError {
    // In browsers it has the status 0.
    if (status < 400) {
      const message =
        "The server answered with a redirect, which is not followed: correct baseUrl.";
      return new ApiError(status, headers, { error: { message } });
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      // Something between here and the API answered.
    }
    const kind = this.#errors[status] ?? this.#errors[status >= 500 ? 500 : 0] ?? ApiError;
    return new kind(status, headers, body);
  }
}

const retried = new Set([429, 500, 502, 503, 504]);

/** Milliseconds before the next try, or undefined where none would help. */
function pauseBefore(error: unknown, tries: number): number | undefined {
  if (error instanceof ApiError) {
    if (!retried.has(error.status) && error.code !== "idempotency_in_progress") return undefined;
    if (error.retry_after !== undefined) {
      return error.retry_after <= 60 ? error.retry_after * 1000 : undefined;
    }
  } else if (!(error instanceof ApiConnectionError)) return undefined;
  // Full jitter, so that many who failed together do not come back together.
  return Math.random() * Math.min(8000, 500 * 2 ** tries);
}

/** An answer with its envelope. Throws at what is none of the API's. */
function enveloped<T extends { readonly data: unknown }>(answer: T): T {
  if (Object(answer).data) return answer;
  throw new ApiConnectionError("The answer has no data: correct baseUrl.");
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ApiAbortError("The call was ended by its signal.", { cause: signal.reason });
  }
}

/** A part of a path. Throws at what would make another path. */
export function part(name: string, value: string): string {
  if (typeof value !== "string" || /^\.{0,2}$/.test(value)) {
    throw new TypeError(`${name} has to be an id, and is ${JSON.stringify(value)}.`);
  }
  return encodeURIComponent(value);
}

/** Whether an error may be gone at another try. */
export const isTransient = (error: unknown): error is ApiError | ApiConnectionError =>
  pauseBefore(error, 0) !== undefined;

/** What a resource is made of. */
export class Resource {
  /** @internal */
  declare protected readonly client: BaseClient;

  constructor(client: BaseClient) {
    this.client = client;
  }
}
