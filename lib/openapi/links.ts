import type { Route } from "#shared/http/define-route";
import type { JsonSchema } from "./json-schema.ts";

/** A path whatever its parameters are called. */
export const shapeOf = (path: string) => path.replace(/\{\w+\}/g, "{}");
const parametersIn = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");

/** Where an answer leads: from what was created to the operations on it and on what is under it. */
export function linksFrom(route: Route, routes: readonly Route[]): JsonSchema | undefined {
  const { location } = route;
  if (route.status !== 201 || location === undefined) return undefined;
  const sources = parametersIn(location).map((name) => `$response.body#/data/${name}`);
  const reachable = routes.filter(
    ({ path }) =>
      (shapeOf(path) === shapeOf(location) || shapeOf(path).startsWith(`${shapeOf(location)}/`)) &&
      parametersIn(path).length === sources.length,
  );
  if (reachable.length === 0) return undefined;
  return Object.fromEntries(
    reachable.map(({ operationId, path, summary }) => [
      operationId,
      {
        operationId,
        description: summary,
        parameters: Object.fromEntries(
          parametersIn(path).map((name, index) => [name, sources[index]]),
        ),
      },
    ]),
  );
}
