import type { Method, Resource, SdkModel } from "../model.ts";
import { casingOf, paramsName, resourceClass } from "../names.ts";
import { queryOf } from "../query-of.ts";
import { camel } from "../words.ts";
import { comment, fieldLines, namedTypeLines, typeText } from "./types-of.ts";

/** How TypeScript writes names, and what cannot be one. */
export const casing = casingOf(camel, [
  "constructor",
  "client",
  "options",
  "params",
  "function",
  "default",
  "new",
  "class",
]);

const head = "// Made of the API's document; not written by hand.";
/** The file types: every type of the document that methods and events reach, and what queries take. */
export const typesFile = ({ types, resources }: SdkModel): string =>
  [
    head,
    "",
    ...types.flatMap(namedTypeLines),
    ...resources.flatMap(({ methods }) =>
      methods.filter((method) => queryOf(method).length > 0).flatMap(paramsLines),
    ),
  ].join("\n");

const paramsLines = (method: Method) => [
  ...comment([`What \`${camel(method.resource)}.${camel(method.name)}\` may be asked with`]),
  `export interface ${paramsName(method)} {`,
  ...fieldLines(queryOf(method), true),
  "}",
  "",
];

/** The file resources: a class of methods for each resource. */
export const resourcesFile = ({ resources }: SdkModel): string =>
  [
    head,
    'import { part, Resource } from "./client.ts";',
    'import type { RequestOptions } from "./options.ts";',
    'import type { ApiPromise, PagePromise } from "./page.ts";',
    'import type * as types from "./types.ts";',
    ...helperImports,
    "",
    ...resources.flatMap(resourceLines),
  ].join("\n");

function resourceLines({ name, description, methods }: Resource): readonly string[] {
  return [
    ...comment([description]),
    `export class ${resourceClass(name)} extends Resource {`,
    ...methods.flatMap(methodLines),
    ...(helpers[name] ?? []),
    "}",
    "",
  ];
}

