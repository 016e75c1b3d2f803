import type { SdkModel } from "../model.ts";
import { resourceClass } from "../names.ts";
import { snake } from "../words.ts";
import { docLines } from "./types-of.ts";

const head = '"""Made of the API\'s document; not written by hand."""';

/** The file statuses: the error of each status. */
export const statusesFile = ({ errors }: SdkModel): string =>
  [
    head,
    "",
    "from __future__ import annotations",
    "",
    "from .errors import ApiError",
    "",
    "",
    ...errors.flatMap(({ status, name }) => [
      `class ${name}(ApiError):`,
      ...docLines(
        [status === 500 ? "Status 500, and every other from there on" : `Status ${status}`],
        "    ",
      ),
      "",
      "",
    ]),
    "status_errors: dict[int, type[ApiError]] = {",
    ...errors.map(({ status, name }) => `    ${status}: ${name},`),
    "}",
    "",
  ].join("\n");

/** The file version. */
export const versionFile = ({ version }: SdkModel): string => `${head}\n\nversion = "${version}"\n`;

const errorNames = [
  "ApiAbortError",
  "ApiConnectionError",
  "ApiError",
  "ApiTimeoutError",
  "ChatbotPlatformError",
  "ReplyTimeoutError",
  "WaitTimeoutError",
  "WebhookVerificationError",
];

const clientLines = ({ resources }: SdkModel, prefix: "" | "Async") => [
  `class ${prefix}ChatbotPlatform(${prefix}BaseClient):`,
  '    """The API of one platform for one team. Without settings it takes those of the environment."""',
  "",
  ...resources.flatMap(({ name, description }) => [
    "    @property",
    `    def ${snake(name)}(self) -> ${prefix}${resourceClass(name)}:`,
    ...docLines([description], "        "),
    `        return ${prefix}${resourceClass(name)}(self)`,
    "",
  ]),
  ...["wsgi", "asgi"].flatMap((kind) => [
    "    @staticmethod",
    `    def ${kind}_backend(`,
    `        secret: Secrets, answer: ${kind === "asgi" ? "AsyncAnswer" : "Answer"}, on_error: OnError | None = None`,
    `    ) -> ${kind === "asgi" ? "AsgiApp" : "WsgiApp"}:`,
    `        """Makes a backend of a bot: ${kind === "asgi" ? "an ASGI" : "a WSGI"} application that lets in what was signed with \`secret\` and answers with what \`answer\` makes."""`,
    `        return _backend.${kind}_backend(secret, answer, on_error)`,
    "",
  ]),
  "",
];

/** The file `__init__`: the clients, and all that is exported. */
export function indexFile(model: SdkModel): string {
  const { resources, errors } = model;
  const classes = (prefix: string) =>
    resources.map(({ name }) => `${prefix}${resourceClass(name)}`).join(", ");
  const options = ["RequestOptions", "WaitOptions", "ExecutionWaitOptions"].flatMap((name) => [
    name,
    `Async${name}`,
  ]);
  const exported = [
    ..."ChatbotPlatform AsyncChatbotPlatform types Omit omit Resource RawResponse Page AsyncPage".split(
      " ",
    ),
    ..."AsyncPaginator LogLevel HeadersLike Secrets".split(" "),
    ...options,
    ...errorNames,
    ...errors.map(({ name }) => name),
    "__version__",
  ];
  return [
    head,
    "",
    "from __future__ import annotations",
    "",
    "from . import backend as _backend",
    "from . import types",
    `from .aio.client import AsyncBaseClient`,
    "from .aio.page import AsyncPage",
    "from .aio.paginator import AsyncPaginator",
    `from .aio.resources import ${classes("Async")}`,
    "from .backend import Answer, AsgiApp, AsyncAnswer, OnError, WsgiApp",
    `from .errors import ${errorNames.join(", ")}`,
    "from .log import LogLevel",
    `from .options import ${options.join(", ")}, Omit, omit`,
    "from .request import RawResponse",
    "from .resource import Resource",
    `from .statuses import ${errors.map(({ name }) => name).join(", ")}`,
    "from .sync.client import BaseClient",
    "from .sync.page import Page",
    `from .sync.resources import ${classes("")}`,
    "from .version import version as __version__",
    "from .webhooks import HeadersLike, Secrets",
    "",
    "",
    ...clientLines(model, ""),
    ...clientLines(model, "Async"),
    "__all__ = [",
    ...exported.map((name) => `    "${name}",`),
    "]",
    "",
  ].join("\n");
}
