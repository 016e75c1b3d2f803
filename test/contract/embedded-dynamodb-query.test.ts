import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  putListedItems,
  refusalOf,
  S,
  useContractTable,
} from "#test/support/embedded-contract";

const table = useContractTable();

beforeAll(async () => {
  await putListedItems(table);
});

const sortKeys = (page: { Items?: Item[] }) => page.Items?.map((item) => item["sk"]?.S);

const P = { ":p": S("P") };

describe("a query", () => {
  it.each<[string, Item, string[]]>([
    ["sk = :a", { ":a": S("a05") }, ["a05"]],
    ["sk < :a", { ":a": S("a02") }, ["a00", "a01"]],
    ["sk <= :a", { ":a": S("a02") }, ["a00", "a01", "a02"]],
    ["sk > :a", { ":a": S("a09") }, ["a10", "a11"]],
    ["sk >= :a", { ":a": S("a10") }, ["a10", "a11"]],
    [":a > sk", { ":a": S("a02") }, ["a00", "a01"]],
    ["sk BETWEEN :a AND :b", { ":a": S("a03"), ":b": S("a04") }, ["a03", "a04"]],
    ["begins_with(sk, :a)", { ":a": S("a1") }, ["a10", "a11"]],
  ])("takes %p", async (condition, values, expected) => {
    const page = await table.query(`pk = :p AND ${condition}`, { ...P, ...values });
    expect(sortKeys(page)).toEqual(expected);
  });

  it("sorts texts by their UTF-8 bytes", async () => {
    const ordered = ["B", "a", "b", "~", "é", "ÿ", "\uFFFD", "😀", "😀a"];
    for (const sk of ordered.toReversed()) await table.put({ pk: S("utf8"), sk: S(sk) });
    expect(sortKeys(await table.query("pk = :p", { ":p": S("utf8") }))).toEqual(ordered);
    const beginning = await table.query("pk = :p AND begins_with(sk, :s)", {
      ":p": S("utf8"),
      ":s": S("😀"),
    });
    expect(sortKeys(beginning)).toEqual(["😀", "😀a"]);
    const backwards = await table.query(
      "pk = :p",
      { ":p": S("utf8") },
      { ScanIndexForward: false },
    );
    expect(sortKeys(backwards)).toEqual(ordered.toReversed());
  });

  it("sorts numbers by their value", async () => {
    const numbers = ["-1e20", "-5.5", "-5", "-0.001", "0", "1e-9", "7", "7.1", "12", "1e30"];
    for (const due_at of numbers.toReversed()) {
      await table.put({ pk: S("numbers"), sk: S(due_at), due_shard: N(99), due_at: N(due_at) });
    }
    const page = await table.query("due_shard = :p", { ":p": N("99.0") }, { IndexName: "due" });
    expect(sortKeys(page)).toEqual(numbers);
    const early = await table.query(
      "due_shard = :p AND due_at <= :t",
      { ":p": N(99), ":t": N(0) },
      { IndexName: "due" },
    );
    expect(sortKeys(early)).toEqual(["-1e20", "-5.5", "-5", "-0.001", "0"]);
  });

  it.each<[string, string]>([
    ["pk > :p", "Query key condition not supported"],
    ["pk <> :p", "Invalid operator used in KeyConditionExpression: <>"],
    ["pk = :p OR sk = :p", "Invalid operator used in KeyConditionExpression: OR"],
    ["NOT pk = :p", "Invalid operator used in KeyConditionExpression: NOT"],
    ["pk IN (:p)", "Invalid operator used in KeyConditionExpression: IN"],
    ["pk = :p AND contains(sk, :p)", "Invalid operator used in KeyConditionExpression: contains"],
    ["pk = :p AND pk = :p", "KeyConditionExpressions must only contain one condition per key"],
    ["sk = :p", "Query condition missed key schema element: pk"],
    ["pk = :p AND n = :p", "Query condition missed key schema element: sk"],
  ])("a query with %p is refused", async (condition, message) => {
    const refused = await refusalOf(table.query(condition, P));
    expect(refused.name).toBe("ValidationException");
    // DynamoDB Local leaves the name of the missing element out.
    expect(message.startsWith(refused.message)).toBe(true);
  });

  it("refuses values that are no key, and a filter on the keys", async () => {
    expect((await refusalOf(table.query("pk = :p", { ":p": N(1) }))).message).toBe(
      "One or more parameter values were invalid: Condition parameter type does not match schema type",
    );
    expect((await refusalOf(table.query("pk = :p", { ":p": S("") }))).name).toBe(
      "ValidationException",
    );
    const filtered = table.query(
      "pk = :p",
      { ...P, ":s": S("a") },
      { FilterExpression: "sk = :s" },
    );
    expect((await refusalOf(filtered)).message).toBe(
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    );
  });

  const longest = { hash: "é".repeat(1_024), range: "a".repeat(1_024) };

  it("takes keys as long as rows can have, in conditions and as the start of a page", async () => {
    const row = { pk: S(longest.hash), sk: S(longest.range) };
    await table.put(row);
    const values = { ":p": row.pk, ":s": row.sk };
    for (const condition of ["sk = :s", "sk BETWEEN :s AND :s", "begins_with(sk, :s)"]) {
      const { Count } = await table.query(`pk = :p AND ${condition}`, values);
      expect([condition, Count]).toEqual([condition, 1]);
    }
    const rest = await table.query("pk = :p", { ":p": row.pk }, { ExclusiveStartKey: row });
    expect(rest.Count).toBe(0);
  });

  it.each<[string, Item, object]>([
    ["pk = :p", { ":p": S(`${longest.hash}a`) }, {}],
    ["list_pk = :p", { ":p": S(`${longest.hash}a`) }, { IndexName: "listed" }],
    ...["sk = :s", "sk < :s", "sk >= :s", "begins_with(sk, :s)", "sk BETWEEN :a AND :s"].map(
      (condition): [string, Item, object] => [
        `pk = :p AND ${condition}`,
        { ...P, ":s": S(`${longest.range}a`), ...(condition.includes(":a") && { ":a": S("a") }) },
        {},
      ],
    ),
    [
      "list_pk = :p AND list_sk > :s",
      { ...P, ":s": S(`${longest.range}a`) },
      { IndexName: "listed" },
    ],
    ["pk = :p", P, { ExclusiveStartKey: { pk: S("P"), sk: S(`${longest.range}a`) } }],
  ])("refuses a longer key: %s", async (condition, values, more) => {
    const refused = await refusalOf(table.query(condition, values, more));
    expect(refused.name).toBe("ValidationException");
  });

  it("counts without items, and projects", async () => {
    const counted = await table.query("pk = :p", P, { Select: "COUNT" });
    expect(counted).toMatchObject({ Count: 12, ScannedCount: 12 });
    expect(counted.Items).toBeUndefined();
    const { Items } = await table.query("pk = :p", P, { ProjectionExpression: "n", Limit: 1 });
    expect(Items).toEqual([{ n: N(0) }]);
  });
});

