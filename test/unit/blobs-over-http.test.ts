import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "@jest/globals";
import { createS3Store } from "#shared/blobs/s3-store";
import { answers, useFakeBackend } from "#test/support/fake-backend";

const server = useFakeBackend();
const { config } = new DynamoDBClient({
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "a secret of this test" },
});
const store = () => createS3Store(config, { name: "bucket", endpoint: server.url });

describe("A blob on its way to S3", () => {
  it.each([0, 1, 65_536, 200_001])(
    "says its length of %i bytes and comes whole",
    async (length) => {
      server.answer(answers.status(200));
      const text = "0123456789".repeat(20_001).slice(0, length);
      await store().put("team_a/file_1", Buffer.from(text));
      const [request] = server.requests;
      expect(request).toMatchObject({ method: "PUT", path: "/bucket/team_a/file_1", body: text });
      expect(request?.headers["content-length"]).toBe(String(length));
      expect(request?.headers).not.toHaveProperty("transfer-encoding");
      expect(request?.headers["x-amz-content-sha256"]).toBe("UNSIGNED-PAYLOAD");
    },
  );

  it("comes whole again where S3 was busy", async () => {
    server.answer(answers.status(503), answers.status(200));
    const text = "0123456789".repeat(20_000);
    await store().put("team_a/file_1", Buffer.from(text));
    expect(server.requests.map(({ body }) => body === text)).toEqual([true, true]);
  });
});
