// `npm run test:sdks [-- typescript …]`: writes the SDKs, uses each as its users do against the platform and against
// faults, and puts faults into them. `--write-surface` keeps what they export now in `surface`.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadManifest } from "#lib/manifest";
import type { SdkModel } from "#lib/sdk/model";
import { servedApi } from "#lib/sdk/samples";
import { writeSdk } from "#lib/sdk/write-sdk";
import { needProgram } from "#test/support/need-program";
import type { Bench, Case } from "./bench.ts";
import { asking } from "./cases/asking.ts";
import { errors } from "./cases/errors.ts";
import { executing } from "./cases/executing.ts";
import { logs } from "./cases/logs.ts";
import { operations } from "./cases/operations.ts";
import { pages } from "./cases/pages.ts";
import { retries } from "./cases/retries.ts";
import { time } from "./cases/time.ts";
import { webhooks } from "./cases/webhooks.ts";
import { wire } from "./cases/wire.ts";
import { checkCurl } from "./curl.ts";
import { go } from "./go.ts";
import { startPlatform } from "./platform.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { startProxy } from "./proxy.ts";
import { pythons } from "./python.ts";
import { typescript } from "./typescript.ts";

const all: readonly Proven[] = [typescript, ...pythons, go];
const cases: readonly Case[] = [
  ...operations,
  ...retries,
  ...errors,
  ...time,
  ...wire,
  ...pages,
  ...logs,
  ...webhooks,
  ...asking,
  ...executing,
];

const asked = process.argv.slice(2).filter((one) => !one.startsWith("--"));
const isWriting = process.argv.includes("--write-surface");
const proofs = all.filter(({ language }) => asked.length === 0 || asked.includes(language.name));

const since = performance.now();
const say = (line: string) =>
  process.stdout.write(
    `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${line}\n`,
  );
const failures: string[] = [];
const fail = (what: string, error: unknown) => {
  failures.push(what);
  say(`FAILED: ${what}\n${error instanceof Error ? error.stack : String(error)}`);
};

async function prove(
  proven: Proven,
  shared: Omit<Bench, "driver" | "startDriver">,
  model: SdkModel,
  output: string,
): Promise<void> {
  const { language } = proven;
  proven.needs.forEach(needProgram);
  const packed = await writeSdk(language, model, output);
  const served = await fetch(`${shared.platform.url()}/sdks/${language.packed}`);
  if (!Buffer.from(await served.arrayBuffer()).equals(await readFile(packed))) {
    fail(`${language.title}: the platform serves another package than this one`, served.status);
  }
  const places: Places = {
    sdk: join(output, language.name),
    packed,
    work: join(output, `${language.name}-work`),
  };
  await mkdir(places.work, { recursive: true });
  await checkSurface(proven, places);
  const startDriver = await proven.install(places);
  say(`${language.title}: written, packed and installed`);
  await withDriver(startDriver, shared, async (bench) => {
    for (const one of cases) {
      try {
        await within(100, one.run(bench));
      } catch (error) {
        fail(`${language.title} ${one.title}`, error);
      }
    }
    say(`${language.title}: ${cases.length} cases`);
    await proven
      .checkDocumentation(places, bench)
      .catch((error: unknown) => fail(`${language.title}: documentation`, error));
    say(`${language.title}: README, examples and samples`);
  });
  await killMutants(proven, places, shared);
}

async function withDriver(
  startDriver: StartDriver,
  shared: Omit<Bench, "driver" | "startDriver">,
  work: (bench: Bench) => Promise<void>,
) {
  const driver = startDriver();
  try {
    await work({ ...shared, driver, startDriver });
  } finally {
    await driver.close();
  }
}

async function checkSurface({ language }: Proven, { sdk }: Places): Promise<void> {
  const file = new URL(`surface/${language.name}.txt`, import.meta.url);
  const now = `${(await language.surface(sdk)).join("\n")}\n`;
  if (isWriting) await writeFile(file, now);
  const kept = await readFile(file, "utf8").catch(() => "");
  if (now === kept) return;
  const [before, after] = [new Set(kept.split("\n")), new Set(now.split("\n"))];
  const changes = [
    ...[...before].filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ];
  fail(
    `${language.title}: what it exports has changed; npm run test:sdks -- --write-surface keeps it`,
    changes.join("\n"),
  );
}

async function killMutants(
  proven: Proven,
  places: Places,
  shared: Omit<Bench, "driver" | "startDriver">,
): Promise<void> {
  for (const { file, find, replace, killedBy } of proven.mutants) {
    const name = `${file}: ${find} -> ${replace}`;
    try {
      const text = await readFile(join(places.sdk, file), "utf8");
      if (text.split(find).length !== 2) {
        throw new Error("The text of the mutant has to stand there once.");
      }
      const killers = cases.filter(({ title }) => title.startsWith(killedBy));
      if (killers.length === 0) throw new Error(`No case is called ${killedBy}.`);
      const startDriver = await proven.installMutant(
        places,
        file,
        text.replace(find, () => replace),
      );
      await withDriver(startDriver, shared, async (bench) => {
        for (const killer of killers) {
          if (!(await isKilled(killer, bench))) fail(`A mutant lives: ${name}`, killer.title);
        }
      });
    } catch (error) {
      fail(`The mutant ${name}`, error);
    }
  }
  say(`${proven.language.title}: ${proven.mutants.length} mutants`);
}

const isKilled = (killer: Case, bench: Bench): Promise<boolean> =>
  within(5, killer.run(bench)).then(
    () => false,
    () => true,
  );

/** What hangs fails. */
function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((_, refuse) => {
    timer = setTimeout(
      () => refuse(new Error(`It has not ended within ${seconds} s.`)),
      seconds * 1000,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const output = await mkdtemp(join(tmpdir(), "sdks-"));
const [platform, { model }] = await Promise.all([startPlatform(), loadManifest().then(servedApi)]);
const proxy = await startProxy(() => platform.url());
const elsewhere = await startProxy(() => "http://127.0.0.1:1");
say("The platform runs");
try {
  await checkCurl({ model, proxy, platform }).then(
    (count) => say(`curl: ${count} samples`),
    (error: unknown) => fail("curl", error),
  );
  for (const proven of proofs) {
    await prove(proven, { model, proxy, elsewhere, platform }, model, output).catch(
      (error: unknown) => fail(proven.language.title, error),
    );
  }
} finally {
  await Promise.all([proxy.close(), elsewhere.close(), platform.stop()]);
  await rm(output, { recursive: true, force: true });
}
say(
  failures.length === 0 ? "All of it holds." : `${failures.length} failed:\n${failures.join("\n")}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
