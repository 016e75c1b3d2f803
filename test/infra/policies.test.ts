import { describe, expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import { ofType, synthesise } from "../support/templates.ts";

const manifest = await loadManifest();
const told = synthesise(manifest, "prod", { alarmEmail: "operator@example.com" });
const stacks = [told.data, told.compute, ...told.areas, told.monitoring];

interface ResourceStatement {
  readonly Effect: string;
  readonly Action: string;
  readonly Principal: Readonly<Record<string, unknown>>;
  readonly Condition?: unknown;
}

/** Who a policy is about: a service, or the deployment's own account as a whole. */
function nameOf({ Service, AWS }: ResourceStatement["Principal"]): string {
  const account = JSON.stringify(AWS ?? "");
  if (/"AWS::AccountId"},":root"/.test(account)) return "the account";
  return typeof Service === "string" ? Service : account;
}

const resourcePolicies = stacks.flatMap((stack) =>
  Object.values(stack.resources).flatMap(({ Properties }) => {
    const { PolicyDocument, KeyPolicy, AssumeRolePolicyDocument } = Properties as Record<
      string,
      { Statement: readonly ResourceStatement[] } | undefined
    >;
    return [PolicyDocument, KeyPolicy, AssumeRolePolicyDocument].flatMap(
      (document) => document?.Statement ?? [],
    );
  }),
);

describe("a deployment", () => {
  it("lets nobody in by the policies of queues, the key, the topic and roles but AWS's own services and its account", () => {
    const allowed = resourcePolicies.filter(({ Effect }) => Effect === "Allow");
    const who = allowed.map(({ Action, Principal }) => `${Action} ${nameOf(Principal)}`);
    expect([...new Set(who)].toSorted()).toEqual([
      "kms:* the account",
      "sns:Publish cloudwatch.amazonaws.com",
      "sts:AssumeRole lambda.amazonaws.com",
    ]);
    const refused = resourcePolicies.filter(({ Effect }) => Effect === "Deny");
    expect(refused).toHaveLength(ofType(told.compute, "AWS::SQS::Queue").length + 1);
    for (const { Condition } of refused) {
      expect(Condition).toEqual({ Bool: { "aws:SecureTransport": "false" } });
    }
  });

  it("lets functions be called only by its own API and its own clock", () => {
    const permissions = told.areas.flatMap((stack) => ofType(stack, "AWS::Lambda::Permission"));
    const clocks = manifest.workers.filter(({ worker }) => "everyMinutes" in worker.trigger);
    expect(permissions).toHaveLength(manifest.routes.length + clocks.length);
    for (const { Properties } of permissions) {
      const { Action, Principal, SourceArn } = Properties;
      expect(Action).toBe("lambda:InvokeFunction");
      expect([Principal, JSON.stringify(SourceArn)]).toEqual(
        Principal === "events.amazonaws.com"
          ? [Principal, expect.stringMatching(/Clock[0-9A-F]{8}/)]
          : ["apigateway.amazonaws.com", expect.stringMatching(/Api[0-9A-F]{8}Ref"},"\/\*\/\*/)],
      );
    }
  });
});
