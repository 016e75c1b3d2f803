import type { Field, Method } from "./model.ts";

/** What a method's query takes, with what chooses a page of a list. `names`: how the language calls two of its fields. */
export const queryOf = (
  { query, answer }: Method,
  names = { cursor: "`meta.next_cursor`", page: "`page`" },
): readonly Field[] => [...query, ...(answer.kind === "page" ? pageFields(names) : [])];

const pageFields = ({
  cursor,
  page,
}: {
  readonly cursor: string;
  readonly page: string;
}): readonly Field[] => [
  { name: "page", type: { kind: "integer" }, required: false, description: "Which page, from 1." },
  {
    name: "per_page",
    type: { kind: "integer" },
    required: false,
    description: "How many rows a page has, at most 100.",
  },
  {
    name: "cursor",
    type: { kind: "string" },
    required: false,
    description: `${cursor} of the page before, in place of ${page}.`,
  },
];
