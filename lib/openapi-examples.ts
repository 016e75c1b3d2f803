import type { Route } from "#shared/http/define-route";

/** The examples of a document. */
export interface Examples {
  bodyOf(route: Route): unknown;
  /** What `data` holds, or one row of it. */
  dataOf(route: Route): unknown;
}

/** Takes each route's own examples; routes that answer with the same schema lend each other theirs. */
export function createExamples(routes: readonly Route[]): Examples {
  const lent = new Map<unknown, unknown>();
  for (const { data, example } of routes) {
    if (example?.data !== undefined && !lent.has(data)) lent.set(data, example.data);
  }
  return {
    bodyOf: ({ example }) => example?.body,
    dataOf: ({ data, example }) => example?.data ?? lent.get(data),
  };
}
