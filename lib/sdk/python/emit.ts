import type { Field, Method, NamedType, Resource, SdkModel } from "../model.ts";
import { casingOf, resourceClass } from "../names.ts";
import { snake } from "../words.ts";
import { aliasLines, classLines, docLines, keywords, readerText, typeText } from "./types-of.ts";
import { unasync } from "./unasync.ts";

/** How Python writes names, and what cannot be one. */
export const casing = casingOf(snake, [
  ...keywords,
  "self",
  "options",
  "value",
  "types",
  "with_raw_response",
]);

/** What every method takes beside its own arguments. */
const optionNames = new Set([
  ...["idempotency_key", "timeout", "max_retries", "stop"],
  ...["extra_headers", "extra_query", "extra_body", "options", "self"],
]);

const head = '"""Made of the API\'s document; not written by hand."""';
const future = "from __future__ import annotations";

/** From Python 3.11 on they are in `typing`; before that only checkers look at them. */
const fromTyping = (name: string) => [
  "if sys.version_info >= (3, 11):",
  `    from typing import ${name}`,
  "elif TYPE_CHECKING:",
  `    from typing_extensions import ${name}`,
];

const namedOf = ({ types }: SdkModel): ReadonlyMap<string, NamedType> =>
  new Map(types.map((type) => [type.name, type]));

/** The file types: every type of the document that methods and events reach. */
export const typesFile = (model: SdkModel): string =>
  [
    head,
    "",
    future,
    "",
    "import sys",
    "from datetime import datetime",
    "from typing import TYPE_CHECKING, Any, Literal, Mapping, Sequence, TypedDict, Union",
    "",
    "from .resource import Resource, as_list, as_map, as_object, as_time, as_variant",
    "",
    ...fromTyping("NotRequired"),
    "",
    "",
    ...model.types.flatMap((type) => classLines(type, namedOf(model))),
    ...model.types.flatMap(aliasLines),
  ].join("\n");

const pageFields: readonly Field[] = [
  { name: "page", type: { kind: "integer" }, required: false, description: "Which page, from 1." },
  {
    name: "per_page",
    type: { kind: "integer" },
    required: false,
    description: "How many rows a page has, at most 100.",
  },
  {
    name: "cursor",
    type: { kind: "string" },
    required: false,
    description: "`meta.next_cursor` of the page before, in place of `page`.",
  },
];

const queryOf = ({ query, answer }: Method) => [
  ...query,
  ...(answer.kind === "page" ? pageFields : []),
];

/** The file resources of the async client, or of the other one: a class of methods for each resource. */
export function resourcesFile(model: SdkModel, isAsync: boolean): string {
  const text = [
    head,
    "",
    future,
    "",
    "import json",
    "import sys",
    "from datetime import datetime",
    "from typing import TYPE_CHECKING, Any, AsyncIterator, Mapping, Sequence",
    "",
    "from .. import types",
    "from .. import webhooks as _webhooks",
    "from ..options import AsyncExecutionWaitOptions, AsyncRequestOptions, AsyncWaitOptions, Omit, omit",
    "from ..request import part",
    "from ..resource import as_list, as_map, as_object, as_time",
    "from .client import AsyncResourceBase, raw",
    "from .page import AsyncPage",
    ...(isAsync ? ["from .paginator import AsyncPaginator"] : []),
    "from .waiting import ask, run_and_wait, wait_for_execution, watch_execution",
    "",
    ...fromTyping("Unpack"),
    "",
    "",
    ...model.resources.flatMap((resource) => resourceLines(model, resource, isAsync)),
  ].join("\n");
  return isAsync ? text : unasync(text);
}

