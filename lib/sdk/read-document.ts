import type { Answer, Field, Method, Resource, SdkModel } from "./model.ts";
import { createTypeReader, type Schema, type TypeReader } from "./read-types.ts";
import { pascal, snake } from "./words.ts";

/** The OpenAPI document, as far as an SDK is made of it. */
export interface ApiDocument {
  readonly info: { readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-sdk-method"?: string;
  readonly security: readonly unknown[];
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Response {
  readonly content?: Content;
}
type Content = Readonly<
  Record<
    string,
    {
      readonly schema: Schema;
      readonly example?: unknown;
      readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
    }
  >
>;

const json = "application/json";
const ofPages = new Set(["page", "per_page", "cursor"]);

/** Names of the document that every SDK knows. */
const known = {
  errorCode: "ErrorCode",
  errorDetail: "ErrorDetail",
  pageMeta: "PageMeta",
  event: "WebhookEvent",
  backendRequest: "BackendRequest",
  backendReply: "BackendReply",
} as const;

/** Statuses as people call them. */
const errorNames: Readonly<Record<string, string>> = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  409: "ConflictError",
  413: "PayloadTooLargeError",
  415: "UnsupportedMediaTypeError",
  422: "UnprocessableEntityError",
  429: "RateLimitError",
  500: "InternalServerError",
  503: "ServiceUnavailableError",
};

/** Reads a document. Throws a sentence at what no SDK can express. */
export function readDocument(document: ApiDocument): SdkModel {
  const reader = createTypeReader(document.components.schemas);
  const methods = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([http, operation]) =>
      methodOf(document, reader, { path, http, operation }),
    ),
  );
  for (const name of [known.errorCode, known.errorDetail, known.pageMeta, known.event]) {
    reader.read({ $ref: `#/components/schemas/${name}` }, name, "output");
  }
  const { backend, events } = toldOf(document, reader);
  return {
    version: document.info.version,
    resources: resourcesOf(document, methods),
    types: reader.types(),
    errors: Object.entries(errorNames).map(([status, name]) => ({ status: Number(status), name })),
    known,
    events,
    backendExample: backend,
  };
}

function methodOf(
  document: ApiDocument,
  reader: TypeReader,
  { path, http, operation }: { path: string; http: string; operation: Operation },
): readonly Method[] {
  const sdkMethod = operation["x-sdk-method"];
  const [status, success] =
    Object.entries(operation.responses).find(([one]) => one.startsWith("2")) ?? [];
  const content = success && "content" in success ? success.content?.[json] : undefined;
  // Others are called by platforms and browsers.
  if (sdkMethod === undefined || !content) return [];
  const [resource = "", name = ""] = sdkMethod.split(".").map(snake);
  const parameters = (operation.parameters ?? []).map((one) =>
    "$ref" in one ? found(document.components.parameters, one.$ref) : one,
  );
  const place = pascal(resource) + pascal(name);
  const fieldsIn = (where: Parameter["in"]) =>
    parameters.filter((one) => one.in === where).map((one) => fieldOf(reader, place, one));
  const answer = answerOf(reader, content.schema, place);
  const query = fieldsIn("query").filter(
    (field) => answer.kind !== "page" || !ofPages.has(field.name),
  );
  const body = bodyOf(reader, operation, place);
  const params = fieldsIn("path");
  const deletes = http === "delete" ? deletesOf(reader, answer, [...params, ...query]) : undefined;
  const sample = (where: Parameter["in"]) =>
    Object.fromEntries(
      parameters
        .filter((one) => one.in === where && one.required)
        .map((one) => [one.name, sampleOf(one)]),
    );
  return [
    {
      name,
      resource,
      operationId: operation.operationId,
      http: http.toUpperCase() as Method["http"],
      path,
      summary: operation.summary,
      ...(operation.description !== undefined && { description: operation.description }),
      params,
      query,
      ...(body && { body }),
      answer,
      authorized: operation.security.length > 0,
      ...(deletes && { deletes }),
      example: {
        params: sample("path") as Readonly<Record<string, string>>,
        query: sample("query"),
        body: exampleOf(operation.requestBody?.content[json]),
        answer: content.example,
        status: Number(status),
      },
    },
  ];
}

