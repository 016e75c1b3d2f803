import { spawnSync } from "node:child_process";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { bucketNameOf } from "#lib/deployed-names";
import { emptyBucket, findBucket } from "#lib/operator/stage-bucket";
import { type FakeBackend, startFakeBackend } from "#test/support/fake-backend";

const region = "eu-central-1";
const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };

/** What is in each bucket of the account. */
let buckets: Map<string, Set<string>>;
/** How many keys S3 tells at once. */
const pageSize = 3;
let kept: string | undefined;
let s3: FakeBackend;
beforeEach(async () => {
  buckets = new Map();
  kept = undefined;
  s3 = await startFakeBackend();
  s3.answer(({ method, path }, response) => {
    const { pathname, searchParams } = new URL(path, s3.url);
    const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/.exec(pathname) ?? [];
    const keys = buckets.get(bucket) ?? new Set();
    if (method === "DELETE" && key !== kept) keys.delete(decodeURIComponent(key));
    if (method !== "GET") return void response.writeHead(204).end();
    const isEncoded = searchParams.get("encoding-type") === "url";
    const shown = (one: string) =>
      isEncoded ? encodeURIComponent(one).replaceAll("%2F", "/").replaceAll("%20", "+") : one;
    const tell = (element: string, names: Iterable<string>) =>
      Array.from(names, (name) => `<${element}>${name}</${element}>`).join("");
    const told =
      bucket === ""
        ? `<Buckets>${tell("Name", buckets.keys())}</Buckets>`
        : tell("Key", [...keys].slice(0, pageSize).map(shown));
    response.writeHead(200, { "content-type": "application/xml" }).end(`<Result>${told}</Result>`);
  });
});
afterEach(() => s3.close());

const place = () => ({
  settings: new DynamoDBClient({ region, credentials }).config,
  endpoint: s3.url,
});

describe("The bucket of a stage", () => {
  it("is found by its name alone, among those of other stages, accounts and regions", async () => {
    const account = "111122223333";
    const name = bucketNameOf("dev", account, region);
    for (const other of ["dev-two", "prod"]) {
      buckets.set(bucketNameOf(other, account, region), new Set());
    }
    buckets.set(bucketNameOf("dev", account, "us-east-1"), new Set());
    buckets.set("chatbot-platform-dev", new Set());
    expect(await findBucket(place(), "dev")).toBeUndefined();
    buckets.set(name, new Set());
    expect(await findBucket(place(), "dev")).toEqual({ name, endpoint: s3.url });
  });

  it("is found where the stage's name is too long for it", async () => {
    const stage = "a-stage-of-a-very-long-name";
    const name = bucketNameOf(stage, "111122223333", region);
    buckets.set(name, new Set());
    expect((await findBucket(place(), stage))?.name).toBe(name);
  });

  it("is emptied of all it holds, page after page, and no other bucket is", async () => {
    const keys = Array.from({ length: 8 }, (_, number) => `team_a/file_${number}`);
    const odd = ["a person's own & file.txt", "plus+plus", "ünï/çode"];
    buckets.set("ours", new Set([...keys, ...odd]));
    buckets.set("theirs", new Set(["kept"]));
    expect(await emptyBucket(place(), { name: "ours", endpoint: s3.url })).toBe(11);
    expect([...buckets].map(([name, { size }]) => [name, size])).toEqual([
      ["ours", 0],
      ["theirs", 1],
    ]);
    expect(await emptyBucket(place(), { name: "ours", endpoint: s3.url })).toBe(0);
  });

  it("is given up when something in it does not go", async () => {
    buckets.set("ours", new Set(["a", "b"]));
    kept = "b";
    const emptied = emptyBucket(place(), { name: "ours", endpoint: s3.url });
    await expect(emptied).rejects.toThrow("S3 did not delete b in ours.");
  });
});

describe("npm run destroy", () => {
  const run = (args: string[], input: string) =>
    spawnSync("node_modules/.bin/node", ["bin/destroy.ts", ...args], {
      encoding: "utf8",
      input,
      // Nobody is there, if it should go on.
      env: { ...process.env, AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_PROFILE: "nobody" },
    });

  it.each([
    ["yes", "yes\n"],
    ["the name of another stage", "prod\n"],
    ["nothing", ""],
  ])("removes nothing when its question is answered with %s", (_, input) => {
    const { status, stdout, stderr } = run(["-c", "stage=dev"], input);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("This removes the stage dev with its table, its key and its files");
    expect(stderr).toContain("Nothing was removed.");
  });

  it("names the stages when it is given none that there is", () => {
    const { status, stderr } = run(["-c", "stage=moon"], "");
    expect(status).toBe(1);
    expect(stderr).toContain("There is no stage moon.");
  });
});
