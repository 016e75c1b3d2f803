/** A finding of a rule that stands, with the reason. */
interface Acknowledged {
  /** As cdk-nag names it, with the part that it found. */
  readonly rule: string;
  /** The constructs that it may be found in. */
  readonly at: RegExp;
  readonly reason: string;
}

const anyFile =
  "Files are objects of the one bucket, by ids that are made later. An action reads, writes or deletes an object whose name is known; no function lists any.";

const anyModel =
  "Which model a loop or an integration calls is the team's choice, made after the deployment. The one action calls a model and changes nothing.";

/** Every finding of the AWS Solutions rules that is left as it is. */
export const acknowledgedRules: readonly Acknowledged[] = [
  {
    rule: "AwsSolutions-APIG4",
    at: /-Api\/\w+\/\w+\/(Route|Head)\/Resource$/,
    reason:
      "API keys are checked by the first step of each route's own chain, with limit and scope in one table call; HEAD answers only where everybody may read. An authorizer would be a second function in every request.",
  },
  {
    rule: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/*]",
    at: /\/(Integrations\/TestIntegration|Workers\/(Executions|Inbound))\/Role\/Resource$/,
    reason: anyModel,
  },
  {
    rule: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:<AWS::AccountId>:inference-profile/*]",
    at: /\/(Integrations\/TestIntegration|Workers\/(Executions|Inbound))\/Role\/Resource$/,
    reason: anyModel,
  },
  {
    rule: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:<AWS::AccountId>:application-inference-profile/*]",
    at: /\/(Integrations\/TestIntegration|Workers\/(Executions|Inbound))\/Role\/Resource$/,
    reason: anyModel,
  },
  {
    rule: "AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/*]",
    at: /\/(Files\/GetFile|Workers\/(Inbound|Jobs))\/Role\/Resource$/,
    reason: anyFile,
  },
  {
    rule: "AwsSolutions-S1",
    at: /-Data\/Bucket\/Resource$/,
    reason:
      "Every address is signed by one function, which logs each request. Access logs would be a second bucket with a line for each of them.",
  },
];
