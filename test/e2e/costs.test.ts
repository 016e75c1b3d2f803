import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { stageNamed } from "#lib/aws/stages";
import { countCosts, type Counted } from "#lib/costs/count-costs";
import { fileCosts } from "#lib/costs/files";
import { goals } from "#lib/costs/goals";
import { priceOfMillion } from "#lib/costs/price";
import { waitedMessages } from "#lib/costs/waiting";
import { loadManifest } from "#lib/manifest";
import type { Route } from "#shared/http/define-route";
import { rowsOf } from "../support/markdown.ts";

/** Dollars that a million calls of a route, or jobs of a worker, may cost in the stage prod, waiting left out. */
const budgets: Readonly<Record<string, number>> = {
  getHealth: 2.1,
  getOpenapiDocument: 2.1,
  showReference: 2.1,
  loadReferenceScript: 2.1,
  downloadSdk: 2.1,
  notFound: 2.2,
  getTeam: 3,
  createBot: 11.25,
  "createBot with Idempotency-Key": 12.75,
  listBots: 3.3,
  getBot: 3,
  updateBot: 6.9,
  createIntegration: 9.75,
  "createIntegration with Idempotency-Key": 11.25,
  listIntegrations: 3.2,
  getIntegration: 3.3,
  updateIntegration: 5.9,
  testIntegration: 3.3,
  rotateIntegrationSecret: 5.9,
  deleteIntegration: 7.25,
  "createApiKey with Idempotency-Key": 9.75,
  // With the last use of each.
  listApiKeys: 3.5,
  // With a look that another key is left.
  deleteApiKey: 9.25,
  rotateApiKey: 9.75,
  // Sixteen shards more.
  getBotReport: 4.8,
  getUsage: 4.4,
  createChannel: 9.75,
  "createChannel with Idempotency-Key": 11.25,
  listChannels: 3.2,
  getChannel: 3.3,
  updateChannel: 5.8,
  sendMessage: 11.5,
  listMessages: 3.7,
  listConversations: 3.7,
  getConversation: 3.3,
  deleteConversation: 13.75,
  createAgentLoop: 11.25,
  listAgentLoops: 4.7,
  getAgentLoop: 3.3,
  runAgentLoop: 14.5,
  getExecution: 3.3,
  listExecutions: 4.7,
  listSteps: 3.7,
  rotateAgentLoopSecret: 8.75,
  updateAgentLoop: 8.75,
  getDelivery: 3.1,
  retryDelivery: 5.6,
  // With the row that ends the log.
  cancelExecution: 9.5,
  deleteAgentLoop: 10.9,
  deleteBotUser: 6.9,
  deleteBotUserByQuery: 6.9,
  deleteChannel: 20.25,
  deleteBot: 9.4,
  createWebhookEndpoint: 7.4,
  "createWebhookEndpoint with Idempotency-Key": 9,
  updateWebhookEndpoint: 5.8,
  listDeliveries: 3.7,
  replayDeliveries: 5.1,
  // Of that 2.50 for what is counted of it.
  "inbound: conversation": 13.5,
  // One write and one call more, at most once a minute and channel.
  "inbound: conversation, noted": 14.25,
  // As if any other backend had answered.
  "inbound: conversation of a model": 13.5,
  "inbound: conversation of a model, noted": 14.25,
  "inbound: conversation of a model and file": 13.5,
  "executions: execution": 19,
  "deliveries: delivery": 7,
  // Of five.
  "jobs: replay": 18,
  // One account.
  "jobs: connection": 4.5,
  // Without what S3 takes.
  "inbound: conversation of Telegram and file": 21.2,
};

/** What is done on a platform. */
const onPlatforms: Readonly<Record<string, number>> = {
  // Connecting is two transactions, of which the first has hook, account and the work of it.
  createChannel: 17.75,
  // The first in a minute asks the platform and writes down what that says.
  getChannel: 4.3,
  // Another account, which has the one before let go by "jobs: connection".
  updateChannel: 17.5,
  deleteChannel: 26,
  // Stored before it is sent, and written down as sent.
  "inbound: conversation": 16.2,
};
const hooks = {
  Telegram: "receiveTelegramUpdate",
  Slack: "receiveSlackEvent",
  Discord: "receiveDiscordInteraction",
  WhatsApp: "receiveWhatsAppCall",
};
/** Three credentials, and four, make the row of a channel longer than 1 KB. */
const ofLongerRows = {
  "getChannel of Discord": 5.3,
  "updateChannel of Discord": 18.75,
  "createChannel of WhatsApp": 19,
  "getChannel of WhatsApp": 5.3,
  "updateChannel of WhatsApp": 18.75,
};

