import { Validator } from "@cfworker/json-schema";
import { boundedSchema, nodesOf } from "./bounded-schema.ts";
import type { Fields } from "./json.ts";

const mostText = 1_000;
/** Schema nodes times nodes of the arguments: some 100 ms. */
const mostWork = 2_000_000;

/**
 * Makes a check of arguments against the JSON Schema of a tool. A schema that is too costly to apply, or that is none,
 * lets everything pass: the server judges then. No arguments count as an empty object. A number that has lost digits is
 * a problem whatever the schema says.
 */
export function argumentsProblem(schema: Fields): (args: unknown) => string | undefined {
  let check: Check | undefined;
  return (args = {}) => {
    let rounded: number | undefined;
    const nodes = nodesOf(args, (value) => {
      if (isRounded(value)) rounded = value;
    });
    if (rounded !== undefined) {
      return `A number near ${rounded} has more digits than can be carried exactly. Give it as a text, if the tool takes one.`;
    }
    return (check ??= prepare(schema))(args, nodes);
  };
}

const largest = Number.MAX_SAFE_INTEGER;

type Check = (args: unknown, nodes: number) => string | undefined;

/** Beyond 2^53 not every whole number is one here. From 1e21 on they are written without all digits, so none is lost. */
const isRounded = (value: unknown): value is number =>
  typeof value === "number" && (value > largest || value < -largest) && Math.abs(value) < 1e21;

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
  const text = found.length > mostText ? `${found.slice(0, mostText)}…` : found;
  return `The arguments do not fit the tool's schema: ${text}`;
}
