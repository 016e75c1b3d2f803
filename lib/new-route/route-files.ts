import { nouns } from "#shared/runtime/nouns";
import type { NewRoute } from "./describe-route.ts";
import { fillTemplate, type Places } from "./fill-template.ts";

/** The files of a new route with their texts: its definition, its handler and its test. */
export async function routeFiles(route: NewRoute): Promise<ReadonlyMap<string, string>> {
  const places = placesOf(route);
  return new Map([
    [`functions/${route.folder}/route.ts`, await fillTemplate("route.ts", places)],
    // It throws, so that the test fails for what is missing.
    [`functions/${route.folder}/handler.ts`, await fillTemplate("handler.ts", places)],
    [route.test, await fillTemplate("test.ts", places)],
  ]);
}

function placesOf(route: NewRoute): Places {
  const { operationId, method, path, noun, summary, scope, parameter, answers, status } = route;
  const { prefix, tag } = nouns[noun];
  const isDelete = method === "DELETE";
  const takesBody = method === "PATCH" || status === 201;
  const isOfOne = parameter?.noun === noun;
  const shownId = isOfOne ? "request.params.id" : `expect.stringMatching(/^${prefix}_/)`;
  const shown = isDelete ? `{ id: ${shownId}, deleted: true }` : `{ id: ${shownId} }`;
  const exampleData = `data: { id: "${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab" }`;
  return {
    operationId,
    method,
    path,
    tag,
    summary,
    scope,
    answers,
    status,
    params: parameter && paramsText(parameter),
    body: takesBody ? "v.strictObject({})" : undefined,
    data: isDelete ? `deleted("${prefix}")` : `v.object({ id: id("${prefix}") })`,
    location: status === 201 ? `/v1/${noun}/{id}` : undefined,
    example: isDelete ? undefined : `{ ${takesBody ? "body: {}, " : ""}${exampleData} }`,
    parameter: parameter?.name,
    parent: parameter?.noun,
    bodyOf: takesBody ? operationId : undefined,
    // A list is asked when there is one of what it lists.
    listed: answers === "page" ? noun : undefined,
    as: answers === "page" || parameter ? "as" : undefined,
    promise: promiseOf(route),
    shown: answers === "page" ? `[${shown}]` : shown,
  };
}

function paramsText({ name, noun }: NonNullable<NewRoute["parameter"]>): string {
  const { prefix } = nouns[noun];
  return name === "id" ? `idParams("${prefix}")` : `v.object({ ${name}: id("${prefix}") })`;
}

/** `Archive a bot` is what the reference says; the test says `archives the bot`. */
function promiseOf({ summary }: NewRoute): string {
  const [verb = "", ...rest] = summary.split(" ");
  const lower = verb.toLowerCase();
  const third = /(s|sh|ch|x|z)$/.test(lower)
    ? `${lower}es`
    : lower.replace(/([^aeiou])y$/, "$1ie").concat("s");
  return [third, ...rest.map((one) => (/^an?$/.test(one) ? "the" : one))].join(" ");
}