function resourceLines(model: SdkModel, resource: Resource, isAsync: boolean): readonly string[] {
  const { name, description, methods } = resource;
  const type = `Async${resourceClass(name)}`;
  return [
    `class ${type}(AsyncResourceBase):`,
    ...docLines([description || `What is under ${name}`], "    "),
    "",
    "    @property",
    `    def with_raw_response(self) -> ${type}WithRawResponse:`,
    '        """The same methods, which give status and headers beside the answer."""',
    `        return ${type}WithRawResponse(${type}(self._client._giving_raw()))`,
    "",
    ...methods.flatMap((method) => methodLines(model, method, isAsync)),
    ...(helpers(model)[name] ?? []),
    "",
    `class ${type}WithRawResponse:`,
    `    """The methods of \`${name}\`, which give status and headers beside the answer."""`,
    "",
    `    def __init__(self, resource: ${type}) -> None:`,
    ...methods.map((one) => `        self.${snake(one.name)} = raw(resource.${snake(one.name)})`),
    "",
    "",
  ];
}

/** The fields of what is sent: arguments of the method. */
function bodyFields(model: SdkModel, { body, operationId }: Method): readonly Field[] {
  if (!body) return [];
  const type = body.type.kind === "ref" ? namedOf(model).get(body.type.name) : undefined;
  if (type?.kind !== "object")
    throw new Error(`The body of ${operationId} is no object of fields.`);
  return type.fields;
}

const argumentLines = (fields: readonly Field[], operationId: string) =>
  // Those that are needed come first.
  fields
    .toSorted((one, other) => Number(other.required) - Number(one.required))
    .map(({ name, type, required }) => {
      if (optionNames.has(name) || keywords.has(name)) {
        throw new Error(`A parameter of ${operationId} cannot be called ${name} in Python.`);
      }
      const text = typeText(type, "input", "types.");
      return `        ${name}: ${required ? text : `${text} | Omit = omit`},`;
    });

const described = (fields: readonly Field[]) =>
  fields.flatMap(({ name, description }) =>
    description === undefined ? [] : [`${name}: ${description}`],
  );

const given = (fields: readonly Field[]) =>
  `{${fields.map(({ name }) => `"${name}": ${name}`).join(", ")}}`;

function methodLines(model: SdkModel, method: Method, isAsync: boolean): readonly string[] {
  const {
    name,
    http,
    path,
    params,
    answer,
    deletes,
    authorized,
    summary,
    description,
    operationId,
  } = method;
  const [query, body] = [queryOf(method), bodyFields(model, method)];
  const keyed = [...query, ...body];
  const type = typeText(answer.type, "output", "types.");
  const address = path.replaceAll(
    /\{(\w+)\}/g,
    (_, one: string) => `{part("${one}", ${snake(one)})}`,
  );
  const reader = readerText(answer.type, namedOf(model), "types.") ?? "lambda value: value";
  const isPage = answer.kind === "page";
  const request = [
    reader,
    ...(isPage ? [] : [`"${http}"`]),
    `${address === path ? "" : "f"}${address === path ? `"${path}"` : `'${address}'`}`,
    ...(query.length > 0 ? [`query=${given(query)}`] : []),
    ...(method.body ? [`body=${given(body)}`] : []),
    ...(deletes ? [`deleted=("${deletes.field}", ${deletes.parameter})`] : []),
    ...(authorized ? [] : ["is_public=True"]),
    "options=options",
  ].map((one) => `            ${one},`);
  const call = { one: "_one", raw: "_whole", page: "_list" }[answer.kind];
  const asked = [`self._client.${call}(`, ...request, "        )"];
  const [first = "", ...rest] = asked;
  const pageType = `${isAsync ? "AsyncPaginator" : "Page"}[${type}]`;
  return [
    `    ${isPage ? "" : "async "}def ${snake(name)}(`,
    "        self,",
    ...params.map((one) => `        ${snake(one.name)}: str,`),
    ...(keyed.length > 0 ? ["        *,", ...argumentLines(keyed, operationId)] : []),
    "        **options: Unpack[AsyncRequestOptions],",
    `    ) -> ${isPage ? pageType : type}:`,
    ...docLines([summary, description], "        ", described(keyed)),
    ...(isPage && isAsync
      ? [`        return AsyncPaginator(lambda: ${first}`, ...rest.slice(0, -1), "        ))"]
      : [`        return ${isPage ? "" : "await "}${first}`, ...rest]),
    "",
  ];
}

