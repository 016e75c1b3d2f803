import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import {
  callApi,
  type LocalServer,
  makeTeam,
  newDataDir,
  startLocalServer,
} from "#test/support/local-server";
import { type EverythingServer, mcpAnswer, startEverything } from "#test/support/mcp-servers";

const dataDir = newDataDir();
let server: LocalServer;
let key: string;
let everything: EverythingServer;
let model: FakeBackend;
let warehouse: FakeBackend;
let receiver: FakeBackend;

beforeAll(async () => {
  everything = await startEverything();
  [model, warehouse, receiver] = await Promise.all([
    startFakeBackend(),
    startFakeBackend(),
    startFakeBackend(),
  ]);
  // A slow machine looks often, and is not to meet a limit.
  ({ api_key: key } = await makeTeam(dataDir, "Acme", "enterprise"));
  server = await startLocalServer({ dataDir });
});
afterAll(async () => {
  await server.stop("SIGKILL");
  await Promise.all([everything.stop(), model.close(), warehouse.close(), receiver.close()]);
  rmSync(dirname(dataDir), { recursive: true, force: true });
});

/** The loop that the README has people paste. */
function readmeLoop() {
  const readme = readFileSync("README.md", "utf8");
  const [, json = ""] = /\/agent-loops -H [^\n]+ -d '(\{.+?\n\})'/s.exec(readme) ?? [];
  // The README's own JSON.
  return JSON.parse(json) as { model: object; tools: { type: string; name?: string }[] };
}

const call = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer } = await callApi(server, key, method, path, body);
  return { status, data: answer.data };
};

const killAndStart = async () => {
  await server.stop("SIGKILL");
  server = await startLocalServer({ dataDir });
};

const answeredBy = ({ body }: { readonly body: string }) =>
  // The platform's own request.
  (JSON.parse(body) as { messages: { role: string }[] }).messages.filter(
    ({ role }) => role === "assistant",
  ).length;

/** What the model says, by how often it has answered before; the first time it is asked it says nothing. */
const said = [
  { id: "call_1", name: "everything_get-sum", args: { a: 2, b: 40 } },
  {
    id: "call_2",
    name: "everything_trigger-long-running-operation",
    args: { duration: 3, steps: 3 },
  },
  { id: "call_3", name: "warehouse_ship", args: {} },
];

const hangsOnce = (wait: FakeBackend) => wait.requests.length === 1;

describe("the README's agent loop, killed again and again", () => {
  it("goes on from its last stored step, repeats no call that may have had an effect, and ends once", async () => {
    model.answer((request, response, alive) => {
      if (hangsOnce(model)) return;
      const next = said[answeredBy(request)];
      const answer = modelSays("openai", next ? { calls: [next] } : { text: "The sum is 42." });
      return answer(request, response, alive);
    });
    const ships = mcpAnswer({ tools: [{ name: "ship" }] });
    warehouse.answer((request, response, alive) =>
      request.body.includes("tools/call") ? undefined : ships(request, response, alive),
    );
    receiver.answer((request, response, alive) =>
      hangsOnce(receiver) ? undefined : answers.status(204)(request, response, alive),
    );

    const loop = readmeLoop();
    const created = await call("POST", "/v1/agent-loops", {
      ...loop,
      model: { ...loop.model, api_key: "sk-fake-0123456789", base_url: `${model.url}/v1` },
      tools: [
        ...loop.tools.map((tool) =>
          tool.type === "mcp" ? { ...tool, url: everything.url } : tool,
        ),
        { type: "mcp", name: "warehouse", url: warehouse.url },
      ],
      callback: { url: receiver.url },
    });
    expect(created.status).toBe(201);
    const secret = String(created.data["signing_secret"]);
    const run = await call("POST", `/v1/agent-loops/${String(created.data["id"])}/run`, {
      variables: { day: "Monday" },
    });
    expect(run.status).toBe(201);
    const path = `/v1/executions/${String(run.data["id"])}`;
    const steps = async () =>
      // What the reference promises, held by the tests of the route.
      (await call("GET", `${path}/steps`)).data as unknown as { kind: string }[];

    // While the model is asked for the first time.
    await model.received(1);
    await killAndStart();
    // While a tool without effects is at work: it is what comes after the third step.
    while ((await steps()).length < 3) await sleep(50);
    await sleep(500);
    await killAndStart();
    // While a tool that may have effects is at work.
    while (!warehouse.requests.some(({ body }) => body.includes("tools/call"))) await sleep(50);
    await killAndStart();
    // While the callback is on its way.
    await receiver.received(1);
    await killAndStart();
    await receiver.received(2);

    const ended = await call("GET", path);
    expect(ended.data).toMatchObject({
      status: "completed",
      result: { output: "The sum is 42.", iterations_used: 4, tool_calls: 3 },
      error: null,
    });
    expect(await steps()).toMatchObject([
      { number: 1, kind: "model", tool_calls: [{ name: "everything_get-sum" }] },
      { number: 2, kind: "tool", server: "everything", tool: "get-sum", is_error: false },
      { number: 3, kind: "model" },
      { number: 4, kind: "tool", is_error: false, result: expect.stringContaining("completed") },
      { number: 5, kind: "model" },
      { number: 6, kind: "tool", is_error: true, result: expect.stringContaining("unknown") },
      { number: 7, kind: "model", text: "The sum is 42." },
    ]);
    // Asked again only what was in flight at a kill.
    expect(model.requests.map(answeredBy)).toEqual([0, 0, 1, 2, 3]);
    const shipped = warehouse.requests.filter(({ body }) => body.includes("tools/call"));
    expect(shipped).toHaveLength(1);
    const ids = receiver.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
    for (const { body, headers } of receiver.requests) {
      // Sent strings are all that a receiver checks.
      const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
      expect(verified).toMatchObject({ status: "completed", result: { tool_calls: 3 } });
    }
  });
});
