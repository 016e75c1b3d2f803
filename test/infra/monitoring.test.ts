import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { type Stage, stageNamed } from "#lib/aws/stages";
import { alarmMetricsOf } from "#lib/costs/idle-bill";
import { loadManifest } from "#lib/manifest";
import { tableDefinition } from "#shared/table/definition";
import {
  type Deployment,
  idIn,
  ofType,
  synthesise,
  synthesisedIn,
  variablesOf,
} from "../support/templates.ts";

const all = await loadManifest();
// What is watched is the workers and the API, however many routes it has.
const manifest = { routes: all.routes.slice(0, 1), workers: all.workers };
const told = synthesise(manifest, "prod", { alarmEmail: "operator@example.com" });
const prod = synthesise(manifest, "prod");
const watched = synthesise(manifest, "prod", { monitoring: "all" });
const emulator = synthesise(manifest, "emulator");

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Statistic?: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Period?: number;
  readonly EvaluationPeriods: number;
  readonly Metrics?: readonly { readonly Expression?: string; readonly Id: string }[];
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
}

const alarmsOf = ({ monitoring }: Deployment) =>
  ofType(monitoring, "AWS::CloudWatch::Alarm").map(
    // What CDK makes of an alarm has these properties.
    ({ Properties }) => Properties as unknown as AlarmProperties,
  );
const alarm = (deployment: Deployment, name: string) => {
  const found = alarmsOf(deployment).find(
    ({ AlarmName }) => AlarmName === `chatbot-platform-prod-${name}`,
  );
  if (!found) throw new Error(`There is no alarm ${name}.`);
  return found;
};
const queued = all.workers.filter(({ worker }) => "queue" in worker.trigger);
const clocked = all.workers.filter(({ worker }) => "everyMinutes" in worker.trigger);

describe("the alarms", () => {
  it.each(queued.map(({ worker }) => [worker.name, worker] as const))(
    "go off for the worker %s at its first dead letter, and say what users lose",
    (name, { impact }) => {
      const dead = alarm(prod, `${name}-dead-letters`);
      expect(dead).toMatchObject({
        Namespace: "AWS/SQS",
        MetricName: "ApproximateNumberOfMessagesVisible",
        Statistic: "Maximum",
        Threshold: 0,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
      });
      expect(JSON.stringify(dead.Dimensions)).toMatch(/DeadLetters/);
      expect(dead.AlarmDescription.startsWith(`${impact} `)).toBe(true);
      expect(dead.AlarmDescription).toContain("npm run work -- --stage prod retry");
    },
  );

  it.each(clocked.map(({ worker }) => [worker.name, worker] as const))(
    "go off for the clock's worker %s when it is silent for five minutes",
    (name, { impact }) => {
      const silent = alarm(prod, `${name}-silent`);
      expect(silent).toMatchObject({
        Namespace: "ChatbotPlatform/prod",
        MetricName: "oldest_work_seconds",
        Statistic: "SampleCount",
        ComparisonOperator: "LessThanThreshold",
        Threshold: 1,
        Period: 60,
        EvaluationPeriods: 5,
        TreatMissingData: "breaching",
      });
      expect(silent.AlarmDescription.startsWith(impact)).toBe(true);
    },
  );

  it("watch also what no queue shows", () => {
    const others = alarmsOf(prod)
      .map(({ AlarmName }) => AlarmName.replace("chatbot-platform-prod-", ""))
      .filter((name) => !/-(dead-letters|silent)$/.test(name));
    expect(others).toEqual([
      "work-undone",
      "work-given-up",
      "key-not-given",
      "functions-throttled",
      "api-errors",
      "table-throttled",
    ]);
  });

  it("count failed requests in a hundred, and nothing in a quiet night", () => {
    const expressions = (alarm(prod, "api-errors").Metrics ?? []).flatMap(
      ({ Expression }) => Expression ?? [],
    );
    expect(expressions).toEqual(["IF(errors >= 5, 100 * errors / requests, 0)"]);
  });

  it("add up the throttled reads and writes of the table and of its indexes, of which most report nothing", () => {
    const metrics = alarm(prod, "table-throttled").Metrics ?? [];
    const parts = metrics.flatMap(({ Expression, Id }) => (Expression === undefined ? Id : []));
    expect(parts).toHaveLength(2 * (1 + tableDefinition.indexes.length));
    // A sum has no value for a time at which one of its parts has none.
    expect(metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual([
      parts.map((id) => `FILL(${id}, 0)`).join(" + "),
    ]);
  });

  it("have names of their own, and each a description that AWS takes and that names its part of the guide", () => {
    const alarms = alarmsOf(prod);
    expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
    for (const { AlarmName, AlarmDescription } of alarms) {
      const name = AlarmName.replace("chatbot-platform-prod-", "");
      expect(AlarmDescription).toMatch(
        /^[A-Z][^.]+\. .*\(lib\/aws\/README\.md, Alarms: [a-z-]+\)$/,
      );
      expect(AlarmDescription).toContain(`Alarms: ${name})`);
      expect(AlarmDescription).not.toContain("STAGE");
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
    }
  });

  it("each stand in the operations guide, under their names", () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const names = alarmsOf(prod).map(({ AlarmName }) =>
      AlarmName.replace("chatbot-platform-prod-", ""),
    );
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it.each<[string, string, Partial<Stage>, boolean]>([
    ["tell nobody, and the deployment warns of it", "prod", {}, true],
    ["tell nobody, which is as it should be", "dev", {}, false],
    ["tell somebody", "prod", { alarmEmail: "operator@example.com" }, false],
  ])("%s in a stage such as %s, with %j", (_, name, settings, warns) => {
    const stage = { ...stageNamed(name), ...settings };
    const warnings = synthesisedIn(manifest, stage, ({ compute }) =>
      Annotations.fromStack(compute).findWarning("*", Match.anyValue()),
    );
    const warning = `Nobody is told when an alarm of the stage ${name} goes off. Give it an alarmEmail in stages.json`;
    expect(warnings.map(({ entry }) => entry.data)).toEqual(
      warns ? [expect.stringContaining(warning)] : [],
    );
  });

  it("tell nobody unless the stage says whom", () => {
    expect(alarmsOf(prod).flatMap(({ AlarmActions = [] }) => AlarmActions)).toEqual([]);
    expect(ofType(prod.monitoring, "AWS::SNS::Topic")).toEqual([]);
  });

  it("tell the stage's address, also that it is over, and may publish to its topic", () => {
    const [topic] = ofType(told.monitoring, "AWS::SNS::Topic");
    for (const { AlarmActions = [], OKActions = [] } of alarmsOf(told)) {
      expect([...AlarmActions, ...OKActions].map(idIn)).toEqual([topic?.id, topic?.id]);
    }
    const [subscription] = ofType(told.monitoring, "AWS::SNS::Subscription");
    expect(subscription?.Properties).toMatchObject({
      Protocol: "email",
      Endpoint: "operator@example.com",
    });
    const [policy] = ofType(told.monitoring, "AWS::SNS::TopicPolicy");
    expect(policy?.Properties["PolicyDocument"]).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        }),
      ]),
    });
  });

  it("look at as many metrics as the idle bill counts", () => {
    const counts = alarmsOf(prod).map(
      ({ Metrics }) => Metrics?.filter(({ Expression }) => Expression === undefined).length ?? 1,
    );
    const metrics = counts.reduce((sum, count) => sum + count, 0);
    expect(metrics).toBe(alarmMetricsOf(all));
  });

  it("are plain ones where metric math is not understood", () => {
    const plain = alarmsOf(emulator);
    expect(plain).toHaveLength(alarmsOf(prod).length - 2);
    expect(plain.filter(({ Metrics }) => Metrics !== undefined)).toEqual([]);
  });
});

