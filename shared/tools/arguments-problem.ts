import { Validator } from "@cfworker/json-schema";
import { firstUnits } from "../runtime/first-units.ts";
import { parseExactly } from "../schema/exact-json.ts";
import { entriesOf, type Fields, isFields } from "../schema/json-fields.ts";
import { isTooDeep } from "../schema/nesting.ts";
import { boundedSchema, nodesOf } from "./bounded-schema.ts";

const mostText = 1_000;
/** Schema nodes times nodes of the arguments: some 100 ms. */
const mostWork = 2_000_000;

/**
 * Makes a check of arguments against the JSON Schema of a tool. A schema that is too costly to apply, or that is none,
 * lets everything pass: the server judges then. No arguments count as an empty object.
 */
export function argumentsProblem(schema: Fields): (args: unknown) => string | undefined {
  let check: Check | undefined;
  return (args = {}) => (check ??= prepare(schema))(args, nodesOf(args));
}

/** Reads arguments of a tool, of which models write some otherwise than its schema has them. */
export interface ArgumentsReader {
  /**
   * Of those that do not fit as they are, null means that what is not needed is not given, and a text the list or object
   * whose JSON it is, where that fits. A number or a truth value in a text stays wrong.
   */
  readonly asMeant: (args: unknown) => unknown;
  /** Says in a sentence what is wrong with what is meant; undefined when it fits. */
  readonly problemOf: (args: unknown) => string | undefined;
}

/** Makes a reader of arguments for a JSON Schema, which checks them as `argumentsProblem` does. */
export function argumentsReader(schema: Fields): ArgumentsReader {
  const needed = new Set(entriesOf(schema["required"]));
  const problemOf = argumentsProblem(schema);
  const problemOfSome = argumentsProblem({ ...schema, required: null });
  const fits = (name: string, value: unknown) => problemOfSome({ [name]: value }) === undefined;

  const asMeant = (args: unknown) => {
    if (!isFields(args) || problemOf(rounded(args)) === undefined) return args;
    return Object.fromEntries(
      Object.entries(args).flatMap(([name, value]) => {
        const isOdd = (value === null || typeof value === "string") && !fits(name, value);
        if (!isOdd) return [[name, value]];
        if (value === null) return needed.has(name) ? [[name, value]] : [];
        const read = partsIn(value);
        return [[name, read !== undefined && fits(name, read) ? read : value]];
      }),
    );
  };
  return { asMeant, problemOf: (args) => problemOf(asMeant(args)) };
}

/** Without the digits that a `number` cannot hold: with them it is none, and fits no schema. */
const rounded = (args: Fields): unknown => JSON.parse(JSON.stringify(args));

/** The list or object that a text is the JSON of. */
function partsIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const parts = parseExactly(text);
    return isTooDeep(parts) ? undefined : parts;
  } catch {
    return undefined;
  }
}

type Check = (args: unknown, nodes: number) => string | undefined;

function prepare(schema: Fields): Check {
  const bounded = boundedSchema(schema);
  if (!bounded) return nothing;
  try {
    // Interprets schemas: compiling what a stranger's server sends would be running it.
    const validator = new Validator(bounded.schema, "2020-12");
    return (args, nodes) => {
      if (bounded.nodes * nodes > mostWork) return undefined;
      try {
        const { valid, errors } = validator.validate(args);
        const found = errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
        return valid ? undefined : sentence(found.join("; "));
      } catch {
        return undefined;
      }
    };
  } catch {
    return nothing;
  }
}

const nothing = () => undefined;

function sentence(found: string): string {
  const text = found.length > mostText ? `${firstUnits(found, mostText)}…` : found;
  return `The arguments do not fit the tool's schema: ${text}`;
}
