import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { metered, newMeter } from "../runtime/meter.ts";
import { createMint } from "../runtime/mint.ts";
import { authenticate } from "./authenticate.ts";
import type { Handle, RequestOf, Route } from "./define-route.ts";
import {
  type ChainState,
  type Edge,
  type EdgeContext,
  type HttpAnswer,
  type HttpEvent,
  liveEdge,
  type Reply,
} from "./edge.ts";
import { idempotency } from "./idempotency.ts";
import { respond } from "./respond.ts";
import { validate } from "./validate.ts";

/** Milliseconds kept back for the answer's way. */
const marginMs = 500;

/**
 * Puts a handler behind the one chain that every route shares. `make` is called at the first request,
 * so that importing a handler touches neither environment nor network.
 */
export function serve<R extends Route>(
  route: R,
  make: () => Handle<R>,
  edge: Edge = liveEdge,
): (event: HttpEvent, context: Context) => Promise<HttpAnswer> {
  let handle: Handle<R> | undefined;
  const chain = middy<HttpEvent, Reply | HttpAnswer, Error, EdgeContext>()
    .use(respond(route, edge))
    .use(authenticate(route, edge))
    .use(idempotency(route, edge))
    .use(validate(route))
    .handler(async (_event: HttpEvent, context: EdgeContext) => {
      handle ??= make();
      const { state } = context;
      const request = {
        caller: state.caller,
        ...state.parsed,
        mint: state.mint ?? createMint(state.startedAt),
        deadline: edge.clock() + context.getRemainingTimeInMillis() - marginMs,
      };
      // Types are erased between the steps: `authenticate` and `validate` have put in what the route declares.
      const reply: Reply = await handle(request as unknown as RequestOf<R>);
      return reply;
    });

  return (event, context) => {
    const meter = newMeter();
    const state: ChainState = { startedAt: edge.clock(), meter, headers: {} };
    return metered(
      meter,
      // `respond` has made an answer of every reply.
      () => chain(event, Object.assign(context, { state })) as Promise<HttpAnswer>,
    );
  };
}
