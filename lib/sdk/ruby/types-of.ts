import type { Field, NamedType, TypeRef } from "../model.ts";
import { sentence, snake } from "../words.ts";

/** Words of Ruby, which may name methods and arguments, and no variable. */
const keywords = new Set(
  (
    "BEGIN END alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo " +
    "rescue retry return self super then true undef unless until when while yield"
  ).split(" "),
);

/** What every object of Ruby has, and no field can be called. */
export const taken = new Set(
  (
    "as_json class clone deconstruct_keys define_singleton_method display dup enum_for eql? equal? extend freeze frozen? hash " +
    "inspect instance_of? instance_variable_defined? instance_variable_get instance_variable_set instance_variables is_a? " +
    "itself key? kind_of? method method_missing methods nil? object_id private_methods protected_methods public_method " +
    "public_methods public_send remove_instance_variable respond_to? respond_to_missing? send singleton_class " +
    "singleton_method singleton_methods tap then to_enum to_h to_json to_s yield_self"
  ).split(" "),
);

/** A field as an attribute: what every object has already has a line behind it. */
export const attribute = (name: string) => (taken.has(name) ? `${name}_` : name);

/** An argument by its value, where a word of the language is no variable. */
export const passed = (name: string) =>
  keywords.has(name) ? `${name}: binding.local_variable_get(:${name})` : `${name}:`;

/** A word of the language as the name of a positional argument. */
export const variable = (name: string) => (keywords.has(name) ? `${name}_` : name);

/** How RBS calls a type of the document: what is sent is a hash, what is answered has a class. */
export const rbsName = (type: NamedType) =>
  type.kind === "object" && type.use.output ? type.name : snake(type.name);

/** A type as RBS says it. */
export function rbsText(
  type: TypeRef,
  direction: "input" | "output",
  types: ReadonlyMap<string, NamedType>,
): string {
  const inner = (of: TypeRef) => rbsText(of, direction, types);
  const isSent = direction === "input";
  switch (type.kind) {
    case "string":
      return "String";
    case "time":
      return isSent ? "(Time | String)" : "Time";
    case "integer":
      return "Integer";
    case "number":
      return "(Integer | Float)";
    case "boolean":
      return "bool";
    case "unknown":
      return "untyped";
    case "null":
      return "nil";
    case "literal":
      return JSON.stringify(type.value);
    case "enum":
      return `(${enumText(type)})`;
    case "list":
      return `Array[${inner(type.items)}]`;
    case "map":
      return `Hash[${isSent ? "Symbol | String" : "Symbol"}, ${inner(type.values)}]`;
    case "ref": {
      const named = types.get(type.name);
      if (!named) throw new Error(`There is no type ${type.name}.`);
      return `Types::${rbsName(named)}`;
    }
    case "nullable": {
      const of = inner(type.of);
      return of === "untyped" ? of : `${of}?`;
    }
    case "union":
      return `(${type.members.map(inner).join(" | ")})`;
  }
}

/** Values that may be added stay readable, and known ones are offered by editors. */
export const enumText = ({
  values,
  open,
}: {
  readonly values: readonly string[];
  readonly open: boolean;
}) => [...values.map((value) => JSON.stringify(value)), ...(open ? ["String"] : [])].join(" | ");

/** A type as YARD says it, in a comment. */
export function yardText(type: TypeRef, types: ReadonlyMap<string, NamedType>): string {
  const inner = (of: TypeRef) => yardText(of, types);
  switch (type.kind) {
    case "literal":
    case "enum":
      return "String";
    case "list":
      return `Array<${inner(type.items)}>`;
    case "map":
      return "Hash";
    case "nullable":
      return `${inner(type.of)}, nil`;
    case "union":
      return [...new Set(type.members.map(inner))].join(", ");
    case "ref": {
      const named = types.get(type.name);
      if (named?.kind === "enum") return "String";
      if (named?.kind === "alias") return inner(named.type);
      return named?.use.input ? "Hash" : `Types::${type.name}`;
    }
    case "time":
      return "Time";
    case "integer":
      return "Integer";
    case "number":
      return "Integer, Float";
    case "boolean":
      return "Boolean";
    case "unknown":
      return "Object";
    case "null":
      return "nil";
    case "string":
      return "String";
  }
}

/** What reads a value where JSON has no such type, as Ruby; undefined where it is as it came. */
export function readText(
  type: TypeRef,
  value: string,
  types: ReadonlyMap<string, NamedType>,
): string | undefined {
  const inner = (of: TypeRef, one = value) => readText(of, one, types);
  const around = (name: string, read: string | undefined) =>
    read && `Read.${name}(${value}) { |one| ${read} }`;
  switch (type.kind) {
    case "time":
      return `Read.time(${value})`;
    case "list":
      return around("list", inner(type.items, "one"));
    case "map":
      return around("map", inner(type.values, "one"));
    case "nullable":
      return inner(type.of);
    case "union": {
      // Each of them leaves alone what is of another kind.
      const read = type.members.map((one) => inner(one)).filter((one) => one !== undefined);
      if (read.length > 1) throw new Error("Only one member of a union may need to be read.");
      return read[0];
    }
    case "ref": {
      const named = types.get(type.name);
      if (named?.kind === "object" || named?.kind === "variants") {
        return `Types::${type.name}.read(${value})`;
      }
      return named?.kind === "alias" ? inner(named.type) : undefined;
    }
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "unknown":
    case "null":
    case "literal":
    case "enum":
      return undefined;
  }
}

/** Comments; `more` are lines that stand behind them. */
export function comment(
  texts: readonly (string | undefined)[],
  indent: string,
  more: readonly string[] = [],
): readonly string[] {
  const said = texts
    .filter((text) => text !== undefined && text !== "")
    .map((text) => sentence(String(text)));
  const lines = [...said.join("\n\n").split("\n"), ...(more.length > 0 ? ["", ...more] : [])];
  const given = said.length > 0 ? lines : more;
  return given.map((line) => `${indent}# ${line}`.trimEnd());
}

/** What a field is, in one line. */
export const described = ({ description }: Field) =>
  description === undefined ? "" : ` ${sentence(description).replaceAll("\n", " ")}`;
