import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import {
  callApi,
  type LocalServer,
  newDataDir,
  runTeam,
  runUntilItEnds,
  startLocalServer,
} from "#test/support/local-server";

const folders: string[] = [];
const running: LocalServer[] = [];

function dataDir(): string {
  const dir = newDataDir();
  folders.push(dirname(dir));
  return dir;
}

async function start(dir: string, more: Partial<Parameters<typeof startLocalServer>[0]> = {}) {
  const server = await startLocalServer({ dataDir: dir, ...more });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop("SIGKILL")));
});
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const curlIn = (text: string) => /^ {2}(curl [^]*?)\n\n/m.exec(text)?.[1] ?? "";

describe("the first start on a folder", () => {
  const dir = dataDir();
  let first: LocalServer;
  beforeAll(async () => {
    first = await startLocalServer({ dataDir: dir });
  });
  // Undefined when it never started.
  afterAll(() => (first as LocalServer | undefined)?.stop("SIGKILL"));

  it("makes a demo and shows the reply to a first message", () => {
    expect(first.output()).toContain("a demo team with a bot and a web channel was made");
    const [, said, reply] = / {2}> (.+)\n {2}< (.+)\n/.exec(first.output()) ?? [];
    expect(said).toBe("Hello! Is anybody there?");
    expect(reply).toBe(said);
  });

  it("keeps the demo's key in a file for the owner alone, and prints where and not what it is", () => {
    const file = join(dir, "demo.json");
    const { api_key } = JSON.parse(readFileSync(file, "utf8")) as { api_key: string };
    expect(api_key).toMatch(/^sk_live_/);
    expect(first.output()).toContain(`API key is in ${file}`);
    expect(first.output()).not.toContain(api_key);
    expect([modeOf(dir), modeOf(file), modeOf(join(dir, "platform.sqlite"))]).toEqual([
      "700",
      "600",
      "600",
    ]);
  });

  it("prints a curl that works when it is pasted", () => {
    const curl = curlIn(first.output());
    expect(curl).toContain("/messages?wait=10");
    const { stdout } = spawnSync("sh", ["-c", curl.replace("curl ", "curl -s ")], {
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toMatchObject({ data: { reply: { content: "How are you?" } } });
  });

  it("makes the reference's files when they are asked for", async () => {
    expect(existsSync(join(dir, "assets"))).toBe(false);
    const path = `${first.url}/v1/openapi.json`;
    const asked = await Promise.all([fetch(path), fetch(path), fetch(path)]);
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(readdirSync(join(dir, "assets"))).toEqual(["openapi.json.gz"]);
  });

  it("says that private addresses are allowed", () => {
    expect(first.output()).toContain("ALLOW_PRIVATE_URLS=false forbids that");
  });

  it("answers on 127.0.0.1 alone", async () => {
    expect((await fetch(`${first.url}/v1/health`)).status).toBe(200);
    const elsewhere = first.url.replace("127.0.0.1", "127.0.0.2");
    await expect(fetch(`${elsewhere}/v1/health`)).rejects.toThrow("fetch failed");
  });

  it("refuses a second server on the same folder, and goes on itself", async () => {
    const second = await runUntilItEnds({ dataDir: dir });
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toBe(
      `Another server is running on ${dir}. Stop it, or set DATA_DIR to another folder.\n`,
    );
    expect((await fetch(`${first.url}/v1/health`)).status).toBe(200);
  });

  it("has a successor that remembers the demo, says where its key is, and makes no other", async () => {
    await first.stop();
    const next = await start(dir);
    expect(next.output()).not.toContain("was made");
    expect(next.output()).toContain(`API key is in ${join(dir, "demo.json")}`);
    expect(curlIn(next.output())).toContain("/messages?wait=10");
    const { stdout } = await runTeam(dir, "list", "--json");
    expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ name: "Demo" })]);
  });
});

