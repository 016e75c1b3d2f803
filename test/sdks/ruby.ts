import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fullName, methodsOf } from "#lib/sdk/model";
import { ruby as language } from "#lib/sdk/ruby/ruby";
import { version } from "#shared/runtime/version";
import type { Bench } from "./bench.ts";
import { answerByExample, isOf } from "./examples.ts";
import { answersSigned, secret } from "./listening.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { mutants } from "./ruby-mutants.ts";

const execute = promisify(execFile);
const here = import.meta.dirname;

/** A folder of gems of one's own; those of the machine are beside it. */
const home = ({ work }: Places) => join(work, "gems");
const mutated = ({ work }: Places) => join(work, "mutant");
const gemIn = (folder: string) => join(folder, `gems/chatbot_platform-${version}`);
const programs = ({ work }: Places) => join(work, "programs");

const driverOf =
  (folder: string): StartDriver =>
  (env) =>
    startDriver("ruby", ["-w", join(here, "driver.rb")], { GEM_HOME: folder, ...env });

/** Runs a program, and refuses what it says on its standard error, warnings above all. */
async function quietly(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = here,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: 60_000 };
  const { stdout, stderr } = await execute("ruby", ["-w", ...args], options).catch(
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`ruby ${args.join(" ")}:\n${error.stdout}${error.stderr}`, { cause: error });
    },
  );
  assert.equal(stderr, "", args.join(" "));
  return stdout;
}

export const ruby: Proven = {
  language,
  needs: [
    { command: "ruby", package: "ruby" },
    { command: "rackup", package: "ruby-rack" },
    { command: "rbs3.1", package: "ruby" },
  ],
  install: async (places) => {
    await installGem(places.packed, home(places));
    return driverOf(home(places));
  },
  installMutant: async (places, file, text) => {
    await rm(mutated(places), { recursive: true, force: true });
    await cp(home(places), mutated(places), { recursive: true });
    await writeFile(join(gemIn(mutated(places)), file), text);
    return driverOf(mutated(places));
  },
  checkDocumentation: async (places, bench) => {
    const { proxy, platform, model } = bench;
    const env = {
      GEM_HOME: home(places),
      CHATBOT_PLATFORM_API_KEY: platform.key,
      CHATBOT_PLATFORM_BASE_URL: proxy.url,
    };
    await packAgain(places);
    await writePrograms(places, bench);
    proxy.plan();
    for (const name of ["readme", "quickstart", "agent_loop"]) {
      await quietly([join(programs(places), `${name}.rb`)], env);
    }
    proxy.answerAll(answerByExample(model));
    await quietly([join(programs(places), "samples.rb")], env);
    for (const [index, method] of methodsOf(model).entries()) {
      const seen = proxy.seen[index];
      assert.ok(seen && isOf(method, seen), `${fullName(method)} asked ${seen?.path}`);
    }
    assert.equal(proxy.seen.length, methodsOf(model).length, "Each sample asks once.");
    proxy.plan();
  },
  mutants,
};
const installGem = (packed: string, folder: string) =>
  execute("gem", ["install", "--local", "--no-document", "--install-dir", folder, packed]);
async function packAgain(_places: Places): Promise<void> {}
async function writePrograms(places: Places, { model }: Bench): Promise<void> {
  const folder = programs(places);
  await mkdir(folder, { recursive: true });
  const gem = gemIn(home(places));
  const readme = await readFile(join(gem, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ruby\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  // The README is one program from its first block to its last.
  await writeFile(join(folder, "readme.rb"), blocks.join("\n"));
  for (const name of await readdir(join(gem, "examples"))) {
    await cp(join(gem, "examples", name), join(folder, name));
  }
  const samples = methodsOf(model).map((method) => language.sample(model, method));
  // Each has names of its own.
  await writeFile(join(folder, "samples.rb"), samples.map((one) => `lambda do\n${one}end.call\n`).join(""));
}
void answersSigned; void secret;
