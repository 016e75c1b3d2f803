import {
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import {
  type Item,
  N,
  onOtherDynamoDb,
  refusalOf,
  S,
  useContractTable,
} from "#test/support/embedded-contract";

let now = Date.now();
const table = useContractTable(() => now);

const transact = (
  TransactItems: TransactWriteItem[],
  more: Partial<TransactWriteItemsCommandInput> = {},
) => table.client.send(new TransactWriteItemsCommand({ TransactItems, ...more }));

const put = (Item: Item, more: object = {}): TransactWriteItem => ({
  Put: { TableName: table.name, Item, ...more },
});

const update = (Key: Item, UpdateExpression: string, values: Item): TransactWriteItem => ({
  Update: { TableName: table.name, Key, UpdateExpression, ExpressionAttributeValues: values },
});

const check = (Key: Item, ConditionExpression: string): TransactWriteItem => ({
  ConditionCheck: { TableName: table.name, Key, ConditionExpression },
});

const remove = (Key: Item): TransactWriteItem => ({ Delete: { TableName: table.name, Key } });

describe("a transaction", () => {
  it("puts, updates, deletes and checks", async () => {
    const [a, b, c, d] = [table.freshKey(), table.freshKey(), table.freshKey(), table.freshKey()];
    await transact([put(c)]);
    await transact([
      put({ ...a, n: N(1) }),
      update(b, "SET n = :n", { ":n": N(2) }),
      remove(c),
      check(d, "attribute_not_exists(pk)"),
    ]);
    expect(await Promise.all([a, b, c, d].map((key) => table.get(key)))).toEqual([
      { ...a, n: N(1) },
      { ...b, n: N(2) },
      undefined,
      undefined,
    ]);
  });

  it("does nothing when one condition fails, and says why for each member", async () => {
    const [a, b, c] = [table.freshKey(), table.freshKey(), table.freshKey()];
    await transact([put({ ...a, n: N(1) }), put({ ...c, n: N(3) })]);
    const absent = "attribute_not_exists(pk)";
    const refused = await refusalOf(
      transact([
        put(a, { ConditionExpression: absent, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        update(b, "SET n = :n", { ":n": N(2) }),
        put(c, { ConditionExpression: absent }),
      ]),
    );
    expect(refused.name).toBe("TransactionCanceledException");
    expect(refused.message).toBe(
      "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, ConditionalCheckFailed]",
    );
    expect(refused.reasons).toMatchObject([
      { Code: "ConditionalCheckFailed", Item: { ...a, n: N(1) } },
      { Code: "None" },
      { Code: "ConditionalCheckFailed" },
    ]);
    expect(refused.reasons[2]?.Item).toBeUndefined();
    expect(await table.get(b)).toBeUndefined();
  });

  it("looks at conditions as they were before it", async () => {
    const [a, b] = [table.freshKey(), table.freshKey()];
    await transact([put(a), check(b, "attribute_not_exists(pk)")]);
    const refused = await refusalOf(transact([put(b), check(a, "attribute_not_exists(pk)")]));
    expect(refused.reasons.map(({ Code }) => Code)).toEqual(["None", "ConditionalCheckFailed"]);
  });

  it("lets one of many who want the same win", async () => {
    const key = table.freshKey();
    await transact([put({ ...key, n: N(0) })]);
    const claim = (n: number): TransactWriteItem => ({
      Update: {
        TableName: table.name,
        Key: key,
        UpdateExpression: "SET n = :n",
        ConditionExpression: "n = :seen",
        ExpressionAttributeValues: { ":n": N(n), ":seen": N(0) },
      },
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => transact([claim(i + 1), put(table.freshKey())])),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  // DynamoDB Local refuses the whole request; AWS documents reasons for each member.
  it("is cancelled by a member that cannot be carried out", async () => {
    const [a, b] = [table.freshKey(), table.freshKey()];
    const refused = await refusalOf(
      transact([put(a), update(b, "SET n = n + :n", { ":n": N(1) })]),
    );
    expect(await table.get(a)).toBeUndefined();
    if (onOtherDynamoDb) expect(refused.name).toBe("ValidationException");
    else {
      expect(refused.reasons).toEqual([
        { Code: "None" },
        {
          Code: "ValidationError",
          Message: "The provided expression refers to an attribute that does not exist in the item",
        },
      ]);
    }
  });

  it("is cancelled by keys of an index that are invalid", async () => {
    const refused = await refusalOf(transact([put({ ...table.freshKey(), list_pk: N(1) })]));
    expect(refused.reasons).toMatchObject([{ Code: "ValidationError" }]);
  });

  it("is refused when it has one item twice", async () => {
    const key = table.freshKey();
    expect(await refusalOf(transact([put(key), remove(key)]))).toMatchObject({
      name: "ValidationException",
      message: "Transaction request cannot include multiple operations on one item",
    });
  });

  it("has 1 to 100 members", async () => {
    await transact(Array.from({ length: 100 }, () => put(table.freshKey())));
    for (const length of [0, 101]) {
      const members = Array.from({ length }, () => put(table.freshKey()));
      expect((await refusalOf(transact(members))).name).toBe("ValidationException");
    }
  });

  it("writes at most 4 MB", async () => {
    const big = (count: number) =>
      Array.from({ length: count }, () =>
        put({ ...table.freshKey(), text: S("x".repeat(400_000)) }),
      );
    await transact(big(10));
    expect((await refusalOf(transact(big(11)))).message).toContain(
      "Transaction payload size cannot exceed 4MB",
    );
  });
});

describe("a client token", () => {
  const add = (key: Item, n: number) => [update(key, "ADD n :n", { ":n": N(n) })];

  it("makes a repeated call succeed without effect", async () => {
    const key = table.freshKey();
    const ClientRequestToken = `token-${Math.random()}`.slice(0, 36);
    for (let i = 0; i < 3; i += 1) await transact(add(key, 1), { ClientRequestToken });
    expect(await table.get(key)).toMatchObject({ n: N(1) });
    const other = await refusalOf(transact(add(key, 2), { ClientRequestToken }));
    expect(other.name).toBe("IdempotentParameterMismatchException");
  });

  it("may be tried again after its transaction was cancelled", async () => {
    const key = table.freshKey();
    const ClientRequestToken = `token-${Math.random()}`.slice(0, 36);
    const attempt = () =>
      transact([check(key, "attribute_exists(pk)"), put(table.freshKey())], { ClientRequestToken });
    expect((await refusalOf(attempt())).name).toBe("TransactionCanceledException");
    await table.put(key);
    await attempt();
  });

  (onOtherDynamoDb ? it.skip : it)("is forgotten after ten minutes", async () => {
    const key = table.freshKey();
    await transact(add(key, 1), { ClientRequestToken: "ten-minutes" });
    now += 599_000;
    await transact(add(key, 1), { ClientRequestToken: "ten-minutes" });
    expect(await table.get(key)).toMatchObject({ n: N(1) });
    now += 1_001;
    await transact(add(key, 1), { ClientRequestToken: "ten-minutes" });
    expect(await table.get(key)).toMatchObject({ n: N(2) });
  });
});

// DynamoDB Local counts a transaction's units once for all its members, and twice too many for each.
(onOtherDynamoDb ? describe.skip : describe)("capacity of a transaction", () => {
  it("is double, but for its index entries, and that of reads when a token repeats it", async () => {
    const key = table.freshKey();
    const listed = { ...key, list_pk: S("a"), list_sk: S("b"), text: S("x".repeat(1_500)) };
    const send = () =>
      transact([put(listed), check(freshKeyOnce, "attribute_not_exists(pk)")], {
        ReturnConsumedCapacity: "INDEXES",
        ClientRequestToken: "capacity",
      });
    const freshKeyOnce = table.freshKey();
    expect((await send()).ConsumedCapacity).toEqual([
      {
        TableName: table.name,
        CapacityUnits: 7,
        WriteCapacityUnits: 7,
        Table: { CapacityUnits: 6, WriteCapacityUnits: 6 },
        GlobalSecondaryIndexes: { listed: { CapacityUnits: 1, WriteCapacityUnits: 1 } },
      },
    ]);
    expect((await send()).ConsumedCapacity).toMatchObject([
      { CapacityUnits: 4, ReadCapacityUnits: 4 },
    ]);
  });
});

describe("a transaction of reads", () => {
  const read = (Key: Item, more: object = {}) => ({ Get: { TableName: table.name, Key, ...more } });

  it("answers in the order of its members", async () => {
    const [a, b, c] = [table.freshKey(), table.freshKey(), table.freshKey()];
    await transact([put({ ...a, n: N(1) }), put({ ...c, n: N(3) })]);
    const { Responses } = await table.client.send(
      new TransactGetItemsCommand({
        TransactItems: [read(a), read(b), read(c, { ProjectionExpression: "n" })],
      }),
    );
    expect(Responses).toEqual([{ Item: { ...a, n: N(1) } }, {}, { Item: { n: N(3) } }]);
  });

  it("is refused when it has one item twice", async () => {
    const key = table.freshKey();
    const refused = await refusalOf(
      table.client.send(new TransactGetItemsCommand({ TransactItems: [read(key), read(key)] })),
    );
    expect(refused.message).toBe(
      "Transaction request cannot include multiple operations on one item",
    );
  });
});
