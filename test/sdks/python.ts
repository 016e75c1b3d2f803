import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fullName, methodsOf } from "#lib/sdk/model";
import { python as language, sourceDistribution } from "#lib/sdk/python/python";
import type { Bench } from "./bench.ts";
import { answerByExample } from "./examples.ts";
import { answersSigned, secret } from "./listening.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { mutants } from "./python-mutants.ts";

const run = promisify(execFile);
const here = import.meta.dirname;
/** What the SDK needs and what checks it: made once. */
const environment = join(here, "../../.emulator/sdks-python");
const program = (name: string) => join(environment, "bin", name);

const site = ({ work }: Places) => join(work, "site");
const envOf = (folder: string) => ({ PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" });

const driverOf =
  (folder: string, isAsync: boolean): StartDriver =>
  (env) =>
    startDriver(program("python"), [join(here, "driver.py"), ...(isAsync ? ["async"] : [])], {
      ...envOf(folder),
      ...env,
    });

async function makeEnvironment(): Promise<void> {
  const requirements = join(here, "requirements.txt");
  const text = await readFile(requirements, "utf8");
  const made = join(environment, "requirements.txt");
  if (existsSync(made) && (await readFile(made, "utf8")) === text) return;
  await run("python3", ["-m", "venv", "--clear", environment]);
  await run(program("pip"), ["install", "--quiet", "--requirement", requirements]);
  await writeFile(made, text);
}

/** Proves one of the two clients. The sync one is what mutants and programs of users are tried with. */
const provenAs = (isAsync: boolean): Proven => ({
  language: isAsync ? { ...language, title: "Python, async" } : language,
  needs: [{ command: "python3", package: "python3-venv" }],
  install: async (places) => {
    await makeEnvironment();
    // As pip installs it, but for its dependencies, which are there.
    await rm(site(places), { recursive: true, force: true });
    const pip = ["install", "--quiet", "--no-deps", "--no-compile", "--target", site(places)];
    await run(program("pip"), [...pip, places.packed]);
    return driverOf(site(places), isAsync);
  },
  installMutant: async (places, file, text) => {
    const folder = join(places.work, "mutant");
    await rm(folder, { recursive: true, force: true });
    await cp(site(places), folder, { recursive: true });
    await writeFile(join(folder, file), text);
    return driverOf(folder, isAsync);
  },
  checkDocumentation: isAsync ? () => Promise.resolve() : checkDocumentation,
  mutants: mutants.filter(({ file }) => isAsync === file.includes("/aio/")),
});

export const pythons: readonly Proven[] = [provenAs(false), provenAs(true)];

async function checkDocumentation(places: Places, bench: Bench): Promise<void> {
  await packAgain(places);
  const samples = await writePrograms(places, bench);
  await check(places);
  const { proxy, platform } = bench;
  const env = { CHATBOT_PLATFORM_API_KEY: platform.key, CHATBOT_PLATFORM_BASE_URL: proxy.url };
  proxy.plan();
  for (const name of ["python_types", "readme", "quickstart", "agent_loop", "in_parallel"]) {
    await runProgram(places, name, env);
  }
  const { events, backendExample } = bench.model;
  const listening = (name: string, given: Readonly<Record<string, string>>) => ({
    program: program("python"),
    args: ["-u", join(programs(places), `${name}.py`)],
    env: { ...envOf(site(places)), ...env, ...given },
    isQuiet: true,
  });
  const backend = listening("backend", { SIGNING_SECRET: secret });
  await answersSigned(backend, backendExample.request, 200);
  const webhooks = listening("webhooks", { CHATBOT_PLATFORM_WEBHOOK_SECRET: secret });
  await answersSigned(webhooks, events[0]?.example, 204);
  proxy.answerAll(answerByExample(bench.model));
  await runProgram(places, "samples", env);
  const asked = proxy.seen.length;
  proxy.plan();
  assert.equal(asked, samples, "Each sample asks once.");
}

/** What others pack of the sources is the same package. */
async function packAgain(places: Places): Promise<void> {
  const target = join(places.work, "again");
  const quietly = ["--quiet", "--no-deps", "--no-compile", "--no-build-isolation"];
  const packed = join(places.sdk, sourceDistribution);
  await run(program("pip"), ["install", ...quietly, "--target", target, packed]);
  const [one, other] = [site(places), target].map((folder) => join(folder, "chatbot_platform"));
  await run("diff", ["-r", String(one), String(other)]);
}

const documents = (places: Places) => join(site(places), "share/doc/chatbot-platform");
const programs = ({ work }: Places) => join(work, "programs");

/** README, examples and samples as files. Gives how many samples there are. */
async function writePrograms(places: Places, { model }: Bench): Promise<number> {
  const folder = programs(places);
  await mkdir(folder, { recursive: true });
  const readme = await readFile(join(documents(places), "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```python\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  // The README is one program from its first block to its last.
  await writeFile(join(folder, "readme.py"), blocks.join("\n"));
  for (const name of await readdir(join(documents(places), "examples"))) {
    await cp(join(documents(places), "examples", name), join(folder, name));
  }
  await cp(join(here, "python_types.py"), join(folder, "python_types.py"));
  const samples = methodsOf(model);
  for (const method of samples) {
    const name = `sample_${fullName(method).replace(".", "_")}.py`;
    await writeFile(join(folder, name), language.sample(model, method));
  }
  const imports = samples.map((method) => `import sample_${fullName(method).replace(".", "_")}\n`);
  await writeFile(join(folder, "samples.py"), imports.join(""));
  return samples.length;
}

/** As strictly as users may, and the package as its users see it. */
async function check(places: Places): Promise<void> {
  const env = { ...process.env, ...envOf(site(places)), MYPYPATH: site(places) };
  const options = { cwd: programs(places), env, maxBuffer: 1024 * 1024 };
  const refuse = (what: string) => (error: { stdout?: string }) => {
    throw new Error(`${what} objects:\n${error.stdout}`, { cause: error });
  };
  await run(
    program("mypy"),
    ["--strict", "--python-version", "3.10", ".", join(site(places), "chatbot_platform")],
    options,
  ).catch(refuse("mypy"));
  const settings = {
    typeCheckingMode: "strict",
    reportPrivateUsage: false,
    reportUnusedImport: false,
    extraPaths: [site(places)],
  };
  await writeFile(join(programs(places), "pyrightconfig.json"), JSON.stringify(settings));
  await run(program("pyright"), ["--pythonpath", program("python")], options).catch(
    refuse("pyright"),
  );
}

async function runProgram(
  places: Places,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const file = join(programs(places), `${name}.py`);
  await run(program("python"), [file], {
    env: { ...process.env, ...envOf(site(places)), ...env },
    timeout: 30_000,
  });
}
