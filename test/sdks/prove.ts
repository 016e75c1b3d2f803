import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSdk } from "#lib/sdk/write-sdk";
import { within } from "#test/support/within";
import { type Ground, withDriver } from "./bench.ts";
import { cases } from "./cases/every.ts";
import type { Grounds } from "./grounds.ts";
import { killMutants } from "./mutants.ts";
import type { Places, Proven, StartDriver } from "./proven.ts";
import { fail, part } from "./report.ts";

/** How the proof of one language is asked for. */
interface Asked {
  readonly grounds: Grounds;
  /** A folder of its own. */
  readonly output: string;
  /** Whether what it exports is kept. */
  readonly isWriting: boolean;
}

/** Proves the SDK of one language: once it is installed, each part goes on a ground of its own. */
export async function prove(proven: Proven, { grounds, output, isWriting }: Asked): Promise<void> {
  const { language, mutants } = proven;
  const all = [...cases, ...(proven.cases ?? [])];
  const on = (what: string, work: (ground: Ground) => Promise<unknown>, takesLong = false) =>
    grounds.lend((ground) => part(`${language.title}: ${what}`, () => work(ground)), takesLong);
  let made: { places: Places; startDriver: StartDriver } | undefined;
  await on("written, packed and installed", async (ground) => {
    const places = await write(proven, ground, output);
    await checkSurface(proven, places, isWriting);
    made = { places, startDriver: await proven.install(places) };
  });
  if (!made) return;
  const { places, startDriver } = made;
  await Promise.all([
    on(`${mutants.length} mutants`, (ground) => killMutants(proven, places, all, ground), true),
    on(`${all.length} cases`, (ground) =>
      withDriver(startDriver, ground, async (bench) => {
        for (const one of all) {
          await within(100, one.run(bench)).catch((error: unknown) =>
            fail(`${language.title} ${one.title}`, error),
          );
        }
      }),
    ),
    on("README, examples and samples", (ground) => proven.checkDocumentation(places, ground)),
  ]);
}

/** Writes and packs it. The platform serves the same. */
async function write(
  { language }: Proven,
  { model, platform }: Ground,
  output: string,
): Promise<Places> {
  const packed = await writeSdk(language, model, output);
  const served = await fetch(`${platform.url()}/sdks/${language.packed}`);
  if (!Buffer.from(await served.arrayBuffer()).equals(await readFile(packed))) {
    fail(`${language.title}: the platform serves another package than this one`, served.status);
  }
  const places = { sdk: join(output, language.name), packed, work: join(output, "work") };
  await mkdir(places.work, { recursive: true });
  return places;
}

async function checkSurface(
  { language }: Proven,
  { sdk }: Places,
  isWriting: boolean,
): Promise<void> {
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
