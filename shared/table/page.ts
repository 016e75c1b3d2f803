/** A page that is asked for: by number (`page`, from 1) or after a position that an earlier page gave. */
export interface PageRequest {
  readonly per_page: number;
  readonly page: number;
  readonly after?: string;
}

/** A page of a list. `next` is the position of its last row when there may be more. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  /** False when counting stopped early. */
  readonly total_is_exact?: boolean;
  readonly next?: string | undefined;
}

/** Filters are done: takes a page of rows that are in list order, each with a position that sorts like them. */
export function pageOf<Row>(
  rows: readonly Row[],
  { per_page, page, after }: PageRequest,
  positionOf: (row: Row) => string,
  order: "newest first" | "oldest first" = "newest first",
): Page<Row> {
  const start =
    after === undefined
      ? (page - 1) * per_page
      : rows.findIndex((row) =>
          order === "newest first" ? positionOf(row) < after : positionOf(row) > after,
        );
  const shown = start < 0 ? [] : rows.slice(start, start + per_page);
  const last = shown.at(-1);
  const more = last !== undefined && start + per_page < rows.length;
  return { rows: shown, total: rows.length, next: more ? positionOf(last) : undefined };
}
