import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { answersHead, catchAllPath } from "#lib/manifest";
import { ApiError, notFound } from "#shared/errors/api-error";
import type { Route } from "#shared/http/define-route";
import { newId } from "#shared/runtime/ids";
import { describeError, log } from "#shared/runtime/log";
import { createRoom } from "#shared/runtime/room";
import type { BlobServer } from "./embedded-aws.ts";
import {
  bytesOf,
  gatewayAnswers,
  lingerMs,
  type PlainAnswer,
  readAnswer,
  refusal,
  refuseUnread,
  writeAnswer,
} from "./http-answer.ts";
import { httpEvent, splitTarget } from "./http-event.ts";
import { InFlight } from "./in-flight.ts";
import { FunctionTimedOut, invoke } from "./invocation.ts";
import { maxBodyBytes, readBody } from "./request-body.ts";
import { createRouter, type Match } from "./router.ts";
import { StartError } from "./start-error.ts";

/** A route with what answers it. */
export interface ServedRoute {
  readonly route: Pick<Route, "method" | "path" | "operationId" | "auth" | "cors">;
  readonly handler: (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
}

/** How a gateway is set up. */
export interface GatewayOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** After so many milliseconds a function is given up and the answer is 503; on AWS 29 s. */
  readonly functionTimeoutMs?: number;
  /** A request must have arrived whole within so many milliseconds. */
  readonly arrivalTimeoutMs?: number;
  /** Bytes of large bodies that are held at once. */
  readonly bodyRoom?: number;
  /** Unix milliseconds. */
  readonly clock?: () => number;
}