/** Dollars for a million messages by the seconds that their backend takes: without and with `?wait`. */
const messageBudgets: Readonly<Record<number, readonly [number, number]>> = {
  2: [31.5, 41],
  5: [42.5, 63.5],
  10: [61, 101.5],
};

/** What a route may cost that has no budget of its own. */
const usual: Readonly<Record<Route["method"], number>> = {
  GET: 3.3,
  POST: 8.5,
  PATCH: 4.4,
  DELETE: 6,
};

const { routes } = await loadManifest();
const allBudgets: Readonly<Record<string, number>> = {
  ...Object.fromEntries(routes.map(({ route }) => [route.operationId, usual[route.method]])),
  ...budgets,
  ...Object.fromEntries(
    Object.entries(hooks).flatMap(([platform, hook]) => [
      [hook, 11.2] as const,
      [`inbound: conversation of ${platform}, noted`, 16.9] as const,
      ...Object.entries(onPlatforms).map(
        ([name, dollars]) => [`${name} of ${platform}`, dollars] as const,
      ),
    ]),
  ),
  ...ofLongerRows,
};

let counted: ReadonlyMap<string, Counted>;
beforeAll(async () => {
  counted = await countCosts();
});

type Sum = Pick<Counted, "calls" | "writeUnits" | "readUnits">;

/** What several of those that were counted use together. Throws when one was not. */
function sumOf(...names: readonly string[]): Sum {
  const parts = names.map((name) => {
    const found = counted.get(name);
    if (!found) throw new Error(`${name} was not counted.`);
    return found;
  });
  const sum = (of: keyof Sum) => parts.reduce((all, one) => all + one[of], 0);
  return { calls: sum("calls"), writeUnits: sum("writeUnits"), readUnits: sum("readUnits") };
}

