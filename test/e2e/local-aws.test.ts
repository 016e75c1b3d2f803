import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, ListQueuesCommand } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "@jest/globals";
import { deadLettersOf, queueNameOf, tableNameOf } from "#lib/deployed-names";
import { createTableRequest } from "#lib/local/table-request";
import { type AwsEmulator, noAwsSettings, startAwsEmulator } from "#test/support/aws-emulator";
import { openTestEngine } from "#test/support/embedded-clients";
import {
  newDataDir,
  type RunOptions,
  runTeamWith,
  runUntilItEnds,
  runWorkWith,
  startLocalServer,
} from "#test/support/local-server";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function emulator(): Promise<AwsEmulator> {
  const started = await startAwsEmulator();
  closers.push(() => started.close());
  return started;
}

function dataDir(): string {
  const dir = newDataDir();
  closers.push(() => rmSync(dirname(dir), { recursive: true, force: true }));
  return dir;
}

async function start(options: RunOptions) {
  const server = await startLocalServer({ args: ["--aws"], ...options });
  closers.push(() => server.stop("SIGKILL"));
  return server;
}

const queues = ["deliveries", "executions", "inbound", "jobs"] as const;

async function queueSettings({ sqs }: AwsEmulator) {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const settings = await Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
      );
      const { VisibilityTimeout, RedrivePolicy = "" } = Attributes;
      const name = QueueUrl.split("/").at(-1) ?? "";
      return [name, `${VisibilityTimeout} ${RedrivePolicy.replace(/"arn:[^"]*:/, '"')}`] as const;
    }),
  );
  return Object.fromEntries(settings);
}

describe("npm start -- --aws over an empty emulator", () => {
  it("makes table, queues and key, answers messages, and finds them again at the next start", async () => {
    const aws = await emulator();
    const dir = dataDir();
    const first = await start({ dataDir: dir, env: aws.env });
    const at = String(aws.env["AWS_ENDPOINT_URL"]);
    for (const line of [
      `  DynamoDB  table chatbot-platform-local (made just now), at ${at}\n`,
      `  SQS       queues chatbot-platform-local-`,
      `  KMS       key alias/chatbot-platform-local (made just now), at ${at}\n`,
      "  < Hello! Is anybody there?\n",
      "npm run team -- --aws create",
    ]) {
      expect(first.output()).toContain(line);
    }

    const TableName = "chatbot-platform-local";
    const { Table } = await aws.dynamodb.send(new DescribeTableCommand({ TableName }));
    const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort();
    expect(indexes).toEqual(["due", "listed"]);
    const { TimeToLiveDescription } = await aws.dynamodb.send(
      new DescribeTimeToLiveCommand({ TableName }),
    );
    expect(TimeToLiveDescription).toMatchObject({ AttributeName: "remove_at" });
    expect(await queueSettings(aws)).toMatchObject({
      "chatbot-platform-local-inbound":
        '300 {"deadLetterTargetArn":"chatbot-platform-local-inbound-dead-letters","maxReceiveCount":10}',
      "chatbot-platform-local-deliveries":
        '60 {"deadLetterTargetArn":"chatbot-platform-local-deliveries-dead-letters","maxReceiveCount":10}',
    });
    expect(Object.keys(await queueSettings(aws))).toHaveLength(2 * queues.length);
    expect(aws.keyAliases).toEqual(["alias/chatbot-platform-local"]);
    expect(readdirSync(dir)).toEqual(["aws"]);
    expect(readdirSync(join(dir, "aws"))).not.toContain("platform.sqlite");

    expect(await first.stop()).toMatchObject({ code: 0, stderr: "" });
    const next = await start({ dataDir: dir, env: aws.env });
    expect(next.output()).not.toContain("made just now");
    expect(next.output()).toContain("The demo team's API key is in ");
    expect(aws.keyAliases).toHaveLength(1);
  });

  it("is where the operator's commands with --aws look", async () => {
    const aws = await emulator();
    const dir = dataDir();
    await start({ dataDir: dir, env: aws.env });
    const options = { dataDir: dataDir(), env: aws.env };
    const { stdout } = await runTeamWith({ ...options, args: ["list", "--aws", "--json"] });
    expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ name: "Demo" })]);
    const work = await runWorkWith({ ...options, args: ["list", "--aws"] });
    expect(work).toMatchObject({ code: 0, stdout: "Nothing is stuck.\n", stderr: "" });
    expect(existsSync(options.dataDir)).toBe(false);
  });
});

describe("the operator's commands with --aws", () => {
  const inVain = async (env: Readonly<Record<string, string>>) => {
    const ended = await runTeamWith({ dataDir: dataDir(), env, args: ["list", "--aws"] });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    return ended.stderr;
  };

  it("call nothing of AWS without an endpoint", async () => {
    expect(await inVain(noAwsSettings)).toContain("This would call AWS itself (dynamodb.");
  });

  it("say how to make the platform that is not there", async () => {
    const { env } = await emulator();
    expect(await inVain(env)).toBe(
      "There is no platform here: the table chatbot-platform-local was not found. npm start -- --aws makes it. AWS_ENDPOINT_URL, AWS_PROFILE and AWS_REGION choose where that is.\n",
    );
  });
});

