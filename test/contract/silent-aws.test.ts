import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
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
import { useHeldTime } from "#test/support/held-time";
import { withLog } from "#test/support/log-lines";

const out = mkdtempSync(join(tmpdir(), "silent-"));
const { routes } = await loadManifest();
await build({ routes: routes.filter(({ folder }) => folder === "team/get"), workers: [] }, out);
afterAll(() => rmSync(out, { recursive: true, force: true }));

const minute = 60_000;
const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };

describe("AWS that accepts connections and says nothing", () => {
  const advance = useHeldTime();

  /**
   * Starts a server that accepts connections and says nothing, and lets time pass until something is done. Gives what
   * that was, and how many connections there were.
   */
  async function withSilence<T>(act: (url: string) => Promise<T>): Promise<[T, number]> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("It has no port.");
    let isDone = false;
    const acted = act(`http://127.0.0.1:${address.port}`).finally(() => (isDone = true));
    try {
      for (let ms = 0; !isDone && ms < minute; ms += 10) {
        await new Promise((resolve) => setImmediate(resolve));
        advance(10);
      }
      if (!isDone) throw new Error("It has not ended within a minute.");
      return [await acted, sockets.length];
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }

  it("is asked three times by a deployed function, which then answers 503", async () => {
    const [{ result, lines }, connections] = await withSilence((url) =>
      withLog(() => getTeam(url)),
    );

    expect(result).toMatchObject({
      statusCode: 503,
      headers: { "retry-after": expect.any(String) },
      body: expect.stringContaining("service_unavailable"),
    });
    expect(lines).toMatchObject([{ event: "request", status: 503 }]);
    expect(connections).toBe(3);
  });

  it.each([
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

/** Calls the bundle of a function whose AWS is at a URL. */
function getTeam(url: string): Promise<unknown> {
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: url,
    TABLE_NAME: "table",
  });
  // What the build has written.
  const { handler } = createRequire(import.meta.url)(join(out, "team/get/handler.js")) as {
    readonly handler: (event: object, context: object) => Promise<unknown>;
  };
  const event = {
    version: "2.0",
    routeKey: "GET /v1/team",
    rawPath: "/v1/team",
    rawQueryString: "",
    headers: { authorization: `Bearer ${apiKeyFrom(new Uint8Array(32).fill(7))}` },
    requestContext: { requestId: "r-1", http: { method: "GET", path: "/v1/team" } },
    isBase64Encoded: false,
  };
  return handler(event, {});
}
