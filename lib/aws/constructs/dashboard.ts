import { Duration } from "aws-cdk-lib";
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
  SearchExpression,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { metricsNamespaceOf } from "../../deployed-names.ts";
import type { Watched } from "./watched.ts";

const period = Duration.minutes(5);

/** Adds the one dashboard: what is asked, how fast it is answered, what waits, what it costs in units. */
export function addDashboard(scope: Construct, watched: Watched): Dashboard {
  const { name } = watched.stage;
  const dashboard = new Dashboard(scope, "Dashboard", {
    dashboardName: `chatbot-platform-${name}`,
    defaultInterval: Duration.hours(6),
  });
  dashboard.addWidgets(
    new TextWidget({
      width: 24,
      height: 2,
      markdown: `**Chatbot Platform, ${name}.** What users lose stands in each alarm; what to do in \`lib/aws/README.md\`. Stuck work: \`npm run work -- --stage ${name} list\``,
    }),
  );
  dashboard.addWidgets(...ofApi(watched));
  dashboard.addWidgets(...ofRoutes(name));
  dashboard.addWidgets(...ofWork(watched));
  dashboard.addWidgets(...ofNouns(name));
  dashboard.addWidgets(...ofUnits(watched));
  return dashboard;
}

const graph = (title: string, left: IMetric[], unit?: string): IWidget =>
  new GraphWidget({
    title,
    left,
    width: 8,
    height: 6,
    leftYAxis: { min: 0, showUnits: false, ...(unit !== undefined && { label: unit }) },
  });

/** All metrics of a name, by the values of their dimension: what is new shows by itself. */
const each = (stage: string, dimension: string, metricName: string, statistic: string) =>
  new SearchExpression({
    expression: `SEARCH('{"${metricsNamespaceOf(stage)}",${dimension}} MetricName="${metricName}"', '${statistic}', ${period.toSeconds()})`,
    // Filled in by CloudWatch.
    label: "${PROP('Dim." + dimension + "')}",
    period,
  });

const whole = (stage: string, metricName: string, statistic: string) =>
  new Metric({ namespace: metricsNamespaceOf(stage), metricName, statistic, period });

function ofApi({ stage, httpApi }: Watched): IWidget[] {
  const api = (metricName: string, statistic: string, label: string) =>
    new Metric({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensionsMap: { ApiId: httpApi.apiId, Stage: "$default" },
      statistic,
      label,
      period,
    });
  const functions = (metricName: string, statistic: string) =>
    new Metric({ namespace: "AWS/Lambda", metricName, statistic, period });
  return [
    graph("Requests and errors", [
      api("Count", "Sum", "requests"),
      whole(stage.name, "client_errors", "Sum"),
      api("5xx", "Sum", "errors on our side"),
    ]),
    graph(
      "Time to answer",
      ["p50", "p99"].map((statistic) => api("Latency", statistic, statistic)),
      "ms",
    ),
    graph("Functions of the account", [
      functions("ConcurrentExecutions", "Maximum"),
      functions("Throttles", "Sum"),
      functions("Errors", "Sum"),
    ]),
  ];
}

const ofRoutes = (stage: string): IWidget[] => [
  graph("Requests of each route", [each(stage, "route", "ms", "SampleCount")]),
  graph("p50 of each route", [each(stage, "route", "ms", "p50")], "ms"),
  graph("p99 of each route", [each(stage, "route", "ms", "p99")], "ms"),
  graph("Errors on our side of each route", [each(stage, "route", "server_errors", "Sum")]),
  graph("p99 of each worker", [each(stage, "worker", "ms", "p99")], "ms"),
  graph("Messages that failed", [each(stage, "worker", "failed_messages", "Sum")]),
];

function ofWork({ stage, queues }: Watched): IWidget[] {
  const all = [...queues];
  return [
    graph(
      "Oldest message of each queue",
      all.map(([label, { queue }]) =>
        queue.metricApproximateAgeOfOldestMessage({ label, statistic: "Maximum", period }),
      ),
      "s",
    ),
    graph(
      "Dead letters",
      all.map(([label, { deadLetters }]) =>
        deadLetters.metricApproximateNumberOfMessagesVisible({
          label,
          statistic: "Maximum",
          period,
        }),
      ),
    ),
    graph(
      "Oldest undone work, as the sweeper finds it",
      [whole(stage.name, "oldest_work_seconds", "Maximum")],
      "s",
    ),
  ];
}

const ofNouns = (stage: string): IWidget[] => [
  graph("Executions ended", [each(stage, "execution_status", "executions_ended", "Sum")]),
  graph("Attempts to deliver", [each(stage, "delivery_status", "attempts", "Sum")]),
  graph("Work given up, keys not given, times that work was turned away in a row", [
    whole(stage, "given_up", "Sum"),
    whole(stage, "key_failures", "Sum"),
    whole(stage, "turned_away", "Maximum"),
  ]),
];

function ofUnits({ stage, table }: Watched): IWidget[] {
  const consumed = (metricName: string) =>
    new Metric({
      namespace: "AWS/DynamoDB",
      metricName,
      dimensionsMap: { TableName: table.tableName },
      statistic: "Sum",
      period,
    });
  return [
    graph("Units of the table", [
      consumed("ConsumedReadCapacityUnits"),
      consumed("ConsumedWriteCapacityUnits"),
    ]),
    graph("Units that the log lines counted, indexes included", [
      whole(stage.name, "read_units", "Sum"),
      whole(stage.name, "write_units", "Sum"),
    ]),
    graph("Units of a request or message, on average", [
      whole(stage.name, "read_units", "Average"),
      whole(stage.name, "write_units", "Average"),
    ]),
  ];
}
