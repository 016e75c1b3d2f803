import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { inMemory } from "#lib/local/data-folder";
import { type LocalPlatform, startPlatform } from "#lib/local/platform";
import { createMint } from "#shared/runtime/mint";
import { stopping } from "#shared/runtime/stopping";
import { liveTable } from "#shared/table/live-table";
import { createTeam } from "#shared/teams/create-team";
import { createTeamStore } from "#shared/teams/team-store";
import { callApi } from "#test/support/local-server";

let platform: LocalPlatform;
beforeAll(async () => {
  platform = await startPlatform({ port: 0, dataDir: inMemory });
});
// Undefined when it never started.
afterAll(() => (platform as LocalPlatform | undefined)?.stop());

const idless = (text: string) => text.replace(/req_\w{26}/, "req_");

describe("the platform in one process, in memory", () => {
  it("answers a message by way of gateway, table, queue and worker", async () => {
    const teams = createTeamStore(liveTable());
    const input = { name: "Acme", plan: "free" as const };
    const { api_key } = await createTeam({ teams }, input, createMint(Date.now()));
    const post = async (path: string, body: unknown) =>
      (await callApi(platform, api_key, "POST", path, body)).body.data;
    const bot = await post("/v1/bots", { name: "Bot" });
    const channel = await post(`/v1/bots/${String(bot["id"])}/channels`, { type: "web" });
    const answer = await post(`/v1/channels/${String(channel["id"])}/messages?wait=20`, {
      user: { id: "ada" },
      content: "Hello!",
    });
    expect(answer).toMatchObject({ reply: { role: "assistant", content: "Hello!" } });
  });

  it("gives unknown paths and methods the same JSON 404, with a request id", async () => {
    const asked = [
      ["POST", "/"],
      ["GET", "/v1/nothing"],
      ["PUT", "/v1/bots"],
      ["OPTIONS", "/v1/bots"],
      ["POST", "/v1/health"],
      ["GET", "/v1/bots/"],
      ["GET", "//v1/health"],
    ] as const;
    const answers = await Promise.all(
      asked.map(async ([method, path]) => {
        const response = await fetch(`${platform.url}${path}`, { method });
        expect(response.headers.get("x-request-id")).toMatch(/^req_\w{26}$/);
        return [response.status, idless(await response.text())];
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toEqual([404, expect.stringContaining('"code":"not_found"')]);
  });

  it.each(["/v1/health", "/v1/openapi.json", "/docs", "/docs/script.js", "/sdks/typescript.tgz"])(
    "answers HEAD %s with the headers of GET and without its body",
    async (path) => {
      const ask = async (method: string) => {
        const response = await fetch(`${platform.url}${path}`, { method });
        expect(response.headers.get("x-request-id")).toMatch(/^req_\w{26}$/);
        const ofOne = ["date", "x-request-id", "connection", "keep-alive"];
        const headers = Object.fromEntries(
          [...response.headers].filter(([name]) => !ofOne.includes(name)),
        );
        return { status: response.status, headers, text: await response.text() };
      };
      const got = await ask("GET");
      expect(Number(got.headers["content-length"])).toBeGreaterThan(0);
      expect(await ask("HEAD")).toEqual({ ...got, text: "" });
    },
  );

  it("gives HEAD the headers of the 404 without its body", async () => {
    const response = await fetch(`${platform.url}/v1/bots`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([404, ""]);
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(0);
  });

  it("refuses a body of more than 256 KiB with its own error and one above 10 MB as AWS does", async () => {
    const send = (bytes: number) =>
      fetch(`${platform.url}/v1/bots`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer x" },
        body: `"${"x".repeat(bytes)}"`,
      });
    expect((await send(300_000)).status).toBe(401);
    const long = await send(10 * 1024 * 1024);
    expect([long.status, await long.text()]).toEqual([413, '{"message":"Request Too Long"}']);
  });

  it("stops in order, and says so to everything in the process", async () => {
    expect(stopping.aborted).toBe(false);
    await platform.stop();
    expect(stopping.aborted).toBe(true);
    await expect(fetch(`${platform.url}/v1/health`)).rejects.toThrow("fetch failed");
  });
});