describe("a page", () => {
  it("ends at Limit before the filter, and names its end also when nothing follows", async () => {
    const page = await table.query(
      "pk = :p",
      { ...P, ":n": N(3) },
      { Limit: 5, FilterExpression: "n = :n" },
    );
    expect(page).toMatchObject({
      Count: 1,
      ScannedCount: 5,
      LastEvaluatedKey: { pk: S("P"), sk: S("a04") },
    });
    const exact = await table.query("pk = :p", P, { Limit: 12 });
    expect(exact.LastEvaluatedKey).toEqual({ pk: S("P"), sk: S("a11") });
    const after = await table.query("pk = :p", P, { ExclusiveStartKey: exact.LastEvaluatedKey! });
    expect(after).toMatchObject({ Count: 0, Items: [] });
    expect((await table.query("pk = :p", P, { Limit: 13 })).LastEvaluatedKey).toBeUndefined();
  });

  it.each([true, false])(
    "goes on where the last one ended (forward: %p)",
    async (ScanIndexForward) => {
      for (const IndexName of [undefined, "listed"]) {
        const seen: (string | undefined)[] = [];
        let start: Item | undefined;
        do {
          const page = await table.query(
            IndexName === undefined ? "pk = :p" : "list_pk = :p",
            { ":p": S(IndexName === undefined ? "P" : "L") },
            {
              Limit: 5,
              ScanIndexForward,
              ...(IndexName && { IndexName }),
              ...(start && { ExclusiveStartKey: start }),
            },
          );
          seen.push(...(sortKeys(page) ?? []));
          start = page.LastEvaluatedKey;
        } while (start !== undefined);
        expect(seen).toHaveLength(12);
        expect(new Set(seen).size).toBe(12);
      }
    },
  );

  it("may begin at a key that no longer exists", async () => {
    const page = await table.query("pk = :p", P, {
      Limit: 1,
      ExclusiveStartKey: { pk: S("P"), sk: S("a055") },
    });
    expect(sortKeys(page)).toEqual(["a06"]);
  });

  it.each<[string, Item]>([
    ["of another partition", { pk: S("Q"), sk: S("a") }],
    ["outside the range", { pk: S("P"), sk: S("b") }],
    ["with too few keys", { pk: S("P") }],
    ["with too many keys", { pk: S("P"), sk: S("a"), n: N(1) }],
    ["with a key of another type", { pk: S("P"), sk: N(1) }],
    ["with an empty key", { pk: S("P"), sk: S("") }],
  ])("cannot begin at a key %s", async (_, ExclusiveStartKey) => {
    const refused = await refusalOf(
      table.query("pk = :p AND sk < :s", { ...P, ":s": S("a9") }, { ExclusiveStartKey }),
    );
    expect(refused.name).toBe("ValidationException");
  });

  it("ends after 1 MB", async () => {
    for (let i = 0; i < 5; i += 1) {
      await table.put({ pk: S("big"), sk: S(String(i)), text: S("x".repeat(300_000)) });
    }
    const page = await table.query("pk = :p", { ":p": S("big") }, { ProjectionExpression: "sk" });
    expect(page).toMatchObject({ Count: 4, LastEvaluatedKey: { pk: S("big"), sk: S("3") } });
  });
});
