import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openTestEngine } from "#test/support/embedded-clients";
import { contractTableInput, type Item, N, refusalOf, S } from "#test/support/embedded-contract";

const TableName = "table";
const key = (pk: string): Item => ({ pk: S(pk), sk: S("x") });
const ended: (() => void)[] = [];
/** Each transaction lasts until the test ends it. */
const transactionTime = () => new Promise<void>((resolve) => void ended.push(resolve));

let { dynamodb, engine } = {} as ReturnType<typeof openTestEngine>;
beforeEach(async () => {
  ({ dynamodb, engine } = openTestEngine({ transactionTime }));
  await dynamodb.send(new CreateTableCommand(contractTableInput(TableName)));
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key("held"), n: N(1) } }));
});
afterEach(async () => {
  for (const end of ended.splice(0)) end();
  await engine.close();
});

const transact = (TransactItems: TransactWriteItem[]) =>
  dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));

const set = (Key: Item, n: number): TransactWriteItem => ({
  Update: {
    TableName,
    Key,
    UpdateExpression: "SET n = :n",
    ExpressionAttributeValues: { ":n": N(n) },
  },
});
const check = (Key: Item): TransactWriteItem => ({
  ConditionCheck: { TableName, Key, ConditionExpression: "attribute_exists(pk)" },
});
const numberOf = async (pk: string) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;

/** Begins a transaction that is under way until `end`. */
async function begin(items: TransactWriteItem[]) {
  const open = ended.length;
  const done = transact(items);
  while (ended.length === open) await numberOf("held");
  return { done, end: () => ended[open]?.() };
}

describe("while a transaction is under way", () => {
  it.each([
    ["put", () => dynamodb.send(new PutItemCommand({ TableName, Item: key("held") }))],
    ["delete", () => dynamodb.send(new DeleteItemCommand({ TableName, Key: key("held") }))],
    [
      "update",
      () =>
        dynamodb.send(
          new UpdateItemCommand({ TableName, Key: key("held"), UpdateExpression: "REMOVE n" }),
        ),
    ],
  ])(
    "a %s of one of its items is refused, checked ones too, and not after it",
    async (_, write) => {
      for (const item of [set(key("held"), 2), check(key("held"))]) {
        const { done, end } = await begin([item]);
        expect(await refusalOf(write())).toMatchObject({
          name: "TransactionConflictException",
          message: "Transaction is ongoing for the item",
        });
        end();
        await done;
      }
      await write();
    },
  );

  it("another with one of its items is cancelled, with the reason at that item", async () => {
    const { done, end } = await begin([set(key("a"), 2), check(key("held"))]);
    for (const item of [set(key("held"), 3), check(key("held"))]) {
      const { name, reasons } = await refusalOf(transact([set(key("b"), 3), item]));
      expect(name).toBe("TransactionCanceledException");
      expect(reasons.map(({ Code }) => Code)).toEqual(["None", "TransactionConflict"]);
    }
    const read = new TransactGetItemsCommand({
      TransactItems: [{ Get: { TableName, Key: key("a") } }],
    });
    expect((await refusalOf(dynamodb.send(read))).reasons).toMatchObject([
      { Code: "TransactionConflict" },
    ]);
    end();
    await done;
    expect(await numberOf("b")).toBeUndefined();
    expect((await dynamodb.send(read)).Responses).toMatchObject([{ Item: { n: N(2) } }]);
  });

  it("another of other items goes on beside it", async () => {
    const first = await begin([set(key("held"), 2)]);
    const second = await begin([set(key("b"), 3)]);
    second.end();
    await second.done;
    expect(await numberOf("b")).toMatchObject({ n: N(3) });
    first.end();
    await first.done;
  });

  it("reads find what was there before, and batches of writes go through", async () => {
    const { done, end } = await begin([set(key("held"), 2)]);
    const keys = { RequestItems: { [TableName]: { Keys: [key("held")] } } };
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": S("held") },
    });
    expect(await numberOf("held")).toMatchObject({ n: N(1) });
    expect((await dynamodb.send(new BatchGetItemCommand(keys))).Responses?.[TableName]).toEqual([
      { ...key("held"), n: N(1) },
    ]);
    expect((await dynamodb.send(query)).Items).toMatchObject([{ n: N(1) }]);
    await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ DeleteRequest: { Key: key("held") } }] },
      }),
    );
    end();
    await done;
    expect(await numberOf("held")).toEqual({ ...key("held"), n: N(2) });
  });

  it("its items are free again when it was refused", async () => {
    const absent: TransactWriteItem = {
      Put: { TableName, Item: key("held"), ConditionExpression: "attribute_not_exists(pk)" },
    };
    const { done, end } = await begin([absent, set(key("b"), 2)]);
    const refused = refusalOf(done);
    end();
    expect((await refused).reasons.map(({ Code }) => Code)).toEqual([
      "ConditionalCheckFailed",
      "None",
    ]);
    await dynamodb.send(new PutItemCommand({ TableName, Item: key("b") }));
  });
});
