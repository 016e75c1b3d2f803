import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { nouns } from "#shared/runtime/nouns";
import { allImports, closureOf, type Import, importsIn, inCircles } from "../support/imports.ts";

const mechanisms = [
  "http",
  "queue",
  "work",
  "errors",
  "auth",
  "table",
  "runtime",
  "outbound",
  "secrets",
  "schema",
  "models",
  "tools",
  "platforms",
  "markdown",
  "blobs",
];
const mechanism = new RegExp(`^shared/(${mechanisms.join("|")})/`);
const noun = new RegExp(
  `^shared/(${[...Object.keys(nouns), "audit", "events", "figures"].join("|")})/`,
);

/** What makes the platform on AWS and must never be in what runs. */
const building =
  /^(aws-cdk-lib|constructs|cdk-nag|esbuild|@valibot\/to-json-schema|@scalar\/api-reference)$/;
const cdk = /^(aws-cdk-lib|constructs|cdk-nag)$/;
const aws = /^(@aws-sdk\/.*|@smithy\/.*|@middy\/.*|aws-lambda)$/;
const builtIn = /^node:/;
const definition = /^functions\/.*\/(route|worker)\.ts$/;
const handler = /^functions\/.*\/handler\.ts$/;

/** Rules of a noun that others may use, each with its reason. */
const lent = new Map([
  ["shared/agent-loops/render-prompt.ts", "an execution is made of the loop's prompts"],
  ["shared/agent-loops/schedule.ts", "a run by schedule asks for the next due time"],
  ["shared/agent-loops/schedule-items.ts", "a run by schedule reads its row"],
  ["shared/channels/channel-secrets.ts", "replies are sent with the credentials of a channel"],
  ["shared/channels/disconnect-channel.ts", "who sends finds that credentials are dead"],
  ["shared/channels/hook.ts", "what comes in is read with the hook of its channel"],
  [
    "shared/channels/note-activity.ts",
    "who sends, or fetches files, tells the channel what became of it",
  ],
  ["shared/figures/count-usage.ts", "what happens is counted where it is written"],
  ["shared/figures/figures.ts", "what happens is counted where it is written"],
  ["shared/files/erase-files.ts", "conversations are erased with their files"],
  ["shared/files/file-url.ts", "files are shown where their messages are"],
  ["shared/integrations/backend.ts", "conversations ask backends"],
  ["shared/integrations/choose-backends.ts", "conversations ask backends"],
  ["shared/integrations/health.ts", "conversations tell how backends do"],
  ["shared/webhooks/report-event.ts", "what happens is reported where it is written"],
]);

interface Room {
  readonly is: RegExp;
  readonly rule: string;
  readonly allows: (to: string, from: string) => boolean;
}

const isLocal = (to: string) => /^(bin|lib|functions|shared|test)\//.test(to);
const isPackage = (to: string) => !isLocal(to);
const areaOf = (file: string) => file.split("/").slice(0, 2).join("/");
const folderOf = (file: string) => file.slice(0, file.lastIndexOf("/"));

const imports = allImports(process.cwd(), ["bin", "lib", "functions", "shared"]);
const files = [...new Set(imports.map(({ from }) => from))];
const importsOf = Map.groupBy(imports, ({ from }) => from);

/** The folder of one platform, which is imported from outside by its adapter and that one's part for hooks alone. */
const inPlatform = /^shared\/platforms\/[^/]+\//;
const isAdapter = (to: string) => /^shared\/platforms\/[^/]+\/(adapter|inbound)\.ts$/.test(to);

/** What a schema is made of. */
const schemaParts =
  /^(valibot|shared\/schema\/.*|shared\/(auth\/scopes|runtime\/nouns|models\/(tuning|vendor-urls))\.ts)$/;

/** Whether a noun's file is a schema, an example or a type: it loads Valibot and other schemas, and nothing else. */
const isSchema = (file: string): boolean =>
  noun.test(file) &&
  (importsOf.get(file) ?? []).every(
    ({ to, isTypeOnly }) => isTypeOnly || schemaParts.test(to) || isSchema(to),
  );
