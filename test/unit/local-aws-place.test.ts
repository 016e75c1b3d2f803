import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { reachAws } from "#lib/local/aws-place";
import { FunctionTimedOut, invoke } from "#lib/local/invocation";
import { awsConfig } from "#shared/runtime/aws-config";
import { noAwsSettings, startAwsEmulator } from "#test/support/aws-emulator";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

/** Gives this process an environment until the test is over. */
function setEnvironment(values: Readonly<Record<string, string>>): void {
  jest.replaceProperty(process, "env", { ...process.env, ...values });
}

const listTables = () => new DynamoDBClient(awsConfig()).send(new ListTablesCommand({}));

describe("an emulator as the place of AWS", () => {
  it("refuses the calls of a function that has outlived its time", async () => {
    const emulator = await startAwsEmulator();
    closers.push(() => emulator.close());
    setEnvironment(emulator.env);
    reachAws({ stage: undefined });
    const late = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<unknown>();
    const slow = async () => {
      await late.promise;
      answered.resolve(await listTables().catch(String));
    };
    const run = invoke(slow, {}, { functionName: "slow", requestId: "r", timeoutMs: 1 });
    await expect(run).rejects.toThrow(FunctionTimedOut);
    late.resolve();
    expect(await answered.promise).toContain("This function has outlived its time.");
    expect(await listTables()).toMatchObject({ TableNames: [] });
  });

  it.each([
    "https://dynamodb.eu-west-1.amazonaws.com",
    "https://a.amazonaws.com.cn",
    "https://b.api.aws",
  ])("is never %s", async (AWS_ENDPOINT_URL) => {
    setEnvironment({ ...noAwsSettings, AWS_ENDPOINT_URL });
    reachAws({ stage: undefined });
    await expect(listTables()).rejects.toThrow("This would call AWS itself");
  });

  it("leaves made-up credentials out of the environment, where models look for real ones", () => {
    setEnvironment(noAwsSettings);
    reachAws({ stage: undefined });
    expect(process.env).toMatchObject({ AWS_ACCESS_KEY_ID: "", AWS_REGION: "us-east-1" });
    expect(awsConfig().credentials).toEqual({ accessKeyId: "test", secretAccessKey: "test" });
  });
});
