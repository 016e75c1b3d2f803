import type { Field, NamedType, TypeRef, Use } from "./model.ts";
import { pascal, singular } from "./words.ts";

/** A JSON Schema as the document holds it; what its keywords hold is known by their names. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly "x-extensible-enum"?: readonly string[];
  readonly const?: string | number | boolean;
  readonly format?: string;
  readonly description?: string;
  readonly title?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: {
    readonly propertyName: string;
    readonly mapping: Readonly<Record<string, string>>;
  };
}

/** Reads schemas and collects those that have a name. */
export interface TypeReader {
  /** What a schema is. `place` names what stands inside it without a name of its own. */
  read(schema: Schema, place: string, direction: keyof Use): TypeRef;
  fields(schema: Schema, place: string, direction: keyof Use): readonly Field[];
  /** Every named type that was reached, by name. */
  types(): readonly NamedType[];
}

const prefix = "#/components/schemas/";
const nameIn = (ref: string) => ref.slice(prefix.length);

/** Begins with nothing reached. Throws at a schema that no SDK can express. */
export function createTypeReader(components: Readonly<Record<string, Schema>>): TypeReader {
  const schemas = new Map(Object.entries(components));
  const reached = new Map<string, Use>();
  const reader: TypeReader = {
    read: (schema, place, direction) => {
      const read = (part: Schema, where = place) => reader.read(part, where, direction);
      /** Gives a schema inside another one a name, and refers to it. */
      const named = (one: Schema, name: string): TypeRef => {
        const there = schemas.get(name);
        if (there && there !== one && JSON.stringify(there) !== JSON.stringify(one)) {
          throw new Error(`Two schemas would be called ${name}. Give one of them a v.title.`);
        }
        schemas.set(name, one);
        return reach(name);
      };
      const reach = (name: string): TypeRef => {
        const component = schemas.get(name);
        if (!component) throw new Error(`There is no component ${name}.`);
        const use = reached.get(name) ?? { input: false, output: false };
        if (!use[direction]) {
          reached.set(name, { ...use, [direction]: true });
          // What it is made of is reached with it.
          namedType(name, component, direction, reader, true);
        }
        return { kind: "ref", name };
      };
      const options = schema.anyOf ?? schema.oneOf;
      if (schema.$ref !== undefined) return reach(nameIn(schema.$ref));
      if (options) {
        const others = options.filter(({ type }) => type !== "null");
        if (others.length < options.length) {
          return { kind: "nullable", of: read(joined(schema, others)) };
        }
        if (schema.discriminator) return named(schema, schema.title ?? place);
        return {
          kind: "union",
          members: others.map((one, index) =>
            read(one, index > 0 ? `${place}${index + 1}` : place),
          ),
        };
      }
      if (Array.isArray(schema.type)) {
        const [type, ...more] = schema.type.filter((one) => one !== "null");
        if (more.length > 0) throw new Error(`${place} has several types: name them with anyOf.`);
        return { kind: "nullable", of: read({ ...schema, ...(type !== undefined && { type }) }) };
      }
      const values = schema["x-extensible-enum"] ?? schema.enum;
      if (values) return { kind: "enum", values, open: isOpen(schema, direction) };
      if (schema.const !== undefined) return { kind: "literal", value: schema.const };
      switch (schema.type) {
        case "string":
          return { kind: schema.format === "date-time" ? "time" : "string" };
        case "integer":
        case "number":
        case "boolean":
        case "null":
          return { kind: schema.type };
        case "array":
          return { kind: "list", items: read(schema.items ?? {}, singular(place)) };
        case "object":
          if (hasFields(schema)) return named(schema, schema.title ?? place);
          return { kind: "map", values: read(restOf(schema) ?? {}, singular(place)) };
        case undefined:
          return { kind: "unknown" };
        default:
          throw new Error(`${place} is of the type ${String(schema.type)}, which no SDK knows.`);
      }
    },
    fields: (schema, place, direction) =>
      Object.entries(schema.properties ?? {}).map(([name, property]) => {
        const description = property.description ?? innerDescription(property);
        return {
          name,
          type: reader.read(property, place + pascal(name), direction),
          required: schema.required?.includes(name) ?? false,
          ...(description !== undefined && { description }),
        };
      }),
    types: () =>
      [...reached]
        .map(([name, use]) =>
          namedType(
            name,
            schemas.get(name) ?? {},
            use.output ? "output" : "input",
            reader,
            false,
            use,
          ),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return reader;
}

const hasFields = ({ properties = {} }: Schema) => Object.keys(properties).length > 0;

const isOpen = (schema: Schema, direction: keyof Use) =>
  schema["x-extensible-enum"] !== undefined || direction === "output";

const innerDescription = ({ anyOf }: Schema) =>
  anyOf?.find(({ description }) => description)?.description;

/** What is left when null is taken out of what a value may be. */
function joined(schema: Schema, others: readonly Schema[]): Schema {
  const [first = {}, ...more] = others;
  if (more.length === 0) return first;
  const { anyOf: _, oneOf: __, ...rest } = schema;
  return { ...rest, ...(schema.anyOf ? { anyOf: others } : { oneOf: others }) };
}

function restOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function namedType(
  name: string,
  schema: Schema,
  direction: keyof Use,
  reader: TypeReader,
  isReaching: boolean,
  use: Use = { input: false, output: false },
): NamedType {
  const about = {
    name,
    use,
    ...(schema.description !== undefined && { description: schema.description }),
  };
  const values = schema["x-extensible-enum"] ?? schema.enum;
  if (values) {
    return {
      ...about,
      kind: "enum",
      values,
      open: isOpen(schema, use.output ? "output" : direction),
    };
  }
  if (schema.discriminator) {
    const { propertyName, mapping } = schema.discriminator;
    const variants = Object.entries(mapping).map(([value, ref]) => {
      if (isReaching) reader.read({ $ref: ref }, name, direction);
      return { value, type: nameIn(ref) };
    });
    return { ...about, kind: "variants", discriminator: propertyName, variants };
  }
  if (schema.type === "object" && hasFields(schema)) {
    const rest = restOf(schema);
    return {
      ...about,
      kind: "object",
      fields: reader.fields(schema, name, direction),
      ...(rest && { rest: reader.read(rest, `${name}Rest`, direction) }),
    };
  }
  // Read under another name, so that a union inside it gets none that is taken.
  return { ...about, kind: "alias", type: reader.read(schema, `${name}Part`, direction) };
}