describe("npm start -- --aws over a stage", () => {
  async function stage() {
    const aws = await emulator();
    aws.engine.createTable(createTableRequest(tableNameOf("dev")));
    for (const queue of queues) {
      const name = queueNameOf("dev", queue);
      aws.engine.createQueue({ name: deadLettersOf(name), visibility_timeout_seconds: 30 });
      aws.engine.createQueue({ name, visibility_timeout_seconds: 30 });
    }
    aws.keyAliases.push("alias/chatbot-platform-dev");
    // A stage is never reached with made-up credentials.
    const own = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "a" };
    const args = ["--aws", "--stage", "dev"];
    return { aws, options: { dataDir: dataDir(), env: { ...aws.env, ...own }, args } };
  }

  it("asks first, and then works on it as it is, without a demo and without private addresses", async () => {
    const { aws, options } = await stage();
    const before = await queueSettings(aws);
    const server = await start({ ...options, input: "yes\n" });
    expect(server.output()).toContain("The stage dev:\n  DynamoDB  table chatbot-platform-dev, at");
    expect(server.output()).toContain('Go on? Only "yes" does: ');
    expect(server.output()).not.toMatch(/demo|made just now|ALLOW_PRIVATE_URLS/i);
    expect((await fetch(`${server.url}/v1/health`)).status).toBe(200);
    const { stdout } = await runTeamWith({ ...options, args: ["list", "--stage", "dev"] });
    expect(stdout).toBe("There is no team yet.\n");
    expect(await queueSettings(aws)).toEqual(before);
    expect(aws.keyAliases).toHaveLength(1);
  });

  it.each(["", "no\n", "y\n"])("begins nothing when the answer is %j", async (input) => {
    const { options } = await stage();
    const { code, stdout, stderr } = await runUntilItEnds({ ...options, input });
    expect([code, stderr]).toEqual([1, "Nothing was begun.\n"]);
    expect(stdout).not.toContain("runs at");
  });

  it("makes nothing of a stage that is not there", async () => {
    const { aws, options } = await stage();
    const args = ["--aws", "--stage", "moon"];
    const ended = await runUntilItEnds({ ...options, args, input: "yes\n" });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^There is no stage moon here: the key .* was not found\. .*\n$/);
    const { TableNames } = await aws.dynamodb.send(new ListTablesCommand({}));
    expect(TableNames).toEqual(["chatbot-platform-dev"]);
    expect(Object.keys(await queueSettings(aws))).toHaveLength(2 * queues.length);
  });
});

describe("npm start -- --aws", () => {
  const refused = async (env: Readonly<Record<string, string>>, ...args: string[]) => {
    const ended = await runUntilItEnds({ dataDir: dataDir(), env, args: ["--aws", ...args] });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    return ended.stderr;
  };

  it.each([
    ["nothing is set", {}],
    [
      "only two services have an endpoint",
      {
        AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:9",
        AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
      },
    ],
    ["an endpoint is AWS's own", { AWS_ENDPOINT_URL: "https://kms.eu-west-1.amazonaws.com" }],
    [
      "the SDK is told to take no endpoint",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
    ],
  ])("calls nothing of AWS when %s", async (_, env) => {
    const sentence = await refused({ ...noAwsSettings, ...env });
    expect(sentence).toContain("This would call AWS itself (kms.");
    expect(sentence).toContain("--stage NAME");
  });

  it("says which service does not answer, and where", async () => {
    const env = { ...noAwsSettings, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    expect(await refused(env)).toMatch(
      /^KMS does not answer at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED.* Is the emulator running\?\n$/,
    );
  });

  it("says which service an emulator lacks, and how to name another for it", async () => {
    const { engine } = openTestEngine();
    const lacking = await engine.listen(0);
    closers.push(
      () => engine.close(),
      () => lacking.close(),
    );
    const sentence = await refused({ ...noAwsSettings, AWS_ENDPOINT_URL: lacking.url });
    expect(sentence).toContain(`What runs at ${lacking.url} does not do what is needed of KMS: `);
    expect(sentence).toContain("AWS_ENDPOINT_URL_KMS may name another emulator for it alone.");
  });

  it("says that a table of this name has other keys, and leaves it alone", async () => {
    const aws = await emulator();
    const request = createTableRequest("chatbot-platform-local");
    const GlobalSecondaryIndexes = request.GlobalSecondaryIndexes.slice(0, 1);
    const AttributeDefinitions = request.AttributeDefinitions.filter(
      ({ AttributeName }) => !AttributeName.startsWith("due_"),
    );
    aws.engine.createTable({ ...request, GlobalSecondaryIndexes, AttributeDefinitions });
    expect(await refused(aws.env)).toContain(
      "The table chatbot-platform-local has not the keys and indexes that this version wants.",
    );
  });

  it.each([
    [["--stage", "Prod"], "is no name of a stage"],
    [["--endpoints"], "--endpoints opens the embedded engine, which --aws does not use."],
  ])("refuses %j with a sentence", async (args, sentence) => {
    expect(await refused(noAwsSettings, ...args)).toContain(sentence);
  });

  it("is needed for --stage", async () => {
    const { code, stderr } = await runUntilItEnds({
      dataDir: dataDir(),
      args: ["--stage", "dev"],
    });
    expect([code, stderr]).toEqual([1, "--stage is for --aws: npm start -- --aws --stage NAME.\n"]);
  });
});
