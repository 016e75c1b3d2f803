import { firstUnits } from "../runtime/first-units.ts";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { boundedSchema, nodesOf } from "./bounded-schema.ts";

const mostText = 1_000;
/** Schema nodes times nodes of the arguments: some 100 ms. */
const mostWork = 2_000_000;

// Interprets schemas: compiling what a stranger's server sends would be running it.
const validators = new CfWorkerJsonSchemaValidator();

/**
 * Makes a check of arguments against the JSON Schema of a tool. A schema that is too costly to apply, or that is none,
 * lets everything pass: the server judges then. No arguments count as an empty object.
 */
export function argumentsProblem(
  schema: Readonly<Record<string, unknown>>,
): (args: unknown) => string | undefined {
  let check: ((args: unknown) => string | undefined) | undefined;
  return (args = {}) => (check ??= prepare(schema))(args);
}

function prepare(schema: Readonly<Record<string, unknown>>) {
  const bounded = boundedSchema(schema);
  if (!bounded) return nothing;
  try {
    const validate = validators.getValidator(bounded.schema);
    return (args: unknown) => {
      if (bounded.nodes * nodesOf(args) > mostWork) return undefined;
      try {
        const result = validate(args);
        return result.valid ? undefined : sentence(result.errorMessage);
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
