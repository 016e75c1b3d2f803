import { parseArgs } from "node:util";
import { leaveNothingBehind } from "#lib/children";
import { readCommandLine } from "#lib/command-line";
import { makeTeam, newDataDir, startLocalServer } from "#test/support/local-server";
import { startBrowser } from "./browser.ts";
import { desktop } from "./desktop.ts";
import { phone } from "./phone.ts";
import { type Check, checking, type Reading } from "./reading.ts";

const help = `Usage: npm run test:browser

Opens the reference of the platform in Chromium, on a desktop and on a phone at once, and uses it as its
readers do.
`;

const args = process.argv.slice(2);
readCommandLine({ name: "test:browser", help }, args, () => parseArgs({ args, options: {} }));
leaveNothingBehind();
const since = performance.now();
const say = (line: string) =>
  process.stdout.write(
    `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${line}\n`,
  );
const failures: string[] = [];

/** Makes the checks of a reader one after the other, with what the page did wrong meanwhile. */
async function read(reader: string, reading: Reading, checks: readonly Check[]): Promise<void> {
  for (const { title, run } of checks) {
    const what = `${reader}: ${title}`;
    const error = await checking(reading, run);
    if (error !== undefined) failures.push(what);
    say(error === undefined ? what : `FAILED ${what}\n${error}`);
  }
}

const browser = await startBrowser();
const dataDir = newDataDir();
const { api_key: key } = await makeTeam(dataDir, "Of the readers", "free");
const server = await startLocalServer({ dataDir });
say("The platform and Chromium run");
try {
  const { url } = server;
  const response = await fetch(`${url}/v1/openapi.json`);
  // The platform's own document, which has tests of its own.
  const document = (await response.json()) as Reading["document"];
  const common = { url, key, document };
  const readers = Object.entries({ Desktop: desktop, Phone: phone });
  await Promise.all(
    readers.map(async ([reader, { device, checks }]) =>
      read(reader, { ...common, ...(await browser.open(device, url)) }, checks),
    ),
  );
} finally {
  await Promise.all([browser.close(), server.stop()]);
}
say(failures.length === 0 ? "All of it holds." : `Failed:\n${failures.join("\n")}`);
process.exit(failures.length === 0 ? 0 : 1);
