import { Validator } from "@cfworker/json-schema";
import { firstUnits } from "../runtime/first-units.ts";
import type { Fields } from "../schema/json-fields.ts";
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
