import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { loadManifest } from "#lib/manifest";
import {
  functionOfRoute,
  idIn,
  ofType,
  synthesise,
  type Synthesised,
} from "../support/templates.ts";

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
  it("lets nobody in by the policies of queues, the key, the bucket, the topic and roles but AWS's own services and its account", () => {
    const allowed = resourcePolicies.filter(({ Effect }) => Effect === "Allow");
    const who = allowed.map(({ Action, Principal }) => `${Action} ${nameOf(Principal)}`);
    expect([...new Set(who)].toSorted()).toEqual([
      "kms:* the account",
      "sns:Publish cloudwatch.amazonaws.com",
      "sts:AssumeRole lambda.amazonaws.com",
    ]);
    const refused = resourcePolicies.filter(({ Effect }) => Effect === "Deny");
    const withoutTls = { Bool: { "aws:SecureTransport": "false" } };
    // Every queue, the topic and the bucket.
    expect(
      refused.filter(({ Condition }) => isDeepStrictEqual(Condition, withoutTls)),
    ).toHaveLength(ofType(told.compute, "AWS::SQS::Queue").length + 2);
    expect(
      refused.filter(({ Condition }) => !isDeepStrictEqual(Condition, withoutTls)),
    ).toMatchObject([{ Action: "s3:*", Condition: { NumericLessThan: { "s3:TlsVersion": 1.2 } } }]);
  });

  it("lets functions be called only by its own API and its own clock", () => {
    const permissions = told.areas.flatMap((stack) => ofType(stack, "AWS::Lambda::Permission"));
    const clocks = manifest.workers.filter(({ worker }) => "everyMinutes" in worker.trigger);
    const routes = told.areas.flatMap((stack) => ofType(stack, "AWS::ApiGatewayV2::Route"));
    expect(permissions).toHaveLength(routes.length + clocks.length);
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

describe("the policy of a function, to the letter,", () => {
  const workers = told.areas.find(({ name }) => name === "Workers")!;
  const policiesOf = ({ stack, id }: { stack: Synthesised; id: string }) => {
    const role = stack.resources[idIn(stack.resources[id]?.Properties["Role"])];
    expect(role?.Properties).not.toHaveProperty("ManagedPolicyArns");
    return role?.Properties["Policies"];
  };
  const policy = (Statement: readonly object[]) => [
    { PolicyName: "Needs", PolicyDocument: { Version: "2012-10-17", Statement } },
  ];
  const table = {
    "Fn::ImportValue": "ChatbotPlatform-prod-Data:ExportsOutputFnGetAttTableCD117FA1ArnE2C8C204",
  };
  const key = {
    "Fn::ImportValue": "ChatbotPlatform-prod-Data:ExportsOutputFnGetAttKey961B73FDArn5A860C43",
  };

  it("lets a public route write its log and nothing else", () => {
    expect(policiesOf(functionOfRoute(told.areas, "GET /v1/health"))).toEqual(
      policy([
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: { "Fn::GetAtt": ["GetHealthLog0232C8D3", "Arn"] },
        },
      ]),
    );
  });

  it("lets a route that seals read, write and send what it grants, and make data keys", () => {
    expect(policiesOf(functionOfRoute(told.areas, "POST /v1/agent-loops"))).toEqual(
      policy([
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: { "Fn::GetAtt": ["CreateAgentLoopLog047FA127", "Arn"] },
        },
        {
          Effect: "Allow",
          Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
          Resource: table,
        },
        {
          Effect: "Allow",
          Action: "sqs:SendMessage",
          Resource: { Ref: "referencetoChatbotPlatformprodApiJobsQueueF84B3B7BArn" },
        },
        { Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: key },
      ]),
    );
  });

  it("lets the executions worker handle its queue, open secrets and call models", () => {
    const [worker] = ofType(workers, "AWS::Lambda::Function").filter(({ id }) =>
      id.startsWith("Executions"),
    );
    const queue = { Ref: "referencetoChatbotPlatformprodApiExecutionsQueue0C422466Arn" };
    const model = (...rest: readonly unknown[]) => ({
      "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ...rest]],
    });
    expect(policiesOf({ stack: workers, id: worker!.id })).toEqual(
      policy([
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: { "Fn::GetAtt": ["ExecutionsLogE0A433B3", "Arn"] },
        },
        {
          Effect: "Allow",
          Action: [
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
          ],
          Resource: table,
        },
        {
          Effect: "Allow",
          Action: "sqs:SendMessage",
          Resource: [{ Ref: "referencetoChatbotPlatformprodApiDeliveriesQueue1D5AEC8DArn" }, queue],
        },
        {
          Effect: "Allow",
          Action: [
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
          ],
          Resource: queue,
        },
        { Effect: "Allow", Action: "kms:Decrypt", Resource: key },
        {
          Effect: "Allow",
          Action: "bedrock:InvokeModel",
          Resource: [
            model(":bedrock:*:", { Ref: "AWS::AccountId" }, ":application-inference-profile/*"),
            model(":bedrock:*:", { Ref: "AWS::AccountId" }, ":inference-profile/*"),
            model(":bedrock:*::foundation-model/*"),
          ],
        },
      ]),
    );
  });
});
