import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  callApi,
  type LocalServer,
  makeTeam,
  newDataDir,
  runChannelWith,
  type RunOptions,
  runTeam,
  runTeamWith,
  runWorkWith,
  startLocalServer,
} from "#test/support/local-server";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function dataDir(): string {
  const dir = newDataDir();
  folders.push(dirname(dir));
  return dir;
}

const create = (dir: string, name: string) => makeTeam(dir, name, "free");

const list = async (dir: string) =>
  JSON.parse((await runTeam(dir, "list", "--json")).stdout) as { team_id: string; name: string }[];

describe("the team command", () => {
  it("may be the first on a folder, many at once", async () => {
    const dir = dataDir();
    const names = Array.from({ length: 10 }, (_, index) => `Team ${index}`);
    const made = await Promise.all(names.map((name) => create(dir, name)));
    expect(new Set(made.map(({ api_key }) => api_key)).size).toBe(10);
    const teams = await list(dir);
    expect(teams.map(({ name }) => name).sort()).toEqual(names);
    expect(new Set(teams.map(({ team_id }) => team_id))).toEqual(
      new Set(made.map(({ team_id }) => team_id)),
    );
  });

  it("prints one line of JSON", async () => {
    const args = ["create", "--name", "Acme", "--plan", "free", "--json"];
    const ended = await runTeam(dataDir(), ...args);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^\{"team_id":"team_\w{26}","api_key":"sk_live_\w+"\}\n$/);
  });

  it("prints for people what it prints for programs", async () => {
    const dir = dataDir();
    const { stdout } = await runTeam(dir, "create", "--name", "Acme", "--plan", "pro");
    expect(stdout).toMatch(/^Team {5}team_\w{26}\nAPI key {2}sk_live_\w+\n.+\n$/);
    expect((await runTeam(dir, "list")).stdout).toMatch(/^team_\w{26} {2}pro {9}\S+Z {2}Acme\n$/);
    const help = await runTeam(dir, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("create --name NAME --plan PLAN");
  });

  it.each([
    [[], "Say what to do"],
    [["destroy"], "There is no command destroy"],
    [["create"], "A team needs a name"],
    [["create", "--name", "A"], "Which plan?"],
    [["create", "--name", "A", "--plan", "gold"], "gold is no plan"],
    [["create", "--name", " ", "--plan", "free"], "--name: Must be 1 to 100 characters long."],
    [["create", "--name", "A", "--plan", "free", "--team", "x"], "create takes no --team"],
    [["create", "extra", "--name", "A", "--plan", "free"], "What is extra?"],
    [["list", "--plan", "free"], "list takes no --plan"],
    [["set-plan", "--plan", "free"], "Which team?"],
    [["create-key"], "Which team?"],
    [["create-key", "--team", "x", "--plan", "free"], "create-key takes no --plan"],
    [["create-key", "--team", "x", "--name", ""], "--name: Must be 1 to 100 characters long."],
    [
      ["create-key", "--team", "x", "--scopes", "bots:read,all"],
      "all is no scope. There are bots:",
    ],
    [["create-key", "--team", "x", "--scopes", ""], "--scopes:  is no scope."],
    [["list", "--scopes", "admin"], "list takes no --scopes"],
    [["delete"], "Which team?"],
    [["delete", "--tem", "x"], "Unknown option '--tem'"],
  ])("explains wrong arguments: %j", async (args, sentence) => {
    const ended = await runTeam(dataDir(), ...args);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).toContain("npm run team -- --help says more.");
  });

  it.each([["set-plan", "--plan", "pro"], ["create-key"], ["delete"]])(
    "says that there is no such team: %s",
    async (...command) => {
      const dir = dataDir();
      await create(dir, "Acme");
      const ended = await runTeam(dir, ...command, "--team", "team_unknown");
      expect(ended).toMatchObject({
        code: 1,
        stdout: "",
        stderr: "There is no team team_unknown.\n",
      });
    },
  );
});

describe("an operator's command", () => {
  type Run = (options: RunOptions) => Promise<unknown>;
  it.each<[string, Run, ...string[]]>([
    ["team", runTeamWith, "list"],
    ["team", runTeamWith, "set-plan", "--team", "team_a", "--plan", "pro"],
    ["team", runTeamWith, "create-key", "--team", "team_a"],
    ["team", runTeamWith, "delete", "--team", "team_a"],
    ["work", runWorkWith, "list"],
    ["work", runWorkWith, "retry"],
    ["channel", runChannelWith, "check", "ch_01jd7zq3c8e9v5r2k4m6n8p0ab"],
  ])("finds no platform in a folder that has none, and makes none there: %s", async (...row) => {
    const [, run, ...args] = row;
    const dir = dataDir();
    expect(await run({ dataDir: dir, args })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `There is no platform in ${dir}. Set DATA_DIR to the folder that its server keeps everything in.\n`,
    });
    expect(existsSync(dir)).toBe(false);
  });
});

