import { countCosts } from "#lib/costs/count-costs";
import { loadManifest } from "#lib/manifest";
import { say, table } from "./say.ts";

/** What the data model's section 7 says of operations, in units. */
const model: Readonly<Record<string, { readonly W: number; readonly R: number }>> = {
  getBot: { W: 1, R: 1 },
  getIntegration: { W: 1, R: 2 },
  getConversation: { W: 1, R: 3 },
  listBots: { W: 1, R: 3 },
  listConversations: { W: 1, R: 5.5 },
  listMessages: { W: 1, R: 3.5 },
  createBot: { W: 11, R: 1.5 },
  createChannel: { W: 11, R: 1.5 },
  "createBot with Idempotency-Key": { W: 14, R: 1.5 },
  "createChannel with Idempotency-Key": { W: 14, R: 1.5 },
};

/** Runs every route once and prints what it has cost in the table, beside the data model's figures. */
export async function costsPart(): Promise<void> {
  const counted = await countCosts();
  table(
    "Calls and units of each route; in brackets those of the data model's section 7, where it has them",
    ["route", "calls", "W", "R", "model"],
    [...counted.values()].map(({ name, calls, writeUnits, readUnits }) => {
      const expected = model[name];
      const within = expected && writeUnits <= expected.W && readUnits <= expected.R;
      const text = expected ? `${within ? "" : "above "}(${expected.W} W, ${expected.R} R)` : "";
      return [name, calls, writeUnits, readUnits, text];
    }),
  );
  const { routes } = await loadManifest();
  const missing = routes
    .filter(({ route }) => !counted.has(route.operationId))
    .map(({ route }) => route.operationId);
  if (missing.length > 0) say(`Not measured: ${missing.join(", ")}.`);
}
