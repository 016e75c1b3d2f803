import type * as v from "valibot";
import type { ErrorDetail } from "../errors/api-error.ts";

/** What a schema is under `optional`, `nullable` and pipes. */
export function unwrap(schema: v.GenericSchema): v.GenericSchema {
  if ("wrapped" in schema) return unwrap(schema.wrapped as v.GenericSchema);
  return schema;
}

type Issue = v.GenericIssue;

/** Every problem that a schema found, as sentences with the path of the field. */
export const detailsOf = (issues: readonly Issue[], at: "query" | "body"): ErrorDetail[] => {
  const seen = new Set<string>();
  return issues.flatMap((issue) => {
    const path = [at, ...(issue.path ?? []).map(({ key }) => String(key))].join(".");
    if (seen.has(path)) return [];
    seen.add(path);
    return [{ path, message: sentence(issue, at) }];
  });
};

function sentence(issue: Issue, at: "query" | "body"): string {
  const isStrict = issue.type === "strict_object" || issue.type === "object";
  if (isStrict && issue.expected === "never") {
    return at === "query" ? "There is no such parameter." : "There is no such field.";
  }
  if (issue.input === undefined && (issue.path?.length ?? 0) > 0) return "Required.";
  if (isStrict && issue.expected === "Object") return "Must be an object.";
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