describe("the team command beside a running server", () => {
  const dir = dataDir();
  let server: LocalServer;
  beforeAll(async () => {
    server = await startLocalServer({ dataDir: dir });
  });
  // Undefined when it never started.
  afterAll(() => (server as LocalServer | undefined)?.stop("SIGKILL"));

  it("makes teams whose keys work at once, ten at a time", async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) => create(dir, `Busy ${index}`)),
    );
    const answers = await Promise.all(
      made.map(({ api_key }) => callApi(server, api_key, "GET", "/v1/team")),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });

  it("changes a team's plan", async () => {
    const { team_id, api_key } = await create(dir, "Growing");
    const args = ["set-plan", "--team", team_id, "--plan", "enterprise", "--json"];
    const { code, stdout } = await runTeam(dir, ...args);
    expect([code, JSON.parse(stdout)]).toEqual([0, { team_id, plan: "enterprise" }]);
    const { body } = await callApi(server, api_key, "GET", "/v1/team");
    expect(body.data).toMatchObject({ plan: "enterprise" });
    const log = await callApi(server, api_key, "GET", "/v1/audit-log");
    expect(log.body.data).toMatchObject([
      { action: "team.plan_changed", actor: { type: "operator" }, after: { plan: "enterprise" } },
      { action: "team.created", actor: { type: "operator" }, resource_id: team_id },
    ]);
  });

  it("makes a key for a team that has lost its own, which works at once", async () => {
    const { team_id, api_key } = await create(dir, "Locked out");
    const { code, stdout } = await runTeam(dir, "create-key", "--team", team_id, "--json");
    expect(stdout).toMatch(
      /^\{"team_id":"team_\w{26}","key_id":"key_\w{26}","api_key":"sk_live_\w+"\}\n$/,
    );
    const made = JSON.parse(stdout) as { team_id: string; key_id: string; api_key: string };
    expect([code, made.team_id]).toEqual([0, team_id]);
    const all = await callApi(server, made.api_key, "GET", "/v1/api-keys?per_page=1");
    expect(all.body.data).toMatchObject([
      { id: made.key_id, name: "Made by the operator", expires_at: null },
    ]);
    const log = await callApi(server, api_key, "GET", `/v1/audit-log?resource_id=${made.key_id}`);
    expect(log.body.data).toMatchObject([
      { action: "api_key.created", actor: { type: "operator", id: null }, request_id: null },
    ]);
    // The cursors of the team's keys are the same.
    const next = `/v1/api-keys?per_page=1&cursor=${String(all.body.meta?.next_cursor)}`;
    expect((await callApi(server, api_key, "GET", next)).body.data).toMatchObject([
      { name: "First key" },
    ]);
  });

  it("makes a key with a name and some scopes", async () => {
    const { team_id, api_key } = await create(dir, "Careful");
    const args = ["--name", "Reader", "--scopes", "bots:read,channels:read"];
    const { code, stdout } = await runTeam(dir, "create-key", "--team", team_id, ...args);
    expect(code).toBe(0);
    const [, id, key] = /Key id {3}(\w+)\nAPI key {2}(\w+)\n.+ bots:read, channels:read\.\n$/.exec(
      stdout,
    )!;
    const { body } = await callApi(server, api_key, "GET", `/v1/api-keys/${id}`);
    expect(body.data).toMatchObject({ name: "Reader", scopes: ["bots:read", "channels:read"] });
    expect((await callApi(server, key!, "GET", "/v1/bots")).status).toBe(200);
    expect((await callApi(server, key!, "GET", "/v1/api-keys")).status).toBe(403);
  });

  it("says that a team has as many keys as it can have", async () => {
    const { team_id, api_key } = await create(dir, "Collector");
    for (let number = 1; number < 50; number++) {
      const name = `Key ${number}`;
      const { status } = await callApi(server, api_key, "POST", "/v1/api-keys", { name });
      expect(status).toBe(201);
    }
    expect(await runTeam(dir, "create-key", "--team", team_id)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "A team can have 50 API keys. Delete one to make another.\n",
    });
  });

  it("deletes a team: its key is refused at once, and it is gone from the list", async () => {
    const { team_id, api_key } = await create(dir, "Leaving");
    expect((await callApi(server, api_key, "GET", "/v1/team")).status).toBe(200);
    const { code, stdout } = await runTeam(dir, "delete", "--team", team_id, "--json");
    expect([code, JSON.parse(stdout)]).toEqual([0, { team_id, deleted: true }]);
    expect((await callApi(server, api_key, "GET", "/v1/team")).status).toBe(401);
    expect((await list(dir)).map((team) => team.team_id)).not.toContain(team_id);
    expect((await runTeam(dir, "delete", "--team", team_id)).code).toBe(1);
  });
});
