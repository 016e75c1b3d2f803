import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { metered, newMeter } from "../runtime/meter.ts";
import { createMint } from "../runtime/mint.ts";
import type { Cors } from "./cors.ts";
import type { Handle, RequestOf, Route } from "./define-route.ts";
import type {
  ChainMiddleware,
  ChainState,
  Edge,
  EdgeContext,
  HttpAnswer,
  HttpEvent,
  Reply,
} from "./edge.ts";
import { respond } from "./respond.ts";
import { validate } from "./validate.ts";

/** Milliseconds kept back for the answer's way. */
const marginMs = 500;

/** What stands before and behind the step that reads a request, by who may call. */
interface StepsOfItsKind {
  readonly before?: readonly ChainMiddleware[];
  readonly after?: readonly ChainMiddleware[];
  /** What it says to pages of other origins, where its routes may let them in. */
  readonly cors?: Cors;
}

/**
 * Puts a handler behind the one chain that every route shares, with the steps of its kind. `make` is called at the first
 * request, so that importing a handler touches neither environment nor network.
 */
export function chain<R extends Route, Sender = undefined>(
  route: R,
  make: () => Handle<R, Sender>,
  edge: Edge,
  { before = [], after = [], cors: given }: StepsOfItsKind,
): (event: HttpEvent, context: Context) => Promise<HttpAnswer> {
  let handle: Handle<R, Sender> | undefined;
  const cors = route.cors && given;
  const read = route.unread ? [] : [validate(route)];
  const run = middy<HttpEvent, Reply | HttpAnswer, Error, EdgeContext>()
    .use([respond(route, edge), ...before, ...read, ...after])
    .handler(async (event: HttpEvent, context: EdgeContext) => {
      handle ??= make();
      const { state } = context;
      const deadline = edge.clock() + context.getRemainingTimeInMillis() - marginMs;
      state.meter.until = deadline;
      const request = {
        caller: state.caller,
        ...("sender" in state && { sender: state.sender }),
        ...state.parsed,
        path: event.rawPath,
        method: event.requestContext.http.method,
        isHead: event.requestContext.http.method === "HEAD",
        mint: state.mint ?? createMint(state.startedAt),
        deadline,
      };
      // Types are erased between the steps: they have put in what the route declares.
      const reply: Reply = await handle(request as unknown as RequestOf<R, Sender>);
      return reply;
    });

  return async (event, context) => {
    const { requestId, http } = event.requestContext;
    if (cors && http.method === "OPTIONS") {
      return { statusCode: 204, headers: { "x-request-id": requestId, ...cors.preflight } };
    }
    const meter = newMeter();
    const headers = { ...cors?.answers };
    const state: ChainState = { requestId, startedAt: edge.clock(), meter, headers };
    return metered(
      meter,
      // `respond` has made an answer of every reply.
      () => run(event, Object.assign(context, { state })) as Promise<HttpAnswer>,
    );
  };
}
