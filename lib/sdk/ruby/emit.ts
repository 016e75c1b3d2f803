import type { Field, Method, NamedType, Resource, SdkModel } from "../model.ts";
import { casingOf, resourceClass } from "../names.ts";
import { queryOf } from "../query-of.ts";
import { snake } from "../words.ts";
import {
  attribute,
  comment,
  described,
  passed,
  readText,
  taken,
  variable,
  yardText,
} from "./types-of.ts";

/** How Ruby writes names, and what cannot be one. */
export const casing = {
  ...casingOf(snake, [...taken, "options", "value"]),
  parameter: (name: string) => variable(snake(name)),
};

export const head = [
  "# frozen_string_literal: true",
  "",
  "# Made of the API's document; not written by hand.",
  "",
];

/** Lines of the module, as a file. */
export const inModule = (lines: readonly string[]) => {
  const body = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  return [...head, "module ChatbotPlatform", ...body, "end", ""].join("\n");
};

export const namedOf = ({ types }: SdkModel): ReadonlyMap<string, NamedType> =>
  new Map(types.map((type) => [type.name, type]));

/** The file types: a class for each object that is answered. What is sent is a hash. */
export const typesFile = (model: SdkModel): string =>
  inModule([
    "  # What the API answers.",
    "  module Types",
    ...model.types.flatMap((type) => typeLines(type, namedOf(model))),
    "  end",
  ]);

function typeLines(type: NamedType, types: ReadonlyMap<string, NamedType>): readonly string[] {
  if (!type.use.output) return [];
  if (type.kind === "variants") {
    const kinds = type.variants.map((one) => `${JSON.stringify(one.value)} => ${one.type}`);
    return [
      ...comment([type.description ?? "One of several"], "    "),
      `    module ${type.name}`,
      `      # @return [${type.variants.map((one) => one.type).join(", ")}]`,
      "      def self.read(value)",
      `        Read.variant(value, :${type.discriminator}, { ${kinds.join(", ")} })`,
      "      end",
      "    end",
      "",
    ];
  }
  if (type.kind !== "object") return [];
  if (type.use.input) {
    throw new Error(`${type.name} is sent and answered: Ruby has a class for what is answered.`);
  }
  return [
    ...comment([type.description], "    "),
    `    class ${type.name} < Resource`,
    ...type.fields.flatMap((field) => [
      `      # @return [${answered(field, types)}]${described(field)}`,
      `      def ${attribute(field.name)} = ${readText(field.type, `@data[:${field.name}]`, types) ?? `@data[:${field.name}]`}`,
    ]),
    "    end",
    "",
  ];
}

function answered({ type, required }: Field, types: ReadonlyMap<string, NamedType>): string {
  const text = yardText(type, types);
  return required || text.endsWith(", nil") ? text : `${text}, nil`;
}

/** The file resources: a class of methods for each resource, and how a client gives them. */
export const resourcesFile = (model: SdkModel): string =>
  inModule([
    ...model.resources.flatMap((resource) => resourceLines(model, resource)),
    "  # Its resources.",
    "  class Client",
    ...model.resources.flatMap(({ name, description }) => [
      ...comment([description], "    ", [`@return [${resourceClass(name)}]`]),
      `    def ${snake(name)} = ${resourceClass(name)}.new(@core)`,
      "",
    ]),
    "  end",
  ]);

const resourceLines = (model: SdkModel, { name, description, methods }: Resource) => [
  ...comment([description || `What is under ${name}`], "  "),
  `  class ${resourceClass(name)} < ResourceBase`,
  ...methods.flatMap((method) => methodLines(model, method)).slice(0, -1),
  "  end",
  "",
];

/** What every method takes beside its own arguments. */
export const optionNames = new Set(
  "idempotency_key timeout max_retries stop extra_headers extra_query extra_body".split(" "),
);

/** The fields of what is sent, which are arguments of the method. */
export function fieldsOf(types: ReadonlyMap<string, NamedType>, name: string): readonly Field[] {
  const type = types.get(name);
  if (type?.kind !== "object") throw new Error(`${name} is no object of fields.`);
  const clash = type.fields.find((field) => optionNames.has(field.name));
  if (clash) throw new Error(`${name}.${clash.name} has the name of an option in Ruby.`);
  return type.fields;
}

/** What a method takes by name: what is needed comes first. */
export function keyedOf(model: SdkModel, method: Method) {
  const query = queryOf(method, { cursor: "`meta.next_cursor`", page: "`page`" });
  const { body } = method;
  if (body && body.type.kind !== "ref") {
    throw new Error(`The body of ${method.operationId} is no object of fields.`);
  }
  const sent = body?.type.kind === "ref" ? fieldsOf(namedOf(model), body.type.name) : [];
  return { query, sent, all: neededFirst([...query, ...sent]) };
}

export const neededFirst = (fields: readonly Field[]) =>
  fields.toSorted((one, other) => Number(other.required) - Number(one.required));

function methodLines(model: SdkModel, method: Method): readonly string[] {
  const { name, http, path, params, answer, deletes, authorized, summary, description } = method;
  const types = namedOf(model);
  const { query, sent, all } = keyedOf(model, method);
  const given = (fields: readonly Field[]) =>
    `{ ${fields.map((one) => passed(one.name)).join(", ")} }`;
  const taken = [
    ...params.map((one) => casing.parameter(one.name)),
    ...all.map((one) => `${one.name}:${one.required ? "" : " OMIT"}`),
    "**options",
  ];
  const address = path.replaceAll(
    /\{(\w+)\}/g,
    (_, one: string) => `#{part("${one}", ${casing.parameter(one)})}`,
  );
  const call = { one: "one", raw: "whole", page: "list" }[answer.kind];
  const request = [
    ...(answer.kind === "page" ? [] : [`"${http}"`]),
    `"${address}"`,
    ...(query.length > 0 ? [`query: ${given(query)}`] : []),
    ...(method.body ? [`body: ${sent.length > 0 ? given(sent) : "{}"}`] : []),
    ...(deletes
      ? [`deleted: { ${pair(deletes.field, casing.parameter(deletes.parameter))} }`]
      : []),
    ...(authorized ? [] : ["is_public: true"]),
    "options:",
  ];
  const type = yardText(answer.type, types);
  return [
    ...comment([summary, description], "    ", [
      ...all.flatMap((field) => paramLines(field, types)),
      `@return [${answer.kind === "page" ? `Page<${type}>` : type}]`,
    ]),
    `    def ${snake(name)}(${taken.join(", ")})`,
    `      @core.${call}(${request.join(", ")}) { |value| ${readText(answer.type, "value", types) ?? "value"} }`,
    "    end",
    "",
  ];
}

const pair = (name: string, value: string) => (name === value ? `${name}:` : `${name}: ${value}`);

/** A parameter, and what is in it where it is an object. */
function paramLines(field: Field, types: ReadonlyMap<string, NamedType>): readonly string[] {
  const of = field.type.kind === "nullable" ? field.type.of : field.type;
  const named = of.kind === "ref" ? types.get(of.name) : undefined;
  return [
    `@param ${field.name} [${yardText(field.type, types)}]${described(field)}`,
    ...(named?.kind === "object"
      ? named.fields.map(
          (one) =>
            `@option ${field.name} [${yardText(one.type, types)}] :${one.name}${described(one)}`,
        )
      : []),
  ];
}
