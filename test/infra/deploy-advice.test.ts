import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { concurrencyAdvice, stageNameIn } from "#lib/aws/deploy-command";
import { stageNamed } from "#lib/aws/stages";
import { loadManifest } from "#lib/manifest";

const manifest = await loadManifest();
const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** What is said before a deployment where Lambda answers so. */
async function adviceWhere(status: number, answer: object, settings: object = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
  try {
    return [await concurrencyAdvice({ ...stageNamed("prod"), ...settings }, manifest), asked];
  } finally {
    server.close();
  }
}

const limitOf = (ConcurrentExecutions: number) => ({ AccountLimit: { ConcurrentExecutions } });

describe("Before a deployment", () => {
  it("a limit of 10 is told of in two sentences: what it means, and what to do", async () => {
    const [said, asked] = await adviceWhere(200, limitOf(10));
    expect(said).toBe(
      [
        "This account runs 10 functions at once, and the workers of prod alone may take 255: while they do, every request is answered with 503.",
        'Ask for 1000 (aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000), and until you have them set {"prod":{"workerConcurrency":2}} in stages.json.',
      ].join("\n"),
    );
    expect(asked).toEqual([
      expect.stringMatching(/^GET \/2016-08-19\/account-settings\/? .*\/eu-central-1\/lambda\//),
    ]);
  });

  it.each([
    ["that leaves a fifth to routes", 1_000, {}],
    ["of 10, of which workers take 2 each", 10, { workerConcurrency: 2 }],
  ])("a limit %s is nothing to speak of", async (_, limit, settings) => {
    expect((await adviceWhere(200, limitOf(limit), settings))[0]).toBeUndefined();
  });

  it("the stage's own region is asked, whatever the environment says", async () => {
    const home = { account: "111122223333", region: "eu-west-1" };
    const [, asked] = await adviceWhere(200, limitOf(1_000), { home });
    expect(asked).toEqual([expect.stringContaining("/eu-west-1/lambda/")]);
  });

  it.each([
    ["refuses", 403, { message: "User is not authorized" }, "User is not authorized"],
    ["does not know the call, as emulators may", 404, {}, ""],
    ["fails", 500, { message: "Out of order" }, "Out of order"],
  ])("where Lambda %s, one line says so", async (_, status, answer, problem) => {
    const [said, asked] = await adviceWhere(status, answer);
    expect(said).toMatch(
      /^How many functions the account may run at once is not known \(.+\); .*255\.$/,
    );
    expect(said).toContain(problem);
    expect(asked).toHaveLength(1);
  });
});

describe("The stage of a deployment", () => {
  it.each([
    [["-c", "stage=prod"], "prod"],
    [["--context", "stage=eu", "--require-approval", "never"], "eu"],
    [["--context=stage=eu"], "eu"],
    [["-c", "other=1", "-c", "stage=prod", "--outputs-file", "out.json"], "prod"],
    [["--require-approval", "never"], "dev"],
  ])("is read from %j as the CDK reads it", (args, name) => {
    expect(stageNameIn(args)).toBe(name);
  });
});
