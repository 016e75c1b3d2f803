import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keep, leaveNothingBehind } from "#lib/children";
import { readCommandLine } from "#lib/command-line";
import { loadManifest } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import { version } from "#shared/runtime/version";

const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = join(root, "test/generators");
const place = join(root, ".emulator/generators");
const document = join(place, "openapi.json");
const released = join(root, "test/contract/released-openapi.json");

/** The generator of types has TypeScript's own program behind it, which the compiler of this checkout lacks. */
const forTypes = ["openapi-typescript@7.13.0", "typescript@5.9.3"];
const oasdiff = "github.com/oasdiff/oasdiff@v1.37.0";

const help = `Usage: npm run generators -- [--release]

Makes clients of the reference with foreign generators and has strict compilers read them, and looks for
what breaks clients of the released one. Ends with 1 when one of them objects. Needs Python 3 and Go, and
installs what is pinned first. --release writes down the reference as the released one instead.
`;

/** `npm run generators`, as its help says. */
async function readByGenerators(args: string[]): Promise<void> {
  const isReleasing = readCommandLine(
    { name: "generators", help },
    args,
    () =>
      parseArgs({ args, options: { release: { type: "boolean", default: false } } }).values.release,
  );
  leaveNothingBehind();
  const described = openApiDocument(await loadManifest(), { version });
  if (isReleasing) {
    return writeFileSync(released, `${JSON.stringify(described, null, 2)}\n`);
  }
  mkdirSync(place, { recursive: true });
  writeFileSync(document, JSON.stringify(described));
  await install();
  const objecting: string[] = [];
  for (const [name, ...steps] of [typeScript, python, breaking]) {
    for (const step of steps) {
      if ((await run(step)) === 0) continue;
      objecting.push(name);
      break;
    }
  }
  say(objecting.length > 0 ? `Objections by: ${objecting.join(", ")}.` : "No objections.");
  process.exitCode = objecting.length > 0 ? 1 : 0;
}

const say = (text: string) => process.stdout.write(`${text}\n`);

type Command = readonly [program: string, ...args: string[]];
type Reader = readonly [name: string, ...steps: Command[]];

const types = join(place, "api.ts");
const typeScript: Reader = [
  "TypeScript",
  [join(place, "node_modules/.bin/openapi-typescript"), document, "--output", types],
  [
    join(root, "node_modules/.bin/tsc"),
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--noEmit",
    "--ignoreConfig",
    types,
  ],
];

const inPython = (name: string) => join(place, "python/bin", name);
const client = join(place, "client");
const python: Reader = [
  "Python",
  [
    inPython("openapi-python-client"),
    "generate",
    "--path",
    document,
    "--output-path",
    client,
    "--meta",
    "none",
    "--overwrite",
  ],
  [inPython("python"), "-m", "mypy", "--strict", "--cache-dir", join(place, "mypy"), client],
];

const breaking: Reader = [
  "oasdiff",
  [
    join(place, "bin/oasdiff"),
    "breaking",
    released,
    document,
    "--fail-on",
    "WARN",
    "--severity-levels",
    join(settings, "severity-levels.txt"),
  ],
];

/** Installs exactly what is pinned, unless it is there. */
async function install(): Promise<void> {
  const requirements = join(settings, "requirements.txt");
  const wanted = [...forTypes, oasdiff, readFileSync(requirements, "utf8")].join("\n");
  const receipt = join(place, "installed.txt");
  if (existsSync(receipt) && readFileSync(receipt, "utf8") === wanted) return;
  say("Installing generators into .emulator/generators. Once, it takes minutes.");
  rmSync(receipt, { force: true });
  const steps: readonly Command[] = [
    ["npm", "install", "--silent", "--no-save", "--prefix", place, ...forTypes],
    ["python3", "-m", "venv", join(place, "python")],
    [inPython("python"), "-m", "pip", "install", "--quiet", "--requirement", requirements],
    ["go", "install", oasdiff],
  ];
  for (const step of steps) {
    const code = await run(step);
    if (code !== 0) throw new Error(`${step.join(" ")} ended with ${code}.`);
  }
  writeFileSync(receipt, wanted);
}

async function run([program, ...args]: Command): Promise<number> {
  const env = { ...process.env, GOBIN: join(place, "bin") };
  // A step that stands still is ended.
  const limit = { timeout: 600_000, killSignal: "SIGKILL" } as const;
  const child = keep(spawn(program, args, { cwd: place, stdio: "inherit", env, ...limit }));
  // Null when a signal ended it.
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

await readByGenerators(process.argv.slice(2));
