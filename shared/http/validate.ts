import * as v from "valibot";
import type { Caller } from "../auth/scopes.ts";
import {
  ApiError,
  type ErrorDetail,
  firstOfMany,
  invalid,
  invalidRequest,
  notFound,
} from "../errors/api-error.ts";
import { parseUnrounded } from "../schema/exact-json.ts";
import type { PageRequest } from "../table/page.ts";
import { maxBytesOf, sizeText } from "./body-size.ts";
import { decodeCursor } from "./cursor.ts";
import type { ObjectSchema, Route } from "./define-route.ts";
import type { ChainMiddleware, ChainStep, HttpEvent, Parsed } from "./edge.ts";
import { detailsOf, listsForObjects, readOnlyFields, unwrap } from "./problems.ts";
import { variablesIn } from "./route-path.ts";

const maxRowsByPage = 10_000;

/** Reads path, query, declared headers and body with the route's schemas. Bad input ends here. */
export function validate(route: Route): ChainMiddleware {
  const query = querySchema(route);
  const names = variablesIn(route.path);
  const validateBefore: ChainStep = async ({ event, context: { state } }) => {
    const params = readParams(route, names, event);
    const bytes = readBytes(route, event);
    const body = route.body ? readJson(route, event, bytes) : {};
    const details: ErrorDetail[] = [];
    const readQuery = check(query, readQueryString(route, query, event, details), "query", details);
    if (route.body) details.push(...readOnlyFields(route.body, route.data, body));
    const readBodyValue = route.body ? check(route.body, body, "body", details) : {};
    if (details.length > 0) throw invalidRequest(details);
    state.parsed = {
      params,
      body: readBodyValue,
      ...(route.headers && { headers: readHeaders(route.headers, event) }),
      ...(route.input === "bytes" && { raw: bytes }),
      ...(route.answers === "page"
        ? paging(route, state.caller, params, readQuery)
        : { query: readQuery, page: { page: 1, per_page: 20 } }),
    };
  };
  return { before: validateBefore };
}

/** The path parameters by the names of the definition; a gateway may have others for them, in the same order. */
function readParams(
  { params }: Route,
  names: readonly string[],
  { routeKey, pathParameters }: HttpEvent,
): unknown {
  if (!params) return {};
  const given = variablesIn(routeKey);
  const values = names.map((name, place) => [name, pathParameters?.[given[place] ?? name]]);
  const result = v.safeParse(params, Object.fromEntries(values));
  if (!result.success) throw notFound();
  return result.output;
}

function check(
  schema: ObjectSchema,
  value: unknown,
  at: "query" | "body",
  details: ErrorDetail[],
): Record<string, unknown> {
  const lists = listsForObjects(schema, value, at);
  // To find and to tell all that is wrong with a body of 256 KiB takes seconds and megabytes.
  const abortEarly = isLarge(value);
  const result = v.safeParse(schema, value, { abortEarly });
  const known = new Set([...details, ...lists].map(({ path }) => path));
  const isKnown = (path: string) =>
    known.has(path) || lists.some((list) => path.startsWith(`${list.path}.`));
  const others = result.success ? [] : detailsOf(schema, result.issues, at);
  const found = [...lists, ...others.filter(({ path }) => !isKnown(path))];
  const [first] = found;
  if (abortEarly && first) throw firstOfMany(first);
  details.push(...found);
  return result.success ? result.output : {};
}

const mostParts = 1_000;

/** Whether a value has more parts than a person writes. */
function isLarge(value: unknown): boolean {
  let left = mostParts;
  const goesOn = (one: unknown): boolean =>
    --left < 0 || (typeof one === "object" && one !== null && Object.values(one).some(goesOn));
  return goesOn(value);
}

const readHeaders = (names: readonly string[], { headers }: HttpEvent) =>
  Object.fromEntries(names.map((name) => [name, headers[name]]));

const noBytes = new Uint8Array();

/** The body as it came over the wire. Routes that take none do not look at one. */
function readBytes(route: Route, { body = "", isBase64Encoded }: HttpEvent): Uint8Array {
  if (!route.body && route.input !== "bytes") return noBytes;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const most = maxBytesOf(route);
  if (bytes.length > most) {
    throw new ApiError("payload_too_large", `The body is larger than ${sizeText(most)}.`);
  }
  return bytes;
}