describe("what is watched", () => {
  const typesOf = ({ monitoring }: Deployment) =>
    new Set(Object.values(monitoring.resources).map(({ Type }) => Type));
  const namespaces = ({ areas }: Deployment) =>
    areas.flatMap((stack) =>
      ofType(stack, "AWS::Lambda::Function").flatMap(
        ({ id }) => variablesOf({ stack, id })["METRICS_NAMESPACE"] ?? [],
      ),
    );
  const count = manifest.routes.length + manifest.workers.length;

  it("is alarms and what they look at, as in prod", () => {
    expect([...typesOf(prod)]).toEqual(["AWS::CloudWatch::Alarm"]);
    expect(namespaces(prod)).toHaveLength(count);
  });

  it("is a dashboard beside the same alarms where the stage says so", () => {
    expect([...typesOf(watched)]).toEqual(["AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"]);
    expect(alarmsOf(watched)).toEqual(alarmsOf(prod));
    expect(namespaces(watched)).toHaveLength(count);
  });

  it("is nothing where the stage says so, as in dev: neither alarms nor the metrics behind them", () => {
    const dev = synthesise(manifest, "dev");
    expect([...typesOf(dev)]).toEqual([]);
    expect(namespaces(dev)).toEqual([]);
  });
});

describe("the dashboard", () => {
  const dashboards = ofType(watched.monitoring, "AWS::CloudWatch::Dashboard");
  const body = JSON.stringify(dashboards[0]?.Properties["DashboardBody"]);

  it("is one, under the stage's name", () => {
    expect(dashboards.map(({ Properties }) => Properties["DashboardName"])).toEqual([
      "chatbot-platform-prod",
    ]);
  });

  it.each([
    "Requests and errors",
    "p50 of each route",
    "p99 of each route",
    "Oldest message of each queue",
    "Dead letters",
    "Executions ended",
    "Attempts to deliver",
    "Units of the table",
  ])("shows: %s", (title) => {
    expect(body).toContain(title);
  });

  it("shows the queue and the dead letters of each worker", () => {
    const names = queued.map(
      ({ worker }) => `${worker.name[0]?.toUpperCase()}${worker.name.slice(1)}`,
    );
    for (const name of names) {
      expect(body).toMatch(
        new RegExp(`AgeOfOldestMessage[^{]+\\{[^}]+${name}Queue[0-9A-F]{8}QueueName`),
      );
      expect(body).toMatch(new RegExp(`MessagesVisible[^{]+\\{[^}]+${name}QueueDeadLetters`));
    }
  });
});