/** The one example, or the first of several. */
const exampleOf = (content: Content[string] | undefined) =>
  content?.example ?? Object.values(content?.examples ?? {})[0]?.value;

function bodyOf(reader: TypeReader, { requestBody }: Operation, place: string): Method["body"] {
  const schema = requestBody?.content[json]?.schema;
  if (!schema) return undefined;
  return {
    type: reader.read(schema, `${place}Body`, "input"),
    required: requestBody?.required === true,
  };
}

function answerOf(reader: TypeReader, schema: Schema, place: string): Answer {
  const data = schema.properties?.["data"];
  if (!data) return { kind: "raw", type: reader.read(schema, `${place}Answer`, "output") };
  if (schema.properties?.["meta"]) {
    return { kind: "page", type: reader.read(data.items ?? {}, `${place}Row`, "output") };
  }
  return { kind: "one", type: reader.read(data, `${place}Data`, "output") };
}

const fieldOf = (
  reader: TypeReader,
  place: string,
  { name, required, description, schema }: Parameter,
): Field => ({
  name,
  required,
  type: reader.read(schema, place + pascal(name), "input"),
  ...(description !== undefined && { description }),
});

/** Which field of `{id, deleted}` says what was deleted; other answers say more, which a repeat cannot know. */
function deletesOf(
  reader: TypeReader,
  { type }: Answer,
  parameters: readonly Field[],
): Method["deletes"] {
  const named =
    type.kind === "ref" ? reader.types().find(({ name }) => name === type.name) : undefined;
  if (named?.kind !== "object" || named.fields.length !== 2) return undefined;
  const field = named.fields.find(({ name }) => name !== "deleted")?.name;
  const parameter = (parameters.find(({ name }) => name === field) ?? parameters[0])?.name;
  return field === undefined || parameter === undefined ? undefined : { field, parameter };
}

function sampleOf({ name, schema }: Parameter): unknown {
  return schema.examples?.[0] ?? schema.enum?.[0] ?? (name === "user_id" ? "user-1" : `an-${name}`);
}

function resourcesOf(document: ApiDocument, methods: readonly Method[]): readonly Resource[] {
  const tagOf = new Map(
    Object.values(document.paths)
      .flatMap((operations) => Object.values(operations))
      .map(({ operationId, tags }) => [operationId, tags[0]] as const),
  );
  return [...Map.groupBy(methods, ({ resource }) => resource)].map(([name, group]) => {
    const tag = document.tags.find((one) => one.name === tagOf.get(group[0]?.operationId ?? ""));
    const isItsTag = tag !== undefined && snake(tag.name) === name;
    return { name, description: isItsTag ? tag.description : "", methods: group };
  });
}

function toldOf(document: ApiDocument, reader: TypeReader) {
  const events: SdkModel["events"][number][] = [];
  let backend: SdkModel["backendExample"] = { request: {}, reply: {} };
  for (const [type, { post }] of Object.entries(document.webhooks)) {
    const content = post.requestBody?.content[json];
    if (!content) continue;
    const read = reader.read(content.schema, pascal(type), "output");
    if (read.kind !== "ref") throw new Error(`The body of ${type} has no name.`);
    if (read.name === known.backendRequest) {
      const answer = post.responses["200"];
      const reply = answer && "content" in answer ? answer.content?.[json] : undefined;
      reader.read(reply?.schema ?? {}, known.backendReply, "input");
      backend = { request: content.example, reply: reply?.example };
    } else {
      events.push({ type, name: read.name, summary: post.summary, example: content.example });
    }
  }
  return { backend, events };
}

function found<T>(all: Readonly<Record<string, T>>, ref: string): T {
  const one = all[ref.slice(ref.lastIndexOf("/") + 1)];
  if (one === undefined) throw new Error(`${ref} is not in the document.`);
  return one;
}
