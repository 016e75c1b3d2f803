import type * as v from "valibot";
import type { Caller, Scope } from "../auth/scopes.ts";
import type { ErrorCode } from "../errors/catalogue.ts";
import type { Grants } from "../runtime/grants.ts";
import type { Mint } from "../runtime/mint.ts";
import type { Tag } from "../runtime/nouns.ts";
import type { Page, PageRequest } from "../table/page.ts";

/** A schema that maps to an object: path parameters, a query, a body. */
export type ObjectSchema = v.GenericSchema<Record<string, unknown>, Record<string, unknown>>;

/** Who may call a route; each kind has steps of its own, and is served by a function of its own. */
export type Auth = KeyAuth | PublicAuth | SignedAuth;

/** A key with the scope, `any` for every key: `serve`. */
export interface KeyAuth {
  readonly scope: Scope | "any";
}

/** Everyone, for the reason that is given: `servePublic`. */
export interface PublicAuth {
  readonly public: string;
}

/** A platform that signs what it sends, by its name: `serveSigned`, which is given what verifies a signature. */
export interface SignedAuth {
  readonly signed: string;
}

/** A body that is JSON and fits a schema, or none. */
interface JsonInput {
  readonly input?: "json";
  readonly body?: ObjectSchema;
  /** Whether the body may be missing (then `{}`). */
  readonly bodyOptional?: boolean;
}

/** A body of any type that is handed on unread, because a signature covers its bytes. */
interface BytesInput {
  readonly input: "bytes";
  readonly body?: never;
  readonly bodyOptional?: never;
}

/**
 * One route as plain data. The function, its policy, the local gateway, authentication, parsing, the handler's
 * types, OpenAPI and the refusal tests all come from it.
 */
export type Route = Definition & (JsonInput | BytesInput);

interface Definition {
  /** Verb and noun, `createBot`: public API, the SDKs are named after it. */
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Whole path with `{parameters}`: `/v1/bots/{id}`. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly auth: Auth;
  /** Whether pages of every origin may call it from a browser; whom it serves, the handler says. */
  readonly cors?: "any";
  /** Path parameters; one that does not fit is a 404. */
  readonly params?: ObjectSchema;
  /** Query parameters without pagination; numbers and booleans are declared as such. */
  readonly query?: ObjectSchema;
  /** The request's headers that the handler is given. */
  readonly headers?: readonly Lowercase<string>[];
  /** The most bytes of a body; 256 KiB unless given. */
  readonly maxBytes?: number;
  /** Whether path, query and body stay unread: what answers unknown requests, and a page, ask nothing of them. */
  readonly unread?: boolean;
  /** One resource in `data`; a page of them with `meta`; bytes of the handler's own making; or another address. */
  readonly answers: "one" | "page" | "raw" | "redirect";
  /** Whether errors are plain text, their message alone, because a platform reads them and not a program of a team. */
  readonly refusals?: "plain";
  /** That `page` reaches beyond the first 10,000 rows, because a page is a range of numbers: but not with these filters. */
  readonly unboundedPages?: { readonly but: readonly string[] };
  /** What `data` holds, or one row of it. */
  readonly data: v.GenericSchema;
  readonly status: 200 | 201 | 302;
  /** For 201: the new resource's path, `{id}` filled from `data`. */
  readonly location?: `/${string}`;
  /** The status when the handler says `repeated`: the thing was there before. */
  readonly repeatedStatus?: 200;
  /** The status of a raw answer when the caller's copy (`If-None-Match`) is the newest. */
  readonly unchangedStatus?: 304;
  /** Whether the answer holds a secret: a kept answer is then sealed and given only to the key that asked first. */
  readonly answersSecret?: boolean;
  /** Whether it holds its answer for a backend, a platform or a reply: it then gets the memory of functions that wait. */
  readonly waits?: true;
  /** Whether others may hold it up for longer than a second, with a place of the pool `waits` (`shared/work`). */
  readonly mayBeHeld?: true;
  /** Codes beyond those that its method, schemas and auth imply. */
  readonly errors: readonly ErrorCode[];
  readonly grants: Grants;
  /** Examples for the reference; a test parses them with the schemas. */
  readonly example?: {
    readonly body?: unknown;
    /** Further bodies by what they show, where one does not show all. */
    readonly bodies?: Readonly<Record<string, unknown>>;
    readonly data?: unknown;
  };
}

/** Declares a route; keeps its literal types. */
export const defineRoute = <const R extends Route>(route: R): R => route;

type OutputOf<S> = S extends v.GenericSchema ? v.InferOutput<S> : Record<string, never>;

/** What is read of a request, whoever sent it: the headers that are declared, and of a body its bytes or its JSON. */
export type ReadRequest<R extends Route> = {
  readonly params: OutputOf<R["params"]>;
  readonly query: OutputOf<R["query"]>;
  readonly body: OutputOf<R["body"]>;
} & (R extends { headers: readonly (infer Name extends string)[] }
  ? { readonly headers: { readonly [N in Name]: string | undefined } }
  : unknown) &
  (R extends { input: "bytes" } ? { readonly raw: Uint8Array } : unknown);

/**
 * What a handler is given: parsed, limited, and with who calls. A route that a platform signs has a `sender`, which is
 * what its `Verify` found.
 */
export type RequestOf<R extends Route, Sender = undefined> = ReadRequest<R> & {
  readonly caller: R["auth"] extends KeyAuth ? Caller : undefined;
  /** Which page of a list is asked for. */
  readonly page: PageRequest;
  readonly mint: Mint;
  /** Unix milliseconds at which the answer must be on its way. */
  readonly deadline: number;
} & (R["auth"] extends SignedAuth ? { readonly sender: Sender } : unknown) &
  // What answers unknown requests is told what they ask for.
  (R extends { unread: true } ? { readonly method: string; readonly path: string } : unknown) &
  // An address may be good for one of the two.
  (R["answers"] extends "redirect" ? { readonly isHead: boolean } : unknown);

/**
 * Says who signed a request, or undefined when the signature is missing or wrong. It may throw an `ApiError` instead:
 * the sender that the path names is perhaps unknown.
 */
export type Verify<R extends Route, Sender> = (
  request: ReadRequest<R>,
) => Promise<Sender | undefined>;

/** Bytes with a type, for routes that answer `raw`; none with the status of a copy that is the newest. */
export interface RawReply {
  readonly status?: 304;
  readonly raw: string | Uint8Array;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Another address for the same, for routes that answer `redirect`; it is good for this one request. */
export interface RedirectReply {
  readonly redirect: string;
}

/** What a handler returns. */
export type ReplyOf<R extends Route> = R["answers"] extends "raw"
  ? RawReply
  : R["answers"] extends "redirect"
    ? RedirectReply
    : R["answers"] extends "page"
      ? Page<v.InferInput<R["data"]>>
      : { readonly body: v.InferInput<R["data"]>; readonly repeated?: boolean };

/** A handler of a route. */
export type Handle<R extends Route, Sender = undefined> = (
  request: RequestOf<R, Sender>,
) => Promise<ReplyOf<R>>;
