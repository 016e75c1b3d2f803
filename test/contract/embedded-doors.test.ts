import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Engine, openEngine } from "#lib/local/embedded/engine";
import { embeddedClients, type EmbeddedClients } from "#test/support/embedded-clients";
import { typedItem, typedKey } from "#test/support/embedded-contract";
import { fileTable, openOnFile, tableOnDisk, useTemporaryFile } from "#test/support/embedded-file";

const TableName = fileTable.TableName;
let engine: Engine;
let QueueUrl: string;

beforeEach(() => {
  engine = openEngine({ file: ":memory:" });
  engine.createTable(fileTable);
  QueueUrl = engine.createQueue({ name: "inbound", visibility_timeout_seconds: 0 });
});

afterEach(() => engine.close());

/** Clients whose commands go through the direct door, with how many requests still came by the wire. */
function directClients(): EmbeddedClients & { readonly requests: () => number } {
  const clients = embeddedClients(engine);
  const handler = clients.dynamodb.config.requestHandler;
  const handle = handler.handle.bind(handler);
  let requests = 0;
  handler.handle = (...given) => {
    requests += 1;
    return handle(...given);
  };
  clients.connection.direct(clients.dynamodb);
  clients.connection.direct(clients.sqs);
  return { ...clients, requests: () => requests };
}

const item = {
  ...typedItem,
  bins: { BS: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
  B: { M: { B: { B: Uint8Array.of(9) }, BS: { S: '"B":"AQID"' } } },
};

/** What came of a call, with all that its error has. */
const outcomeOf = async (call: Promise<object>) => {
  try {
    return await call;
  } catch (error) {
    const { name, message } = error as Error;
    return { class: error?.constructor, name, message, ...(error as object) };
  }
};

const increment = {
  TableName,
  Key: typedKey,
  UpdateExpression: "ADD n :one",
  ExpressionAttributeValues: { ":one": { N: "1" } },
};

describe("The direct door", () => {
  it("gives the answers of the wire, from one table", async () => {
    const wire = embeddedClients(engine);
    const direct = directClients();
    const put = () =>
      new PutItemCommand({ TableName, Item: item, ReturnConsumedCapacity: "TOTAL" });
    const get = () => new GetItemCommand({ TableName, Key: typedKey, ConsistentRead: true });
    const query = () =>
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": typedKey["pk"] ?? { S: "" } },
      });
    expect(await direct.dynamodb.send(put())).toEqual(await wire.dynamodb.send(put()));
    const answer = await direct.dynamodb.send(get());
    expect(answer).toEqual(await wire.dynamodb.send(get()));
    expect(answer.Item).toEqual(item);
    expect(await direct.dynamodb.send(query())).toEqual(await wire.dynamodb.send(query()));
    const missing = () => new GetItemCommand({ TableName, Key: { ...typedKey, sk: { S: "no" } } });
    expect(await direct.dynamodb.send(missing())).toEqual(await wire.dynamodb.send(missing()));
    expect(direct.requests()).toBe(0);
  });

  it("gives the messages of the wire", async () => {
    const wire = embeddedClients(engine);
    const direct = directClients();
    const attribute = { DataType: "Binary", BinaryValue: Uint8Array.of(1, 255) };
    const sent = await direct.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "Grüße",
        MessageAttributes: { bytes: attribute },
        DelaySeconds: undefined,
      }),
    );
    const receive = () =>
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 0 });
    const { Messages: [one] = [] } = await direct.sqs.send(receive());
    const { Messages: [other] = [] } = await wire.sqs.send(receive());
    expect(one).toEqual({ ...other, ReceiptHandle: one?.ReceiptHandle });
    expect(one).toMatchObject({ MessageId: sent.MessageId, Body: "Grüße" });
    expect(one?.MessageAttributes?.["bytes"]).toEqual(attribute);
    expect(direct.requests()).toBe(0);
  });

  it("refuses with the errors of the wire, class and all", async () => {
    const wire = embeddedClients(engine);
    const direct = directClients();
    await direct.dynamodb.send(new PutItemCommand({ TableName, Item: item }));
    const taken = {
      TableName,
      Item: typedKey,
      ConditionExpression: "attribute_not_exists(pk)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } as const;
    const refused = [
      () => new PutItemCommand(taken),
      () => new TransactWriteItemsCommand({ TransactItems: [{ Put: taken }] }),
      () =>
        new TransactWriteItemsCommand({ TransactItems: [{ Put: taken }], ClientRequestToken: "t" }),
      () => new PutItemCommand({ TableName: "another", Item: typedKey }),
      () => new PutItemCommand({ TableName, Item: { ...typedKey, n: { N: "one" } } }),
      () => new UpdateItemCommand({ TableName, Key: typedKey, UpdateExpression: "SET" }),
    ];
    const outcomes = [];
    for (const command of refused) {
      // One signature of `send` for all of them.
      const outcome = await outcomeOf(direct.dynamodb.send(command() as PutItemCommand));
      expect(outcome).toEqual(await outcomeOf(wire.dynamodb.send(command() as PutItemCommand)));
      outcomes.push(outcome);
    }
    expect(outcomes[0]).toMatchObject({ class: ConditionalCheckFailedException, Item: item });
    expect(outcomes[2]).toMatchObject({
      class: TransactionCanceledException,
      $fault: "client",
      $metadata: { httpStatusCode: 400, attempts: 1 },
      CancellationReasons: [{ Code: "ConditionalCheckFailed", Item: item }],
    });
    const missing = () => new SendMessageCommand({ QueueUrl: "http://q/0/none", MessageBody: "x" });
    const noQueue = await outcomeOf(direct.sqs.send(missing()));
    expect(noQueue).toEqual(await outcomeOf(wire.sqs.send(missing())));
    expect(noQueue).toMatchObject({ name: "QueueDoesNotExist" });
    // The SDK made these errors.
    expect(direct.requests()).toBe(refused.length + 1);
  });

  it("keeps nothing of what it was given, and gives nothing away of what it keeps", async () => {
    const { dynamodb } = directClients();
    const Item = { ...typedKey, m: { M: { n: { N: "1.0" }, b: { B: Uint8Array.of(1) } } } };
    const sent = dynamodb.send(new PutItemCommand({ TableName, Item }));
    Item.m.M.n.N = "2";
    Item.m.M.b.B[0] = 2;
    await sent;
    const get = new GetItemCommand({ TableName, Key: typedKey });
    const stored = { M: { n: { N: "1" }, b: { B: Uint8Array.of(1) } } };
    const { Item: first } = await dynamodb.send(get);
    expect(first?.["m"]).toEqual(stored);
    Object.assign(first ?? {}, { m: { S: "mine" } });
    expect((await dynamodb.send(get)).Item?.["m"]).toEqual(stored);
    // Numbers were written in their normal form, but not into what the caller has.
    expect(Item.m.M.n.N).toBe("2");
  });

  it.each([
    ["the SDK makes", undefined],
    ["the caller gives", "t"],
  ])("repeats what the SDK would, with the token that %s", async (_, ClientRequestToken) => {
    const lost = embeddedClients(engine, ({ index }) =>
      index === 0 ? { kind: "answer_lost" } : undefined,
    );
    lost.connection.direct(lost.dynamodb);
    // Its members stand in another order than the SDK writes them in.
    const { Key, TableName: table, ...rest } = increment;
    rest.ExpressionAttributeValues = { ":one": { N: "1.0" } };
    const TransactItems = [{ Update: { ...rest, TableName: table, Key } }];
    await lost.dynamodb.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
    const { Item } = await lost.dynamodb.send(new GetItemCommand({ TableName, Key: typedKey }));
    expect(Item?.["n"]).toEqual({ N: "1" });
    expect(lost.connection.calls).toHaveLength(3);
  });
});

