import { setImmediate as letOthersBeServed } from "node:timers/promises";
import { firstBytes } from "../runtime/first-bytes.ts";
import { type Fields, fieldsOf, isFields, textIn } from "../schema/json-fields.ts";
import { nodesOf } from "./bounded-schema.ts";
import { vendorSchema } from "./vendor-schema.ts";

const mostNameLength = 128;
const mostSchemaBytes = 32_768;
/** What is combined may stand there more than once. */
const mostWrittenBytes = 2 * mostSchemaBytes;
const mostDescriptionBytes = 4_096;
/** Values that are read without a pause: some 10 ms. */
const mostAtOnce = 2_000;

/** A tool as its server describes it, within our limits. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  /** As the server has it: arguments are checked against it. */
  readonly input_schema: Fields;
  /** As a model is told of it. */
  readonly vendor_schema: Fields;
  /** What the server calls arguments that a model knows by another name. */
  readonly own_names: Readonly<Record<string, string>>;
  readonly may_have_effects: boolean;
  /** Why it cannot be offered to a model; null when it can. */
  readonly problem: string | null;
}

/**
 * Reads the tools that a server lists: the first of each name. Null is what is not given; what cannot be offered says
 * why, and takes none of the others with it.
 */
export async function listedTools(tools: readonly unknown[]): Promise<readonly ListedTool[]> {
  const byName = new Map<string, ListedTool>();
  let values = 0;
  for (const tool of tools) {
    const name = textIn(fieldsOf(tool)["name"]);
    if (name && !byName.has(name)) byName.set(name, listedTool(name, fieldsOf(tool)));
    values += nodesOf(tool);
    if (values < mostAtOnce) continue;
    values = 0;
    await letOthersBeServed();
  }
  return [...byName.values()];
}

function listedTool(name: string, tool: Fields): ListedTool {
  const { title, description, inputSchema, execution } = tool;
  const annotations = fieldsOf(tool["annotations"]);
  const given = inputSchema ?? {};
  const offered = schemasOf(given);
  const problemOf = () => {
    if ("problem" in offered) return offered.problem;
    if (name.length > mostNameLength) return "its name is longer than 128 characters";
    const isTask = fieldsOf(execution)["taskSupport"] === "required";
    return isTask ? "it can only be called as a task" : null;
  };
  const words = [description, title, annotations["title"]].map(textIn).find(Boolean) ?? "";
  const { readOnlyHint, idempotentHint } = annotations;
  return {
    name,
    description: cut(words),
    ...("problem" in offered ? nothing : offered),
    may_have_effects: readOnlyHint !== true && idempotentHint !== true,
    problem: problemOf(),
  };
}

const nothing = { input_schema: {}, vendor_schema: {}, own_names: {} };

function schemasOf(
  given: unknown,
): Pick<ListedTool, "input_schema" | "vendor_schema" | "own_names"> | { readonly problem: string } {
  if (!isFields(given)) return { problem: "its inputSchema is no object" };
  if (sizeOf(given) > mostSchemaBytes) return { problem: "its schema is larger than 32 KB" };
  const written = vendorSchema(given);
  if ("problem" in written) return written;
  const { schema, own_names } = written;
  if (sizeOf(schema) > mostWrittenBytes) return { problem: "its schema combines more than 64 KB" };
  return { input_schema: given, vendor_schema: schema, own_names };
}

/** Infinite for what is nested too deeply to be written. */
function sizeOf(schema: Fields): number {
  try {
    return Buffer.byteLength(JSON.stringify(schema));
  } catch (error) {
    if (error instanceof RangeError) return Infinity;
    throw error;
  }
}

function cut(text: string): string {
  const wellFormed = text.toWellFormed();
  if (Buffer.byteLength(wellFormed) <= mostDescriptionBytes) return wellFormed;
  return `${firstBytes(wellFormed, mostDescriptionBytes - 3)}…`;
}
