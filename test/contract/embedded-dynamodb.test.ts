import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  onOtherDynamoDb,
  refusalOf,
  S,
  useContractTable,
  wording,
} from "#test/support/embedded-contract";

/*
 * Runs against the embedded engine, or against what AWS_ENDPOINT_URL_DYNAMODB names.
 * Last compared with DynamoDB Local 2.6.1, which differs from AWS, and from the engine, in these points:
 * - the wording of many refusals of malformed requests (there only the error's name is checked);
 * - an update of an index key to a wrong type is accepted and drops the item from the index;
 * - UPDATED_OLD and UPDATED_NEW return whole top-level attributes for nested paths, AWS returns what was touched;
 * - a page that ends at Limit exactly on the bound of its range has no LastEvaluatedKey;
 * - consumed units of transactions, of absent items in batches and of empty queries.
 */

const table = useContractTable();

describe("items", () => {
  it("come back as they were put, of every type", async () => {
    const item: Item = {
      ...table.freshKey(),
      text: S("grüße 😀"),
      empty: S(""),
      number: N("-12.5"),
      yes: { BOOL: true },
      nothing: { NULL: true },
      bytes: { B: Uint8Array.of(0, 255, 7) },
      texts: { SS: ["a", "b"] },
      list: { L: [S("a"), { L: [] }, { M: { deep: N(1) } }] },
      map: { M: { a: { M: {} } } },
    };
    await table.put(item);
    expect(await table.get({ pk: item["pk"]!, sk: item["sk"]! })).toEqual(item);
  });

  it("an absent item reads as nothing", async () => {
    expect(await table.get(table.freshKey())).toBeUndefined();
  });

  it("keep attributes named like JavaScript's own", async () => {
    const key = table.freshKey();
    await table.update(
      key,
      "SET #a = :one, #b = :one",
      { ":one": N(1) },
      {
        ExpressionAttributeNames: { "#a": "constructor", "#b": "toString" },
      },
    );
    expect(await table.get(key)).toEqual({ ...key, constructor: N(1), toString: N(1) });
    const refused = await refusalOf(
      table.put(key, { ConditionExpression: "attribute_exists(valueOf)" }),
    );
    expect(refused.name).toBe("ConditionalCheckFailedException");
  });

  it("hand back the old item with ALL_OLD, also on deletion", async () => {
    const key = table.freshKey();
    expect(
      (await table.put({ ...key, n: N(1) }, { ReturnValues: "ALL_OLD" })).Attributes,
    ).toBeUndefined();
    expect((await table.put({ ...key, n: N(2) }, { ReturnValues: "ALL_OLD" })).Attributes).toEqual({
      ...key,
      n: N(1),
    });
    const remove = () =>
      table.client.send(
        new DeleteItemCommand({ TableName: table.name, Key: key, ReturnValues: "ALL_OLD" }),
      );
    expect((await remove()).Attributes).toEqual({ ...key, n: N(2) });
    expect((await remove()).Attributes).toBeUndefined();
  });
});

describe("numbers", () => {
  it.each([
    ["1.0", "1"],
    ["1e3", "1000"],
    ["-0", "0"],
    [".5", "0.5"],
    ["00012", "12"],
    ["-1.50", "-1.5"],
    ["1e-130", `0.${"0".repeat(129)}1`],
    ["9.9e125", `99${"0".repeat(124)}`],
    ["12345678901234567890123456789012345678", "12345678901234567890123456789012345678"],
  ])("%s is stored as %s", async (given, stored) => {
    const key = table.freshKey();
    await table.put({ ...key, n: N(given) });
    expect((await table.get(key))?.["n"]).toEqual(N(stored));
  });

  it.each(["1e126", "1e-131", "123456789012345678901234567890123456789", "abc", "", "0x1", "NaN"])(
    "%p is refused",
    async (given) => {
      const refused = await refusalOf(table.put({ ...table.freshKey(), n: N(given) }));
      expect(refused.name).toBe("ValidationException");
    },
  );

  it("add up exactly to 38 digits", async () => {
    const key = table.freshKey();
    await table.put({ ...key, n: N("0.1") });
    await table.update(key, "SET n = n + :v", { ":v": N("99999999999999999999999999999999999.8") });
    expect((await table.get(key))?.["n"]).toEqual(N(`${"9".repeat(35)}.9`));
    const refused = await refusalOf(table.update(key, "SET n = n + :v", { ":v": N("0.0001") }));
    expect(refused.name).toBe("ValidationException");
  });

  it("count as equal in sets when their values are", async () => {
    const refused = await refusalOf(table.put({ ...table.freshKey(), n: { NS: ["1", "1.0"] } }));
    expect(refused.message).toBe("Input collection contains duplicates");
  });
});

