import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keep, leaveNothingBehind } from "#lib/children";
import { readCommandLine } from "#lib/command-line";
import { copyCheckout } from "#test/support/copy-checkout";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { nearestTests } from "./nearest-tests.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const usual =
  "work table http auth outbound platforms models tools conversations executions deliveries erasure"
    .split(" ")
    .map((room) => `shared/${room}`);
/** The likeliest tests run by themselves first, up to these: most mutants die there. */
const waves = [0, 1, 4, Infinity];

type Fate = "killed" | "timed out" | "refused by types" | "survived";

/** Tests that pass without a fault. */
const sound = new Set<string>();

const help = `Usage: npm run mutate -- [ROOM|FILE…] [--sample N] [--seed S] [--tests N] [--jobs N]

Puts small faults into rooms or files (30 into each, drawn by the seed), one at a time and in copies of the
checkout, and runs the tests (24 at most) that load what was changed. Prints the faults that no test sees, and
the score of each room. Without names it takes ${usual.join(", ")}.
`;

await mutate(process.argv.slice(2));

/** `npm run mutate`, as its help says. */
async function mutate(args: string[]): Promise<void> {
  const { rooms, values } = readCommandLine({ name: "mutate", help }, args, () => {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        sample: { type: "string", default: "30" },
        seed: { type: "string", default: "1" },
        tests: { type: "string", default: "24" },
        jobs: { type: "string", default: "1" },
      },
    });
    const missing = positionals.find((room) => !existsSync(join(root, room)));
    if (missing !== undefined) throw new Error(`There is no ${missing}.`);
    return { rooms: positionals.length > 0 ? positionals : usual, values };
  });
  leaveNothingBehind();
  const testsOf = nearestTests(root);
  const order = new Map<string, string[]>();
  const drawn = rooms.map((room) => {
    const mutants = draw(room, values.seed).slice(0, Number(values.sample));
    for (const { file } of mutants) order.set(file, testsOf(file).slice(0, Number(values.tests)));
    return { room, mutants };
  });
  const jobs = Array.from({ length: Number(values.jobs) }, copyOfCheckout);
  for (const { room, mutants } of drawn) {
    const fates: Fate[] = [];
    const queue = mutants.values();
    await Promise.all(
      jobs.map(async (copy) => {
        for (const mutant of queue) {
          const fate = await fateOf(mutant, copy, order.get(mutant.file) ?? []);
          fates.push(fate);
          if (fate === "survived") say(described(mutant));
        }
      }),
    );
    const count = (fate: Fate) => fates.filter((one) => one === fate).length;
    const [killed, survived] = [count("killed") + count("timed out"), count("survived")];
    const score = Math.round((100 * killed) / (killed + survived));
    say(
      `${room}: ${score} % (${killed} killed, of them ${count("timed out")} by the time limit; ${survived} survived; ` +
        `${count("refused by types")} refused by types; seed ${values.seed})`,
    );
  }
}

/** The mutants of a room or file, shuffled by the seed; a change to one file leaves those of the others in their order. */
function draw(room: string, seed: string): readonly Mutant[] {
  // What the reference shows as an example is no rule.
  const exclude = ["**/*-example.ts"];
  const files = room.endsWith(".ts") ? [room] : globSync(`${room}/**/*.ts`, { cwd: root, exclude });
  const mutants = files
    .sort()
    .flatMap((file) => mutantsOf(file, readFileSync(join(root, file), "utf8")));
  const rank = ({ file, source }: Mutant) =>
    createHash("sha256").update(`${seed} ${file} ${source}`).digest("hex");
  const ranked = mutants.map((mutant) => ({ mutant, rank: rank(mutant) }));
  return ranked.sort((a, b) => a.rank.localeCompare(b.rank)).map(({ mutant }) => mutant);
}

function copyOfCheckout(): string {
  return copyCheckout(mkdtempSync(join(tmpdir(), "mutate-")));
}

async function fateOf(mutant: Mutant, copy: string, tests: string[]): Promise<Fate> {
  const place = join(copy, mutant.file);
  for (const [index, end] of waves.slice(1).entries()) {
    const wave = tests.slice(waves[index], end);
    writeFileSync(place, mutant.source);
    const { failed, output, late } = await jest(copy, wave);
    cpSync(join(root, mutant.file), place);
    if (!failed) continue;
    const [, killer] = /^FAIL (\S+)/m.exec(output) ?? [];
    await proveSound(copy, late || !killer ? wave : [killer]);
    // What killed one mutant of a file is asked first about the next.
    if (killer) tests.unshift(...tests.splice(tests.indexOf(killer), 1));
    return late ? "timed out" : "killed";
  }
  writeFileSync(place, mutant.source);
  const types = await node(copy, ["node_modules/typescript-compiler/bin/tsc", "--noEmit"], 300);
  cpSync(join(root, mutant.file), place);
  return types.failed ? "refused by types" : "survived";
}

/** Throws when tests fail without a fault, too: they would kill everything. */
async function proveSound(copy: string, tests: readonly string[]): Promise<void> {
  const unproved = tests.filter((test) => !sound.has(test));
  const { failed, output } = await jest(copy, unproved);
  if (failed) throw new Error(`Tests fail without a fault.\n${output}`);
  for (const test of unproved) sound.add(test);
}

/** Runs tests one after another until one fails; a fault that makes one wait for ever ends at the time limit. */
async function jest(copy: string, tests: readonly string[]) {
  if (tests.length === 0) return { failed: false, output: "", late: false };
  const args = [
    "--runInBand",
    "--bail",
    "--cacheDirectory",
    join(copy, ".cache"),
    "--runTestsByPath",
    ...tests,
  ];
  const flags = ["--disable-warning=ExperimentalWarning"];
  return node(copy, [...flags, "node_modules/jest/bin/jest.js", ...args], 60 + 20 * tests.length);
}

async function node(cwd: string, args: readonly string[], seconds: number) {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: "pipe",
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
  });
  keep(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  // The code is null when a signal ended it.
  const [code] = (await once(child, "close")) as [number | null];
  return { failed: code !== 0, late: code === null, output };
}

function described({ file, line, original, replacement, source }: Mutant): string {
  const short = (text: string) => text.replace(/\s+/g, " ").slice(0, 100);
  return `${file}:${line}  ${short(original)}  →  ${short(replacement.trim()) || "nothing"}\n    ${source.split("\n")[line - 1]?.trim()}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