const isStore = (file: string) => noun.test(file) && file.endsWith("-store.ts");
const isErasing = (file: string) => noun.test(file) && /\/erase-[^/]+\.ts$/.test(file);

/** The plain data of the product that every part of `lib` may read. */
const plain =
  /^shared\/(http\/(define-route|body-size|cors|route-path)|queue\/define-worker|errors\/[^/]+|runtime\/[^/]+|schema\/fields|table\/definition|events\/catalogue|integrations\/backend-contract|platforms\/catalogue)\.ts$/;

/** One row of the table for each room; the first that fits a file counts. */
const rooms: readonly Room[] = [
  {
    is: /^bin\//,
    rule: "bin imports lib and shared",
    allows: (to) => /^(lib|shared)\//.test(to) || (isPackage(to) && !aws.test(to)),
  },
  {
    is: /^lib\/aws\//,
    rule: "lib/aws imports definitions, plain data, lib and CDK",
    allows: (to) =>
      definition.test(to) ||
      plain.test(to) ||
      (to.startsWith("lib/") && !to.startsWith("lib/local/")) ||
      isPackage(to),
  },
  {
    is: /^lib\/(local|operator|bench|costs|fuzz)\//,
    rule: "lib/local, the operator's commands and what measures import definitions, handlers, mechanisms, teams and channels; never CDK",
    allows: (to) =>
      definition.test(to) ||
      handler.test(to) ||
      mechanism.test(to) ||
      // For the operator's commands, which make and remove teams, and look at channels.
      to.startsWith("shared/teams/") ||
      to.startsWith("shared/channels/") ||
      to === "shared/bots/bot.ts" ||
      to === "shared/erasure/delete-team.ts" ||
      to === "shared/api-keys/api-key-store.ts" ||
      to === "shared/audit/audit-entry.ts" ||
      (to.startsWith("lib/") && !to.startsWith("lib/aws/")) ||
      (isPackage(to) && !cdk.test(to)),
  },
  {
    is: /^lib\/simulation\//,
    rule: "lib/simulation drives the product's own code: workers, hooks, shared and the embedded engine; never CDK",
    allows: (to) =>
      to.startsWith("shared/") ||
      /^functions\/(workers|hooks)\//.test(to) ||
      /^lib\/(local|simulation)\//.test(to) ||
      /^lib\/(deployed-names|command-line)\.ts$/.test(to) ||
      (isPackage(to) && !cdk.test(to)),
  },
  {
    is: /^lib\/new-route\//,
    rule: "lib/new-route imports its own files and plain data; never CDK",
    allows: (to) =>
      to.startsWith("lib/new-route/") || plain.test(to) || (isPackage(to) && !cdk.test(to)),
  },
  {
    is: /^lib\//,
    rule: "lib imports definitions and plain data; never CDK",
    allows: (to) =>
      definition.test(to) ||
      plain.test(to) ||
      (to.startsWith("lib/") && !/^lib\/(aws|local|operator|bench)\//.test(to)) ||
      (isPackage(to) && !cdk.test(to)),
  },
  {
    is: definition,
    rule: "route.ts and worker.ts import schemas of nouns and what defines them",
    allows: (to) =>
      isSchema(to) ||
      /^shared\/(http\/(define-route|body-size|cors)|queue\/define-worker|schema\/[^/]+|auth\/scopes|runtime\/version)\.ts$/.test(
        to,
      ) ||
      to === "valibot",
  },
  {
    is: handler,
    rule: "handler.ts imports its own definition and shared",
    allows: (to, from) =>
      to.startsWith("shared/") || (definition.test(to) && folderOf(to) === folderOf(from)),
  },
  {
    is: noun,
    rule: "nouns import mechanisms but HTTP, and schemas and stores of other nouns",
    allows: (to, from) =>
      (mechanism.test(to) && !to.startsWith("shared/http/")) ||
      areaOf(to) === areaOf(from) ||
      isSchema(to) ||
      isStore(to) ||
      lent.has(to) ||
      (isPackage(to) && !aws.test(to) && !building.test(to)),
  },
  {
    is: /^shared\/erasure\//,
    rule: "erasure imports mechanisms but HTTP, and of nouns schemas, stores and how each is erased",
    allows: (to, from) =>
      (mechanism.test(to) && !to.startsWith("shared/http/")) ||
      areaOf(to) === areaOf(from) ||
      isSchema(to) ||
      isStore(to) ||
      isErasing(to) ||
      to === "valibot",
  },
  {
    is: /^shared\/platforms\/adapters\.ts$/,
    rule: "the list of adapters imports adapters",
    allows: (to) => isAdapter(to) || /^shared\/platforms\/[^/]+\.ts$/.test(to),
  },
  {
    is: /^shared\/platforms\/[^/]+\.ts$/,
    rule: "what platforms share imports mechanisms and no platform",
    allows: (to) =>
      (mechanism.test(to) && !inPlatform.test(to)) || (isPackage(to) && !building.test(to)),
  },
  {
    is: inPlatform,
    rule: "a platform imports what speaks to servers, and no other platform",
    allows: (to, from) =>
      /^shared\/(platforms\/[^/]+|(outbound|schema|runtime|markdown)\/.*)\.ts$/.test(to) ||
      folderOf(to) === folderOf(from) ||
      (isPackage(to) && !aws.test(to) && !building.test(to)),
  },
  {
    is: mechanism,
    rule: "mechanisms import mechanisms",
    allows: (to) => mechanism.test(to) || (isPackage(to) && !building.test(to)),
  },
];

/** The rule that an import breaks, or undefined. */
function breach({ from, to }: Import): string | undefined {
  const room = rooms.find(({ is }) => is.test(from));
  if (!room) return `${from} is in no room of the design`;
  if (inPlatform.test(to) && folderOf(to) !== folderOf(from) && !isAdapter(to)) {
    return `${from} imports ${to}: a platform is imported by its adapter alone`;
  }
  return room.allows(to, from) ? undefined : `${from} imports ${to}: ${room.rule}`;
}

/** Pairs of folders that import each other, as `shared/a and shared/b`. */
function mutualPairs(all: readonly Import[]): readonly string[] {
  const edges = new Set(all.map(({ from, to }) => `${areaOf(from)} ${areaOf(to)}`));
  return [...edges].flatMap((edge) => {
    const [from = "", to = ""] = edge.split(" ");
    return from < to && edges.has(`${to} ${from}`) ? [`${from} and ${to}`] : [];
  });
}

describe("who may import whom", () => {
  it("is as the design says, in every file", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.flatMap((one) => breach(one) ?? [])).toEqual([]);
  });

  it("points only at files that are there", () => {
    const known = new Set(files);
    const missing = imports.filter(
      ({ to }) => isLocal(to) && /^(bin|functions)\//.test(to) && !known.has(to),
    );
    expect(missing).toEqual([]);
  });

  it("never runs in a circle", () => {
    expect(inCircles(imports)).toEqual([]);
    const circle = [
      ["a", "b"],
      ["b", "c"],
      ["c", "b"],
      ["c", "d"],
    ];
    const edges = circle.map(([from = "", to = ""]) => ({ from, to, isTypeOnly: true }));
    expect(inCircles(edges)).toEqual(["b", "c"]);
  });

  it("goes one way between two rooms of shared", () => {
    expect(mutualPairs(imports.filter(({ to }) => to.startsWith("shared/")))).toEqual([]);
    const both = [
      { from: "shared/a/x.ts", to: "shared/b/y.ts", isTypeOnly: true },
      { from: "shared/b/z.ts", to: "shared/a/x.ts", isTypeOnly: false },
    ];
    expect(mutualPairs(both)).toEqual(["shared/a and shared/b"]);
  });

  it.each(files.filter((file) => definition.test(file)))(
    "lets nothing of AWS and no built-in into %s, however far away",
    (file) => {
      const reached = [...closureOf(file, imports)];
      expect(reached.filter((one) => aws.test(one) || building.test(one))).toEqual([]);
      const direct = imports.filter(({ from, to }) => from === file && builtIn.test(to));
      expect(direct).toEqual([]);
    },
  );

  it("lets npm start and each function load only what npm ci --omit=dev installs", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: object;
    };
    const found = files.filter((file) => handler.test(file));
    const started = ["lib/local/start-command.ts", ...found].map((to) => ({
      from: "",
      to,
      isTypeOnly: false,
    }));
    const loaded = [...closureOf("", [...started, ...imports])];
    expect(loaded).toContain("shared/table/dynamo-table.ts");
    const packages = loaded.filter((one) => isPackage(one) && !builtIn.test(one) && one !== "");
    // Written into the reference as an example, and not run.
    expect(packages.filter((one) => !(one in dependencies))).toEqual(["standardwebhooks"]);
  });

  it.each([
    ["shared/table/table.ts", "shared/bots/bot.ts"],
    ["shared/bots/create-bot.ts", "shared/http/serve.ts"],
    ["shared/bots/create-bot.ts", "shared/integrations/update-integration.ts"],
    ["shared/bots/bot-store.ts", "@aws-sdk/client-dynamodb"],
    ["shared/bots/erase-bot.ts", "shared/erasure/job.ts"],
    ["shared/bots/erase-bot.ts", "shared/conversations/erase-conversation.ts"],
    ["shared/erasure/delete-bot.ts", "shared/bots/update-bot.ts"],
    ["shared/work/slice.ts", "shared/erasure/job.ts"],
    ["functions/bots/get/route.ts", "shared/table/live-table.ts"],
    ["functions/bots/get/route.ts", "node:fs"],
    ["functions/bots/get/handler.ts", "functions/bots/list/route.ts"],
    ["functions/bots/get/handler.ts", "lib/manifest.ts"],
    ["functions/bots/get/handler.ts", "@aws-sdk/client-sqs"],
    ["lib/local/gateway.ts", "aws-cdk-lib"],
    ["lib/openapi/document.ts", "aws-cdk-lib"],
    ["lib/openapi/document.ts", "shared/bots/bot.ts"],
    ["lib/manifest.ts", "bin/build.ts"],
    ["shared/platforms/adapter.ts", "shared/platforms/telegram/adapter.ts"],
    ["shared/platforms/telegram/send.ts", "shared/platforms/slack/send.ts"],
    ["shared/platforms/telegram/send.ts", "shared/table/table.ts"],
    ["shared/conversations/deliver-reply.ts", "shared/platforms/telegram/send.ts"],
    ["shared/nowhere/thing.ts", "valibot"],
  ])("refuses that %s imports %s", (from, to) => {
    expect(breach({ from, to, isTypeOnly: false })).toBeDefined();
  });

  it("sees imports of every form", () => {
    const text = `import "./a.ts";
import type { B } from "./b.ts";
import {
  type C,
  c,
} from "#shared/c/c";
export { d } from "../d.ts";
const e = await import("node:fs");
`;
    expect(importsIn("lib/x/y.ts", text)).toEqual([
      { from: "lib/x/y.ts", to: "lib/x/a.ts", isTypeOnly: false },
      { from: "lib/x/y.ts", to: "lib/x/b.ts", isTypeOnly: true },
      { from: "lib/x/y.ts", to: "shared/c/c.ts", isTypeOnly: false },
      { from: "lib/x/y.ts", to: "lib/d.ts", isTypeOnly: false },
      { from: "lib/x/y.ts", to: "node:fs", isTypeOnly: false },
    ]);
  });
});
