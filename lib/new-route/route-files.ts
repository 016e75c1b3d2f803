import { camel, type NewRoute, withArticle } from "./describe-route.ts";
import { type Noun, nouns } from "./nouns.ts";

/** An import, as text: whoever looks for the imports of this file must not find those of the files it writes. */
const imported = (what: string, from: string) => ["import", what, "from", `"${from}";`].join(" ");

/** The text of `route.ts`; formatting is left to Prettier. */
export function routeText(route: NewRoute): string {
  const { operationId, method, path, noun, summary, scope, parameter, answers, status } = route;
  const isDelete = method === "DELETE";
  const exampleId = `${noun.prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`;
  const params = parameter && paramsText(parameter);
  const data = isDelete ? `deleted("${noun.prefix}")` : `v.object({ id: id("${noun.prefix}") })`;
  const body = takesBody(route) ? "v.strictObject({})" : undefined;
  const used = (name: string) => [params, data, body].some((text) => text?.includes(`${name}(`));
  const fields = ["deleted", "id", "idParams"].filter((name) =>
    name === "id" ? [params, data].some((text) => /\bid\(/.test(text ?? "")) : used(name),
  );
  const entries = [
    `operationId: "${operationId}"`,
    `method: "${method}"`,
    `path: "${path}"`,
    `tag: "${noun.tag}"`,
    `summary: "${summary}"`,
    `auth: { scope: "${scope}" }`,
    params && `params: ${params}`,
    body && `body: ${body}`,
    `answers: "${answers}"`,
    `data: ${data}`,
    `status: ${status}`,
    status === 201 && `location: "${noun.path}/{id}"`,
    "errors: []",
    "grants: {}",
    !isDelete && `example: { ${body ? "body: {}, " : ""}data: { id: "${exampleId}" } }`,
  ];
  return `
${used("v.object") || body ? imported("* as v", "valibot") : ""}
${imported("{ defineRoute }", "#shared/http/define-route")}
${imported(`{ ${fields.join(", ")} }`, "#shared/schema/fields")}

export const route = defineRoute({
${entries.filter(Boolean).join(",\n")},
});
`;
}

const takesBody = ({ method, status }: NewRoute) => method === "PATCH" || status === 201;

const paramsText = ({ name, noun }: NonNullable<NewRoute["parameter"]>) =>
  name === "id" ? `idParams("${noun.prefix}")` : `v.object({ ${name}: id("${noun.prefix}") })`;

/** The text of `handler.ts`: it throws, so that its test fails for what is missing. */
export const handlerText = ({ operationId }: NewRoute): string => `
${imported("type { Handle }", "#shared/http/define-route")}
${imported("{ serve }", "#shared/http/serve")}
${imported("{ route }", "./route.ts")}

export const handle: Handle<typeof route> = async () => {
  throw new Error("${operationId} is not written yet.");
};

export const handler = serve(route, () => handle);
`;

/** The text of the route's test: what every route refuses, and what this one promises. */
export function testText(route: NewRoute): string {
  const { operationId, method, path, noun, parameter, answers, status } = route;
  const makers = parameter ? makersOf(parameter.noun) : [];
  const isOfOne = parameter?.noun === noun;
  const fields = [
    "as",
    parameter && `params: { ${parameter.name}: await ${makerName(parameter.noun)}(as) }`,
    takesBody(route) && "body: {}",
  ].filter(Boolean);
  const shown = isOfOne ? "request.params.id" : `expect.stringMatching(/^${noun.prefix}_/)`;
  const expected = method === "DELETE" ? `{ id: ${shown}, deleted: true }` : `{ id: ${shown} }`;
  return `
${imported("{ describe, expect, it }", "@jest/globals")}
${imported("{ itRefuses }", "#test/support/refusals")}
${imported("{ usePlatform }", "#test/support/test-platform")}
${makers.some((text) => text.includes("created(")) ? imported("{ created }", "#test/support/make") : ""}

const platform = usePlatform();

${makers.join("\n")}
const valid = async (as: string) => ({ ${fields.join(", ")} });

describe("${method} ${path}", () => {
  itRefuses("${operationId}", platform, valid);

  it("${promiseOf(route)}", async () => {
    const { key } = await platform.team();
    const request = await valid(key);
    const { status, body } = await platform.call("${operationId}", request);
    expect(status).toBe(${status});
    expect(body.data).toEqual(${answers === "page" ? `[${expected}]` : expected});
  });
});
`;
}

const makerName = ({ singular }: Noun) => {
  const [article = ""] = withArticle(singular).split(" ");
  return `${article}${camel(singular)}`;
};

/** The functions that make a noun, those that it needs first. */
function makersOf(noun: Noun): readonly string[] {
  const { singular, making } = noun;
  const needed = making?.needs === undefined ? undefined : nouns[making.needs];
  const asked = making ? "as" : "_as";
  const body = making
    ? making.code
    : `Promise.reject<string>(new Error("Make ${withArticle(singular)} here."))`;
  return [
    ...(needed ? makersOf(needed) : []),
    `const ${makerName(noun)} = async (${asked}: string) => ${body};`,
  ];
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
