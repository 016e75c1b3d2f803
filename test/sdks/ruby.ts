import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fullName, methodsOf, type SdkModel } from "#lib/sdk/model";
import { ruby as language } from "#lib/sdk/ruby/ruby";
import { version } from "#shared/runtime/version";
import { answerByExample, isOf } from "./examples.ts";
import { answersSigned, secret } from "./listening.ts";
import { inOneCopy } from "./one-copy.ts";
import { startDriver } from "./protocol.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { mutants } from "./ruby-mutants.ts";
import { tool } from "./tool.ts";
import { writeVectors } from "./vectors.ts";

const here = import.meta.dirname;

/** A folder for gems of its own; those of the machine are seen beside it. */
const gems = ({ work }: Places) => join(work, "gems");
const gemIn = (folder: string) => join(folder, `gems/chatbot_platform-${version}`);
const programs = ({ work }: Places) => join(work, "programs");
const program = (places: Places, name: string) => join(programs(places), name);

const driverOf =
  (folder: string): StartDriver =>
  (env) =>
    startDriver("ruby", ["-w", join(here, "driver.rb")], { GEM_HOME: folder, ...env });

/** One of which many are started: it looks for no gem unless a case needs one, which takes a third of its start. */
const quickDriverOf =
  (folder: string): StartDriver =>
  (env) => {
    const quickly = ["--disable=gems", "-I", join(gemIn(folder), "lib")];
    return startDriver("ruby", ["-w", ...quickly, join(here, "driver.rb")], env);
  };

/** Runs a program, which may not say anything on its standard error: Ruby warns there. */
async function runQuietly(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { stderr } = await tool("ruby", ["-w", ...args], { env });
  assert.equal(stderr, "", args.join(" "));
}

const installGem = (packed: string, folder: string) =>
  tool("gem", ["install", "--local", "--no-document", "--install-dir", folder, packed]);

export const ruby: Proven = {
  language,
  needs: [
    { command: "ruby", package: "ruby" },
    { command: "rackup", package: "ruby-rack" },
    { command: "puma", package: "puma" },
  ],
  install: async (places) => {
    await installGem(places.packed, gems(places));
    return driverOf(gems(places));
  },
  installMutants: (places, mutated) => {
    const copy = join(places.work, "mutants");
    const inGem = mutated.map(({ file, text }) => ({ file: join(gemIn("."), file), text }));
    return inOneCopy(gems(places), copy, inGem, quickDriverOf(copy));
  },
  checkDocumentation: async (places, { proxy, platform, model }) => {
    await packAgain(places);
    await writePrograms(places, model);
    await check(places);
    const env = {
      GEM_HOME: gems(places),
      CHATBOT_PLATFORM_API_KEY: platform.key,
      CHATBOT_PLATFORM_BASE_URL: proxy.url,
    };
    proxy.plan();
    await runQuietly([join(here, "ruby_signatures.rb"), signatures(places)], env);
    await runQuietly([join(here, "ruby_types.rb"), await writeVectors(places)], env);
    const all = ["readme.rb", "quickstart.rb", "agent_loop.rb"].map((name) =>
      program(places, name),
    );
    for (const file of all) await runQuietly([file], env);
    await runChecked(all, places, env);
    const listening = (name: string, given: Readonly<Record<string, string>>) => ({
      program: "ruby",
      args: ["-w", join(here, "rackup.rb"), program(places, name)],
      env: { ...env, ...given },
    });
    const { backendExample, events } = model;
    const backend = listening("backend.ru", { SIGNING_SECRET: secret });
    await answersSigned(backend, backendExample.request, 200);
    const webhooks = listening("webhooks.ru", { CHATBOT_PLATFORM_WEBHOOK_SECRET: secret });
    for (const { example } of events) await answersSigned(webhooks, example, 204);
    proxy.answerAll(answerByExample(model));
    await runQuietly([program(places, "samples.rb")], env);
    for (const [index, method] of methodsOf(model).entries()) {
      const seen = proxy.seen[index];
      assert.ok(seen && isOf(method, seen), `${fullName(method)} asked ${seen?.path}`);
      const wanted = method.body ? (method.example.body ?? {}) : null;
      assert.deepEqual(JSON.parse(seen.body || "null"), wanted, fullName(method));
    }
    assert.equal(proxy.seen.length, methodsOf(model).length, "Each sample asks once.");
    proxy.answerAll(answerByExample(model));
    await runChecked([program(places, "samples.rb")], places, env);
    proxy.plan();
  },
  mutants,
};

/** What RubyGems packs of the sources says the same of itself and has the same files. */
async function packAgain(places: Places): Promise<void> {
  const [packed, again] = [join(places.work, "again.gem"), join(places.work, "again")];
  await tool("gem", ["build", "--silent", "chatbot_platform.gemspec", "--output", packed], {
    cwd: places.sdk,
  });
  const about = async (file: string) =>
    (await tool("gem", ["specification", file])).stdout.replace(/^date: .*$/m, "");
  assert.equal(await about(places.packed), await about(packed));
  await installGem(packed, again);
  await tool("diff", ["-r", gemIn(gems(places)), gemIn(again)]);
}

/** README, examples and samples as files. */
async function writePrograms(places: Places, model: SdkModel): Promise<void> {
  await mkdir(programs(places), { recursive: true });
  const gem = gemIn(gems(places));
  const readme = await readFile(join(gem, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ruby\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  // The README is one program from its first block to its last, and says itself what a file of Rack has.
  const text = ["def run(app) = app", ...blocks].join("\n");
  await writeFile(program(places, "readme.rb"), text);
  for (const name of await readdir(join(gem, "examples"))) {
    await cp(join(gem, "examples", name), program(places, name));
  }
  const samples = methodsOf(model).map((method) => language.sample(model, method));
  const apart = samples.map((one) => `lambda do\n${one}end.call\n`);
  await writeFile(program(places, "samples.rb"), apart.join(""));
}

const signatures = (places: Places) => join(gemIn(gems(places)), "sig");
/** RBS comes with Ruby, under a name of its own in each distribution. */
const rbs = ["-e", 'load Gem.bin_path("rbs", "rbs")', "--"];
const signed = (places: Places) => ["-I", signatures(places), "-r", "net-http", "-r", "uri"];

/** Ruby's own parser and RBS's: every file without a warning, every signature with types that are there. */
async function check(places: Places): Promise<void> {
  const named = async (folder: string) =>
    (await readdir(folder, { recursive: true }))
      .filter((name) => /\.r[bu]$/.test(name))
      .map((name) => join(folder, name));
  const files = [
    ...(await named(gemIn(gems(places)))),
    ...(await named(programs(places))),
    ...["driver.rb", "rackup.rb", "ruby_signatures.rb", "ruby_types.rb"].map((name) =>
      join(here, name),
    ),
  ];
  for (const file of files) {
    const { stdout, stderr } = await tool("ruby", ["-wc", file]);
    assert.equal(stdout + stderr, "Syntax OK\n", file);
  }
  await tool("ruby", [...rbs, ...signed(places), "validate", "--silent"]);
}

/** Runs programs while RBS looks at every argument and every answer of the SDK. */
async function runChecked(
  files: readonly string[],
  places: Places,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const loading = "ARGV.each { |file| load file }";
  const tested = ["test", "--target", "ChatbotPlatform::*", "ruby", "-e", loading, ...files];
  await tool("ruby", [...rbs, "--log-level=error", ...signed(places), ...tested], { env });
}
