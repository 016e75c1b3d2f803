import { NestedStack } from "aws-cdk-lib";
import type { IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { QueueName } from "#shared/runtime/grants";
import type { Manifest } from "../../manifest.ts";
import { addAlarms } from "../constructs/alarms.ts";
import { addDashboard } from "../constructs/dashboard.ts";
import type { WorkQueue } from "../constructs/work-queue.ts";
import type { Stage } from "../stages.ts";

/** What is watched. */
export interface Watched {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly queues: ReadonlyMap<QueueName, WorkQueue>;
  readonly table: ITable;
  readonly httpApi: IHttpApi;
}

/** The alarms, who is told of them, and one dashboard. */
export class MonitoringStack extends NestedStack {
  constructor(scope: Construct, watched: Watched) {
    super(scope, "Monitoring", { description: "Chatbot Platform: alarms and the dashboard" });
    const alarms = addAlarms(this, watched);
    const { alarmEmail } = watched.stage;
    if (alarmEmail !== undefined) tell(this, alarmEmail, alarms);
    addDashboard(this, watched);
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