/** The types of the document stand apart from those of the language. */
const inTypes = (text: string) => text.replace(/\b(?!Record\b)[A-Z]\w*(?![\w"'])/g, "types.$&");

function methodLines(method: Method): readonly string[] {
  const { name, http, path, params, body, answer, deletes, authorized, summary, description } =
    method;
  const query = queryOf(method);
  const hasQuery = query.length > 0;
  const sent = [body && typeText(body.type), hasQuery && paramsName(method)].filter(
    (one) => typeof one === "string",
  );
  const isNeeded = body?.required === true || query.some(({ required }) => required);
  const given = params.map((one) => `${camel(one.name)}: string`);
  const taken = [
    ...given,
    ...(sent.length > 0 ? [`params: ${inTypes(sent.join(" & "))}${isNeeded ? "" : " = {}"}`] : []),
    "options?: RequestOptions",
  ];
  const type = inTypes(typeText(answer.type));
  const address = path.replaceAll(
    /\{(\w+)\}/g,
    (_, one: string) => `\${part("${camel(one)}", ${camel(one)})}`,
  );
  const { split, request } = requestOf(
    method,
    query.map((one) => one.name),
  );
  const extras = [
    ...(deletes
      ? [`deleted: { ${deletes.field}: ${deletedFrom(method, deletes.parameter)} }`]
      : []),
    ...(authorized ? [] : ["isPublic: true"]),
  ];
  const asked = `{ ${[...request, ...extras, "options"].join(", ")} }`;
  const call = {
    one: `one<${type}>("${http}", \`${address}\`, ${asked})`,
    raw: `request<${type}>("${http}", \`${address}\`, ${asked})`,
    page: `page<${type}>(\`${address}\`, ${asked})`,
  }[answer.kind];
  return [
    ...comment([summary, description], "  "),
    `  ${camel(name)}(${taken.join(", ")}): ${answer.kind === "page" ? "PagePromise" : "ApiPromise"}<${type}> {`,
    ...split,
    `    return this.client.${call};`,
    "  }",
    "",
  ];
}

const deletedFrom = ({ params }: Method, parameter: string) =>
  params.some(({ name }) => name === parameter) ? camel(parameter) : `params.${parameter}`;

/** Body and query are one object to the caller. */
function requestOf({ body }: Method, query: readonly string[]) {
  if (body && query.length > 0) {
    return {
      split: [`    const { ${query.join(", ")}, ...body } = params;`],
      request: [`query: { ${query.join(", ")} }`, "body"],
    };
  }
  if (body) return { split: [], request: ["body: params"] };
  return { split: [], request: query.length > 0 ? ["query: params"] : [] };
}

const helperImports = [
  'import { type ExecutionWaitOptions, ask, runAndWait, waitForExecution, type WaitOptions, watchExecution } from "./waiting.ts";',
  'import { type Body, type HeadersLike, type Secrets, sign, type SignedHeaders, type SignOptions, verify, type VerifyOptions } from "./webhooks.ts";',
];

/** What resources have beside the operations of the API. */
const helpers: Readonly<Record<string, readonly string[]>> = {
  channels: [
    "  /** Sends a message and waits for the bot's reply; null where none is to come. Throws a `ReplyTimeoutError`. */",
    "  ask(id: string, params: types.MessageSend, options?: WaitOptions): Promise<types.Message | null> {",
    '    return ask(this.client, `/channels/${part("id", id)}/messages`, params, options);',
    "  }",
  ],
  agent_loops: [
    "  /** Runs a loop and gives the execution when it has ended, whatever became of it. Throws a `WaitTimeoutError`. */",
    "  runAndWait(id: string, params: types.AgentLoopRun = {}, options?: ExecutionWaitOptions): Promise<types.Execution> {",
    '    return runAndWait(this.client, `/agent-loops/${part("id", id)}/run`, params, options);',
    "  }",
  ],
  executions: [
    "  /** Gives an execution when it has ended, whatever became of it. Throws a `WaitTimeoutError`. */",
    "  wait(id: string, options?: ExecutionWaitOptions): Promise<types.Execution> {",
    "    return waitForExecution(this.client, id, options);",
    "  }",
    "",
    "  /** Gives each step when it has finished, until the execution has ended. Throws a `WaitTimeoutError`. */",
    "  watch(id: string, options?: WaitOptions): AsyncGenerator<types.Step, types.Execution, undefined> {",
    "    return watchExecution(this.client, id, options);",
    "  }",
  ],
  webhooks: [
    "  /** Checks what came to an endpoint and gives the event. The body is the text as it came. Throws a `WebhookVerificationError`. */",
    "  async unwrap(body: Body, headers: HeadersLike, options?: VerifyOptions): Promise<types.WebhookEvent> {",
    "    await this.verify(body, headers, options);",
    '    return JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)) as types.WebhookEvent;',
    "  }",
    "",
    "  /** Checks what came, such as the callback of an execution. Throws a `WebhookVerificationError`. */",
    "  verify(body: Body, headers: HeadersLike, options: VerifyOptions = {}): Promise<void> {",
    "    return verify(body, headers, options.secret ?? this.client.webhookSecret, options.toleranceSeconds);",
    "  }",
    "",
    "  /** Signs a body as the platform does, for tests of your own receiver: gives its headers. */",
    "  sign(body: Body, options: SignOptions = {}): Promise<SignedHeaders> {",
    "    return sign(body, options.secret ?? this.client.webhookSecret, options);",
    "  }",
  ],
};

/** The file statuses: the error of each status. */
export const statusesFile = ({ errors }: SdkModel): string =>
  [
    head,
    'import { ApiError } from "./errors.ts";',
    "",
    ...errors.flatMap(({ status, name }) => [
      ...comment([
        status === 500 ? "Status 500, and every other from there on" : `Status ${status}`,
      ]),
      `export class ${name} extends ApiError {`,
      `  override readonly name: string = "${name}";`,
      "}",
      "",
    ]),
    `export const statusErrors = { ${errors.map(({ status, name }) => `${status}: ${name}`).join(", ")} };`,
    "",
  ].join("\n");

/** The file index: the client, and all that is exported. */
export const indexFile = ({ resources, version, errors }: SdkModel): string =>
  [
    head,
    'import { createBackend, type BackendOptions, type FetchHandler } from "./backend.ts";',
    'import { BaseClient } from "./client.ts";',
    'import type { ClientOptions } from "./options.ts";',
    `import { ${resources.map(({ name }) => resourceClass(name)).join(", ")} } from "./resources.ts";`,
    'import { statusErrors } from "./statuses.ts";',
    'import type { BackendReply, BackendRequest } from "./types.ts";',
    'import type { Secrets } from "./webhooks.ts";',
    "",
    "/** The API of one platform for one team. Without settings it takes those of the environment. */",
    "export class ChatbotPlatform extends BaseClient {",
    ...resources.map(({ name }) => `  readonly ${camel(name)} = new ${resourceClass(name)}(this);`),
    "",
    "  constructor(options: ClientOptions = {}) {",
    `    super(options, "${version}", statusErrors);`,
    "  }",
    "",
    "  /** Makes a backend of a bot: a fetch handler that lets in what was signed with `secret` and answers with what `answer` makes. */",
    "  createBackend(",
    "    secret: Secrets,",
    "    answer: (turn: BackendRequest, request: Request) => BackendReply | Promise<BackendReply>,",
    "    options?: BackendOptions,",
    "  ): FetchHandler {",
    "    return createBackend(secret, answer, options);",
    "  }",
    "}",
    "",
    "export default ChatbotPlatform;",
    'export { type BackendOptions, type FetchHandler, toNodeHandler } from "./backend.ts";',
    'export type { ApiRequest, ClientOptions, RequestOptions } from "./options.ts";',
    "export {",
    ...[
      "ApiAbortError",
      "ApiConnectionError",
      "ApiError",
      "ApiTimeoutError",
      "ChatbotPlatformError",
      "ReplyTimeoutError",
      "WaitTimeoutError",
      "WebhookVerificationError",
    ].map((name) => `  ${name},`),
    '} from "./errors.ts";',
    'export type { Logger, LogLevel } from "./log.ts";',
    'export type { ApiPromise, Page, PagePromise, WithResponse } from "./page.ts";',
    'export type * from "./resources.ts";',
    `export { ${errors.map(({ name }) => name).join(", ")} } from "./statuses.ts";`,
    'export type * from "./types.ts";',
    'export type { ExecutionWaitOptions, WaitOptions } from "./waiting.ts";',
    'export type { Body, HeadersLike, Secrets, SignedHeaders, SignOptions, VerifyOptions } from "./webhooks.ts";',
    "",
  ].join("\n");