/** An HTTP API on 127.0.0.1. */
export interface Gateway {
  readonly port: number;
  /** Starts answering with these routes, and what S3 would answer in AWS; before that every answer is 503. */
  serve(routes: readonly ServedRoute[], blobs?: BlobServer): void;
  /** Takes no new connections and no new requests. */
  refuse(): void;
  /** Resolves when no function is running for a request. */
  idle(): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

// What Lambda takes and gives, as JSON: 6 MB, and of an answer a hundred bytes more.
const maxEventBytes = 6 * 1024 * 1024;
const maxResultBytes = maxEventBytes + 100;
// The request line and all headers together, as an HTTP API allows.
const maxHeaderBytes = 10_240;
const keepAliveMs = 65_000;

/**
 * Starts an HTTP API as AWS has it: requests become events, what functions return becomes answers, and the limits of
 * time and size are the same. Throws a StartError when the port cannot be had.
 */
export async function startGateway({
  port,
  functionTimeoutMs = 29_000,
  arrivalTimeoutMs = 25_000,
  bodyRoom = 64 * 1024 * 1024,
  clock = Date.now,
}: GatewayOptions): Promise<Gateway> {
  let match: ((method: string, path: string) => Match<Served> | undefined) | undefined;
  let catchAll: ServedRoute | undefined;
  let blobs: BlobServer | undefined;
  let refusing = false;
  const inFlight = new InFlight();
  const takeRoom = createRoom(bodyRoom);
  /** Connections on which a function is at work: their answer goes first. */
  const answering = new Set<Socket>();
  /** What was asked last on a connection. */
  const asked = new WeakMap<Socket, Asked>();
  /** Connections on which something else than HTTP came: they end with the next answer. */
  const spoilt = new WeakSet<Socket>();
  /** Connections whose request was refused before it had come whole: nothing more is said on them. */
  const refused = new WeakSet<Socket>();

  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: arrivalTimeoutMs,
    headersTimeout: arrivalTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, arrivalTimeoutMs),
    keepAliveTimeout: keepAliveMs,
    // Without one the event says 127.0.0.1; Node's own refusal would have no body.
    requireHostHeader: false,
    noDelay: true,
  });
  // Who sends no more may still wait for an answer. The types of Node do not know it.
  Object.assign(server, { httpAllowHalfOpen: true });

  const answer = async (request: IncomingMessage, response: ServerResponse, body?: Buffer) => {
    if (refusing || !match) return writeAnswer(response, gatewayAnswers.unavailable, refusing);
    const { socket } = request;
    const isLast = () => refusing || spoilt.has(socket);
    const method = request.method ?? "GET";
    const found = match(method, splitTarget(request.url ?? "/").path);
    const served = found?.entry.served ?? catchAll;
    if (!served) return writeAnswer(response, gatewayAnswers.broken, false);
    const requestId = newId("req");
    const event = httpEvent(request, body, {
      requestId,
      now: clock(),
      routeKey: found ? `${method} ${found.entry.path}` : "$default",
      pathParameters: found?.pathParameters,
    });
    if (isOver(maxEventBytes, event)) return writeAnswer(response, gatewayAnswers.tooLong, false);
    const functionName = served.route.operationId;
    answering.add(socket);
    try {
      const invocation = { functionName, requestId, timeoutMs: functionTimeoutMs };
      const result = await invoke(served.handler, event, invocation);
      if (isOver(maxResultBytes, result)) throw new ResultTooLarge(functionName);
      writeAnswer(response, readAnswer(result), isLast());
    } catch (error) {
      log("error", "function_failed", { functionName, requestId, ...describeError(error) });
      const late = error instanceof FunctionTimedOut;
      const { unavailable, broken } = gatewayAnswers;
      if (!response.headersSent) writeAnswer(response, late ? unavailable : broken, isLast());
    } finally {
      answering.delete(socket);
    }
  };

  const refuse = (request: IncomingMessage, response: ServerResponse, answer: PlainAnswer) => {
    refused.add(request.socket);
    refuseUnread(request, response, answer);
  };

  const receive = (request: IncomingMessage, response: ServerResponse) => {
    asked.set(request.socket, { request, response });
    if (blobs && !refusing && isFor(blobs, request)) {
      // Not an answer of a function, so it may be longer, and is not waited for at the end.
      void blobs.answer(request, response);
      return;
    }
    const { "content-length": length, "transfer-encoding": coding } = request.headers;
    if (Number(length ?? 0) > maxBodyBytes) {
      return refuse(request, response, gatewayAnswers.tooLong);
    }
    if (coding === undefined && (length === undefined || length === "0")) {
      void inFlight.track(answer(request, response));
      return;
    }
    readBody(request, response, takeRoom, {
      whole: (body) => void inFlight.track(answer(request, response, body)),
      tooLong: () => refuse(request, response, gatewayAnswers.tooLong),
    });
  };

  server.on("request", receive);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers["content-length"] ?? 0) <= maxBodyBytes) response.writeContinue();
    receive(request, response);
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const message = "Of the header Expect only 100-continue can be met. Leave it out.";
    refuse(request, response, refusal(new ApiError("bad_request", message)));
  });

  const refuseConnection = (socket: Socket, error: ApiError) => {
    if (!socket.writable) {
      socket.destroy();
    } else if (answering.has(socket) || isWhole(asked.get(socket))) {
      spoilt.add(socket);
    } else {
      socket.end(refused.has(socket) ? "" : bytesOf(refusal(error)));
      setTimeout(() => socket.destroy(), lingerMs).unref();
    }
  };
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === "ECONNRESET") socket.destroy();
    else refuseConnection(socket, new ApiError("bad_request", explain(error)));
  });
  server.on("connect", (_, socket: Socket) => {
    // Node leaves such a connection to its listener, and with it what breaks it.
    socket.on("error", () => socket.destroy());
    refuseConnection(socket, notFound());
  });

  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    serve: (routes, ofBlobs) => {
      blobs = ofBlobs;
      catchAll = routes.find(({ route }) => route.path === catchAllPath);
      match = createRouter(
        routes
          .filter((served) => served !== catchAll)
          .flatMap((served) => {
            const { method, path, cors } = served.route;
            const methods = [
              method,
              ...(answersHead(served.route) ? ["HEAD"] : []),
              ...(cors ? ["OPTIONS"] : []),
            ];
            return methods.map((one) => ({ method: one, path, served }));
          }),
      );
    },
    refuse: () => {
      refusing = true;
      // Closes idle connections too, which could otherwise bring a request that is then cut off.
      server.close();
    },
    idle: () => inFlight.idle(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A function has returned more than Lambda gives on. */
class ResultTooLarge extends Error {
  override readonly name = "ResultTooLarge";
  constructor(functionName: string) {
    super(`${functionName} returned more than the ${maxResultBytes} bytes that Lambda gives on.`);
  }
}

/** Whether an event or a result is longer than so many bytes as JSON. */
function isOver(most: number, payload: unknown): boolean {
  if (typeof payload !== "object" || payload === null || !("body" in payload)) return false;
  const { body } = payload;
  // A unit of a text takes six bytes at the most, so what is shorter need not be written to be measured.
  if (typeof body !== "string" || body.length < most / 8) return false;
  return Buffer.byteLength(JSON.stringify(payload)) > most;
}

const isFor = ({ path }: BlobServer, { method, url = "" }: IncomingMessage) =>
  (method === "GET" || method === "HEAD") && url.startsWith(path);

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Whether a function is about to work on it: the end of a body is told a turn after it was read. */
const isWhole = (asked: Asked | undefined) =>
  asked !== undefined && asked.request.complete && !asked.response.headersSent;

interface Served {
  readonly method: string;
  readonly path: string;
  readonly served: ServedRoute;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new StartError(
              `Port ${port} is taken. Set PORT to another one, or to 0 for a free one.`,
            )
          : new StartError(`Port ${port} cannot be used: ${error.message}.`),
      );
    });
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

function explain({ code, reason }: NodeJS.ErrnoException & { reason?: unknown }): string {
  if (code === "HPE_HEADER_OVERFLOW") {
    return `The request line and the headers are longer than ${maxHeaderBytes} bytes together.`;
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "The request did not arrive whole in time.";
  if (code === "HPE_INVALID_URL" || code === "HPE_INVALID_CONSTANT") {
    return "The path or the query has a character that must be percent-encoded, as %20 is a space and %C3%A9 an é.";
  }
  const why = typeof reason === "string" ? `: ${reason}` : "";
  return `The request is not HTTP as RFC 9112 has it${why}.`;
}
