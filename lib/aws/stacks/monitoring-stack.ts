import { Annotations, NestedStack } from "aws-cdk-lib";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { addAlarms } from "../constructs/alarms.ts";
import { addDashboard } from "../constructs/dashboard.ts";
import type { Watched } from "../constructs/watched.ts";

/** The alarms, who is told of them, and the dashboard where the stage wants it. */
export class MonitoringStack extends NestedStack {
  constructor(scope: Construct, watched: Watched) {
    super(scope, "Monitoring", { description: "Chatbot Platform: alarms and the dashboard" });
    const alarms = addAlarms(this, watched);
    const { name, alarmEmail, keepsData, monitoring } = watched.stage;
    if (alarmEmail !== undefined) tell(this, alarmEmail, alarms);
    else if (keepsData) {
      Annotations.of(this).addWarningV2(
        "chatbot-platform:nobody-is-told",
        `Nobody is told when an alarm of the stage ${name} goes off. Give it an alarmEmail in stages.json (lib/aws/README.md, Settings).`,
      );
    }
    if (monitoring === "all") addDashboard(this, watched);
  }
}

function tell(scope: NestedStack, email: string, alarms: readonly Alarm[]): void {
  const topic = new Topic(scope, "Told", { displayName: "Chatbot Platform", enforceSSL: true });
  topic.addSubscription(new EmailSubscription(email));
  // A policy of its own takes the place of the default one, by which the account's alarms could publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": scope.account } },
    }),
  );
  const action = new SnsAction(topic);
  for (const alarm of alarms) {
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
