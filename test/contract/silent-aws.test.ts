import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, describe, expect, it } from "@jest/globals";
import { build } from "#lib/build";
import { loadManifest } from "#lib/manifest";
import { apiKeyFrom } from "#shared/auth/api-key";
import { awsConfig } from "#shared/runtime/aws-config";

const out = mkdtempSync(join(tmpdir(), "silent-"));
await build(await loadManifest(), out);
afterAll(() => rmSync(out, { recursive: true, force: true }));

const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };

/** Starts a server that accepts connections and says nothing, for as long as something is done; counts them. */
async function withSilence<T>(act: (url: string) => Promise<T>): Promise<[T, number]> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It has no port.");
  try {
    return [await act(`http://127.0.0.1:${address.port}`), sockets.length];
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

// Each waits for three time-outs of 4 s, so they wait together.
describe("AWS that accepts connections and says nothing", () => {
  it.concurrent("is asked three times by a deployed function, which then answers 503", async () => {
    const [printed, connections] = await withSilence((url) => printedBy(getTeam, url));

    const answer: unknown = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
    expect(answer).toMatchObject({
      statusCode: 503,
      headers: { "retry-after": expect.any(String) },
      body: expect.stringContaining("service_unavailable"),
    });
    expect(connections).toBe(3);
  });

  it.concurrent.each([
    ["the table", (url: string) => new DynamoDBClient(settings(url)).send(new ListTablesCommand())],
    ["a queue", (url: string) => new SQSClient(settings(url)).send(message(url))],
    ["the key", (url: string) => new KMSClient(settings(url)).send(dataKey)],
  ])("is asked three times for %s, and then given up", async (_, call) => {
    const [problem, connections] = await withSilence((url) => call(url).catch(String));

    expect(problem).toContain("exceeded the configured 4000 ms requestTimeout");
    expect(connections).toBe(3);
  });
});

const settings = (endpoint: string) => ({
  ...awsConfig(),
  endpoint,
  region: "eu-central-1",
  credentials,
});
const message = (url: string) =>
  new SendMessageCommand({ QueueUrl: `${url}/1/jobs`, MessageBody: "{}" });
const dataKey = new GenerateDataKeyCommand({ KeyId: "key", KeySpec: "AES_256" });

const getTeam = `
  const { handler } = require(${JSON.stringify(join(out, "team/get/handler.js"))});
  const event = {
    version: "2.0",
    routeKey: "GET /v1/team",
    rawPath: "/v1/team",
    rawQueryString: "",
    headers: { authorization: "Bearer ${apiKeyFrom(new Uint8Array(32).fill(7))}" },
    requestContext: { requestId: "r-1", http: { method: "GET", path: "/v1/team" } },
    isBase64Encoded: false,
  };
  handler(event, {}).then((answer) => console.log(JSON.stringify(answer)));`;

/** What a program prints whose AWS is at a URL. */
async function printedBy(program: string, url: string): Promise<string> {
  const child = spawn(process.execPath, ["-e", program], {
    env: {
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: url,
      TABLE_NAME: "table",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await new Promise((resolve) => child.once("close", resolve));
  return printed;
}
