import type * as v from "valibot";
import type { Caller, Scope } from "../auth/scopes.ts";
import type { ErrorCode } from "../errors/catalogue.ts";
import type { Grants } from "../runtime/grants.ts";
import type { Mint } from "../runtime/mint.ts";
import type { Tag } from "../runtime/nouns.ts";
import type { Page, PageRequest } from "../table/page.ts";

/** A schema that maps to an object: path parameters, a query, a body. */
export type ObjectSchema = v.GenericSchema<Record<string, unknown>, Record<string, unknown>>;

/**
 * One route as plain data. The function, its policy, the local gateway, authentication, parsing, the handler's
 * types, OpenAPI and the refusal tests all come from it.
 */
export interface Route {
  /** Verb and noun, `createBot`: public API, the SDKs are named after it. */
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Whole path with `{parameters}`: `/v1/bots/{id}`. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** The scope a key needs, `any` for every key, or the reason why the route is public. */
  readonly auth: { readonly scope: Scope | "any" } | { readonly public: string };
  /** Path parameters; one that does not fit is a 404. */
  readonly params?: ObjectSchema;
  /** Query parameters without pagination; numbers and booleans are declared as such. */
  readonly query?: ObjectSchema;
  readonly body?: ObjectSchema;
  /** Whether the body may be missing (then `{}`). */
  readonly bodyOptional?: boolean;
  /** Whether path, query and body stay unread: what answers unknown requests asks nothing of them. */
  readonly unread?: boolean;
  /** One resource in `data`; a page of them with `meta`; or bytes of the handler's own making. */
  readonly answers: "one" | "page" | "raw";
  /** Whether `page` reaches beyond the first 10,000 rows, because a page is a range of numbers. */
  readonly unboundedPages?: boolean;
  /** What `data` holds, or one row of it. */
  readonly data: v.GenericSchema;
  readonly status: 200 | 201;
  /** For 201: the new resource's path, `{id}` filled from `data`. */
  readonly location?: `/${string}`;
  /** The status when the handler says `repeated`: the thing was there before. */
  readonly repeatedStatus?: 200;
  /** Whether the answer holds a secret: a kept answer is then sealed and given only to the key that asked first. */
  readonly answersSecret?: boolean;
  /** Codes beyond those that its method, schemas and auth imply. */
  readonly errors: readonly ErrorCode[];
  readonly grants: Grants;
  /** Examples for the reference; a test parses them with the schemas. */
  readonly example?: { readonly body?: unknown; readonly data?: unknown };
}

/** Declares a route; keeps its literal types. */
export const defineRoute = <const R extends Route>(route: R): R => route;

type OutputOf<S> = S extends v.GenericSchema ? v.InferOutput<S> : Record<string, never>;

/** What a handler is given: parsed, authenticated, limited. */
export interface RequestOf<R extends Route> {
  readonly caller: R["auth"] extends { public: string } ? undefined : Caller;
  readonly params: OutputOf<R["params"]>;
  readonly query: OutputOf<R["query"]>;
  readonly body: OutputOf<R["body"]>;
  /** Which page of a list is asked for. */
  readonly page: PageRequest;
  readonly mint: Mint;
  /** Unix milliseconds at which the answer must be on its way. */
  readonly deadline: number;
}

/** Bytes with a type, for routes that answer `raw`. */
export interface RawReply {
  readonly raw: string | Uint8Array;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler answers with. */
export type ReplyOf<R extends Route> = R["answers"] extends "raw"
  ? RawReply
  : R["answers"] extends "page"
    ? Page<v.InferInput<R["data"]>>
    : { readonly body: v.InferInput<R["data"]>; readonly repeated?: boolean };

/** A handler of a route. */
export type Handle<R extends Route> = (request: RequestOf<R>) => Promise<ReplyOf<R>>;
