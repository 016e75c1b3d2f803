import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { callApi, makeTeam, newDataDir, startLocalServer } from "#test/support/local-server";

const dataDir = newDataDir();
afterAll(() => rmSync(dirname(dataDir), { recursive: true, force: true }));

/** The files of the data folder in which a text can be read, byte for byte. */
const filesWith = (text: string) =>
  readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));

it("keeps nothing of an erased user in any file once the server has stopped", async () => {
  const { api_key } = await makeTeam(dataDir, "Acme", "enterprise");
  const server = await startLocalServer({ dataDir });
  const call = (method: string, path: string, body?: unknown) =>
    callApi(server, api_key, method, path, body);
  const bot = await call("POST", "/v1/bots", { name: "Bot" });
  const botPath = `/v1/bots/${String(bot.body.data["id"])}`;
  const channel = await call("POST", `${botPath}/channels`, { type: "web" });
  const say = (id: string, content: string) =>
    call("POST", `/v1/channels/${String(channel.body.data["id"])}/messages?wait=20`, {
      user: { id },
      content,
    });
  // The longer ones fill pages of their own.
  for (let times = 1; times <= 1_000; times *= 10) await say("ada", "My secret. ".repeat(times));
  await say("bob", "My words stay.");
  expect(filesWith("My secret.")).not.toEqual([]);

  expect((await call("DELETE", `${botPath}/users/ada`)).status).toBe(200);
  const isThere = async () => {
    const { body } = await call("GET", `${botPath}/conversations?user_id=ada`);
    return (body.data as unknown as readonly unknown[]).length > 0;
  };
  while (await isThere()) await sleep(50);
  expect((await server.stop()).code).toBe(0);
  expect(filesWith("My words stay.")).not.toEqual([]);
  expect(filesWith("My secret.")).toEqual([]);
});
