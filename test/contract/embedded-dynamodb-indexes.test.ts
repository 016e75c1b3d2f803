import {
  PutItemCommand,
  type QueryCommandInput,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  onOtherDynamoDb,
  putListedItems,
  refusalOf,
  S,
  useContractTable,
} from "#test/support/embedded-contract";

const table = useContractTable();

beforeAll(async () => {
  await putListedItems(table);
  for (let i = 0; i < 5; i += 1) {
    await table.put({ pk: S("big"), sk: S(String(i)), text: S("x".repeat(300_000)) });
  }
});

const P = { ":p": S("P") };

describe("an index", () => {
  it("shows keys and projected attributes of the items that have its keys", async () => {
    const page = await table.query(
      "list_pk = :p AND list_sk = :s",
      { ":p": S("L"), ":s": S("x1") },
      { IndexName: "listed" },
    );
    expect(page.Items).toHaveLength(4);
    expect(page.Items).toContainEqual({
      pk: S("P"),
      sk: S("a01"),
      list_pk: S("L"),
      list_sk: S("x1"),
      title: S("t1"),
    });
  });

  it("names the table's keys in LastEvaluatedKey too", async () => {
    const { LastEvaluatedKey } = await table.query(
      "due_shard = :p",
      { ":p": N(0) },
      { IndexName: "due", Limit: 1 },
    );
    expect(LastEvaluatedKey).toEqual({
      due_shard: N(0),
      due_at: N(-5000),
      pk: S("P"),
      sk: S("a00"),
    });
  });

  it("follows moves and removals of its keys", async () => {
    const item = {
      pk: S("moving"),
      sk: S("a"),
      list_pk: S("from"),
      list_sk: S("1"),
      title: S("t"),
    };
    const at = async (list: string) =>
      (await table.query("list_pk = :p", { ":p": S(list) }, { IndexName: "listed" })).Items;
    await table.put(item);
    expect(await at("from")).toEqual([item]);
    await table.put({ ...item, list_pk: S("to") });
    expect(await at("from")).toEqual([]);
    expect(await at("to")).toEqual([{ ...item, list_pk: S("to") }]);
    await table.put({ pk: S("moving"), sk: S("a"), title: S("t") });
    expect(await at("to")).toEqual([]);
  });

  it("refuses consistent reads and attributes it does not project", async () => {
    const values = { ":p": S("L") };
    const consistent = table.query("list_pk = :p", values, {
      IndexName: "listed",
      ConsistentRead: true,
    });
    expect((await refusalOf(consistent)).name).toBe("ValidationException");
    const unlisted = table.query("list_pk = :p", values, {
      IndexName: "listed",
      ProjectionExpression: "unlisted",
    });
    expect((await refusalOf(unlisted)).message).toBe(
      "One or more parameter values were invalid: Global secondary index listed does not project [unlisted]",
    );
    expect(
      (await refusalOf(table.query("a = :p", values, { IndexName: "nope" }))).message,
    ).toContain("The table does not have the specified index");
  });
});

describe("consumed capacity", () => {
  const units = async (more: Partial<QueryCommandInput>, condition = "pk = :p", values: Item = P) =>
    (await table.query(condition, values, { ReturnConsumedCapacity: "INDEXES", ...more }))
      .ConsumedCapacity;

  it("a query consumes units for all bytes examined, half when eventually consistent", async () => {
    expect(await units({})).toMatchObject({ CapacityUnits: 0.5, Table: { CapacityUnits: 0.5 } });
    expect(await units({ ConsistentRead: true })).toMatchObject({ CapacityUnits: 1 });
    expect(
      await units({ ProjectionExpression: "sk" }, "pk = :p", { ":p": S("big") }),
    ).toMatchObject({
      CapacityUnits: 146.5,
    });
  });

  it("units consumed by an index are shown under its name", async () => {
    expect(await units({ IndexName: "listed" }, "list_pk = :p", { ":p": S("L") })).toMatchObject({
      CapacityUnits: 0.5,
      GlobalSecondaryIndexes: { listed: { CapacityUnits: 0.5 } },
    });
  });

  // DynamoDB Local counts nothing here.
  it("an empty answer consumes the least there is", async () => {
    const empty = { ":p": S("empty") };
    expect(await units({}, "pk = :p", empty)).toMatchObject({
      CapacityUnits: onOtherDynamoDb ? 0 : 0.5,
    });
  });

  it.each<[string, Item | undefined, Item, number, number]>([
    ["an item without index", undefined, { n: N(1) }, 1, 0],
    ["an item in an index", undefined, { list_pk: S("a"), list_sk: S("b") }, 1, 1],
    [
      "the same again",
      { list_pk: S("a"), list_sk: S("b") },
      { list_pk: S("a"), list_sk: S("b"), n: N(1) },
      1,
      0,
    ],
    [
      "a projected attribute",
      { list_pk: S("a"), list_sk: S("b") },
      { list_pk: S("a"), list_sk: S("b"), title: S("t") },
      1,
      1,
    ],
    [
      "a moved entry: delete and put",
      { list_pk: S("a"), list_sk: S("b") },
      { list_pk: S("a"), list_sk: S("c") },
      1,
      2,
    ],
    ["an entry removed", { list_pk: S("a"), list_sk: S("b") }, { n: N(1) }, 1, 1],
    ["the larger of old and new", { text: S("x".repeat(3_000)) }, { n: N(1) }, 3, 0],
  ])("writing %s consumes the units of its parts", async (_, before, after, own, listed) => {
    const key = { pk: S("capacity"), sk: S(String(Math.random())) };
    if (before !== undefined) await table.put({ ...key, ...before });
    const { ConsumedCapacity } = await table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: { ...key, ...after },
        ReturnConsumedCapacity: "INDEXES",
      }),
    );
    expect(ConsumedCapacity?.Table?.CapacityUnits).toBe(own);
    expect(ConsumedCapacity?.GlobalSecondaryIndexes?.["listed"]?.CapacityUnits ?? 0).toBe(listed);
    expect(ConsumedCapacity?.CapacityUnits).toBe(own + listed);
  });
});

describe("a filter", () => {
  it("the filter of a scan is not mistaken for a condition with the same text", async () => {
    const text = "n = :n";
    const values = { ":n": N(77) };
    await table.client.send(
      new ScanCommand({
        TableName: table.name,
        FilterExpression: text,
        ExpressionAttributeValues: values,
      }),
    );
    const refused = await refusalOf(
      table.client.send(
        new UpdateItemCommand({
          TableName: table.name,
          Key: { pk: S("P"), sk: S("a00") },
          ConditionExpression: text,
          ExpressionAttributeValues: values,
        }),
      ),
    );
    expect(refused.name).toBe("ConditionalCheckFailedException");
  });
});

describe("a scan", () => {
  it("sees every item once over all its segments and pages", async () => {
    const seen: string[] = [];
    for (const Segment of [0, 1, 2]) {
      let start: Item | undefined;
      do {
        const page = await table.client.send(
          new ScanCommand({
            TableName: table.name,
            Segment,
            TotalSegments: 3,
            Limit: 5,
            ProjectionExpression: "pk, sk",
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        for (const item of page.Items ?? []) seen.push(`${item["pk"]?.S}/${item["sk"]?.S}`);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(["P/a00", "P/a11", "P2/a"]));
  });
});
