import { describe, expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { ofType, synthesise } from "../support/templates.ts";

/**
 * CloudFormation makes what has a new logical id before it deletes what had the old one, and then meets the old route or
 * name. So what is deployed keeps its logical id: a changed line here is an upgrade that fails for everybody.
 */
const { data, compute, areas, monitoring } = synthesise(await loadManifest(), "prod", {
  monitoring: "all",
  domain: {
    name: "api.example.com",
    certificateArn: "arn:aws:acm:eu-central-1:111122223333:certificate/0b1c",
  },
});
const stacks = [data, compute, ...areas, monitoring];

const routes = areas.flatMap((stack) =>
  ofType(stack, "AWS::ApiGatewayV2::Route").map(
    ({ id, Properties }) => [String(Properties["RouteKey"]), `${stack.name}/${id}`] as const,
  ),
);

/** Properties by which AWS tells resources of one account and region from each other. */
const names = /^(Table|Queue|Alarm|Dashboard|LogGroup|Topic|Role|Function|Alias|Domain)Name$/;

const named = stacks.flatMap((stack) =>
  Object.entries(stack.resources).flatMap(([id, { Type, Properties }]) =>
    Object.entries(Properties)
      .filter(([property, value]) => names.test(property) && typeof value === "string")
      .map(([, value]) => [`${Type} ${String(value)}`, `${stack.name}/${id}`] as const),
  ),
);

/** What a stage cannot lose: a key has no name by which its successor would be stopped, and opens nothing of its own. */
const kept = Object.entries(data.resources).map(([id, { Type }]) => [Type, id] as const);

/** Its id is in the address that customers call. */
const apis = ofType(compute, "AWS::ApiGatewayV2::Api");

const exported = Object.values(data.outputs).flatMap(({ Export }) => (Export ? [Export.Name] : []));

const byName = (ids: readonly (readonly [string, string])[]) =>
  ids.toSorted(([one], [other]) => (one < other ? -1 : 1));

describe("The logical id", () => {
  it.each(byName(routes))("of the route %s is the one that is deployed", (_, id) => {
    expect(id).toMatchSnapshot();
  });

  it.each(byName(named))("of the named resource %s is the one that is deployed", (_, id) => {
    expect(id).toMatchSnapshot();
  });

  it.each(byName(kept))("of what is kept, %s, is the one that is deployed", (_, id) => {
    expect(id).toMatchSnapshot();
  });

  it("of the API, which is in its address, is the one that is deployed", () => {
    expect(apis.map(({ id }) => id)).toMatchSnapshot();
  });

  it("is held for routes, queues, the table, alarms and whatever else has a name", () => {
    const types = new Set(named.map(([name]) => name.split(" ")[0]));
    expect(routes.length).toBeGreaterThan(40);
    expect([...types]).toEqual(
      expect.arrayContaining([
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::KMS::Alias",
        "AWS::Logs::LogGroup",
      ]),
    );
  });
});

describe("What the stack of what is kept exports", () => {
  // It is deployed first, and cannot take away what the deployed API still imports.
  it("is what is deployed", () => {
    expect(exported.toSorted()).toMatchSnapshot();
  });
});

describe("The table's keys and indexes", () => {
  // AWS makes another table for other keys, and changes no index that is there.
  it("are those that are deployed", () => {
    const [table] = ofType(data, "AWS::DynamoDB::Table");
    expect(table?.Properties["KeySchema"]).toMatchSnapshot();
    expect(table?.Properties["GlobalSecondaryIndexes"]).toMatchSnapshot();
  });
});
