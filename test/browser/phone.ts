import assert from "node:assert/strict";
import { type Check, hindrances, pixelsBeside, send, show, tryOut } from "./reading.ts";

const checks: readonly Check[] = [
  {
    title: "the reference fits",
    run: async (reading) => {
      await reading.page.goto(`${reading.url}/docs`);
      await reading.page.getByRole("heading", { name: "Chatbot Platform", level: 1 }).waitFor();
      assert.equal(await pixelsBeside(reading), 0);
      assert.deepEqual(await hindrances(reading), []);
    },
  },
  {
    title: "the menu leads to an operation, which fits",
    run: async (reading) => {
      const { page } = reading;
      await page.getByRole("button", { name: "Open Menu" }).click();
      await page.getByRole("link", { name: "Create a bot HTTP Method" }).click();
      await page.getByRole("heading", { name: "Create a bot", exact: true }).waitFor();
      assert.equal(await pixelsBeside(reading), 0);
    },
  },
  {
    title: "a request that is sent twice makes two bots, and all of it fits",
    run: async (reading) => {
      const client = await tryOut(
        reading,
        await show(reading, "tag/bots/POST/bots", "Create a bot"),
      );
      const ids: string[] = [];
      for (let count = 0; count < 2; count++) {
        const answer = await send(reading, client, "/v1/bots");
        assert.equal(answer.status(), 201);
        // What the API promises, checked by its own tests.
        const { data } = (await answer.json()) as { readonly data: { readonly id: string } };
        await client.getByRole("region", { name: "Response" }).getByText(data.id).first().waitFor();
        ids.push(data.id);
      }
      assert.equal(new Set(ids).size, 2);
      assert.equal(await pixelsBeside(reading), 0);
    },
  },
];

/** Who reads on a phone, in the dark. */
export const phone = {
  device: {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    colorScheme: "dark" as const,
  },
  checks,
};
