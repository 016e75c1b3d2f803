import type { Field, Method, NamedType, SdkModel } from "../model.ts";
import { resourceClass } from "../names.ts";
import { snake } from "../words.ts";
import { casing, fieldsOf, keyedOf, namedOf, neededFirst } from "./emit.ts";
import { attribute, comment, enumText, rbsName, rbsText } from "./types-of.ts";

const inModule = (lines: readonly string[]) =>
  [
    "# Made of the API's document; not written by hand.",
    "module ChatbotPlatform",
    ...(lines.at(-1) === "" ? lines.slice(0, -1) : lines),
    "end",
    "",
  ].join("\n");

/** The signatures of types: what is answered has a class. */
export function typesSig(model: SdkModel): string {
  const types = namedOf(model);
  return inModule([
    "  module Types",
    ...model.types.flatMap((type) => typeSig(type, types)).slice(0, -1),
    "  end",
  ]);
}

function typeSig(type: NamedType, types: ReadonlyMap<string, NamedType>): readonly string[] {
  const direction = type.use.output ? "output" : "input";
  const alias = `    type ${snake(type.name)} =`;
  const about = comment([type.description], "    ");
  switch (type.kind) {
    case "enum":
      return [...about, `${alias} ${enumText(type)}`, ""];
    case "alias":
      return [...about, `${alias} ${rbsText(type.type, direction, types)}`, ""];
    case "variants": {
      const of = type.variants.map((one) =>
        rbsText({ kind: "ref", name: one.type }, direction, types),
      );
      const reader = [
        `    module ${type.name}`,
        `      def self.read: (untyped value) -> ${rbsText({ kind: "ref", name: type.name }, direction, types)}`,
        "    end",
        "",
      ];
      return [...about, `${alias} ${of.join(" | ")}`, "", ...(type.use.output ? reader : [])];
    }
    case "object": {
      if (type.use.output) {
        const fields = type.fields.flatMap((field) => [
          ...comment([field.description], "      "),
          `      def ${attribute(field.name)}: () -> ${answered(field, types)}`,
        ]);
        return [...about, `    class ${rbsName(type)} < Resource`, ...fields, "    end", ""];
      }
      // RBS has no hash some of whose fields may be left out: what it may hold stands in the comment.
      const fields = type.fields.map(
        ({ name, required, type: of, description }) =>
          `@field ${name}${required ? "" : "?"}: ${rbsText(of, "input", types)}${description === undefined ? "" : ` -- ${description.replaceAll("\n", " ")}`}`,
      );
      return [...comment([type.description], "    ", fields), `${alias} Hash[Symbol, untyped]`, ""];
    }
  }
}

function answered({ type, required }: Field, types: ReadonlyMap<string, NamedType>): string {
  const text = rbsText(type, "output", types);
  return required || text === "untyped" || text.endsWith("?") ? text : `${text}?`;
}

/** The signatures of resources, with the helpers that the run-time adds to them. */
export const resourcesSig = (model: SdkModel): string =>
  inModule([
    ...model.resources.flatMap(({ name, description, methods }) => [
      ...comment([description], "  "),
      `  class ${resourceClass(name)}`,
      ...methods.map((method) => methodSig(model, method)),
      ...(helperSigs(model)[name] ?? []),
      "  end",
      "",
    ]),
    "  class Client",
    ...model.resources.map(({ name }) => `    def ${snake(name)}: () -> ${resourceClass(name)}`),
    "  end",
  ]);

const options = [
  "?idempotency_key: String",
  "?timeout: seconds",
  "?max_retries: Integer",
  "?stop: stop",
  "?extra_headers: Hash[String | Symbol, String]",
  "?extra_query: Hash[Symbol | String, untyped]",
  "?extra_body: Hash[Symbol | String, untyped]",
];

const keyed = (fields: readonly Field[], types: ReadonlyMap<string, NamedType>) =>
  fields.map(
    ({ name, type, required }) => `${required ? "" : "?"}${name}: ${rbsText(type, "input", types)}`,
  );

function methodSig(model: SdkModel, method: Method): string {
  const types = namedOf(model);
  const taken = [
    ...method.params.map(
      ({ name, type }) => `${rbsText(type, "input", types)} ${casing.parameter(name)}`,
    ),
    ...keyed(keyedOf(model, method).all, types),
    ...options,
  ];
  const type = rbsText(method.answer.type, "output", types);
  const answer = method.answer.kind === "page" ? `Page[${type}]` : type;
  return `    def ${snake(method.name)}: (${taken.join(", ")}) -> ${answer}`;
}

function helperSigs(model: SdkModel): Readonly<Record<string, readonly string[]>> {
  const types = namedOf(model);
  const given = (name: string) => keyed(neededFirst(fieldsOf(types, name)), types);
  const step = "{ (Types::step step) -> untyped }";
  const waiting = "?timeout: seconds, ?stop: stop";
  const ending = `?timeout: seconds, ?cancel_on_timeout: bool, ?stop: stop`;
  const checked = "String body, headers headers, ?secret: secrets?, ?tolerance: seconds";
  return {
    channels: [
      `    def ask: (String id, ${given("MessageSend").join(", ")}, ${waiting}) -> Types::Message?`,
    ],
    agent_loops: [
      `    def run_and_wait: (String id, ${given("AgentLoopRun").join(", ")}, ${ending}) ?${step} -> Types::Execution`,
    ],
    executions: [
      `    def wait: (String id, ${ending}) ?${step} -> Types::Execution`,
      `    def watch: (String id, ${waiting}) ${step} -> Types::Execution | (String id, ${waiting}) -> Enumerator[Types::step, Types::Execution]`,
    ],
    webhooks: [
      `    def unwrap: (${checked}) -> Types::webhook_event`,
      `    def verify: (${checked}) -> void`,
      "    def sign: (String body, ?secret: secrets?, ?id: String?, ?timestamp: (Time | Integer)?) -> Hash[String, String]",
    ],
  };
}

/** The signatures of the errors of statuses. */
export const statusesSig = ({ errors }: SdkModel): string =>
  inModule(errors.flatMap(({ name }) => [`  class ${name} < ApiError`, "  end", ""]));
