/** The path of a route as an HTTP API gets it: variables are named by their place, because it takes one name a level. */
export function gatewayPath(path: string): string {
  let place = 0;
  return path.replace(variable, () => `{p${++place}}`);
}

/** The names of the variables in a path or a route key, in their order. */
export const variablesIn = (path: string): readonly string[] =>
  [...path.matchAll(variable)].map(([, name = ""]) => name);

/** `{id}`, and not `{proxy+}`. */
const variable = /\{([^{}+]+)\}/g;