describe("A client token", () => {
  const temporary = useTemporaryFile();
  const TransactItems = [{ Update: increment }];
  const transact = () => new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: "t" });

  /** What stands there after the engine was opened and one transaction made, twice. */
  async function afterReopening(isDirect: boolean): Promise<unknown> {
    for (let opened = 1; ; opened++) {
      const { engine: reopened, dynamodb, connection } = openOnFile(temporary.file);
      if (isDirect) connection.direct(dynamodb);
      await dynamodb.send(transact());
      await dynamodb.send(transact());
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: typedKey }));
      await reopened.close();
      if (opened === 2) return Item?.["n"];
    }
  }

  it("outlives the engine where its caller may", async () => {
    expect(await afterReopening(false)).toEqual({ N: "1" });
  });

  it("ends with the engine where its caller does", async () => {
    expect(await afterReopening(true)).toEqual({ N: "2" });
  });

  it("counts for every process that has the file open", async () => {
    const [one, other] = [openOnFile(temporary.file), openOnFile(temporary.file)];
    const here = embeddedClients(one.engine);
    here.connection.direct(here.dynamodb);
    // It looks for tokens before there are any.
    await here.dynamodb.send(
      new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: "u" }),
    );
    for (const { dynamodb: client } of [other, one]) await client.send(transact());
    const { Item } = await one.dynamodb.send(new GetItemCommand({ TableName, Key: typedKey }));
    expect(Item?.["n"]).toEqual({ N: "2" });
    for (const { engine: opened } of [one, other]) await opened.close();
  });

  it("is unused when its transaction was undone", async () => {
    const { disk, call, close } = await tableOnDisk({ callerIsHere: true });
    const made = { TransactItems, ClientRequestToken: "t" };
    disk.isGone = true;
    await expect(call("TransactWriteItems", made)).rejects.toMatchObject({ status: 500 });
    disk.isGone = false;
    for (let i = 0; i < 2; i += 1) await call("TransactWriteItems", made);
    const answer = await call("GetItem", { TableName, Key: typedKey });
    expect(answer).toMatchObject({ Item: { n: { N: "1" } } });
    close();
  });
});