describe("keys", () => {
  it.each<[string, Item, string]>([
    ["missing", { pk: S("a") }, "Missing the key sk in the item"],
    ["of another type", { pk: S("a"), sk: N(1) }, "Type mismatch for key sk expected: S actual: N"],
    [
      "longer than 2048 bytes",
      { pk: S("é".repeat(1025)), sk: S("a") },
      "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ],
    [
      "longer than 1024 bytes",
      { pk: S("a"), sk: S("a".repeat(1025)) },
      "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ],
  ])("%s are refused", async (_, item, message) => {
    const refused = await refusalOf(table.put(item));
    expect(refused).toMatchObject({
      name: "ValidationException",
      message: wording(`One or more parameter values were invalid: ${message}`),
    });
  });

  it("longer ones name no row in any request", async () => {
    const { client, name: TableName } = table;
    for (const Key of [
      { pk: S("a".repeat(2049)), sk: S("a") },
      { pk: S("a"), sk: S("a".repeat(1025)) },
    ]) {
      const requests = [
        table.get(Key),
        table.update(Key, "SET n = :n", { ":n": N(1) }),
        client.send(new DeleteItemCommand({ TableName, Key })),
        client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] } } })),
        client.send(
          new BatchWriteItemCommand({
            RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] },
          }),
        ),
        client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] })),
        client.send(
          new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key } }] }),
        ),
      ];
      for (const request of requests) {
        expect((await refusalOf(request)).name).toBe("ValidationException");
      }
    }
  });

  it("an empty key is refused", async () => {
    const refused = await refusalOf(table.put({ pk: S(""), sk: S("a") }));
    expect(refused.message).toBe(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    );
  });

  it("a key to read by must be exactly the table's", async () => {
    const wrong: Item[] = [
      { pk: S("a") },
      { pk: S("a"), sk: N(1) },
      { pk: S("a"), sk: S("b"), x: N(1) },
    ];
    for (const key of wrong) {
      expect(await refusalOf(table.get(key))).toMatchObject({
        name: "ValidationException",
        message: wording("The provided key element does not match the schema"),
      });
    }
  });

  it.each<[string, Item]>([
    ["a number", { list_pk: N(1), list_sk: S("a") }],
    ["a number, alone", { list_sk: N(1) }],
    ["null", { list_pk: { NULL: true }, list_sk: S("a") }],
    ["an empty text", { list_pk: S(""), list_sk: S("a") }],
    ["a text in place of a number", { due_shard: S("1"), due_at: N(1) }],
    ["too long", { list_pk: S("a"), list_sk: S("a".repeat(1025)) }],
  ])("the key of an index is refused when it is %s", async (_, keysOfIndex) => {
    const key = table.freshKey();
    expect((await refusalOf(table.put({ ...key, ...keysOfIndex }))).name).toBe(
      "ValidationException",
    );
    expect(await table.get(key)).toBeUndefined();
  });

  it("the key of an index is checked in updates too", async () => {
    const key = table.freshKey();
    await table.put({ ...key, list_pk: S("a"), list_sk: S("b") });
    for (const value of [{ NULL: true }, S("")]) {
      expect((await refusalOf(table.update(key, "SET list_pk = :v", { ":v": value }))).name).toBe(
        "ValidationException",
      );
    }
    if (!onOtherDynamoDb) {
      expect((await refusalOf(table.update(key, "SET list_pk = :v", { ":v": N(1) }))).message).toBe(
        "One or more parameter values were invalid: Type mismatch for Index Key list_pk Expected: S Actual: N IndexName: listed",
      );
    }
  });
});

describe("values", () => {
  it.each<[string, AttributeValue]>([
    ["an empty set of texts", { SS: [] }],
    ["an empty set of numbers", { NS: [] }],
    ["a set with a text twice", { SS: ["a", "a"] }],
    ["NULL that is not true", { NULL: false as true }],
  ])("%s is refused", async (_, value) => {
    expect((await refusalOf(table.put({ ...table.freshKey(), value }))).name).toBe(
      "ValidationException",
    );
  });

  it("nest 32 levels deep and no deeper", async () => {
    const nested = (levels: number): AttributeValue =>
      levels === 0 ? S("x") : { M: { a: nested(levels - 1) } };
    await table.put({ ...table.freshKey(), deep: nested(31) });
    const refused = await refusalOf(table.put({ ...table.freshKey(), deep: nested(32) }));
    expect(refused.message).toBe(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
    );
  });

  it("make items of at most 400 KB, names included", async () => {
    const key = { pk: S("size"), sk: S("x") };
    const rest = "pk".length + "size".length + "sk".length + "x".length + "t".length;
    await table.put({ ...key, t: S("x".repeat(409_600 - rest)) });
    const longer = { ...key, t: S("x".repeat(409_601 - rest)) };
    expect((await refusalOf(table.put(longer))).message).toBe(
      "Item size has exceeded the maximum allowed size",
    );
    const refused = await refusalOf(table.update(key, "SET u = :v", { ":v": S("") }));
    expect(refused.message).toBe("Item size to update has exceeded the maximum allowed size");
  });
});
