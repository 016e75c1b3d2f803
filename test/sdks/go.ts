import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { go as language, modulePath } from "#lib/sdk/go/go";
import { fullName, methodsOf } from "#lib/sdk/model";
import { wordsOf } from "#lib/sdk/words";
import type { Bench } from "./bench.ts";
import { answerByExample, isOf } from "./examples.ts";
import { mutants } from "./go-mutants.ts";
import { answersSigned, secret } from "./listening.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";

const execute = promisify(execFile);
const driver = join(import.meta.dirname, "driver-go");

/** The tools of the machine alone, and no server of anybody. */
const env = {
  ...process.env,
  GOPROXY: "off",
  GOFLAGS: "-mod=mod",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
};
const tool = (folder: string, command: string, ...args: string[]) =>
  execute(command, args, { cwd: folder, env }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${args.join(" ")}:\n${error.stdout}${error.stderr}`, {
        cause: error,
      });
    },
  );

const unpacked = ({ work }: Places) => join(work, "chatbot");
const mutated = ({ work }: Places) => join(work, "mutant");

/** A program of a user, with the SDK beside it. */
async function begin(folder: string, sdk: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await tool(folder, "go", "mod", "init", "example");
  await tool(folder, "go", "mod", "edit", `-replace=${modulePath}=${sdk}`);
}

/** A folder with the driver in it. */
async function layDriver(folder: string, sdk: string): Promise<void> {
  await begin(folder, sdk);
  await cp(driver, folder, { recursive: true });
  await tool(folder, "go", "get", modulePath);
}

async function buildDriver(folder: string): Promise<StartDriver> {
  // Without what debuggers read, which takes the linker its time.
  await tool(folder, "go", "build", "-ldflags=-s -w", "-o", "program");
  return (given) => startDriver(join(folder, "program"), [], given);
}

export const go: Proven = {
  language,
  needs: [
    { command: "go", package: "golang-go" },
    { command: "unzip", package: "unzip" },
  ],
  install: async (places) => {
    await execute("unzip", ["-q", places.packed, "-d", places.work]);
    await cp(unpacked(places), mutated(places), { recursive: true });
    await layDriver(join(places.work, "driver"), unpacked(places));
    await layDriver(join(places.work, "of-mutant"), mutated(places));
    return buildDriver(join(places.work, "driver"));
  },
  installMutant: async (places, file, text) => {
    await cp(unpacked(places), mutated(places), { recursive: true });
    await writeFile(join(mutated(places), file), text);
    return buildDriver(join(places.work, "of-mutant"));
  },
  checkDocumentation: async (places, bench) => {
    const { stdout } = await tool(unpacked(places), "gofmt", "-l", ".");
    assert.equal(stdout, "", "gofmt would write these otherwise.");
    await tool(unpacked(places), "go", "vet", "./...");
    const folder = join(places.work, "documentation");
    await begin(folder, unpacked(places));
    await writeReadme(places, folder);
    await writeSamples(bench, folder);
    await tool(folder, "go", "get", modulePath);
    const unformatted = await tool(folder, "gofmt", "-l", "samples");
    assert.equal(unformatted.stdout, "", "gofmt would write these otherwise.");
    await tool(folder, "go", "vet", "./...");
    const { proxy, platform, model } = bench;
    const given = { CHATBOT_PLATFORM_API_KEY: platform.key, CHATBOT_PLATFORM_BASE_URL: proxy.url };
    proxy.plan();
    // Far from UTC, where it shows how times are sent.
    await runProgram(folder, "./readme", { ...given, TZ: "Asia/Tokyo" });
    for (const name of ["quickstart", "agent-loop"]) {
      await runProgram(unpacked(places), `./examples/${name}`, given);
    }
    const { backendExample, events } = model;
    const listening = async (name: string, env: Readonly<Record<string, string>>) => ({
      program: await build(unpacked(places), `./examples/${name}`),
      env,
    });
    const backend = await listening("backend", { SIGNING_SECRET: secret });
    await answersSigned(backend, backendExample.request, 200);
    const webhooks = await listening("webhooks", { CHATBOT_PLATFORM_WEBHOOK_SECRET: secret });
    await answersSigned(webhooks, events[0]?.example, 204);
    proxy.answerAll(answerByExample(model));
    await runProgram(folder, "./samples", given);
    for (const [index, method] of methodsOf(model).entries()) {
      const seen = proxy.seen[index];
      assert.ok(seen && isOf(method, seen), `${fullName(method)} asked ${seen?.path}`);
      const wanted = method.body ? (method.example.body ?? {}) : null;
      assert.deepEqual(JSON.parse(seen.body || "null"), wanted, fullName(method));
    }
    assert.equal(proxy.seen.length, methodsOf(model).length, "Each sample asks once.");
    proxy.plan();
  },
  mutants,
};

const packages: Readonly<Record<string, string>> = {
  chatbot: modulePath,
  context: "context",
  errors: "errors",
  fmt: "fmt",
  http: "net/http",
  httptest: "net/http/httptest",
  io: "io",
  log: "log",
  strings: "strings",
  time: "time",
};

/** The README is one program from its first block to its last. */
async function writeReadme(places: Places, folder: string): Promise<void> {
  const readme = await readFile(join(unpacked(places), "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```go\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  const code = blocks.join("\n").replaceAll(/^import .*$/gm, "");
  const imports = Object.entries(packages).filter(([name]) =>
    new RegExp(`(?<![\\w.])${name}\\.[A-Z]`).test(code),
  );
  await mkdir(join(folder, "readme"), { recursive: true });
  await writeFile(
    join(folder, "readme/main.go"),
    [
      "package main",
      ...imports.map(([, path]) => `import ${JSON.stringify(path)}`),
      "func main() {",
      code,
      "}",
    ].join("\n"),
  );
}

/** Every sample as a function of one program, since each would take a linker's time. */
async function writeSamples({ model }: Bench, folder: string): Promise<void> {
  await mkdir(join(folder, "samples"), { recursive: true });
  const names: string[] = [];
  for (const method of methodsOf(model)) {
    const name = wordsOf(fullName(method)).join("_");
    names.push(name);
    const text = language.sample(model, method).replace("func main()", `func ${name}()`);
    await writeFile(join(folder, "samples", `${name}_sample.go`), text);
  }
  const main = ["package main", "", "func main() {", ...names.map((name) => `\t${name}()`), "}"];
  await writeFile(join(folder, "samples/main.go"), `${main.join("\n")}\n`);
}

async function build(folder: string, name: string): Promise<string> {
  await tool(folder, "go", "build", "-o", "program", name);
  return join(folder, "program");
}

async function runProgram(
  folder: string,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<void> {
  const program = await build(folder, name);
  await execute(program, [], { env: { ...process.env, ...given }, timeout: 30_000 }).catch(
    (error: { stderr?: string }) => {
      throw new Error(`${name}:\n${error.stderr}`, { cause: error });
    },
  );
}
