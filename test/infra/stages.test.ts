import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { stageNamed, stages } from "#lib/aws/stages";
import { tableNameOf } from "#lib/deployed-names";
import { loadManifest } from "#lib/manifest";
import { memoryKindOf } from "#lib/memory";
import { ofType, synthesise, synthesisedIn, variablesOf } from "../support/templates.ts";

// What differs between stages shows in a few functions.
const { routes, workers } = await loadManifest();
const some = ["getBot", "sendMessage"];
const manifest = {
  routes: routes.filter(({ route }) => some.includes(route.operationId)),
  workers,
};
const deployments = new Map(stages.map(({ name }) => [name, synthesise(manifest, name)]));

describe.each([...deployments])("the stage %s", (name, { data, compute, areas }) => {
  const settings = stageNamed(name);
  const functions = areas.flatMap((stack) =>
    ofType(stack, "AWS::Lambda::Function").map(({ id }) => ({ stack, id })),
  );

  it("names its table so that the operator's commands find it", () => {
    const [table] = ofType(data, "AWS::DynamoDB::Table");
    expect(table?.Properties["TableName"]).toBe(`chatbot-platform-${name}`);
    expect(tableNameOf(name)).toBe(`chatbot-platform-${name}`);
  });

  it("says where the API is and how a first team is made", () => {
    expect(Object.keys(compute.outputs)).toEqual(
      expect.arrayContaining(["ApiUrl", "ApiId", "MakeATeam"]),
    );
    expect(compute.outputs["MakeATeam"]?.Value).toBe(
      `npm run team -- --stage ${name} create --name "Acme" --plan pro`,
    );
  });

  it("lets functions call private addresses only where there is no account around them", () => {
    const allowing = functions.filter(
      (found) => variablesOf(found)["ALLOW_PRIVATE_URLS"] !== undefined,
    );
    const isEmulated = settings.home?.account === "000000000000";
    expect(allowing).toHaveLength(isEmulated ? functions.length : 0);
  });

  it("gives its functions the memory that it has a reason for", () => {
    const { memoryMb, memoryReasons } = settings;
    const memoryOf = (description: string) =>
      functions
        .map(({ stack, id }) => stack.resources[id]?.Properties)
        .find((properties) => String(properties?.["Description"]).startsWith(description))?.[
        "MemorySize"
      ];
    for (const { route } of manifest.routes) {
      const { operationId, method, path } = route;
      const given = memoryOf(`${method} ${path}: `);
      expect([operationId, given]).toEqual([operationId, memoryMb[memoryKindOf(route)]]);
    }
    for (const { worker } of manifest.workers) {
      const given = memoryOf(`${worker.summary}. `);
      expect([worker.name, given]).toEqual([worker.name, memoryMb[memoryKindOf(worker)]]);
    }
    // A core at 1,769 MB, says the Lambda Developer Guide.
    for (const kind of ["usual", "waiting"] as const) {
      expect(memoryReasons[kind]).toContain(`${(memoryMb[kind] / 1_769).toFixed(2)} of a core`);
    }
  });

  it("tags its stacks and what is in them with the product and its name", () => {
    const tags = { product: "chatbot-platform", stage: name };
    const ofStacks = synthesisedIn(manifest, settings, ({ app }) =>
      app.synth().stacks.map((stack) => stack.tags),
    );
    expect(ofStacks).toEqual([tags, tags]);
    const [table] = ofType(data, "AWS::DynamoDB::Table");
    expect(table?.Properties["Tags"]).toEqual(
      Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    );
  });

  it("can go only where its settings say", () => {
    const { account, region } = settings.home ?? {
      account: "unknown-account",
      region: "unknown-region",
    };
    expect([data.home, compute.home]).toEqual(Array(2).fill(`aws://${account}/${region}`));
  });
});

describe("the functions that wait", () => {
  it("are all that open secrets and seal none, for they call other people's servers with them", () => {
    const all = [...routes.map(({ route }) => route), ...workers.map(({ worker }) => worker)];
    const calling = all
      .filter(({ grants }) => grants.key?.join() === "open")
      // It mostly erases.
      .filter((one) => !("name" in one && one.name === "jobs"))
      // A hook opens what proves who calls it, and calls nobody.
      .filter((one) => !("auth" in one && "signed" in one.auth));
    expect(calling).toHaveLength(5);
    expect(calling.map(memoryKindOf)).toEqual(calling.map(() => "waiting"));
  });

  it("stand in the operations guide", () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const [, line = ""] = /^- \*\*`waiting`\*\*: ([^]*?), which/m.exec(guide) ?? [];
    const named = [...line.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    const waiting = [
      ...workers.map(({ worker }) => ({ name: worker.name, waits: worker.waits })),
      ...routes.map(({ route }) => ({ name: route.operationId, waits: route.waits })),
    ].filter(({ waits }) => waits);
    expect(named.toSorted()).toEqual(waiting.map(({ name }) => name).toSorted());
  });
});

describe("the stages", () => {
  it("have names of their own, which fit into the names of stacks and tables", () => {
    const names = stages.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
  });

  it("are deployed as dev to any account, and as emulator to none of AWS", () => {
    expect(stageNamed("dev").home).toBeUndefined();
    expect(stageNamed("emulator").home?.account).toBe("000000000000");
  });
});
