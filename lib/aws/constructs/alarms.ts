import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { Worker } from "#shared/queue/define-worker";
import { tableDefinition } from "#shared/table/definition";
import { metricsNamespaceOf } from "../../deployed-names.ts";
import { pascal } from "../../openapi/words.ts";
import type { Watched } from "./watched.ts";

/** One alarm: it goes off when the metric is above the bound (below, when it waits for a sign of life). */
interface Definition {
  /** Kebab-case; a heading of the operations guide. */
  readonly name: string;
  /** What users lose. */
  readonly loss: string;
  readonly remedy: string;
  readonly metric: IMetric;
  readonly above: number;
  /** How many of the last periods, of how many. */
  readonly periods?: readonly [number, number];
  /** Goes off below the bound, and when there is nothing at all. */
  readonly isSignOfLife?: true;
}

const guide = "lib/aws/README.md, Alarms";
const minutes = (count: number) => ({ period: Duration.minutes(count) });

/** Adds the alarms of a stage, each with the sentence of what users lose and what to do. */
export function addAlarms(scope: Construct, watched: Watched): readonly Alarm[] {
  const { stage } = watched;
  const definitions = [
    ...watched.manifest.workers.flatMap(({ worker }) => ofWorker(watched, worker)),
    ...ofLogLines(watched),
    ...ofFunctions(),
    ...(stage.alarms === "all" ? computed(watched) : []),
  ];
  return definitions.map(
    ({ name, loss, remedy, metric, above, periods = [1, 1], isSignOfLife }) =>
      new Alarm(scope, pascal(name), {
        alarmName: `chatbot-platform-${stage.name}-${name}`,
        alarmDescription: `${loss} ${remedy.replaceAll("STAGE", stage.name)} (${guide}: ${name})`,
        metric,
        threshold: above,
        comparisonOperator: isSignOfLife
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
        datapointsToAlarm: periods[0],
        evaluationPeriods: periods[1],
        treatMissingData: isSignOfLife
          ? TreatMissingData.BREACHING
          : TreatMissingData.NOT_BREACHING,
      }),
  );
}

function ofWorker({ stage, queues }: Watched, worker: Worker): Definition[] {
  const { name, impact, trigger } = worker;
  if (!("queue" in trigger)) {
    return [
      {
        name: `${name}-silent`,
        loss: impact,
        remedy: `The worker ${name} has not ended well for five minutes. Read its log; is its rule enabled?`,
        // Its line is written at the end: a function that runs and fails is as silent as one that does not run.
        metric: own(stage.name, "oldest_work_seconds", { ...minutes(1), statistic: "SampleCount" }),
        above: 1,
        periods: [5, 5],
        isSignOfLife: true,
      },
    ];
  }
  const queue = queues.get(trigger.queue);
  if (!queue) throw new Error(`The worker ${name} reads no queue.`);
  return [
    {
      name: `${name}-dead-letters`,
      loss: impact,
      remedy: `The worker ${name} died again and again over the same work. Read its log, mend it, then: npm run work -- --stage STAGE retry.`,
      metric: queue.deadLetters.metricApproximateNumberOfMessagesVisible({
        ...minutes(5),
        statistic: "Maximum",
      }),
      above: 0,
    },
  ];
}

const own = (stage: string, metricName: string, options: { period: Duration; statistic: string }) =>
  new Metric({ namespace: metricsNamespaceOf(stage), metricName, ...options });

function ofLogLines({ stage }: Watched): Definition[] {
  return [
    {
      name: "work-undone",
      loss: "Something that must happen (an answer, an execution, a callback, an erasure) has not happened for ten minutes.",
      remedy:
        "Look which: npm run work -- --stage STAGE list. Is its worker throttled or failing, is one team turned away, or is there more work than the worker's maximum concurrency can do?",
      metric: own(stage.name, "oldest_work_seconds", { ...minutes(15), statistic: "Maximum" }),
      above: 600,
    },
    {
      name: "work-given-up",
      loss: "A message was answered with the bot's error message, an execution failed, or an erasure stands still, after five failures on our side.",
      remedy:
        "Read the lines work_failed before work_given_up in the workers' logs; they have the ids and the error.",
      metric: own(stage.name, "given_up", { ...minutes(5), statistic: "Sum" }),
      above: 0,
    },
    {
      name: "key-not-given",
      loss: "Secrets cannot be sealed or opened: bots with secrets do not answer, and integrations cannot be made.",
      remedy:
        "Is the KMS key enabled, and may the functions use it? Work waits by itself and goes on when the key is back.",
      metric: own(stage.name, "key_failures", { ...minutes(5), statistic: "Sum" }),
      above: 0,
    },
  ];
}

function ofFunctions(): Definition[] {
  return [
    {
      name: "functions-throttled",
      loss: "Requests are answered with 503, and work waits.",
      remedy:
        "The account runs as many functions as it may. Ask for more concurrent executions (Service Quotas, Lambda).",
      // Without dimensions: all functions of the account share its concurrency.
      metric: new Metric({
        namespace: "AWS/Lambda",
        metricName: "Throttles",
        ...minutes(5),
        statistic: "Sum",
      }),
      above: 0,
    },
  ];
}

function computed({ httpApi, table }: Watched): Definition[] {
  const api = (metricName: string) =>
    new Metric({
      namespace: "AWS/ApiGateway",
      metricName,
      dimensionsMap: { ApiId: httpApi.apiId, Stage: "$default" },
      ...minutes(5),
      statistic: "Sum",
    });
  const throttles = (metricName: string, index?: string) =>
    new Metric({
      namespace: "AWS/DynamoDB",
      metricName,
      dimensionsMap: {
        TableName: table.tableName,
        ...(index !== undefined && { GlobalSecondaryIndexName: index }),
      },
      ...minutes(5),
      statistic: "Sum",
    });
  // What is throttled by an index is not counted for its table.
  const parts: Record<string, IMetric> = Object.fromEntries(
    [undefined, ...tableDefinition.indexes.map(({ name }) => name)].flatMap((index) =>
      ["Read", "Write"].map((kind) => [
        `${index ?? "table"}${kind}s`,
        throttles(`${kind}ThrottleEvents`, index),
      ]),
    ),
  );
  return [
    {
      name: "api-errors",
      loss: "More than 1 in 100 requests fail on our side.",
      remedy:
        "The metric server_errors shows which routes; their lines with level error have the request id and the error.",
      metric: new MathExpression({
        // A single failed request in a quiet night wakes nobody.
        expression: "IF(errors >= 5, 100 * errors / requests, 0)",
        usingMetrics: { errors: api("5xx"), requests: api("Count") },
        label: "failed requests in 100",
        ...minutes(5),
      }),
      above: 1,
    },
    {
      name: "table-throttled",
      loss: "Requests are slow or answered with 503, and work is tried again.",
      remedy:
        "A partition is too hot, or the table grew faster than on-demand follows. Which rows? Switch on Contributor Insights; ask for a higher quota or warm throughput.",
      metric: new MathExpression({
        // DynamoDB reports no zeros, and a sum has no value where one of its parts has none.
        expression: Object.keys(parts)
          .map((part) => `FILL(${part}, 0)`)
          .join(" + "),
        usingMetrics: parts,
        label: "throttled reads and writes",
        ...minutes(5),
      }),
      above: 10,
      periods: [2, 3],
    },
  ];
}