function readJson(route: Route, { headers }: HttpEvent, bytes: Uint8Array): unknown {
  if (bytes.length === 0) {
    if (route.bodyOptional) return {};
    throw new ApiError("bad_request", "The request needs a JSON body, and there is none.");
  }
  const type = headers["content-type"];
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError(
      "unsupported_media_type",
      "The body must be JSON: send `Content-Type: application/json`.",
    );
  }
  try {
    return parseUnrounded(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // Only now: some send the name of a charset there, with a body that is as it should be.
    if (!/^(identity)?$/i.test(headers["content-encoding"] ?? "")) {
      throw new ApiError(
        "unsupported_media_type",
        "The body must not be packed: send it without `Content-Encoding`.",
      );
    }
    throw new ApiError("bad_request", "The body is not JSON in UTF-8. Check quotes and commas.", {
      cause: error,
    });
  }
}

/** Values of a query are text; those whose schema is a number or a boolean are read as such. */
function readQueryString(
  { auth }: Route,
  schema: ObjectSchema,
  { rawQueryString }: HttpEvent,
  details: ErrorDetail[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    // A platform may add parameters, and would repeat for days what is refused.
    if ("signed" in auth && typeOfEntry(schema, name) === undefined) continue;
    if (Object.hasOwn(values, name)) {
      details.push({ path: `query.${name}`, message: "Is given twice. Give it once." });
      continue;
    }
    const type = typeOfEntry(schema, name);
    Object.defineProperty(values, name, {
      value: asType(type, value),
      enumerable: true,
      configurable: true,
    });
  }
  return values;
}

function asType(type: string | undefined, value: string): unknown {
  if (type === "number" && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

function typeOfEntry(schema: ObjectSchema, name: string): string | undefined {
  if (!("entries" in schema)) return undefined;
  const entries = schema.entries as Readonly<Record<string, v.GenericSchema>>;
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  return entry && unwrap(entry).type;
}

const perPage = "Must be a whole number from 1 to 100.";
const pageNumber = "Must be a whole number from 1.";

/** The parameters of every list. */
export const paginationEntries = {
  page: v.optional(v.pipe(v.number(pageNumber), v.integer(pageNumber), v.minValue(1, pageNumber))),
  per_page: v.optional(
    v.pipe(v.number(perPage), v.integer(perPage), v.minValue(1, perPage), v.maxValue(100, perPage)),
    20,
  ),
  cursor: v.optional(v.string()),
};

function querySchema(route: Route): ObjectSchema {
  const { query } = route;
  // A query's schema is a strict object of fields; its entries are known to the route's own type only.
  const entries = query && "entries" in query ? (query.entries as v.ObjectEntries) : {};
  return v.strictObject(route.answers === "page" ? { ...entries, ...paginationEntries } : entries);
}

function paging(
  route: Route,
  caller: Caller | undefined,
  params: unknown,
  read: Record<string, unknown>,
): Pick<Parsed, "query" | "page" | "binding"> {
  const { page, per_page, cursor, ...query } = read as Record<string, unknown> & {
    page?: number;
    per_page: number;
    cursor?: string;
  };
  if (page !== undefined && cursor !== undefined) {
    throw invalid("query.cursor", "Give page or cursor, not both.");
  }
  const isBounded = route.unboundedPages?.but.some((filter) => filter in query) ?? true;
  if (page !== undefined && isBounded && page * per_page > maxRowsByPage) {
    throw invalid("query.page", "Use cursor for rows beyond 10,000.");
  }
  const filters = Object.entries(query)
    .map((entry) => JSON.stringify(entry))
    .toSorted();
  const binding = {
    // A list that everybody may read is no team's.
    key: caller?.cursor_key ?? "",
    list: JSON.stringify([caller?.team_id, route.operationId, params, filters]),
  };
  const request: PageRequest =
    cursor === undefined
      ? { per_page, page: page ?? 1 }
      : { per_page, page: 1, after: decodeCursor(binding, cursor) };
  return { query, page: request, binding };
}
