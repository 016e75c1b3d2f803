import type { Method, Resource, SdkModel } from "../model.ts";
import { type Casing, paramsName, resourceClass } from "../names.ts";
import { queryOf } from "../query-of.ts";
import { queryRows, timesLines, typeText } from "./fields-of.ts";
import { aligned, comment } from "./lines.ts";
import { namedTypeLines } from "./types-of.ts";
import { textOrLines } from "./unions-of.ts";
import { goName, goParameter } from "./words-of.ts";

/** How Go writes names, and what cannot be one. */
export const casing: Casing = {
  resource: goName,
  method: goName,
  parameter: goParameter,
  reserved: new Set(["ctx", "opts", "params", "query", "r"]),
};

/** As Go calls the fields of pages. */
const query = (method: Method) => queryOf(method, { cursor: "The NextCursor", page: "Page" });

const head = (imports: readonly string[]) => [
  "// Code made of the API's document. DO NOT EDIT.",
  "",
  "package chatbot",
  "",
  ...(imports.length === 1 ? [`import ${JSON.stringify(imports[0])}`, ""] : []),
  ...(imports.length > 1
    ? ["import (", ...imports.map((one) => `\t${JSON.stringify(one)}`), ")", ""]
    : []),
];

/** A file of Go ends with one line feed. */
const file = (lines: readonly string[]) => `${lines.join("\n").trimEnd()}\n`;

/** The file types: every type of the document that methods and events reach, and what queries take. */
export const typesFile = (model: SdkModel): string =>
  file([
    ...head(["bytes", "encoding/json", "time"]),
    ...model.types.flatMap((type) => namedTypeLines(type, model)),
    ...textOrLines(model),
    ...model.resources.flatMap(({ methods }) =>
      methods.filter((method) => query(method).length > 0).flatMap(paramsLines),
    ),
  ]);

const paramsLines = (method: Method) => [
  `// ${goName(paramsName(method))} is what ${goName(method.resource)}.${goName(method.name)} may be asked with.`,
  `type ${goName(paramsName(method))} struct {`,
  ...aligned(queryRows(query(method)), "\t"),
  "}",
  "",
  ...timesLines(
    goName(paramsName(method)),
    method.query.filter(({ type }) => type.kind === "time"),
  ),
];

/** The file resources: a type with methods for each resource. */
export const resourcesFile = ({ resources }: SdkModel): string =>
  file([...head(["context"]), ...resources.flatMap(resourceLines)]);

function resourceLines({ name, description, methods }: Resource): readonly string[] {
  return [
    ...comment([
      `${goName(resourceClass(name))} has the methods of a client's ${goName(name)}`,
      description,
    ]),
    `type ${goName(resourceClass(name))} struct {`,
    "\tcore *core",
    "}",
    "",
    ...methods.flatMap(methodLines),
  ];
}

function methodLines(method: Method): readonly string[] {
  const { name, resource, http, path, params, body, answer, deletes, authorized } = method;
  const hasQuery = query(method).length > 0;
  const ids = params.map((one) => goParameter(one.name));
  // What goes into the body comes first, for it is what the call is about.
  const [sent, asked] = body ? ["params", "query"] : ["", "params"];
  const taken = [
    "ctx context.Context",
    ...(ids.length > 0 ? [`${ids.join(", ")} string`] : []),
    ...(body ? [`${sent} ${typeText(body.type)}`] : []),
    ...(hasQuery ? [`${asked} ${goName(paramsName(method))}`] : []),
    "opts ...Option",
  ];
  const call = [
    ...(body ? [`body: ${sent}`] : []),
    ...(hasQuery ? [`query: ${asked}`] : []),
    ...(authorized ? [] : ["isPublic: true"]),
    ...(deletes
      ? [
          `deletedField: ${JSON.stringify(deletes.field)}`,
          `deletedValue: ${deletedFrom(method, deletes.parameter)}`,
        ]
      : []),
  ].join(", ");
  const type = typeText(answer.type);
  const signature = `func (r *${goName(resourceClass(resource))}) ${goName(name)}(${taken.join(", ")})`;
  const route = ids.length > 0 ? `route(${[JSON.stringify(path), ...ids].join(", ")})` : undefined;
  const address = route ? "path" : JSON.stringify(path);
  if (answer.kind === "page") {
    return [
      ...about(method),
      `${signature} *Pages[${type}] {`,
      ...(route ? [`\tpath, err := ${route}`] : []),
      `\treturn &Pages[${type}]{ctx: ctx, core: r.core, path: ${address}, ${route ? "err: err, " : ""}call: call{${call}}, opts: opts}`,
      "}",
      "",
    ];
  }
  return [
    ...about(method),
    `${signature} (*${type}, error) {`,
    ...(route
      ? [`\tpath, err := ${route}`, "\tif err != nil {", "\t\treturn nil, err", "\t}"]
      : []),
    `\treturn ${answer.kind === "one" ? "one" : "plain"}[${type}](ctx, r.core, "${http}", ${address}, call{${call}}, opts)`,
    "}",
    "",
  ];
}

/** Comments begin with the name. */
const about = ({ name, summary, description }: Method) =>
  comment([`${goName(name)}: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`, description]);

const deletedFrom = ({ params }: Method, parameter: string) =>
  params.some(({ name }) => name === parameter)
    ? goParameter(parameter)
    : `params.${goName(parameter)}`;

/** `NotFoundError` → "ErrNotFound" */
const errName = (name: string) => `Err${name.replace(/Error$/, "")}`;

/** The file statuses: the error of each status. */
export const statusesFile = ({ errors }: SdkModel): string =>
  file([
    ...head([]),
    "// What errors.Is finds in an *Error, by its status.",
    "var (",
    ...aligned(
      errors.map(({ status, name }) => ({
        ...(status === 500 && {
          comment: ["\t// Also every other status from 500 on."],
        }),
        cells: [errName(name), `error = statusErrors[${status}]`],
      })),
      "\t",
    ),
    ")",
    "",
    "var statusErrors = map[int]*statusError{",
    ...errors.map(
      ({ status, name }) =>
        `\t${status}: {${JSON.stringify(name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase())}},`,
    ),
    "}",
  ]);

/** The file chatbot: the client. */
export const clientFile = ({ resources, version }: SdkModel): string =>
  file([
    "// Code made of the API's document. DO NOT EDIT.",
    "",
    "// Package chatbot is the API of a Chatbot Platform: bots, backends, channels, conversations, agent loops, webhooks.",
    "package chatbot",
    "",
    "// Client is the API of one platform for one team. Make one and keep it: it keeps its connections.",
    "type Client struct {",
    "\t*core",
    "",
    ...aligned(
      resources.map(({ name }) => ({ cells: [goName(name), `*${goName(resourceClass(name))}`] })),
      "\t",
    ),
    "}",
    "",
    "// New makes a client. What no option says is taken from the environment.",
    "func New(opts ...Option) *Client {",
    `\tcore := newCore(${JSON.stringify(version)}, opts)`,
    "\treturn &Client{",
    "\t\tcore,",
    ...resources.map(({ name }) => `\t\t&${goName(resourceClass(name))}{core},`),
    "\t}",
    "}",
  ]);
