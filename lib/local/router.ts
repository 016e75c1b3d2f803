/** Something that answers at a method and a path with `{parameters}`. */
export interface Routed {
  readonly method: string;
  readonly path: string;
}

/** What answers a request, with its path parameters decoded; undefined when the path has none. */
export interface Match<T extends Routed> {
  readonly entry: T;
  readonly pathParameters: Record<string, string> | undefined;
}

interface RouteNode<T> {
  readonly literals: Map<string, RouteNode<T>>;
  parameter: RouteNode<T> | undefined;
  /** By method. */
  readonly entries: Map<string, { entry: T; names: readonly string[] }>;
}

const newNode = <T>(): RouteNode<T> => ({
  literals: new Map(),
  parameter: undefined,
  entries: new Map(),
});

const parameterName = /^\{([^}]+)\}$/;

/** Decodes `%41`; text that is not well encoded stays as it came. */
export function decodeLeniently(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Chooses among routes by method and path as an HTTP API does: a literal segment wins over a parameter,
 * and a parameter is never empty. Undefined when nothing fits.
 */
export function createRouter<T extends Routed>(
  entries: readonly T[],
): (method: string, path: string) => Match<T> | undefined {
  const root = newNode<T>();
  for (const entry of entries) {
    const names: string[] = [];
    let node = root;
    for (const segment of entry.path.slice(1).split("/")) {
      const name = parameterName.exec(segment)?.[1];
      if (name === undefined) {
        const next = node.literals.get(segment) ?? newNode<T>();
        node.literals.set(segment, next);
        node = next;
      } else {
        names.push(name);
        node = node.parameter ??= newNode<T>();
      }
    }
    node.entries.set(entry.method, { entry, names });
  }

  return (method, path) => {
    const segments = path.slice(1).split("/").map(decodeLeniently);
    const values: string[] = [];
    const found = find(root, method, segments, 0, values);
    if (!found) return undefined;
    const { entry, names } = found;
    if (names.length === 0) return { entry, pathParameters: undefined };
    return {
      entry,
      pathParameters: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])),
    };
  };
}

function find<T>(
  node: RouteNode<T>,
  method: string,
  segments: readonly string[],
  at: number,
  values: string[],
): { entry: T; names: readonly string[] } | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.entries.get(method);
  const literal = node.literals.get(segment);
  const found = literal && find(literal, method, segments, at + 1, values);
  if (found || !node.parameter || segment === "") return found;
  values.push(segment);
  const other = find(node.parameter, method, segments, at + 1, values);
  if (!other) values.pop();
  return other;
}