describe("what operations cost", () => {
  it.each(Object.entries(allBudgets))("keeps the budget of %s", (name, dollars) => {
    const found = counted.get(name);
    if (!found) throw new Error(`${name} was not counted.`);
    expect(priceOfMillion(found, stageNamed("prod").memoryMb).total).toBeLessThanOrEqual(dollars);
  });

  it("has a budget for all that was counted", () => {
    expect([...counted.keys()].filter((name) => allBudgets[name] === undefined)).toEqual([]);
  });

  it("stands in the operations guide as it is, within a tenth", () => {
    const rows = rowsOf(readFileSync("lib/aws/README.md", "utf8"));
    const { memoryMb } = stageNamed("prod");
    for (const one of counted.values()) {
      const { total } = priceOfMillion(one, memoryMb);
      const written = Number(rows.find(([name]) => name === one.name)?.at(-1));
      const share = written / total;
      expect([one.name, share > 0.9 && share < 1.1]).toEqual([one.name, true]);
    }
  });

  it("keeps messages within their budgets, by how long their backend takes and whether somebody waits", () => {
    const rows = waitedMessages(counted, stageNamed("prod").memoryMb);
    const over = rows.filter(({ seconds, isHeld, total }) => {
      const [alone, held] = messageBudgets[seconds] ?? [0, 0];
      return total > (isHeld ? held : alone);
    });
    expect(over).toEqual([]);
  });

  it("has what messages cost in the operations guide, within a tenth", () => {
    const cells = rowsOf(readFileSync("lib/aws/README.md", "utf8"));
    for (const { seconds, isHeld, total } of waitedMessages(counted, stageNamed("prod").memoryMb)) {
      const row = cells.find(
        (one) => one[0] === `${seconds} s` && one[1] === (isHeld ? "yes" : "no"),
      );
      const share = Number(row?.at(-1)) / total;
      expect([seconds, isHeld, share > 0.9 && share < 1.1]).toEqual([seconds, isHeld, true]);
    }
  });

  it("has what files cost in the operations guide, within a tenth", () => {
    const cells = rowsOf(readFileSync("lib/aws/README.md", "utf8"));
    const costs = fileCosts(counted, stageNamed("prod").memoryMb);
    expect(costs).toMatchObject([
      { calls: 3, writeUnits: 7, readUnits: 1, bucket: 5 },
      { calls: 1, writeUnits: 0, readUnits: 1, bucket: 0.4 },
    ]);
    for (const { name, total } of costs) {
      const written = Number(cells.find(([first]) => first === name)?.at(-1));
      expect([name, Math.abs(written / total - 1) < 0.1]).toEqual([name, true]);
    }
  });

  it("reaches its goals for messages that are waited for, files and an idle month, and still misses the others", async () => {
    const stages = { prod: stageNamed("prod"), dev: stageNamed("dev") };
    const all = goals(counted, await loadManifest(), stages);
    const missed = all.filter(({ today, goal }) => today > goal).map(({ name }) => name);
    expect(all).toHaveLength(13);
    const written = rowsOf(readFileSync("lib/aws/README.md", "utf8")).filter(
      (row) => row.length === 4,
    );
    for (const { name, today, goal } of all.filter(({ why }) => why)) {
      const [, wanted, found] = written.find(([what]) => what?.includes(name)) ?? [];
      expect([name, wanted]).toEqual([name, goal.toFixed(2)]);
      expect(Math.abs(Number(found) / today - 1)).toBeLessThan(0.1);
    }
    expect(all.filter(({ why }) => why).map(({ name }) => name)).toEqual(missed);
    expect(missed).toEqual([
      "getBot",
      "createBot",
      "createIntegration",
      "createChannel",
      "inbound: conversation of Telegram",
      "A message, backend of 5 s",
      "A month without a request, `dev`",
    ]);
  });

  it.each([
    ["", 12, 27],
    // That it is noted in its channel comes beside what stores the reply.
    [", noted", 13, 28],
  ])(
    "keeps a message and its reply%s within the calls and units of the data model",
    (how, mostCalls, mostWrites) => {
      const sum = sumOf("sendMessage", `inbound: conversation${how}`);
      expect(sum.calls).toBeLessThanOrEqual(mostCalls);
      expect(sum.writeUnits).toBeLessThanOrEqual(mostWrites);
      expect(sum.readUnits).toBeLessThanOrEqual(12);
    },
  );

  it.each(Object.entries(hooks))(
    "keeps a message of %s within the units of a web message and few more, its reply within five more",
    (platform, hook) => {
      const units = ({ writeUnits, readUnits }: Sum) => writeUnits + readUnits;
      const [told, web] = [sumOf(hook), sumOf("sendMessage")];
      // Both ids of its user are looked up first, in one call, to find which was known before.
      const [moreCalls, moreUnits] = platform === "WhatsApp" ? [1, 3] : [0, 1];
      expect(told.calls).toBeLessThanOrEqual(web.calls + moreCalls);
      expect(units(told)).toBeLessThanOrEqual(units(web) + moreUnits);
      const [sent, kept] = [
        sumOf(`inbound: conversation of ${platform}`),
        sumOf("inbound: conversation"),
      ];
      expect(sent.calls).toBeLessThanOrEqual(kept.calls + 2);
      expect(units(sent)).toBeLessThanOrEqual(units(kept) + 5);
    },
  );
});

describe("npm run costs", () => {
  const run = (...args: string[]) =>
    spawnSync("node_modules/.bin/node", ["bin/costs.ts", ...args], { encoding: "utf8" });

  it("says what it does when it is asked", () => {
    const { status, stdout } = run("--help");
    expect([status, stdout]).toEqual([0, expect.stringContaining("--stage STAGE")]);
  });

  it.each([
    [["--stage", "moon"], "There is no stage moon."],
    [["--month"], "Unknown option '--month'"],
    [["dev"], "Unexpected argument 'dev'."],
  ])("ends with 2 and one sentence when it is given %j", (args, sentence) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("npm run costs -- --help says more.");
    expect(stderr).not.toMatch(/\n +at /);
  });
});
