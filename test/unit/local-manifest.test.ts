import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { loadHandler, loadManifest } from "#lib/manifest";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function functions(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "functions-"));
  folders.push(root);
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

const route = (operationId: string, method: string, path: string) =>
  `export const route = ${JSON.stringify({ operationId, method, path })};`;
const worker = (name: string, queue?: string) =>
  `export const worker = ${JSON.stringify({ name, trigger: queue ? { queue } : { everyMinutes: 1 } })};`;

describe("the manifest", () => {
  it("finds every route and worker on disk, in order", async () => {
    const root = functions({
      "bots/list/route.ts": route("listBots", "GET", "/v1/bots"),
      "bots/create/route.ts": route("createBot", "POST", "/v1/bots"),
      "bots/create/handler.ts": "export const handler = 1;",
      "hooks/telegram/route.ts": route("telegram", "POST", "/hooks/telegram/{id}"),
      "workers/inbound/worker.ts": worker("inbound", "inbound"),
      "workers/sweep/worker.ts": worker("sweep"),
      "workers/other/sweep-again.ts": "export {};",
    });

    const { routes, workers } = await loadManifest(root);

    expect(routes.map(({ folder, route: { operationId } }) => [folder, operationId])).toEqual([
      ["bots/create", "createBot"],
      ["bots/list", "listBots"],
      ["hooks/telegram", "telegram"],
    ]);
    expect(workers.map(({ folder, worker: { name } }) => [folder, name])).toEqual([
      ["workers/inbound", "inbound"],
      ["workers/sweep", "sweep"],
    ]);
  });

  it.each([
    [
      "one operation id twice",
      { "a/x/route.ts": route("get", "GET", "/a"), "b/x/route.ts": route("get", "GET", "/b") },
      "functions/a/x and functions/b/x have the same operation id, get.",
    ],
    [
      "one address twice, however its parameters are called",
      {
        "a/x/route.ts": route("a", "GET", "/v1/bots/{id}"),
        "b/x/route.ts": route("b", "GET", "/v1/bots/{bot_id}"),
      },
      "functions/a/x and functions/b/x have the same method and path, GET /v1/bots/{}.",
    ],
    [
      "two routes for everything else",
      {
        "a/x/route.ts": route("a", "GET", "/{proxy+}"),
        "b/x/route.ts": route("b", "POST", "/{proxy+}"),
      },
      "functions/a/x and functions/b/x have the same method and path, /{proxy+}.",
    ],
    [
      "a route with bodies that Lambda would not let through",
      {
        "a/x/route.ts": `export const route = ${JSON.stringify({ operationId: "a", method: "POST", path: "/a", maxBytes: 8 * 1024 * 1024 })};`,
      },
      "functions/a/x takes bodies of 8 MiB, and Lambda lets through 4 MiB at most.",
    ],
    [
      "one queue with two readers",
      { "workers/a/worker.ts": worker("a", "jobs"), "workers/b/worker.ts": worker("b", "jobs") },
      "functions/workers/a and functions/workers/b have the same queue, jobs.",
    ],
    [
      "a route file without a route",
      { "a/x/route.ts": "export const other = 1;" },
      "functions/a/x/route.ts does not export `route`.",
    ],
  ])("refuses %s", async (_, files, sentence) => {
    await expect(loadManifest(functions(files))).rejects.toThrow(sentence);
  });

  it("loads what Lambda calls", async () => {
    const root = functions({
      "bots/get/handler.ts": "export const handler = async (event: unknown) => ({ got: event });",
      "bots/bad/handler.ts": "export const handler = 1;",
    });
    const handler = await loadHandler("bots/get", root);
    expect(await handler(1, {} as never)).toEqual({ got: 1 });
    await expect(loadHandler("bots/bad", root)).rejects.toThrow(
      "functions/bots/bad/handler.ts exports a `handler` that is no function.",
    );
  });
});
