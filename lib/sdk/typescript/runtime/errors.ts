import type { ErrorCode, ErrorDetail, Execution, MessageSendResult } from "./types.ts";

/** The least that every error of this package is. */
export class ChatbotPlatformError extends Error {
  override readonly name: string = "ChatbotPlatformError";
}

/**
 * The API refused or failed. Its subclasses say with which status. `message` also has each problem and the id of the
 * request, for logs.
 */
export class ApiError extends ChatbotPlatformError {
  override readonly name: string = "ApiError";
  declare readonly status: number;
  /** What went wrong, for programs. Codes may be added. */
  declare readonly code: ErrorCode | undefined;
  /** Quote it when you ask for help. */
  declare readonly request_id: string | undefined;
  /** Each problem with the field where it is; empty where no field is to blame. */
  declare readonly details: readonly ErrorDetail[];
  declare readonly headers: Headers;
  /** Seconds to wait before the next try, where the API says so. */
  declare readonly retry_after: number | undefined;

  constructor(status: number, headers: Headers, body: unknown) {
    // What the API says; anything between here and there may have answered something else.
    const { message, code, request_id, details } = Object(Object(body).error) as Record<
      string,
      unknown
    >;
    const id =
      typeof request_id === "string" ? request_id : (headers.get("x-request-id") ?? undefined);
    const problems = Array.isArray(details) ? (details as ErrorDetail[]) : [];
    super(
      [
        typeof message === "string" ? message : `The server answered with status ${status}.`,
        ...problems.map((one) => `${one.path}: ${one.message}`),
        id ? `(${id})` : [],
      ]
        .flat()
        .join(" "),
    );
    this.status = status;
    this.headers = headers;
    this.code = typeof code === "string" ? code : undefined;
    this.request_id = id;
    this.details = problems;
    const seconds = headers.get("retry-after") ?? "";
    this.retry_after = /^\d+$/.test(seconds) ? Number(seconds) : undefined;
  }
}

/** No whole answer came: the network failed, or what came was no JSON. `cause` says more. */
export class ApiConnectionError extends ChatbotPlatformError {
  override readonly name: string = "ApiConnectionError";
}

/** No whole answer came in time. */
export class ApiTimeoutError extends ApiConnectionError {
  override readonly name: string = "ApiTimeoutError";
}

/** The caller's own signal ended the call. */
export class ApiAbortError extends ChatbotPlatformError {
  override readonly name: string = "ApiAbortError";
}

/** What came is not what the platform signed, or it is too old. */
export class WebhookVerificationError extends ChatbotPlatformError {
  override readonly name: string = "WebhookVerificationError";
}

/** The bot has not replied in time. The message is kept, and the reply may still come. */
export class ReplyTimeoutError extends ChatbotPlatformError {
  override readonly name: string = "ReplyTimeoutError";
  /** The message as it is kept; undefined when the platform was never reached. */
  declare readonly sent: MessageSendResult["message"] | undefined;

  constructor(sent: MessageSendResult["message"] | undefined, options?: ErrorOptions) {
    super("The bot has not replied in time: look into the conversation later.", options);
    this.sent = sent;
  }
}

/** The execution has not ended in time. It goes on unless `cancelOnTimeout` said otherwise. */
export class WaitTimeoutError extends ChatbotPlatformError {
  override readonly name: string = "WaitTimeoutError";
  /** As it was last seen; undefined when the platform was never reached. */
  declare readonly execution: Execution | undefined;

  constructor(execution: Execution | undefined, options?: ErrorOptions) {
    super("The execution has not ended in time.", options);
    this.execution = execution;
  }
}
