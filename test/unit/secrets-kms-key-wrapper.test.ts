import { randomBytes } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { AwsError } from "#lib/local/embedded/aws-error";
import { createKeyService } from "#lib/local/embedded/kms";
import { KeyRefusedError } from "#shared/secrets/key-wrapper";
import { createKmsKeyWrapper } from "#shared/secrets/kms-key-wrapper";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";

/** KMS as the SDK sees it: JSON 1.1 over HTTP. */
function speakKms(service: ReturnType<typeof createKeyService>): Answer {
  return async (request, response, alive) => {
    const operation = String(request.headers["x-amz-target"]).replace("TrentService.", "");
    try {
      const answer = await service(operation, JSON.parse(request.body));
      await answers.json(answer)(request, response, alive);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { name, message, status } = error;
      await answers.json({ __type: name, message }, { status })(request, response, alive);
    }
  };
}

const kms = useFakeBackend();
let client: KMSClient;
beforeEach(() => {
  kms.answer(speakKms(createKeyService(randomBytes(32))));
  client = new KMSClient({
    endpoint: kms.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
afterEach(() => client.destroy());

const newWrapper = (timeout_ms = 3_000) =>
  createKmsKeyWrapper(client, "alias/chatbot-platform", { timeout_ms });

describe("the KMS key wrapper", () => {
  it("makes keys of 32 bytes and unwraps them", async () => {
    const { plaintext, wrapped } = await newWrapper().generate("team_1");

    expect(plaintext).toHaveLength(32);
    expect(Buffer.from(wrapped).includes(Buffer.from(plaintext))).toBe(false);
    expect(await newWrapper().unwrap("team_1", wrapped)).toEqual(plaintext);
  });

  it("binds them to its key and to the team", async () => {
    const { wrapped } = await newWrapper().generate("team_1");
    await newWrapper().unwrap("team_1", wrapped);

    const context = { KeyId: "alias/chatbot-platform", EncryptionContext: { team: "team_1" } };
    expect(kms.requests.map(({ body }) => JSON.parse(body))).toEqual([
      { ...context, KeySpec: "AES_256" },
      { ...context, CiphertextBlob: Buffer.from(wrapped).toString("base64") },
    ]);
    await expect(newWrapper().unwrap("team_2", wrapped)).rejects.toThrow(KeyRefusedError);
  });

  it.each(["AccessDeniedException", "DisabledException", "KMSInvalidStateException"])(
    "takes %s for a refusal",
    async (__type) => {
      kms.answer(answers.json({ __type, message: "no" }, { status: 400 }));
      await expect(newWrapper().generate("team_1")).rejects.toMatchObject({
        name: "KeyRefusedError",
        message: `KMS refused: ${__type}.`,
      });
    },
  );

  it.each<[string, Answer]>([
    ["internal errors", answers.json({ __type: "KMSInternalException" }, { status: 500 })],
    ["throttling", answers.json({ __type: "ThrottlingException" }, { status: 400 })],
    ["no JSON", answers.html("<h1>Bad gateway</h1>", 502)],
    ["cut connections", answers.resetBeforeHeaders()],
    ["an answer without a key", answers.json({})],
  ])("takes %s for being down", async (_, answer) => {
    kms.answer(answer);
    const failure = await newWrapper()
      .generate("team_1")
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(KeyRefusedError);
  });

  it("does not wait for an answer longer than it was told", async () => {
    kms.answer(answers.hang());
    await expect(newWrapper(100).unwrap("team_1", randomBytes(40))).rejects.toThrow(/abort|time/i);
  });
});