/** What resources have beside the operations of the API. */
function helpers(model: SdkModel): Readonly<Record<string, readonly string[]>> {
  const fieldsOf = (name: string): readonly Field[] => {
    const type = namedOf(model).get(name);
    if (type?.kind !== "object") throw new Error(`${name} is no object of fields.`);
    return type.fields;
  };
  const [message, run] = [fieldsOf("MessageSend"), fieldsOf("AgentLoopRun")];
  const waiting = "        **options: Unpack[AsyncExecutionWaitOptions],";
  return {
    channels: [
      "    async def ask(",
      "        self,",
      "        id: str,",
      "        *,",
      ...argumentLines(message, "ask"),
      "        **options: Unpack[AsyncWaitOptions],",
      "    ) -> types.Message | None:",
      '        """Sends a message and waits for the bot\'s reply; None where none is to come. Raises a `ReplyTimeoutError`."""',
      `        body = ${given(message)}`,
      "        return await ask(self._client, f'/channels/{part(\"id\", id)}/messages', body, **options)",
      "",
    ],
    agent_loops: [
      "    async def run_and_wait(",
      "        self,",
      "        id: str,",
      "        *,",
      ...argumentLines(run, "run_and_wait"),
      waiting,
      "    ) -> types.Execution:",
      '        """Runs a loop and gives the execution when it has ended, whatever became of it. Raises a `WaitTimeoutError`."""',
      `        body = ${given(run)}`,
      "        return await run_and_wait(self._client, f'/agent-loops/{part(\"id\", id)}/run', body, **options)",
      "",
    ],
    executions: [
      "    async def wait(self, id: str, **options: Unpack[AsyncExecutionWaitOptions]) -> types.Execution:",
      '        """Gives an execution when it has ended, whatever became of it. Raises a `WaitTimeoutError`."""',
      "        return await wait_for_execution(self._client, id, **options)",
      "",
      "    def watch(self, id: str, **options: Unpack[AsyncWaitOptions]) -> AsyncIterator[types.Step]:",
      '        """Gives each step when it has finished, until the execution has ended. Raises a `WaitTimeoutError`."""',
      "        return watch_execution(self._client, id, **options)",
      "",
    ],
    webhooks: [
      "    def unwrap(",
      "        self,",
      "        body: _webhooks.Body,",
      "        headers: _webhooks.HeadersLike,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        tolerance_seconds: float = 300,",
      "    ) -> types.WebhookEvent:",
      '        """Checks what came to an endpoint and gives the event. The body is as it came. Raises a `WebhookVerificationError`."""',
      "        self.verify(body, headers, secret=secret, tolerance_seconds=tolerance_seconds)",
      "        return types.read_webhook_event(json.loads(body))",
      "",
      "    def verify(",
      "        self,",
      "        body: _webhooks.Body,",
      "        headers: _webhooks.HeadersLike,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        tolerance_seconds: float = 300,",
      "    ) -> None:",
      '        """Checks what came, such as the callback of an execution. Raises a `WebhookVerificationError`."""',
      "        _webhooks.verify(body, headers, secret or self._client._settings.webhook_secret, tolerance_seconds)",
      "",
      "    def sign(",
      "        self,",
      "        body: _webhooks.Body,",
      "        *,",
      "        secret: _webhooks.Secrets | None = None,",
      "        id: str | None = None,",
      "        timestamp: int | None = None,",
      "    ) -> dict[str, str]:",
      '        """Signs a body as the platform does, for tests of your own receiver: gives its headers."""',
      "        return _webhooks.sign(body, secret or self._client._settings.webhook_secret, id, timestamp)",
      "",
    ],
  };
}

/** What helpers are called, so that no operation is. */
export const helperNames = [
  "channels.ask",
  "agent_loops.run_and_wait",
  "executions.wait",
  "executions.watch",
  "webhooks.unwrap",
  "webhooks.verify",
  "webhooks.sign",
];
