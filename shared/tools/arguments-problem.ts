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
  return (args = {}) => roundedProblem(args) ?? (check ??= prepare(schema))(args);
}

/** Beyond 2^53 not every whole number is one in JavaScript: another one would arrive. */
function roundedProblem(args: unknown): string | undefined {
  const waiting = [args];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (isRounded(value)) {
      return `A number near ${value} has more digits than can be carried exactly. Give it as a text, if the tool takes one.`;
    }
    if (typeof value !== "object" || value === null) continue;
    for (const part of Object.values(value)) waiting.push(part);
  }
  return undefined;
}

/** From 1e21 on a number is written without all of its digits, so that none can be lost. */
const isRounded = (value: unknown): value is number =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(Number(value)) < 1e21;

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
  const text = found.length > mostText ? `${found.slice(0, mostText)}…` : found;
  return `The arguments do not fit the tool's schema: ${text}`;
}
