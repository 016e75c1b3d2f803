import assert from "node:assert/strict";
import { type Bench, type Case, valueOf } from "../bench.ts";
import {} from "./canned.ts";

const rows = Array.from({ length: 25 }, (_, index) => ({ id: `bot_${index}` }));

/** A list of 25 that is read by page or by cursor. */
function answerPages({ proxy }: Bench): void {
  proxy.answerAll(({ path }) => {
    const { searchParams } = new URL(path, "http://proxy");
    const [size, cursor] = [Number(searchParams.get("per_page") ?? 20), searchParams.get("cursor")];
    const from =
      cursor === null ? (Number(searchParams.get("page") ?? 1) - 1) * size : Number(cursor);
    const next_cursor = from + size < rows.length ? String(from + size) : null;
    return {
      kind: "answer",
      status: 200,
      body: {
        data: rows.slice(from, from + size),
        meta: { page: null, per_page: size, total: 25, next_cursor },
      },
    };
  });
}

export const pages: readonly Case[] = [
  {
    title: "iterates over every row of all pages, by their cursors",
    run: async (bench) => {
      answerPages(bench);
      assert.deepEqual(
        await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10, page: 1, status: "active" },
          as: "items",
        }),
        rows,
      );
      assert.deepEqual(
        bench.proxy.seen.map(({ path }) =>
          Object.fromEntries(new URL(path, "http://proxy").searchParams),
        ),
        [
          { per_page: "10", page: "1", status: "active" },
          { per_page: "10", status: "active", cursor: "10" },
          { per_page: "10", status: "active", cursor: "20" },
        ],
      );
    },
  },
  {
    title: "reads no page more than the limit needs",
    run: async (bench) => {
      for (const [limit, requests] of [
        [12, 2],
        [10, 1],
        [100, 3],
      ] as const) {
        answerPages(bench);
        const items = await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10 },
          as: "items",
          limit,
        });
        assert.deepEqual(items, rows.slice(0, limit));
        assert.equal(bench.proxy.seen.length, requests);
      }
    },
  },
  {
    title: "gives one page, and whether there is another",
    run: async (bench) => {
      for (const [page, has_next_page] of [
        [1, true],
        [3, false],
      ] as const) {
        answerPages(bench);
        const value = await valueOf(bench, {
          call: "bots.list",
          params: { per_page: 10, page },
          as: "page",
        });
        assert.deepEqual(
          [value.data.length, value.has_next_page, value.meta.total],
          [page === 3 ? 5 : 10, has_next_page, 25],
        );
        assert.equal(bench.proxy.seen.length, 1);
      }
    },
  },
];
