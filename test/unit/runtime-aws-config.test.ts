import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { awsConfig, trimmed, useAwsTransport } from "#shared/runtime/aws-config";

const region = "us-east-1";
const middlewareOf = (client: { middlewareStack: { identify(): string[] } }) =>
  client.middlewareStack.identify().map((text) => text.split(" ")[0]);

describe("clients of AWS", () => {
  it("do not prepare log lines that nobody reads, and keep all else that the SDK does", () => {
    const plain = middlewareOf(new SQSClient({ region }));
    const client = middlewareOf(trimmed(new SQSClient({ region, ...awsConfig() })));
    expect(plain).toContain("loggerMiddleware");
    expect(client).toEqual(plain.filter((name) => name !== "loggerMiddleware"));
  });

  it("leave out what another transport has no use for", () => {
    const headers = ["getUserAgentMiddleware", "hostHeaderMiddleware"];
    useAwsTransport({ region }, ({ middlewareStack }) =>
      headers.forEach((name) => middlewareStack.remove(name)),
    );
    const plain = middlewareOf(new DynamoDBClient({ region }));
    expect(plain).toEqual(expect.arrayContaining(headers));
    expect(middlewareOf(trimmed(new DynamoDBClient(awsConfig())))).toEqual(
      plain.filter((name) => ![...headers, "loggerMiddleware"].includes(name ?? "")),
    );
  });

  it("go through the door that a transport has", async () => {
    useAwsTransport({ region }, (client) => (client.send = async () => "answered"));
    const client = trimmed(new DynamoDBClient(awsConfig()));
    expect(await client.send(new ListTablesCommand())).toBe("answered");
  });
});
