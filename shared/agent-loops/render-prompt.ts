import { ApiError, type ErrorDetail } from "../errors/api-error.ts";

const place = /\{\{\s*([A-Za-z_][A-Za-z0-9_-]{0,63})\s*\}\}/g;

/**
 * Fills `{{name}}` from the variables, in one pass; what is no string is written as JSON.
 * Throws a 422 that names each variable that is missing.
 */
export function renderPrompts<P extends Readonly<Record<string, string>>>(
  prompts: P,
  variables: Readonly<Record<string, unknown>>,
): { readonly [K in keyof P]: string } {
  const missing = new Set<string>();
  const render = (prompt: string) =>
    prompt.replace(place, (_, name: string) => {
      if (!Object.hasOwn(variables, name)) missing.add(name);
      const value = variables[name];
      return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    });
  const rendered = Object.fromEntries(
    Object.entries(prompts).map(([name, prompt]) => [name, render(prompt)]),
  );
  if (missing.size > 0) {
    const details = [...missing].map((name): ErrorDetail => ({
      path: `body.variables.${name}`,
      message: `Required: a prompt of the loop has {{${name}}}.`,
    }));
    const count = details.length === 1 ? "1 problem" : `${details.length} problems`;
    throw new ApiError("validation_error", `The request has ${count}.`, { details });
  }
  // The same names as were given.
  return rendered as { readonly [K in keyof P]: string };
}
