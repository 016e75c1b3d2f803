import { describe, expect, it } from "@jest/globals";
import { pageOf } from "#shared/table/page";

const newest = ["g", "f", "e", "d", "c", "b", "a"];
const oldest = newest.toReversed();
const itself = (row: string) => row;
const page = (number: number, per_page: number) => ({ page: number, per_page });
const behind = (after: string, per_page: number) => ({ page: 1, per_page, after });

describe("A page of rows in memory", () => {
  it.each([
    [page(1, 3), ["g", "f", "e"], "e"],
    [page(2, 3), ["d", "c", "b"], "b"],
    [page(3, 3), ["a"], undefined],
    [page(4, 3), [], undefined],
    [page(1, 7), newest, undefined],
    [page(1, 100), newest, undefined],
    [behind("e", 3), ["d", "c", "b"], "b"],
    [behind("b", 3), ["a"], undefined],
    [behind("a", 3), [], undefined],
    [behind("zz", 2), ["g", "f"], "f"],
  ])("%j shows what stands there, the newest first", (request, rows, next) => {
    expect(pageOf(newest, request, itself)).toEqual({ rows, total: 7, next });
  });

  it("goes on where a row was that is gone", () => {
    const left = newest.filter((row) => row !== "e");
    expect(pageOf(left, behind("e", 2), itself)).toEqual({ rows: ["d", "c"], total: 6, next: "c" });
  });

  it("does not show rows that came in front", () => {
    expect(pageOf(["h", ...newest], behind("e", 2), itself).rows).toEqual(["d", "c"]);
  });

  it("can be of a list that begins with the oldest", () => {
    expect(pageOf(oldest, page(2, 3), itself, "oldest first").rows).toEqual(["d", "e", "f"]);
    expect(pageOf(oldest, behind("c", 2), itself, "oldest first")).toEqual({
      rows: ["d", "e"],
      total: 7,
      next: "e",
    });
  });

  it("is empty when there are no rows", () => {
    expect(pageOf([], page(1, 20), itself)).toEqual({ rows: [], total: 0, next: undefined });
    expect(pageOf([], behind("a", 20), itself)).toEqual({ rows: [], total: 0, next: undefined });
  });
});