describe("a start", () => {
  it("makes no demo when there is a team", async () => {
    const dir = dataDir();
    await runTeam(dir, "create", "--name", "Acme", "--plan", "free");
    const server = await start(dir);
    expect(server.output()).not.toMatch(/demo/i);
  });

  it("goes on with a demo that was only begun", async () => {
    const dir = dataDir();
    const { stdout } = await runTeam(dir, "create", "--name", "D", "--plan", "pro", "--json");
    writeFileSync(join(dir, "demo.json"), stdout, { mode: 0o600 });
    const server = await start(dir);
    expect(server.output()).toContain("  < Hello! Is anybody there?");
  });

  it("forbids private addresses when told so, and says nothing about them", async () => {
    // What Windows makes of `set ALLOW_PRIVATE_URLS=false && npm start`.
    const server = await start(dataDir(), { env: { PORT: "0 ", ALLOW_PRIVATE_URLS: "false " } });
    expect(server.output()).not.toContain("ALLOW_PRIVATE_URLS");
    const { api_key } = JSON.parse(readFileSync(join(server.dataDir, "demo.json"), "utf8")) as {
      api_key: string;
    };
    const { body } = await callApi(server, api_key, "GET", "/v1/bots");
    const [{ id }] = body.data as unknown as [{ id: string }];
    const refused = await callApi(server, api_key, "POST", `/v1/bots/${id}/integrations`, {
      name: "Mine",
      url: "http://127.0.0.1:9/",
    });
    expect(refused.status).toBe(422);
  });

  it("says where others are told to reach it, if that is another address", async () => {
    const server = await start(dataDir(), { env: { PUBLIC_URL: "https://chat.example.com/" } });
    expect(server.output()).toContain(
      "\nOthers reach it at https://chat.example.com, as platforms are told.\n",
    );
  });

  it("opens DynamoDB and SQS on loopback only when asked", async () => {
    const server = await start(dataDir(), { args: ["--endpoints"] });
    const endpoint = /answer at (http:\S+?),/.exec(server.output())?.[1] ?? "";
    const client = new DynamoDBClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "a" },
    });
    expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual(["chatbot-platform"]);
    client.destroy();
  });

  it("is refused on a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runUntilItEnds({
      dataDir: dataDir(),
      env: { PORT: String(port) },
    });
    expect([code, stderr]).toEqual([
      1,
      `Port ${port} is taken. Set PORT to another one, or to 0 for a free one.\n`,
    ]);
    other.close();
  });

  it.each([
    ["PORT is no number", { PORT: "abc" }, [], "PORT is abc, and must be a whole number"],
    ["PORT is too high", { PORT: "65536" }, [], "PORT is 65536, and must be a whole number"],
    [
      "PUBLIC_URL is no address",
      { PUBLIC_URL: "chat.example.com" },
      [],
      "PUBLIC_URL is chat.example.com, and must be an address such as https://chat.example.com.",
    ],
    [
      "PUBLIC_URL has a query",
      { PUBLIC_URL: "https://chat.example.com/?a=1" },
      [],
      "PUBLIC_URL is https://chat.example.com/?a=1, and must be an address",
    ],
    [
      "SYNCHRONOUS is not written so",
      { SYNCHRONOUS: "full" },
      [],
      "SYNCHRONOUS is full, and must be NORMAL or FULL.",
    ],
    [
      "ALLOW_PRIVATE_URLS is another word",
      { ALLOW_PRIVATE_URLS: "yes" },
      [],
      "ALLOW_PRIVATE_URLS is yes, and must be true or false.",
    ],
    [
      "LEASE_SECONDS is no number",
      { LEASE_SECONDS: "1m" },
      [],
      "LEASE_SECONDS is 1m, and must be a whole number from 1 to 900.",
    ],
    [
      "TEAM_SHARE_PERCENT is too much",
      { TEAM_SHARE_PERCENT: "101" },
      [],
      "TEAM_SHARE_PERCENT is 101, and must be a whole number from 1 to 100.",
    ],
    [
      "a platform's address is none",
      { TELEGRAM_API_URL: "localhost:8081" },
      [],
      "TELEGRAM_API_URL is localhost:8081, and must be an address such as https://api.telegram.org.",
    ],
    [
      "there is an unknown flag",
      {},
      ["--port"],
      "Unknown option '--port'. It takes --aws, --stage NAME and --endpoints; PORT and the like are variables of the environment.",
    ],
    [
      "Node is too old to read TypeScript",
      { NODE_OPTIONS: "--no-experimental-strip-types" },
      [],
      `This is Node ${process.version}, and the platform needs 22.18 or later.`,
    ],
  ])("is refused when %s", async (_, env, args, sentence) => {
    const ended = await runUntilItEnds({ dataDir: dataDir(), env, args });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) });
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each([
    ["a file", "taken", "is not a folder. Set DATA_DIR to one."],
    ["below a file", "taken/data", "is not a folder. Set DATA_DIR to one."],
  ])("is refused when DATA_DIR is %s", async (_, name, sentence) => {
    const parent = dirname(dataDir());
    writeFileSync(join(parent, "taken"), "");
    const { code, stderr } = await runUntilItEnds({ dataDir: join(parent, name) });
    expect([code, stderr]).toEqual([1, `${join(parent, name)} ${sentence}\n`]);
  });

  it("is refused on a database whose key file is gone, and leaves the database alone", async () => {
    const dir = dataDir();
    await runTeam(dir, "create", "--name", "Acme", "--plan", "free");
    rmSync(join(dir, "master.key"));
    const before = readFileSync(join(dir, "platform.sqlite"));
    const { code, stderr } = await runUntilItEnds({ dataDir: dir });
    expect(code).toBe(1);
    expect(stderr).toContain("The key file");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(readFileSync(join(dir, "platform.sqlite"))).toEqual(before);
  });

  it("is refused on a database that another key file belongs to, and leaves it its own", async () => {
    const [dir, other] = [dataDir(), dataDir()];
    for (const one of [dir, other]) {
      await runTeam(one, "create", "--name", "Acme", "--plan", "free");
    }
    const own = readFileSync(join(dir, "master.key"));
    writeFileSync(join(dir, "master.key"), readFileSync(join(other, "master.key")));
    const { code, stderr } = await runUntilItEnds({ dataDir: dir });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `The key file ${join(dir, "master.key")} does not belong to the database beside it, whose secrets cannot be read with it. Put back the one from the same backup as the database.\n`,
    );
    expect((await runTeam(dir, "list")).stderr).toBe(stderr);
    writeFileSync(join(dir, "master.key"), own);
    expect((await runTeam(dir, "list")).stdout).toContain("Acme");
  });

  it("goes on from a backup that was made as the guide says while the server ran", async () => {
    const server = await start(dataDir());
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const [, lines = ""] = /### On one machine\n[^]*?```sh\n([^]*?)```/.exec(guide) ?? [];
    const backUp = (dir: string, to: string) =>
      spawnSync("sh", ["-ec", lines.replaceAll(".data", dir).replaceAll("backup", to)], {
        encoding: "utf8",
      });
    const copy = join(dirname(server.dataDir), "copy");
    const made = backUp(server.dataDir, copy);
    expect([made.status, made.stderr]).toEqual([0, ""]);
    expect(modeOf(join(copy, "platform.sqlite"))).toBe("600");
    const none = dirname(dataDir());
    expect(backUp(none, join(none, "copy")).stderr).toContain("unable to open database file");
    expect(readdirSync(none)).toEqual(["copy"]);
    const { api_key } = JSON.parse(readFileSync(join(server.dataDir, "demo.json"), "utf8")) as {
      api_key: string;
    };
    const next = await start(copy);
    expect(next.output()).not.toContain("was made");
    const { body } = await callApi(next, api_key, "GET", "/v1/bots");
    expect(body.data).toMatchObject([{ name: "Demo bot" }]);
  });

  it("is refused on a database that is damaged", async () => {
    const dir = dataDir();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "platform.sqlite"), "This is no database. ".repeat(500));
    writeFileSync(join(dir, "master.key"), Buffer.alloc(32, 1), { mode: 0o600 });
    const { code, stderr } = await runUntilItEnds({ dataDir: dir });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database in .* is damaged: .*\n$/);
  });
});
