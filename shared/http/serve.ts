import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { metered, newMeter } from "../runtime/meter.ts";
import { createMint } from "../runtime/mint.ts";
import { authenticate } from "./authenticate.ts";
import { preflight } from "./cors.ts";
import type { Handle, RequestOf, Route } from "./define-route.ts";
import {
  type ChainMiddleware,
  type ChainState,
  type Edge,
  type EdgeContext,
  type EdgeOf,
  type HttpAnswer,
  type HttpEvent,
  liveEdge,
  type Reply,
} from "./edge.ts";
import { idempotency } from "./idempotency.ts";
import { respond } from "./respond.ts";
import { validate } from "./validate.ts";
import { verifySignature } from "./verify-signature.ts";

/** Milliseconds kept back for the answer's way. */
const marginMs = 500;

/**
 * Puts a handler behind the one chain that every route shares. `make` is called at the first request,
 * so that importing a handler touches neither environment nor network. `edge` is what this route's kind needs.
 */
export function serve<R extends Route, Sender = undefined>(
  route: R,
  make: () => Handle<R, Sender>,
  ...[given]: EdgeGiven<R, Sender>
): (event: HttpEvent, context: Context) => Promise<HttpAnswer> {
  // A verifier reads what the route declares, and the chain gives it that; only the two together know the type.
  const edge = { ...liveEdge, ...given } as Edge;
  let handle: Handle<R, Sender> | undefined;
  const chain = middy<HttpEvent, Reply | HttpAnswer, Error, EdgeContext>()
    .use(stepsOf(route, edge))
    .handler(async (event: HttpEvent, context: EdgeContext) => {
      handle ??= make();
      const { state } = context;
      const request = {
        caller: state.caller,
        ...("sender" in state && { sender: state.sender }),
        ...state.parsed,
        isHead: event.requestContext.http.method === "HEAD",
        mint: state.mint ?? createMint(state.startedAt),
        deadline: edge.clock() + context.getRemainingTimeInMillis() - marginMs,
      };
      // Types are erased between the steps: they have put in what the route declares.
      const reply: Reply = await handle(request as unknown as RequestOf<R, Sender>);
      return reply;
    });

  return async (event, context) => {
    const { requestId, http } = event.requestContext;
    if (route.cors && http.method === "OPTIONS") {
      return { statusCode: 204, headers: { "x-request-id": requestId, ...preflight } };
    }
    const meter = newMeter();
    const state: ChainState = { requestId, startedAt: edge.clock(), meter, headers: {} };
    return metered(
      meter,
      // `respond` has made an answer of every reply.
      () => chain(event, Object.assign(context, { state })) as Promise<HttpAnswer>,
    );
  };
}

/** Must be given where the route needs more than every deployment has. */
type EdgeGiven<R extends Route, Sender> =
  Partial<Edge> extends EdgeOf<R, Sender> ? [edge?: EdgeOf<R, Sender>] : [edge: EdgeOf<R, Sender>];

/** The steps of a route's chain, chosen by who may call it. A signature covers the body, so that is read before. */
function stepsOf(route: Route, edge: Edge): ChainMiddleware[] {
  const { auth, method, unread } = route;
  const first = respond(route, edge);
  const read = unread ? [] : [validate(route)];
  if ("signed" in auth) return [first, ...read, verifySignature(route, edge)];
  if ("public" in auth) return [first, ...read];
  const once = method === "POST" ? [idempotency(route, edge)] : [];
  return [first, authenticate(auth.scope, edge), ...once, ...read];
}
