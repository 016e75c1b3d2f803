import type { Request } from "@middy/core";
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from "aws-lambda";
import type { Caller } from "../auth/scopes.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { Meter } from "../runtime/meter.ts";
import type { Mint } from "../runtime/mint.ts";
import type { RecordSecrets } from "../secrets/record-secrets.ts";
import { liveTable } from "../table/live-table.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { Table } from "../table/table.ts";
import type { CursorBinding } from "./cursor.ts";
import type { RawReply, RedirectReply } from "./define-route.ts";

/** What the chain itself needs from the world. */
export interface Edge {
  readonly table: () => Table;
  readonly clock: Clock;
  /** Seals kept answers that hold a secret. */
  readonly secrets?: () => RecordSecrets;
}

/** The deployment's. */
export const liveEdge: Edge = { table: liveTable, clock: systemClock };

/** What a test or a measurement may give in its place. */
export type OtherEdge = Partial<Pick<Edge, "table" | "clock">>;

/** What a handler replied, before it is an HTTP answer. */
export type Reply =
  | { readonly body: unknown; readonly repeated?: boolean }
  | Page<unknown>
  | RawReply
  | RedirectReply;

/** What `validate` has read from the request. */
export interface Parsed {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Those that the route declares, if it declares any. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The body's bytes where a route takes bytes. */
  readonly raw?: Uint8Array;
  readonly page: PageRequest;
  /** What a cursor belongs to, where the route is a list. */
  readonly binding?: CursorBinding;
}

/** What the steps of the chain hand on to each other. */
export interface ChainState {
  readonly requestId: string;
  readonly startedAt: number;
  readonly meter: Meter;
  readonly headers: Record<string, string>;
  caller?: Caller;
  /** Who signed the request. */
  sender?: unknown;
  mint?: Mint;
  parsed?: Parsed;
  /** Keeps the answer for repeats of the request. */
  keep?: (answer: HttpAnswer) => Promise<void>;
}

/** An HTTP API event, payload version 2. */
export type HttpEvent = APIGatewayProxyEventV2;

/** An answer to it. */
export type HttpAnswer = APIGatewayProxyStructuredResultV2;

/** Lambda's context with the state of the chain. */
export type EdgeContext = Context & { readonly state: ChainState };

/** The request as Middy passes it along; `response` is a reply until `respond` makes an answer of it. */
export type ChainRequest = Request<HttpEvent, Reply | HttpAnswer, Error, EdgeContext>;

/** Resolves to nothing: Middy ends the request as soon as a step returns a value, and its own type allows any. */
export type ChainStep = (request: ChainRequest) => Promise<void>;

/** One step of the chain. */
export interface ChainMiddleware {
  readonly before?: ChainStep;
  readonly after?: ChainStep;
  readonly onError?: ChainStep;
}

/** Ends a request with the answer that was given to it before. */
export class ReplayedAnswer extends Error {
  readonly answer: HttpAnswer;
  constructor(answer: HttpAnswer) {
    super("The request was answered before.");
    this.answer = answer;
  }
}
