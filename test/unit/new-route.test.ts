import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { fillTemplate } from "#lib/new-route/fill-template";
import { writeRoute } from "#lib/new-route/write-route";

const root = fileURLToPath(new URL("../..", import.meta.url));
const parts = ["functions", "lib", "shared", "test/support"];
const settings = ["package.json", "tsconfig.json", ".oxlintrc.json", ".prettierrc"];

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "new-route-"));
  for (const part of [...parts, ...settings]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  // As if endpoints were a new noun.
  rmSync(join(copy, "functions/webhooks"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true }));

const read = (file: string) => readFileSync(join(copy, file), "utf8");

/** Runs a program of the copy; what it prints, and whether it was content. */
const run = (program: string, ...args: string[]) =>
  new Promise<{ ok: boolean; text: string }>((resolve) => {
    const path = join(copy, "node_modules/.bin", program);
    const env = { ...process.env, NODE_OPTIONS: "--no-warnings" };
    execFile(path, args, { cwd: copy, env }, (error, stdout, stderr) =>
      resolve({ ok: error === null, text: stdout + stderr }),
    );
  });

/** Two words, the five usual verbs, nouns under others, a noun that has no routes yet. */
const routes = [
  ["bots", "archive", "archive-bot"],
  ["bots", "unarchive", "unarchive-bot"],
  ["integrations", "rotate-token", "rotate-integration-token"],
  ["conversations", "update", "update-conversation"],
  ["executions", "delete", "delete-execution"],
  ["webhooks", "list", "list-webhook-endpoints"],
  ["webhooks", "create", "create-webhook-endpoint"],
  ["webhooks", "get", "get-webhook-endpoint"],
] as const;

const filesOf = ([noun, verb, test]: (typeof routes)[number]) => [
  `functions/${noun}/${verb}/route.ts`,
  `functions/${noun}/${verb}/handler.ts`,
  `test/routes/${test}.test.ts`,
];

describe("npm run new:route", () => {
  it("writes route, handler and test, and says what to do next", async () => {
    for (const route of routes) {
      const said = await writeRoute(copy, route[0], route[1]);
      expect(said.slice(0, 3)).toEqual(filesOf(route).map((file) => `Wrote ${file}`));
      expect(said.join("\n")).toContain(`npm test -- test/routes/${route[2]}.test.ts`);
      const named = said.slice(3).flatMap((line) => line.match(/\b(lib|test)\/[\w./-]*\w/g) ?? []);
      expect(
        named.filter((file) => ![copy, root].some((at) => existsSync(join(at, file)))),
      ).toEqual([]);
    }
    expect(read("functions/bots/archive/route.ts")).toContain(
      `  operationId: "archiveBot",\n  method: "POST",\n  path: "/v1/bots/{id}/archive",\n`,
    );
    expect(read("functions/integrations/rotate-token/route.ts")).toContain(
      `operationId: "rotateIntegrationToken"`,
    );
    expect(read("functions/webhooks/list/route.ts")).toContain(
      `operationId: "listWebhookEndpoints"`,
    );
  });

  it("writes files that type-check, are formatted and have nothing to lint", async () => {
    const files = routes.flatMap(filesOf);
    // These and what they import: the others need not be looked at.
    const { compilerOptions } = JSON.parse(read("tsconfig.json"));
    writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const types = await run("tsc", "--noEmit");
    // Whatever the rest of a checkout looks like at this moment.
    expect(types.text.split("\n").filter((line) => files.some((f) => line.includes(f)))).toEqual(
      [],
    );
    const lint = await run("oxlint", "--type-aware", "--deny-warnings", ...files);
    expect(lint).toEqual({ ok: true, text: expect.stringContaining("0 warnings and 0 errors") });
    expect(await run("prettier", "--check", ...files)).toMatchObject({ ok: true });
  });

  it("writes a test that fails until the handler is written, and passes then", async () => {
    const test = ["--rootDir", copy, "test/routes/archive-bot.test.ts"];
    const before = await run("jest", ...test);
    expect(before.ok).toBe(false);
    expect(before.text).toContain("archiveBot is not written yet.");
    expect(before.text).toContain("✕ archives the bot");
    expect(before.text).toContain("✓ answers 401 without a key");

    const handler = read("functions/bots/get/handler.ts");
    const written = handler.replace("return { body: bot };", "return { body: { id: bot.id } };");
    expect(written).not.toBe(handler);
    writeFileSync(join(copy, "functions/bots/archive/handler.ts"), written);
    const after = await run("jest", ...test);
    expect(after.text).toContain("✓ archives the bot");
    expect(after.ok).toBe(true);
  });

  it.each(["route.ts", "handler.ts"])("overwrites nothing: not a lone %s", async (name) => {
    const folder = join(copy, "functions/channels/mute");
    cpSync(join(copy, "functions/channels/get", name), join(folder, name), { recursive: true });
    const mine = read(`functions/channels/mute/${name}`);
    await expect(writeRoute(copy, "channels", "mute")).rejects.toThrow(
      `functions/channels/mute/${name} is there already; nothing was written.`,
    );
    expect(read(`functions/channels/mute/${name}`)).toBe(mine);
    expect(() => read("test/routes/mute-channel.test.ts")).toThrow("ENOENT");
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["cats", "pet", "There is no noun cats. The nouns: bots, integrations,"],
    ["toString", "pet", "There is no noun toString."],
    ["bots", "../escape", "A verb is words of a-z joined by -, such as archive; ../escape is not."],
    ["bots", "Archive", "A verb is words of a-z joined by -"],
    ["bots", "", "A verb is words of a-z joined by -"],
  ])("refuses %s %s in a sentence", async (noun, verb, sentence) => {
    await expect(writeRoute(copy, noun, verb)).rejects.toThrow(sentence);
  });
});

describe("A template", () => {
  it("has no place that is not filled", async () => {
    await expect(fillTemplate("handler.ts", {})).rejects.toThrow(
      "handler.ts has a place {{operationId}}.",
    );
  });

  it("loses the lines whose places stay empty, and what nothing imports then", async () => {
    const places = Object.fromEntries(
      "operationId method path tag summary scope body answers status location example"
        .split(" ")
        .map((place) => [place, "1"]),
    );
    const text = await fillTemplate("route.ts", {
      ...places,
      params: undefined,
      data: "deleted()",
    });
    expect(text).not.toContain("params");
    expect(text).not.toContain("valibot");
    expect(text).toContain('import { deleted } from "#shared/schema/fields";');
  });
});
