import {
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { openTestEngine } from "./embedded-clients.ts";

/*
 * A second process on an engine's file, for tests. Prints the number of each write once it was answered.
 * Arguments: file, what to do ("write" for ever | "count" up), table, queue URL, how often.
 */
const [, , file = "", task = "", TableName = "", QueueUrl = "", times = "0"] = process.argv;
const { engine, dynamodb, sqs } = openTestEngine({ file });
const print = (text: string) => process.stdout.write(`${text}\n`);

/** Each number becomes two items in one transaction, a plain item and a message. */
async function write(number: number): Promise<void> {
  const item = (sk: string) => ({ pk: { S: `n${number}` }, sk: { S: sk } });
  await Promise.all([
    dynamodb.send(
      new TransactWriteItemsCommand({
        TransactItems: ["a", "b"].map((sk) => ({ Put: { TableName, Item: item(sk) } })),
      }),
    ),
    dynamodb.send(new PutItemCommand({ TableName, Item: item("c") })),
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: String(number) })),
  ]);
  print(String(number));
}

if (task === "write") {
  for (let number = 0; ; number += 4) {
    await Promise.all([0, 1, 2, 3].map((offset) => write(number + offset)));
  }
}
for (let i = 0; i < Number(times); i += 1) {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: { pk: { S: "counter" }, sk: { S: "x" } },
      UpdateExpression: "ADD n :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
  );
}
await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "from the child" }));
print("done");
await engine.close();
