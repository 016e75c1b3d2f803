import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { leaveNothingBehind } from "#lib/children";
import { chosenOf, readCommandLine } from "#lib/command-line";
import { loadManifest } from "#lib/manifest";
import { methodsOf } from "#lib/sdk/model";
import { servedApi } from "#lib/sdk/samples";
import { needProgram } from "#test/support/need-program";
import { checkCurl } from "./curl.ts";
import { go } from "./go.ts";
import { openGrounds } from "./grounds.ts";
import { prove } from "./prove.ts";
import type { Proven } from "./proven.ts";
import { pythons } from "./python.ts";
import { fail, failures, part, say } from "./report.ts";
import { ruby } from "./ruby.ts";
import { typescript } from "./typescript.ts";

const all: readonly Proven[] = [typescript, ...pythons, go, ruby];
const names = [...new Set(all.map(({ language }) => language.name))];

const help = `Usage: npm run test:sdks -- [LANGUAGE…] [--write-surface]

Writes the SDKs (${names.join(", ")}), uses each as its users do against the platform and against faults, and
puts faults into them. --write-surface keeps what they export now in test/sdks/surface.
`;

/** How much goes on side by side: two more than two cores do, because mutants mostly wait for what hangs. */
const count = 4;

const args = process.argv.slice(2);
const { asked, isWriting } = readCommandLine({ name: "test:sdks", help }, args, () => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { "write-surface": { type: "boolean", default: false } },
  });
  return { asked: chosenOf(names, positionals), isWriting: values["write-surface"] };
});
leaveNothingBehind();
const proofs = all.filter(({ language }) => asked.includes(language.name)).filter(isReady);

const output = await mkdtemp(join(tmpdir(), "sdks-"));
const { model } = servedApi(await loadManifest());
const grounds = await openGrounds(model, count);
say(`The platform runs, on ${count} grounds`);
try {
  await Promise.all([
    grounds.lend((ground) =>
      part(`curl: ${methodsOf(model).length} samples`, () => checkCurl(ground)),
    ),
    ...proofs.map(async (proven, index) => {
      try {
        await prove(proven, { grounds, output: join(output, String(index)), isWriting });
      } catch (error) {
        fail(proven.language.title, error);
      }
    }),
  ]);
} finally {
  await grounds.close();
}
say(
  failures.length === 0 ? "All of it holds." : `${failures.length} failed:\n${failures.join("\n")}`,
);
// What a part has left behind after its time is not waited for.
process.exit(failures.length === 0 ? 0 : 1);

/** Whether what a proof needs is there. Asked before the platform runs: this process stands still while it installs. */
function isReady({ language, needs }: Proven): boolean {
  try {
    needs.forEach(needProgram);
    return true;
  } catch (error) {
    fail(language.title, error);
    return false;
  }
}
