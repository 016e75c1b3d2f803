import assert from "node:assert/strict";
import axe from "axe-core";
import type { Locator } from "playwright-core";
import { within } from "#test/support/within";
import type { Opened } from "./browser.ts";

/** An operation as the document has it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly "x-codeSamples"?: readonly { readonly label: string; readonly source: string }[];
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** Somebody reads the reference. */
export interface Reading extends Opened {
  readonly url: string;
  /** An API key. */
  readonly key: string;
  readonly document: { readonly paths: Paths; readonly webhooks: Paths };
}

/** What has to hold. */
export interface Check {
  readonly title: string;
  readonly run: (reading: Reading) => Promise<void>;
}

/** Runs a check, for two minutes at most; gives what went wrong in it, or in the page meanwhile. */
export async function checking(reading: Reading, run: Check["run"]): Promise<string | undefined> {
  reading.faults.length = 0;
  try {
    await within(120, run(reading));
    assert.deepEqual(reading.faults, []);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? String(error.stack) : String(error);
    return [text, ...reading.faults].join("\n");
  }
}

/** Shows an operation by its address. */
export async function show(
  { page, url }: Reading,
  address: string,
  title: string,
): Promise<Locator> {
  await page.goto(`${url}/docs#${address}`);
  const section = page.locator(`section[id$="/${address}"]`);
  await section.getByRole("heading", { name: title }).first().waitFor();
  return section;
}

/** Waits until nothing of the page fades or slides any more, except what never ends. */
const settled = async ({ page }: Reading) =>
  page.evaluate(`(async () => {
    const moves = ({ effect, playState }) =>
      playState === "running" && effect.getComputedTiming().endTime !== Infinity;
    do await new Promise(requestAnimationFrame);
    while (document.getAnimations().some(moves));
  })()`);

/** What axe-core finds in the page that stops or hinders a reader. */
export async function hindrances(reading: Reading): Promise<readonly string[]> {
  const { page } = reading;
  await page.evaluate(axe.source);
  // What is half faded in has half its contrast.
  await settled(reading);
  const { violations } = await page.evaluate<axe.AxeResults>(
    `axe.run({ resultTypes: ["violations"] })`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message}`));
}

/** How many pixels of the page stand beside the screen. */
export const pixelsBeside = ({ page }: Reading): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");

/** Opens what sends requests for the operation that is shown, and types the key in. */
export async function tryOut({ page, key }: Reading, section: Locator): Promise<Locator> {
  await section.getByRole("button", { name: "Test Request" }).click();
  const client = page.getByRole("dialog", { name: "API Client" });
  await client.getByRole("textbox", { name: "Bearer Token" }).fill(key);
  return client;
}

/** Sends the request that is open, and gives its answer. */
export async function send({ page }: Reading, client: Locator, path: string) {
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname === path);
  await client.getByRole("button", { name: /^Send \w+ request/ }).click();
  return answer;
}
