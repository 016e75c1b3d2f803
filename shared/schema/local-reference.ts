import { fieldsOf } from "./json-fields.ts";

/** What a reference within a JSON Schema means, a JSON pointer (RFC 6901) in a fragment; undefined when that is not there. */
export function targetOf(root: unknown, reference: unknown): unknown {
  if (reference === "#") return root;
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  let found = root;
  for (const part of reference.slice(2).split("/")) {
    const key = decoded(part)?.replaceAll("~1", "/").replaceAll("~0", "~");
    const here: unknown = found;
    if (key === undefined || typeof here !== "object" || here === null) return undefined;
    if (!Object.hasOwn(here, key)) return undefined;
    found = Array.isArray(here) ? here[Number(key)] : fieldsOf(here)[key];
  }
  return found;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
