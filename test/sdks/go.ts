import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { go as language, modulePath } from "#lib/sdk/go/go";
import { fullName, methodsOf, type SdkModel } from "#lib/sdk/model";
import { wordsOf } from "#lib/sdk/words";
import { valueOf } from "./bench.ts";
import { fails, get, ok } from "./cases/canned.ts";
import { answerByExample, isOf } from "./examples.ts";
import { mutants } from "./go-mutants.ts";
import { chosenMutant, withAll } from "./go-mutated.ts";
import { answersSigned, secret } from "./listening.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { tool } from "./tool.ts";
import { writeVectors } from "./vectors.ts";

const driver = join(import.meta.dirname, "driver-go");

/** The tools of the machine alone, and no server of anybody. What lies elsewhere is the same to the compiler's cache. */
const env = {
  GOPROXY: "off",
  GOFLAGS: "-mod=mod -trimpath",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
};
/** For what is fetched once. */
const fetching = { ...env, GOPROXY: process.env["GOPROXY"] };
/** The oldest Go that the SDK promises. */
const oldest = { ...fetching, GOTOOLCHAIN: "go1.24.13" };

const toolOf =
  (given: NodeJS.ProcessEnv) =>
  (folder: string, command: string, ...args: string[]) =>
    tool(command, args, { cwd: folder, env: given });
const [newTool, oldTool] = [toolOf(env), toolOf(oldest)];
// Without what debuggers read, which takes the linker its time.
const building = ["build", "-ldflags=-s -w", "-o", "program"];

/** A library of somebody else's for Standard Webhooks. */
const foreign = "github.com/standard-webhooks/standard-webhooks/libraries@v0.0.1";

const unpacked = ({ work }: Places) => join(work, "chatbot");

/** The driver with an SDK beside it. */
async function layDriver(folder: string, sdk: string): Promise<void> {
  await cp(driver, folder, { recursive: true });
  const lines = ["module driver", "go 1.24", `require ${modulePath} v0.0.0`];
  await writeFile(join(folder, "go.mod"), [...lines, `replace ${modulePath} => ${sdk}`].join("\n"));
}

export const go: Proven = {
  language,
  needs: [
    { command: "go", package: "golang-go" },
    { command: "unzip", package: "unzip" },
  ],
  cases: [
    {
      title: "has middleware stand around every try, the first one outermost",
      run: async (bench) => {
        bench.proxy.plan(fails(503), ok);
        await valueOf(bench, { ...get, client: { own: { middleware: ["one", "two"] } } });
        const seen = bench.proxy.seen.map(({ headers }) => headers["x-middleware"]);
        assert.deepEqual(seen, ["one, two", "one, two"]);
      },
    },
  ],
  install: async (places) => {
    await tool("unzip", ["-q", places.packed, "-d", places.work]);
    const folder = join(places.work, "driver");
    await layDriver(folder, unpacked(places));
    await oldTool(folder, "go", ...building);
    return (given) => startDriver(join(folder, "program"), [], given);
  },
  installMutants: async (places, mutated) => {
    const [sdk, folder] = [join(places.work, "mutated"), join(places.work, "driver-of-mutants")];
    await cp(unpacked(places), sdk, { recursive: true });
    for (const file of new Set(mutated.map((one) => one.file))) {
      const text = await readFile(join(sdk, file), "utf8");
      const ofFile = [...mutated.entries()].filter(([, one]) => one.file === file);
      const all = new Map(ofFile.map(([number, one]) => [number, one.text]));
      await writeFile(join(sdk, file), withAll(text, all));
    }
    await writeFile(join(sdk, "mutant.go"), chosenMutant);
    await layDriver(folder, sdk);
    await newTool(folder, "go", ...building);
    return mutated.map(
      (_, number): StartDriver =>
        (given) =>
          startDriver(join(folder, "program"), [], { MUTANT: String(number), ...given }),
    );
  },
  checkDocumentation: async (places, { model, proxy, platform }) => {
    const { stdout } = await newTool(unpacked(places), "gofmt", "-l", ".");
    assert.equal(stdout, "", "gofmt would write these otherwise.");
    await oldTool(unpacked(places), "go", "vet", "./...");
    const folder = join(places.work, "documentation");
    await mkdir(folder);
    await writeReadme(places, folder);
    await writeSamples(model, folder);
    for (const [name, file] of [
      ["foreign", "foreign-webhooks.go"],
      ["printed", "printed.go"],
    ] as const) {
      await mkdir(join(folder, name));
      await cp(join(driver, "..", file), join(folder, name, "main.go"));
    }
    // As a user begins.
    await newTool(folder, "go", "mod", "init", "example");
    await newTool(folder, "go", "mod", "edit", `-replace=${modulePath}=${unpacked(places)}`);
    await newTool(folder, "go", "get", modulePath);
    await toolOf(fetching)(folder, "go", "get", foreign);
    const unformatted = await newTool(folder, "gofmt", "-l", "samples");
    assert.equal(unformatted.stdout, "", "gofmt would write these otherwise.");
    await newTool(folder, "go", "vet", "./...");
    const programs = join(folder, "programs");
    const examples = `${modulePath}/examples/...`;
    await newTool(folder, "go", "build", "-ldflags=-s -w", "-o", `${programs}/`, "./...", examples);
    const given = { CHATBOT_PLATFORM_API_KEY: platform.key, CHATBOT_PLATFORM_BASE_URL: proxy.url };
    await tool(join(programs, "foreign"), [await writeVectors(places)]);
    await tool(join(programs, "printed"), []);
    proxy.plan();
    // Far from UTC, where it shows how times are sent.
    await runProgram(programs, "readme", { ...given, TZ: "Asia/Tokyo" });
    for (const name of ["quickstart", "agent-loop"]) await runProgram(programs, name, given);
    const { backendExample, events } = model;
    const backend = { program: join(programs, "backend"), env: { SIGNING_SECRET: secret } };
    await answersSigned(backend, backendExample.request, 200);
    const webhooks = {
      program: join(programs, "webhooks"),
      env: { CHATBOT_PLATFORM_WEBHOOK_SECRET: secret },
    };
    await answersSigned(webhooks, events[0]?.example, 204);
    proxy.answerAll(answerByExample(model));
    await runProgram(programs, "samples", given);
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
async function writeSamples(model: SdkModel, folder: string): Promise<void> {
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

async function runProgram(
  folder: string,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<void> {
  await tool(join(folder, name), [], { env: given, seconds: 30 });
}
