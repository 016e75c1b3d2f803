import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { type Key, keys, lists } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { readWorkRef, workKey, workKinds } from "#shared/work/work-kinds";
import { allRows } from "#test/support/all-rows";
import { fillTable } from "#test/support/full-table";
import { rowsOf } from "#test/support/markdown";
import { contentOf, storedShapes, workShape } from "#test/support/stored-shapes";
import { usePlatform } from "#test/support/test-platform";

const tableUnder = (heading: string, page = "shared/table/README.md") => {
  const [, section = ""] = readFileSync(page, "utf8").split(`\n## ${heading}\n`);
  return rowsOf(section.split("\n## ")[0] ?? "").slice(2);
};
const plain = (cell = "") => cell.replaceAll("`", "");

/** What a documented key stands for: `<sha256>`, so many digits, one of a few, or any part of a key. */
function patternOf(cell: string | undefined): RegExp {
  const parts = plain(cell)
    .replace(/^P\b/, "TEAM#<team>")
    .split(/(<[^>]+>)/);
  const pattern = parts.map((part) => {
    const digits = /^<(\d+) digits>$/.exec(part)?.[1];
    if (digits) return `\\d{${digits}}`;
    if (part === "<sha256>") return "[0-9a-f]{64}";
    if (/^<\d-\d>$/.test(part)) return `[${part.slice(1, -1)}]`;
    return part.startsWith("<") ? "[^#]+" : part;
  });
  return new RegExp(`^${pattern.join("")}$`);
}

const documented = tableUnder("Rows").map(([, key, pk, sk, index = "", expires = "", owner]) => ({
  // That it is a key's name is the first test's promise.
  name: plain(key) as keyof typeof keys,
  pk: patternOf(pk),
  sk: patternOf(sk),
  index: plain(index),
  expires,
  owners: plain(owner).split(", "),
}));
const documentedLists = tableUnder("Indexes").map(([name, pk, sk]) => ({
  name: plain(name),
  pk: patternOf(pk),
  sk: patternOf(sk),
}));
const namesOf = ({ pk, sk }: Key) =>
  documented.filter((row) => row.pk.test(pk) && row.sk.test(sk)).map(({ name }) => name);

describe("The documented table", () => {
  it("names every maker of keys once, and no other", () => {
    expect(documented.map(({ name }) => name).toSorted()).toEqual(Object.keys(keys).toSorted());
    expect(documentedLists.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(lists).toSorted(),
    );
  });

  it("writes each key as its maker makes it", () => {
    for (const [name, make] of Object.entries(keys)) {
      // Every part of a key is text or a number, and "1" will do for both.
      const key = (make as (...parts: readonly string[]) => Key)(
        ...Array.from({ length: make.length }, () => "1"),
      );
      expect([key, namesOf(key)]).toEqual([key, [name]]);
    }
  });

  it("names owners that are there", () => {
    const owners = documented.flatMap((row) => row.owners);
    expect(owners.filter((owner) => !existsSync(`shared/${owner}`))).toEqual([]);
  });
});

describe("The documented work", () => {
  const page = "shared/work/README.md";

  it("names every kind with its row, its queue and the field that names it", () => {
    const kinds = tableUnder("Kinds", page).map(([kind, key, queue, id]) =>
      [kind, key, queue, id].map(plain),
    );
    expect(kinds).toEqual(
      Object.entries(workKinds).map(([kind, { queue, id }]) => [
        kind,
        ...namesOf(workKey(readWorkRef({ kind, team_id: "team_1", [id]: "1" })!)),
        queue,
        id,
      ]),
    );
  });

  it("names every field of work", () => {
    const fields = tableUnder("Fields", page).map(([field]) => plain(field));
    expect(fields).toEqual(Object.keys(workShape.entries));
  });
});

describe("A table that was filled over the API", () => {
  const platform = usePlatform();
  let rows: readonly Item[];
  beforeAll(async () => {
    await fillTable(platform);
    rows = await allRows();
  });

  it("has every documented row, and each of its rows is one of them", () => {
    const found = rows.map((row) => ({ key: `${row.pk} ${row.sk}`, names: namesOf(row) }));
    expect(found.filter(({ names }) => names.length !== 1)).toEqual([]);
    expect([...new Set(found.flatMap(({ names }) => names))].toSorted()).toEqual(
      documented.map(({ name }) => name).toSorted(),
    );
  });

  it("has the rows that tests find by how their keys begin", async () => {
    const begins = [...new Set(rows.map(({ pk }) => pk.split("#", 2).join("#")))];
    expect(begins.length).toBeGreaterThan(1);
    const found = await Promise.all(begins.map((begin) => allRows(begin)));
    const those = begins.map((begin) => rows.filter(({ pk }) => pk.startsWith(begin)));
    expect(found).toEqual(those);
  });

  it("has rows in the indexes that are documented for them, and expiring as documented", () => {
    for (const { name, index, expires } of documented) {
      const ofName = rows.filter((row) => namesOf(row)[0] === name);
      const has = (attribute: string) => ofName.some((row) => row[attribute] !== undefined);
      const indexes = [...(has("list_pk") ? ["listed"] : []), ...(has("due_at") ? ["due"] : [])];
      expect([name, indexes.join(", ")]).toEqual([name, index]);
      expect([name, ofName.every((row) => row["remove_at"] !== undefined)]).toEqual([
        name,
        expires !== "",
      ]);
    }
  });

  it("has its listed rows where the documented lists are", () => {
    const listed = rows.filter((row) => row["list_pk"] !== undefined);
    const listOf = (row: Item) =>
      documentedLists
        .filter(({ pk, sk }) => pk.test(String(row["list_pk"])) && sk.test(String(row["list_sk"])))
        .map(({ name }) => name);
    expect(listed.filter((row) => listOf(row).length !== 1)).toEqual([]);
    expect([...new Set(listed.flatMap(listOf))].toSorted()).toEqual(Object.keys(lists).toSorted());
  });

  it("has in every row what its stored shape says, and nothing else", () => {
    const problems = rows.flatMap((row) => {
      const [name] = namesOf(row);
      if (!name) return [];
      const { issues = [] } = v.safeParse(storedShapes[name], contentOf(name, row));
      return issues.map((issue) => `${name}: ${v.getDotPath(issue)}: ${issue.message}`);
    });
    expect(problems).toEqual([]);
  });
});
