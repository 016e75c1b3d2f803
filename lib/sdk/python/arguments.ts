import type { Field } from "../model.ts";
import { attribute, typeText } from "./types-of.ts";

/** What every method takes beside its own arguments. */
const optionNames = new Set(
  "idempotency_key timeout max_retries stop extra_headers extra_query extra_body options self".split(
    " ",
  ),
);

/** Fields as arguments of a method. */
export const argumentLines = (fields: readonly Field[], operationId: string) =>
  // Those that are needed come first.
  fields
    .toSorted((one, other) => Number(other.required) - Number(one.required))
    .map(({ name, type, required }) => {
      if (optionNames.has(name)) {
        throw new Error(`A parameter of ${operationId} cannot be called ${name} in Python.`);
      }
      const text = typeText(type, "input", "types.");
      return `        ${attribute(name)}: ${required ? text : `${text} | Omit = omit`},`;
    });

/** The arguments under their names on the wire. */
export const given = (fields: readonly Field[]) =>
  `{${fields.map(({ name }) => `"${name}": ${attribute(name)}`).join(", ")}}`;
