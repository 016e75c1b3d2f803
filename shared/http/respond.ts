import * as v from "valibot";
import { ApiError, unavailable } from "../errors/api-error.ts";
import { catalogue, type ErrorCode } from "../errors/catalogue.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { describeError, log } from "../runtime/log.ts";
import { isUnavailable } from "../runtime/unavailable.ts";
import { encodeCursor } from "./cursor.ts";
import type { Route } from "./define-route.ts";
import {
  type ChainMiddleware,
  type ChainRequest,
  type ChainState,
  type ChainStep,
  type Edge,
  type HttpAnswer,
  type Parsed,
  ReplayedAnswer,
  type Reply,
} from "./edge.ts";
import { checkPageSize } from "./page-size.ts";

const json = "application/json; charset=utf-8";

/** Only the times tell routes apart: a metric of CloudWatch costs more in a month than what it measures. */
const measured: readonly Measured[] = [
  { by: "route", fields: ["ms", "server_errors"] },
  { fields: ["client_errors", "read_units", "write_units"] },
];

/** Makes the one kind of answer the API gives: envelope, headers, an error of the catalogue, one line in the log. */
export function respond(route: Route, edge: Edge): ChainMiddleware {
  const finish = async (request: ChainRequest, answer: HttpAnswer, error?: unknown) => {
    const { state } = request.context;
    if (state.keep && !(error instanceof ReplayedAnswer)) {
      // The answer stands whether or not it could be kept: a repeat then makes the same things again.
      await state.keep(answer).catch((problem: unknown) => {
        log("error", "answer_not_kept", describeError(problem));
      });
    }
    answer.headers = { ...state.headers, ...answer.headers };
    request.response = answer;
    writeLine(route, edge, request, answer, error);
  };

  const respondBefore: ChainStep = async ({ event, context: { state } }) => {
    state.headers["x-request-id"] = event.requestContext.requestId;
  };
  const respondAfter: ChainStep = async (request) => {
    const { state } = request.context;
    await finish(request, answerOf(route, state, request.response as Reply));
  };
  const respondOnError: ChainStep = async (request) => {
    const { error } = request;
    if (error instanceof ReplayedAnswer) return finish(request, error.answer, error);
    const refusal = route.refusals === "plain" ? plainAnswer : errorAnswer;
    await finish(request, refusal(speakable(error), request.event.requestContext.requestId), error);
  };
  return { before: respondBefore, after: respondAfter, onError: respondOnError };
}

function answerOf(route: Route, state: ChainState, reply: Reply): HttpAnswer {
  if ("raw" in reply) {
    const isText = typeof reply.raw === "string";
    return {
      statusCode: reply.status ?? route.status,
      headers: { "content-type": reply.contentType, ...reply.headers },
      body: isText ? reply.raw : Buffer.from(reply.raw).toString("base64"),
      isBase64Encoded: !isText,
    };
  }
  if ("redirect" in reply) {
    const headers = { location: reply.redirect, "cache-control": "no-store" };
    return { statusCode: route.status, headers };
  }
  const headers = { "content-type": json };
  if ("rows" in reply) {
    const { page, binding }: Pick<Parsed, "page" | "binding"> = state.parsed ?? {
      page: { page: 1, per_page: 20 },
    };
    const meta = {
      page: "after" in page ? null : page.page,
      per_page: page.per_page,
      total: reply.total,
      total_is_exact: reply.total_is_exact ?? true,
      next_cursor: reply.next === undefined || !binding ? null : encodeCursor(binding, reply.next),
    };
    const data = reply.rows.map((row) => v.parse(route.data, row));
    const body = JSON.stringify({ data, meta });
    checkPageSize(body, data.length);
    return { statusCode: route.status, headers, body };
  }
  const data = v.parse(route.data, reply.body);
  const statusCode = reply.repeated ? (route.repeatedStatus ?? route.status) : route.status;
  const location = statusCode === 201 && route.location && fill(route.location, data);
  return {
    statusCode,
    headers: location ? { ...headers, location } : headers,
    body: JSON.stringify({ data }),
  };
}

const fill = (path: string, data: unknown) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) =>
    typeof data === "object" && data !== null && name in data
      ? encodeURIComponent(String(data[name as keyof typeof data]))
      : "",
  );

function speakable(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) {
    return unavailable("The service is busy or partly out of reach. Repeat the request.", error);
  }
  return new ApiError("internal_error", "Something failed on our side. Quote the request id.", {
    cause: error,
  });
}

/** The answer for an error of the catalogue. */
function errorAnswer(error: ApiError, requestId: string): HttpAnswer {
  const { code, message, details } = error;
  return {
    ...refused(error, json),
    body: JSON.stringify({
      error: { code, message, request_id: requestId, ...(details && { details }) },
    }),
  };
}

const plainAnswer = (error: ApiError): HttpAnswer => ({
  ...refused(error, "text/plain; charset=utf-8"),
  body: error.message,
});

const refused = ({ code, retryAfterSeconds }: ApiError, type: string) => ({
  statusCode: catalogue[code],
  headers: {
    "content-type": type,
    ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
  },
});

function writeLine(
  route: Route,
  edge: Edge,
  { event, context: { state } }: ChainRequest,
  answer: HttpAnswer,
  error: unknown,
): void {
  const { meter } = state;
  const status = answer.statusCode ?? 500;
  const broken = error !== undefined && status >= 500;
  const code: ErrorCode | undefined = error instanceof ApiError ? error.code : undefined;
  const fields = {
    request_id: event.requestContext.requestId,
    route: route.operationId,
    method: event.requestContext.http.method,
    status,
    ms: edge.clock() - state.startedAt,
    team_id: state.caller?.team_id,
    key_id: state.caller?.key_id,
    code,
    calls: meter.calls,
    queue_calls: meter.queueCalls,
    read_units: meter.readUnits,
    write_units: meter.writeUnits,
    ...(status >= 500 && { server_errors: 1 }),
    ...(status >= 400 && status < 500 && { client_errors: 1 }),
    ...(broken && describeError(error)),
  };
  log(broken ? "error" : "info", "request", fields, measured);
}
