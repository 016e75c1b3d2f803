import type { Field, Method, NamedType, Resource, SdkModel } from "../model.ts";
import { casingOf, resourceClass } from "../names.ts";
import { queryOf } from "../query-of.ts";
import { snake } from "../words.ts";
import { argumentLines, given } from "./arguments.ts";
import { helpers } from "./helpers.ts";
import {
  aliasLines,
  attribute,
  classLines,
  docLines,
  keywords,
  readerText,
  typeText,
} from "./types-of.ts";
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
  if (type?.kind !== "object") {
    throw new Error(`The body of ${operationId} is no object of fields.`);
  }
  return type.fields;
}

const described = (fields: readonly Field[]) =>
  fields.flatMap(({ name, description }) =>
    description === undefined ? [] : [`${attribute(name)}: ${description}`],
  );

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
