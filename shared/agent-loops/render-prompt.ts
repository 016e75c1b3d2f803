import { type ErrorDetail, invalidRequest } from "../errors/api-error.ts";

const place = /\{\{\s*([A-Za-z_][A-Za-z0-9_-]{0,63})\s*\}\}/g;

/** Whether a prompt needs variables. */
export const hasPlaces = (prompt: string): boolean => prompt.search(place) >= 0;

/** Few bytes of variables can fill many places. */
const longest = 100_000;

/**
 * Fills `{{name}}` from the variables, in one pass; what is no string is written as JSON.
 * Throws a 422 that names each variable that is missing, and each prompt that has become empty or too long.
 */
export function renderPrompts<P extends Readonly<Record<string, string>>>(
  prompts: P,
  variables: Readonly<Record<string, unknown>>,
): { readonly [K in keyof P]: string } {
  const missing = new Set<string>();
  const empty: string[] = [];
  const tooLong: string[] = [];
  const render = (of: string, prompt: string) => {
    let units = 0;
    const rendered = prompt.replace(place, (_, name: string) => {
      if (!Object.hasOwn(variables, name)) missing.add(name);
      // A character has one unit or two: no more is written than can fit.
      if (units > 2 * longest) return "";
      const value = variables[name];
      const filled = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
      units += filled.length;
      return filled;
    });
    if (rendered === "") empty.push(of);
    if (units > 2 * longest || Array.from(rendered).length > longest) tooLong.push(of);
    return rendered;
  };
  const rendered = Object.fromEntries(
    Object.entries(prompts).map(([name, prompt]) => [name, render(name, prompt)]),
  );
  const details: ErrorDetail[] = [
    ...[...missing].map((name) => ({
      path: `body.variables.${name}`,
      message: `Required: a prompt of the loop has {{${name}}}.`,
    })),
    // Who misses a value is told that.
    ...(missing.size > 0 ? [] : empty).map((name) => ({
      path: "body.variables",
      message: `Leave ${name} empty. Fill one of its places.`,
    })),
    ...tooLong.map((name) => ({
      path: "body.variables",
      message: `Make ${name} longer than 100,000 characters. Shorten them.`,
    })),
  ];
  if (details.length > 0) throw invalidRequest(details);
  // The same names as were given.
  return rendered as { readonly [K in keyof P]: string };
}
