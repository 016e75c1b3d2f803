import assert from "node:assert/strict";
import { type Check, hindrances, type Reading, send, show, tryOut } from "./reading.ts";

const createBot = "tag/bots/POST/bots";
const listBots = "tag/bots/GET/bots";

/** The summary of each operation and event of the document. */
const summaries = ({ document: { paths, webhooks } }: Reading) =>
  [paths, webhooks]
    .flatMap((part) => Object.values(part))
    .flatMap((item) => Object.values(item).map(({ summary }) => summary));

/** Where a browser keeps things for a page. */
async function kept({ page }: Reading): Promise<string> {
  const state = await page.context().storageState({ indexedDB: true });
  const session = await page.evaluate<string>("JSON.stringify({ ...sessionStorage })");
  return JSON.stringify(state) + session;
}

const checks: readonly Check[] = [
  {
    title: "the address of the server leads to the reference",
    run: async ({ page, url }) => {
      await page.goto(url);
      await page.getByRole("heading", { name: "Chatbot Platform", level: 1 }).waitFor();
      assert.equal(new URL(page.url()).pathname, "/docs");
    },
  },
  {
    title: "the search finds an operation and leads to it",
    run: async ({ page }) => {
      await page.keyboard.press("Control+k");
      const search = page.getByRole("dialog", { name: "Search" });
      await search.getByRole("combobox").fill("rotate api key");
      await search.getByRole("option", { name: "Rotate an API key" }).click();
      await page.waitForURL("**/docs#tag/team/POST/api-keys/*/rotate");
    },
  },
  {
    title: "an operation has its samples in every language",
    run: async (reading) => {
      const section = await show(reading, createBot, "Create a bot");
      const samples = reading.document.paths["/bots"]?.["post"]?.["x-codeSamples"] ?? [];
      assert(samples.length >= 4);
      for (const { label, source } of samples) {
        await section.getByRole("button", { name: "Change code sample language" }).click();
        await reading.page.getByRole("option", { name: label, exact: true }).click();
        // Without white space, where lines are numbered.
        const text = (
          await section.getByRole("group", { name: `Code sample: ${label}` }).innerText()
        ).replaceAll(/\s/g, "");
        assert(
          text.includes(source.split("\n")[0]?.replaceAll(/\s/g, "") ?? "?"),
          `${label}: ${text}`,
        );
      }
    },
  },
  {
    title: "a request is sent with the reader's key, and its answer shown",
    run: async (reading) => {
      await fetch(`${reading.url}/v1/bots`, {
        method: "POST",
        headers: { authorization: `Bearer ${reading.key}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "Seen in the browser" }),
      });
      const client = await tryOut(reading, await show(reading, listBots, "List bots"));
      const answer = await send(reading, client, "/v1/bots");
      assert.equal(answer.status(), 200);
      assert.equal((await answer.request().allHeaders())["authorization"], `Bearer ${reading.key}`);
      await client
        .getByRole("region", { name: "Response" })
        .getByText("Seen in the browser")
        .waitFor();
    },
  },
  {
    title: "axe finds nothing serious in what sends requests",
    run: async (reading) => assert.deepEqual(await hindrances(reading), []),
  },
  {
    title: "the key is kept nowhere",
    run: async (reading) => {
      const { page, key } = reading;
      assert(!(await kept(reading)).includes(key));
      await page.reload();
      const section = await show(reading, listBots, "List bots");
      await section.getByRole("button", { name: "Test Request" }).click();
      const field = page.getByRole("textbox", { name: "Bearer Token" }).last();
      assert.equal(await field.inputValue(), "");
      await page.keyboard.press("Escape");
    },
  },
  ...(["light", "dark"] as const).map((colorScheme): Check => ({
    title: `axe finds nothing serious in ${colorScheme}`,
    run: async (reading) => {
      const { page } = reading;
      await page.emulateMedia({ colorScheme });
      await show(reading, createBot, "Create a bot");
      await page.locator(`body.${colorScheme}-mode`).waitFor();
      assert.deepEqual(await hindrances(reading), []);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Enter search query" }).fill("webhook");
      await page.getByRole("option").first().waitFor();
      assert.deepEqual(await hindrances(reading), []);
      await page.keyboard.press("Escape");
    },
  })),
  {
    title: "the list at the side has every operation and event, and leads to each group",
    run: async (reading) => {
      const { page } = reading;
      const list = page.getByRole("complementary");
      const closed = list.getByRole("button", { name: /^Open Group - (?!Introduction|Models)/ });
      while ((await closed.count()) > 0) await closed.first().click();
      const links = await list
        .getByRole("link", { name: "HTTP Method" })
        .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute("href")]));
      const missing = summaries(reading).filter(
        (summary) => !links.some(([text]) => text?.trim().startsWith(`${summary}HTTP Method`)),
      );
      assert.deepEqual(missing, []);
      const lastOfGroup = new Map(links.map(([, address]) => [address?.split("/")[1], address]));
      for (const address of lastOfGroup.values()) {
        await list.locator(`a[href="${address}"]`).click();
        const section = page.locator(`section[id$="/${address?.slice(1)}"]`);
        await section.getByRole("heading").first().waitFor();
      }
    },
  },
];

/** Who reads at a desk. */
export const desktop = { device: { viewport: { width: 1440, height: 900 } }, checks };
