import type * as v from "valibot";
import type { ErrorDetail } from "../errors/api-error.ts";

/** What a schema is under `optional`, `nullable` and pipes. */
export function unwrap(schema: v.GenericSchema): v.GenericSchema {
  if ("wrapped" in schema) return unwrap(schema.wrapped as v.GenericSchema);
  return schema;
}

const entriesOf = (schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> =>
  // Erased by the type of all schemas.
  "entries" in schema ? (schema.entries as Record<string, v.GenericSchema>) : {};

const objectTypes = new Set(["object", "strict_object", "loose_object", "record"]);

/** Lists in places of objects, which a schema of objects takes for objects with the names 0, 1, 2. */
export function listsForObjects(
  schema: v.GenericSchema,
  value: unknown,
  path: string,
): ErrorDetail[] {
  const bare = unwrap(schema);
  if (Array.isArray(value)) {
    if (objectTypes.has(bare.type)) return [{ path, message: "Must be an object." }];
    if (!("item" in bare)) return [];
    const item = bare.item as v.GenericSchema;
    return value.flatMap((one, index) => listsForObjects(item, one, `${path}.${index}`));
  }
  if (typeof value !== "object" || value === null) return [];
  const fields = new Map(Object.entries(value));
  return Object.entries(entriesOf(bare)).flatMap(([name, entry]) =>
    listsForObjects(entry, fields.get(name), `${path}.${name}`),
  );
}

/** Fields of a body that the resource has, as the answer shows it, and nobody sets. */
export function readOnlyFields(
  body: v.GenericSchema,
  data: v.GenericSchema,
  value: unknown,
): ErrorDetail[] {
  const [settable, shown] = [entriesOf(body), entriesOf(data)];
  const isResource = Object.hasOwn(shown, "id");
  if (!isResource || typeof value !== "object" || value === null) return [];
  return Object.keys(value)
    .filter((name) => Object.hasOwn(shown, name) && !Object.hasOwn(settable, name))
    .map((name) => ({ path: `body.${name}`, message: "Read only; leave it out." }));
}

type Issue = v.GenericIssue;

const isMissing = ({ input, path }: Issue) => input === undefined && (path?.length ?? 0) > 0;
const isUnknown = ({ type, expected }: Issue) =>
  (type === "strict_object" || type === "object") && expected === "never";

/** What is wrong inside the options of a union, where a value was one of them but for something deeper down. */
function inside(issue: Issue): Issue[] {
  if (issue.type !== "union") return [issue];
  const { path = [], issues = [] } = issue;
  const deeper = issues.flatMap((option) => (option.path ? inside(option) : []));
  // What one option lacks, or has no place for, may be right in another.
  const telling = deeper.filter(
    (one) => one.path?.length !== 1 || !(isMissing(one) || isUnknown(one)),
  );
  if (telling.length === 0) return [issue];
  // The type of a path is a tuple with a first item, which spreading loses.
  return telling.map((option) => ({ ...option, path: [...path, ...(option.path ?? [])] as Path }));
}

type Path = NonNullable<Issue["path"]>;

/** Every problem that a schema found, as sentences with the path of the field. */
export const detailsOf = (
  schema: v.GenericSchema,
  issues: readonly Issue[],
  at: "query" | "body",
): ErrorDetail[] => {
  const seen = new Set<string>();
  return issues.flatMap(inside).flatMap((issue) => {
    const names = [at, ...(issue.path ?? []).map(({ key }) => String(key))];
    const path = names.join(".");
    if (seen.has(path)) return [];
    seen.add(path);
    const [meant] = isUnknown(issue) ? fieldsLike(names.pop() ?? "", schema, at) : [];
    return [{ path, message: sentence(issue, at) + (meant ? ` Did you mean ${meant}?` : "") }];
  });
};

const letters = (name: string) => name.replaceAll(/[_-]/g, "").toLowerCase();

/** Where fields are whose name has the same letters, written another way or in another object. */
function fieldsLike(unknown: string, schema: v.GenericSchema, path: string): string[] {
  return Object.entries(entriesOf(unwrap(schema))).flatMap(([name, entry]) => {
    const here = `${path}.${name}`;
    const deeper = fieldsLike(unknown, entry, here);
    return letters(name) === letters(unknown) ? [here, ...deeper] : deeper;
  });
}

function sentence(issue: Issue, at: "query" | "body"): string {
  if (isUnknown(issue)) {
    return `There is no such ${at === "query" ? "parameter" : "field"}.`;
  }
  if (isMissing(issue)) return "Required.";
  if (issue.type !== "union" && issue.expected === "Object") return "Must be an object.";
  if (issue.type === "picklist" || issue.type === "literal" || issue.type === "variant") {
    return `Must be ${issue.expected?.replaceAll("|", "or").replace(/[()]/g, "")}.`;
  }
  if (issue.message.startsWith("Invalid ")) return `Must be ${named(issue.expected)}.`;
  return issue.message;
}

const articles: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
  Record: "an object",
};

const named = (expected: string | null | undefined) =>
  (expected ?? "something else")
    .replace(/[()]/g, "")
    .split(" | ")
    .map((part) => articles[part] ?? part)
    .join(" or ");
