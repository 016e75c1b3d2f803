import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fullName, methodsOf, type SdkModel } from "#lib/sdk/model";
import { python as language, sourceDistribution } from "#lib/sdk/python/python";
import type { Ground } from "./bench.ts";
import { answerByExample } from "./examples.ts";
import { answersSigned, secret } from "./listening.ts";
import { inOneCopy } from "./one-copy.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { mutants } from "./python-mutants.ts";
import { tool } from "./tool.ts";
import { writeVectors } from "./vectors.ts";

const here = import.meta.dirname;

/** What programs run in: a Python, and what the SDK needs and what checks it. Made once. */
interface Environment {
  readonly python: string;
  readonly requirements: string;
  /** A program of it. */
  readonly program: (name: string) => string;
}

const environment = (python: string, name: string): Environment => {
  const folder = join(here, "../../.emulator", `sdks-${name}`);
  const requirements = join(here, `requirements-${name}.txt`);
  return { python, requirements, program: (one) => join(folder, "bin", one) };
};
// Where pyenv has several, it is asked for this one.
const ofOld = { ...process.env, PYENV_VERSION: "3.10" };
const oldPython = "python3.10";
const hasOld = spawnSync(oldPython, ["--version"], { env: ofOld }).status === 0;
/** The newest of what the SDK needs; and the oldest, with the oldest Python where that is there. */
const newest = environment("python3", "python");
const oldest = environment(hasOld ? oldPython : "python3", "python-oldest");

const site = ({ work }: Places) => join(work, "site");
const envOf = (folder: string) => ({
  PYTHONPATH: folder,
  PYTHONDONTWRITEBYTECODE: "1",
  // No certificates: reading those of the machine takes each client 30 ms.
  SSL_CERT_FILE: "",
  SSL_CERT_DIR: folder,
});

const driverOf =
  ({ program }: Environment, folder: string, isAsync: boolean): StartDriver =>
  (env) =>
    startDriver(program("python"), [join(here, "driver.py"), ...(isAsync ? ["async"] : [])], {
      ...envOf(folder),
      ...env,
    });

async function makeEnvironment({ python, requirements, program }: Environment): Promise<void> {
  const text = await readFile(requirements, "utf8");
  const made = program("../requirements.txt");
  if (existsSync(made) && (await readFile(made, "utf8")) === text) return;
  const env = python === oldPython ? ofOld : {};
  await tool(python, ["-m", "venv", "--clear", program("..")], { env });
  await tool(program("pip"), ["install", "--quiet", "--requirement", requirements]);
  await writeFile(made, text);
}

/** Proves one of the two clients. The sync one is what mutants and programs of users are tried with. */
const provenAs = (isAsync: boolean, environment: Environment, title: string): Proven => ({
  language: { ...language, title },
  needs: [{ command: "python3", package: "python3-venv" }],
  install: async (places) => {
    const { program } = environment;
    await makeEnvironment(environment);
    // As pip installs it, but for its dependencies, which are there.
    const pip = ["install", "--quiet", "--no-deps", "--no-compile", "--target", site(places)];
    await tool(program("pip"), [...pip, places.packed]);
    // What is changed in a copy is seen by its hash.
    const compile = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash"];
    await tool(program("python"), [...compile, join(site(places), "chatbot_platform")]);
    return driverOf(environment, site(places), isAsync);
  },
  installMutants: (places, mutated) => {
    const copy = join(places.work, "mutants");
    return inOneCopy(site(places), copy, mutated, driverOf(environment, copy, isAsync));
  },
  checkDocumentation: isAsync ? () => Promise.resolve() : checkDocumentation,
  mutants: mutants.filter(({ file }) => isAsync === file.includes("/aio/")),
});

export const pythons: readonly Proven[] = [
  provenAs(false, newest, "Python"),
  provenAs(true, oldest, hasOld ? "Python 3.10, async" : "Python, async"),
];

const { program } = newest;

async function checkDocumentation(
  places: Places,
  { model, proxy, platform }: Ground,
): Promise<void> {
  await packAgain(places);
  const samples = await writePrograms(places, model);
  await check(places);
  const vectors = [join(here, "foreign_webhooks.py"), await writeVectors(places)];
  await tool(program("python"), vectors, { env: envOf(site(places)) });
  const env = { CHATBOT_PLATFORM_API_KEY: platform.key, CHATBOT_PLATFORM_BASE_URL: proxy.url };
  proxy.plan();
  for (const name of ["python_types", "readme", "quickstart", "agent_loop", "in_parallel"]) {
    await runProgram(places, name, env);
  }
  const { events, backendExample } = model;
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
  proxy.answerAll(answerByExample(model));
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
  await tool(program("pip"), ["install", ...quietly, "--target", target, packed]);
  const [one, other] = [site(places), target].map((folder) => join(folder, "chatbot_platform"));
  await tool("diff", ["-r", "-x", "__pycache__", String(one), String(other)]);
}

const documents = (places: Places) => join(site(places), "share/doc/chatbot-platform");
const programs = ({ work }: Places) => join(work, "programs");

/** README, examples and samples as files. Gives how many samples there are. */
async function writePrograms(places: Places, model: SdkModel): Promise<number> {
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
  const env = { ...envOf(site(places)), MYPYPATH: site(places) };
  const options = { cwd: programs(places), env };
  await tool(
    program("mypy"),
    ["--strict", "--python-version", "3.10", ".", join(site(places), "chatbot_platform")],
    options,
  );
  const settings = {
    typeCheckingMode: "strict",
    reportPrivateUsage: false,
    reportUnusedImport: false,
    extraPaths: [site(places)],
  };
  await writeFile(join(programs(places), "pyrightconfig.json"), JSON.stringify(settings));
  await tool(program("pyright"), ["--pythonpath", program("python")], options);
}

async function runProgram(
  places: Places,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const file = join(programs(places), `${name}.py`);
  await tool(program("python"), [file], {
    env: { ...envOf(site(places)), ...env },
    seconds: 30,
  });
}
