import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createTableRequest } from "#lib/local/table-request";
import { noAwsCredentials } from "#test/support/aws-emulator";
import { openTestEngine } from "#test/support/embedded-clients";
import { type MadeTeam, newDataDir, runTeamWith } from "#test/support/local-server";

// DynamoDB with the table of one stage, where AWS's own would be.
const { engine } = openTestEngine();
engine.createTable(createTableRequest("chatbot-platform-dev"));
const dataDir = newDataDir();
let endpoint: Awaited<ReturnType<typeof engine.listen>>;
beforeAll(async () => {
  endpoint = await engine.listen(0);
});
afterAll(async () => {
  await endpoint.close();
  await engine.close();
  rmSync(dirname(dataDir), { recursive: true, force: true });
});

const team = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runTeamWith({
    dataDir,
    args,
    env: {
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      ...env,
    },
  });

const onDev = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await team(["--stage", "dev", ...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
};

describe("the team command with a stage", () => {
  it("makes, lists, changes and deletes teams in the stage's table, and touches no data folder", async () => {
    // What the command promises, checked by the test of its output.
    const made = (await onDev("create", "--name", "Acme", "--plan", "free")) as MadeTeam;
    expect(made).toEqual({
      team_id: expect.stringMatching(/^team_/),
      api_key: expect.stringMatching(/^sk_live_/),
    });
    const { team_id } = made;
    await onDev("set-plan", "--team", team_id, "--plan", "pro");
    expect(await onDev("list")).toEqual([
      expect.objectContaining({ team_id, name: "Acme", plan: "pro" }),
    ]);
    expect(await onDev("create-key", "--team", team_id)).toEqual({
      team_id,
      key_id: expect.stringMatching(/^key_/),
      api_key: expect.stringMatching(/^sk_live_/),
    });
    expect(await onDev("delete", "--team", team_id)).toEqual({ team_id, deleted: true });
    expect(await onDev("list")).toEqual([]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it("says that a stage is not deployed, and how to deploy it or look elsewhere", async () => {
    const { code, stdout, stderr } = await team(["--stage", "moon", "list"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      "There is no stage moon here: the table chatbot-platform-moon was not found. Deploy it with npm run deploy -- -c stage=moon. AWS_PROFILE and AWS_REGION choose the account and the region.\n",
    );
  });

  it("says in a sentence that AWS does not answer", async () => {
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const { code, stdout, stderr } = await team(["--stage", "dev", "list"], env);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^AWS does not answer: .*ECONNREFUSED.*\n$/);
  });

  it.each([
    ["credentials", noAwsCredentials, "There are no AWS credentials: "],
    [
      "region",
      { ...noAwsCredentials, AWS_REGION: "", AWS_DEFAULT_REGION: "" },
      "There is no AWS region.",
    ],
  ])("says in a sentence that there is no %s", async (_, env, sentence) => {
    const { code, stdout, stderr } = await team(["--stage", "dev", "list"], env);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("AWS_PROFILE and AWS_REGION choose");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each(["", "Prod", "../prod", "-prod"])("refuses %j as a stage", async (stage) => {
    const { code, stderr } = await team([`--stage=${stage}`, "list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("is no name of a stage");
  });
});
