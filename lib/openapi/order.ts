import type { Route } from "#shared/http/define-route";
import { nouns, tags } from "#shared/runtime/nouns";
import { shapeOf } from "./links.ts";
import { camel } from "./words.ts";

/** A route with its folder below `functions`: `bots/create`. */
export interface DescribedRoute {
  readonly folder: string;
  readonly route: Route;
}

const groups = Object.keys(tags);
const order = Object.keys(nouns);
const verbs = ["list", "create", "get", "update", "delete"];

/** The routes as people look for them: by group and noun, of each list, create, get, update, delete, then its actions. */
export const inReadingOrder = (routes: readonly DescribedRoute[]): readonly DescribedRoute[] =>
  routes.toSorted((one, other) => {
    const [a, b] = [placeOf(one), placeOf(other)];
    const differing = a.findIndex((part, index) => part !== b[index]);
    if (differing === -1) return 0;
    return (a[differing] ?? 0) < (b[differing] ?? 0) ? -1 : 1;
  });

function placeOf({ folder, route }: DescribedRoute): readonly (number | string)[] {
  const [noun = "", verb = ""] = folder.split("/");
  const action = verbs.indexOf(verb);
  return [
    groups.indexOf(route.tag),
    // Nobody calls by hand what a platform signs.
    "signed" in route.auth ? 1 : 0,
    order.indexOf(noun),
    action === -1 ? verbs.length : action,
    shapeOf(route.path),
    route.method,
  ];
}

/** What an SDK calls an operation: `agentLoops.listExecutions` for the folder `agent-loops/list-executions`. */
export function sdkMethodOf(folder: string): string {
  const [noun = "", ...rest] = folder.split("/");
  return `${camel(noun)}.${camel(rest.join("-"))}`;
}
