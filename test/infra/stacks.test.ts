import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import * as v from "valibot";
import { stageNamed } from "#lib/aws/stages";
import { bucketNameOf } from "#lib/deployed-names";
import { loadManifest, type Manifest } from "#lib/manifest";
import { keptSeconds } from "#shared/files/file";
import type { Route } from "#shared/http/define-route";
import { gatewayPath } from "#shared/http/route-path";
import type { Worker } from "#shared/queue/define-worker";
import {
  type Deployment,
  functionOfRoute,
  idIn,
  ofType,
  short,
  statementsOf,
  synthesise,
  synthesisedIn,
  variablesOf,
} from "../support/templates.ts";

const stacksOf = ({ data, compute, areas, monitoring }: Deployment) => [
  data,
  compute,
  ...areas,
  monitoring,
];

const manifest = await loadManifest();
const prod = synthesise(manifest, "prod");
const dev = synthesise(manifest, "dev");

const keyOf = ({ method, path }: Route) =>
  path === "/{proxy+}" ? "$default" : `${method} ${gatewayPath(path)}`;

describe("every deployment", () => {
  it.each([
    ["prod", prod],
    ["dev", dev],
  ])("%s has a function of its own for each route and worker, and no other", (_, { areas }) => {
    const functions = areas.flatMap((stack) => ofType(stack, "AWS::Lambda::Function"));
    expect(functions).toHaveLength(manifest.routes.length + manifest.workers.length);
    const led = manifest.routes.map(({ route }) => {
      const { stack, id } = functionOfRoute(areas, keyOf(route));
      return `${stack.name}/${id}`;
    });
    expect(new Set(led).size).toBe(manifest.routes.length);
  });

  it("answers what no route does with the not-found route", () => {
    const { stack, id } = functionOfRoute(prod.areas, "$default");
    expect(stack.resources[id]?.Properties["Description"]).toContain("/{proxy+}");
  });

  it("makes functions for Node 24 on arm64 that log JSON of their own into a log that forgets", () => {
    for (const stack of prod.areas) {
      for (const { Properties } of ofType(stack, "AWS::Lambda::Function")) {
        expect(Properties).toMatchObject({
          Runtime: "nodejs24.x",
          Architectures: ["arm64"],
          Handler: "handler.handler",
          LoggingConfig: { LogFormat: "JSON", SystemLogLevel: "WARN" },
        });
        const log =
          stack.resources[idIn((Properties["LoggingConfig"] as { LogGroup: unknown }).LogGroup)];
        expect(log?.Properties["RetentionInDays"]).toBe(90);
      }
    }
  });

  it("names the variable at each level of the paths once, because an HTTP API may refuse a second name", () => {
    const names = new Map<string, Set<string>>();
    const keys = prod.areas.flatMap((stack) =>
      ofType(stack, "AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties["RouteKey"]),
    );
    for (const key of keys) {
      const parts = String(key).split(" ").at(-1)!.split("/");
      for (const [level, part] of parts.entries()) {
        if (!part.startsWith("{")) continue;
        const above = parts
          .slice(0, level)
          .map((one) => one.replace(/\{.+\}/, "{}"))
          .join("/");
        names.set(above, (names.get(above) ?? new Set()).add(part));
      }
    }
    expect(names.size).toBeGreaterThan(5);
    for (const found of names.values()) expect(found.size).toBe(1);
  });

  it("gives route functions 29 seconds, one less than the gateway waits", () => {
    for (const { route } of manifest.routes) {
      const { stack, id } = functionOfRoute(prod.areas, keyOf(route));
      expect(stack.resources[id]?.Properties["Timeout"]).toBe(29);
    }
  });

  it.each(stacksOf(prod).map((stack) => [stack.name, stack] as const))(
    "keeps %s under 400 resources, without custom resources",
    (_, { resources }) => {
      expect(Object.keys(resources).length).toBeLessThan(400);
      const types = Object.values(resources).map(({ Type }) => Type);
      expect(types.filter((type) => /^Custom::|CustomResource$/.test(type))).toEqual([]);
    },
  );

  it("answers HEAD with the function of GET, on what everybody may read and nowhere else", () => {
    const headKeys = prod.areas.flatMap((stack) =>
      ofType(stack, "AWS::ApiGatewayV2::Route")
        .map(({ Properties }) => String(Properties["RouteKey"]))
        .filter((key) => key.startsWith("HEAD ")),
    );
    expect(headKeys.toSorted()).toEqual([
      "HEAD /docs",
      "HEAD /docs/script.js",
      "HEAD /sdks/{p1}",
      "HEAD /v1/files/{p1}",
      "HEAD /v1/health",
      "HEAD /v1/openapi.json",
    ]);
    for (const key of headKeys) {
      const { stack, id } = functionOfRoute(prod.areas, key);
      expect(functionOfRoute(prod.areas, key.replace("HEAD", "GET"))).toEqual({ stack, id });
      const callers = ofType(stack, "AWS::Lambda::Permission").filter(
        ({ Properties }) => idIn(Properties["FunctionName"]) === id,
      );
      expect(callers).toHaveLength(2);
    }
  });

  it("takes six resources for a route, and two for each further method of it", () => {
    for (const stack of prod.areas.filter(({ name }) => name !== "Workers")) {
      const routes = ofType(stack, "AWS::ApiGatewayV2::Route").length;
      const functions = ofType(stack, "AWS::Lambda::Function").length;
      const resources = functions * 6 + (routes - functions) * 2;
      expect(Object.keys(stack.resources)).toHaveLength(resources);
    }
  });

  it("has fewer routes than the 300 that an API may have", () => {
    const routes = prod.areas.flatMap((stack) => ofType(stack, "AWS::ApiGatewayV2::Route"));
    expect(routes.length).toBeLessThan(300);
  });

  it("allows no function a whole service or everything there is", () => {
    const statements = prod.areas.flatMap((stack) =>
      ofType(stack, "AWS::Lambda::Function").flatMap(({ id }) => statementsOf(stack, id)),
    );
    expect(statements.length).toBeGreaterThan(manifest.routes.length);
    for (const { Effect, Action, Resource } of statements) {
      expect(Effect).toBe("Allow");
      for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      for (const resource of [Resource].flat()) expect(resource).not.toEqual("*");
    }
  });

  it("lets the work of a queue wake itself as often as it must, and nothing else", () => {
    const functions = prod.areas.flatMap((stack) => ofType(stack, "AWS::Lambda::Function"));
    const loops = (allowed: boolean) =>
      functions.filter(({ Properties }) => (Properties["RecursiveLoop"] === "Allow") === allowed);
    const queues = manifest.workers.filter(({ worker }) => "queue" in worker.trigger);
    expect(loops(true).map(({ Properties }) => Properties["Description"])).toEqual(
      queues.map(({ worker }) => expect.stringContaining(worker.summary)),
    );
    expect(loops(false)).toHaveLength(functions.length - queues.length);
  });

  it("deploys one area after another, so that API Gateway is not asked for all routes at once", () => {
    const nested = ofType(prod.compute, "AWS::CloudFormation::Stack").filter(
      ({ id }) => !id.startsWith("Monitoring"),
    );
    expect(nested).toHaveLength(prod.areas.length);
    const [, ...later] = nested;
    expect(later.map(({ DependsOn }) => DependsOn)).toEqual(
      later.map((_, index) => expect.arrayContaining([nested[index]?.id])),
    );
  });

  it("deploys alarms last, so that none misses what is not there yet", () => {
    const nested = ofType(prod.compute, "AWS::CloudFormation::Stack");
    const [monitoring] = nested.filter(({ id }) => id.startsWith("Monitoring"));
    const areas = nested.filter((stack) => stack !== monitoring);
    expect(monitoring?.DependsOn).toEqual(expect.arrayContaining([areas.at(-1)?.id]));
  });

  it("has no rights outside the roles of functions", () => {
    for (const stack of stacksOf(prod)) {
      expect(ofType(stack, "AWS::IAM::Policy")).toEqual([]);
      expect(ofType(stack, "AWS::IAM::ManagedPolicy")).toEqual([]);
    }
  });
});

describe("the table", () => {
  const table = (of: Deployment) => ofType(of.data, "AWS::DynamoDB::Table")[0]!;

  it("is paid by use, can be put back to any second, and forgets by remove_at", () => {
    expect(table(prod).Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: "remove_at", Enabled: true },
    });
    expect(table(prod).Properties).not.toHaveProperty("StreamSpecification");
  });

  it("has the indexes listed and due, with no more attributes than an index can hold", () => {
    const indexes = table(prod).Properties["GlobalSecondaryIndexes"] as {
      IndexName: string;
      Projection: { ProjectionType: string; NonKeyAttributes: string[] };
    }[];
    expect(indexes.map(({ IndexName }) => IndexName)).toEqual(["listed", "due"]);
    for (const { Projection } of indexes) {
      expect(Projection.ProjectionType).toBe("INCLUDE");
      expect(Projection.NonKeyAttributes.length).toBeLessThanOrEqual(20);
    }
  });

  it("outlives its stack in prod, with the key, and not in dev", () => {
    const key = (of: Deployment) => ofType(of.data, "AWS::KMS::Key")[0]!;
    expect([table(prod).DeletionPolicy, key(prod).DeletionPolicy]).toEqual(["Retain", "Retain"]);
    expect(table(prod).Properties["DeletionProtectionEnabled"]).toBe(true);
    expect([table(dev).DeletionPolicy, key(dev).DeletionPolicy]).toEqual(["Delete", "Delete"]);
    expect(key(prod).Properties["EnableKeyRotation"]).toBe(true);
  });

  it("is not taken away in prod when its stack is replaced, changed or destroyed, nor is the key", () => {
    for (const { DeletionPolicy, UpdateReplacePolicy } of Object.values(prod.data.resources)) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
    }
    const isProtected = (stage: string) =>
      synthesisedIn(
        { routes: [], workers: [] },
        stageNamed(stage),
        ({ data }) => data.terminationProtection,
      );
    expect(["prod", "dev"].map(isProtected)).toEqual([true, false]);
  });
});

describe("the bucket", () => {
  const bucket = (of: Deployment) => ofType(of.data, "AWS::S3::Bucket")[0]!;

  it("is private, encrypted, and forgets after 30 days, as do the rows of its files", () => {
    expect(bucket(prod).Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
        ],
      },
      LifecycleConfiguration: {
        Rules: [
          {
            Status: "Enabled",
            ExpirationInDays: keptSeconds / (24 * 60 * 60),
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
    // What is deleted would otherwise go on as an older version.
    expect(bucket(prod).Properties).not.toHaveProperty("VersioningConfiguration");
  });

  it("has a name of its stage, account and region, which fits for every stage", () => {
    expect(bucket(prod).Properties["BucketName"]).toEqual({
      "Fn::Join": [
        "",
        ["chatbot-platform-prod-", { Ref: "AWS::AccountId" }, "-", { Ref: "AWS::Region" }],
      ],
    });
    const long = ["a", "b"].map((end) =>
      bucketNameOf("x".repeat(39) + end, "111122223333", "ap-southeast-1"),
    );
    expect(new Set(long).size).toBe(2);
    for (const name of long) expect(name).toMatch(/^[a-z0-9-]{3,63}$/);
  });

  it("outlives its stack in prod, and goes with it in dev", () => {
    expect([bucket(prod).DeletionPolicy, bucket(dev).DeletionPolicy]).toEqual(["Retain", "Delete"]);
  });

  it("is filled and read by the worker that fetches, read by addresses that one function signs, and emptied by one that erases", () => {
    const uses = prod.areas.flatMap((stack) =>
      ofType(stack, "AWS::Lambda::Function").flatMap(({ id }) =>
        statementsOf(stack, id)
          .filter(({ Action }) => String(Action).includes("s3:"))
          .map(({ Action }) => `${String(Action)} ${stack.name}`),
      ),
    );
    expect(uses).toEqual([
      "s3:GetObject Files",
      "s3:DeleteObject,s3:GetObject,s3:PutObject Workers",
      "s3:DeleteObject Workers",
    ]);
  });
});

describe("the key", () => {
  it("has an alias by which it is found when its stack is gone", () => {
    const [key] = ofType(prod.data, "AWS::KMS::Key");
    const [alias] = ofType(prod.data, "AWS::KMS::Alias");
    expect(alias?.Properties["AliasName"]).toBe("alias/chatbot-platform-prod");
    expect(idIn(alias?.Properties["TargetKeyId"])).toBe(key?.id);
  });

  it("comes back with all that is kept as the operations guide says, under the ids and names of the templates", () => {
    const guide = readFileSync("lib/aws/README.md", "utf8");
    const [, mapping = ""] =
      /--resource-mapping-inline '(\{[^}]+\}[^']*'"\$KEY"'[^]+?\n\})'/.exec(guide) ?? [];
    const text = mapping
      .replaceAll("STAGE", "prod")
      .replace(`'"$KEY"'`, "the key")
      .replaceAll(`'"$BUCKET"'`, "the bucket");
    const identifiers = {
      AliasName: "KMS::Alias",
      Bucket: "S3::BucketPolicy",
      BucketName: "S3::Bucket",
      KeyId: "KMS::Key",
      TableName: "DynamoDB::Table",
    };
    // A key's id is made by AWS, and a bucket's name holds the account; the others have names.
    const ofAccount: Readonly<Record<string, string>> = {
      Bucket: "the bucket",
      BucketName: "the bucket",
      KeyId: "the key",
    };
    const kept = Object.entries(prod.data.resources).map(([id, { Type, Properties }]) => {
      const [property = ""] =
        Object.entries(identifiers).find(([, type]) => Type === `AWS::${type}`) ?? [];
      return [id, { [property]: ofAccount[property] ?? Properties[property] }];
    });
    expect(JSON.parse(text)).toEqual(Object.fromEntries(kept));
  });
});

describe("the workers", () => {
  const queued = manifest.workers.flatMap(({ worker }) =>
    "queue" in worker.trigger ? [{ worker, trigger: worker.trigger }] : [],
  );
  const area = (of: Deployment) => of.areas.find(({ name }) => name === "Workers")!;

  it("each have a queue that hides messages while they work, with dead letters kept 14 days", () => {
    const queues = ofType(prod.compute, "AWS::SQS::Queue");
    expect(queues).toHaveLength(queued.length * 2);
    for (const { worker, trigger } of queued) {
      const queue = queues.find(({ id }) =>
        new RegExp(`^${trigger.queue}queue[0-9A-F]{8}$`, "i").test(id),
      )!;
      expect(queue.Properties).toMatchObject({
        QueueName: `chatbot-platform-prod-${trigger.queue}`,
        VisibilityTimeout: worker.timeoutSeconds,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { maxReceiveCount: trigger.maxReceives },
      });
      const { deadLetterTargetArn } = queue.Properties["RedrivePolicy"] as {
        deadLetterTargetArn: unknown;
      };
      expect(prod.compute.resources[idIn(deadLetterTargetArn)]?.Properties).toMatchObject({
        QueueName: `chatbot-platform-prod-${trigger.queue}-dead-letters`,
        MessageRetentionPeriod: 14 * 24 * 60 * 60,
        SqsManagedSseEnabled: true,
      });
    }
  });

  it("are fed in batches that may fail in part, never without a bound", () => {
    const mappings = ofType(area(prod), "AWS::Lambda::EventSourceMapping");
    expect(mappings).toHaveLength(queued.length);
    for (const { worker, trigger } of queued) {
      const mapping = mappings.find(({ id }) => id.toLowerCase().startsWith(worker.name));
      expect(mapping?.Properties).toMatchObject({
        BatchSize: trigger.batchSize,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: Math.max(2, trigger.maxConcurrency) },
      });
    }
  });

  it("know how many there are of them, and a team's share, as the stage sets it", () => {
    const ofStage = (deployment: Deployment) =>
      ofType(area(deployment), "AWS::Lambda::EventSourceMapping").map(({ Properties }) => {
        const { MAX_CONCURRENCY, TEAM_SHARE_PERCENT } = variablesOf({
          stack: area(deployment),
          id: idIn(Properties["FunctionName"]),
        });
        const { MaximumConcurrency } = Properties["ScalingConfig"] as {
          MaximumConcurrency: number;
        };
        expect(MAX_CONCURRENCY).toBe(String(MaximumConcurrency));
        return [MaximumConcurrency, TEAM_SHARE_PERCENT];
      });
    const most = queued.map(({ trigger }) => trigger.maxConcurrency);
    expect(ofStage(prod).map(([functions]) => functions)).toEqual(expect.arrayContaining(most));
    const settings = { workerConcurrency: 3, teamSharePercent: 100 };
    const small = synthesise({ ...manifest, routes: [] }, "prod", settings);
    expect(ofStage(small)).toEqual(queued.map(() => [3, "100"]));
  });

  it("share the bound of the stage with requests that wait for a reply, whose places are as many", () => {
    const ofStage = (settings: Parameters<typeof synthesise>[2]) => {
      const { areas } = synthesise(manifest, "prod", settings);
      const route = functionOfRoute(areas, "POST /v1/channels/{p1}/messages");
      const { MAX_CONCURRENCY, TEAM_SHARE_PERCENT } = variablesOf(route);
      return [MAX_CONCURRENCY, TEAM_SHARE_PERCENT];
    };
    expect(ofStage({})).toEqual(["100", undefined]);
    expect(ofStage({ workerConcurrency: 3, teamSharePercent: 100 })).toEqual(["3", "100"]);
  });

  it("know where platforms are, where that is not their own place", () => {
    const ofStage = (settings: Parameters<typeof synthesise>[2]) => {
      const { areas } = synthesise(manifest, "prod", settings);
      const route = functionOfRoute(areas, "POST /v1/bots/{p1}/channels");
      const { TELEGRAM_API_URL, SLACK_API_URL, DISCORD_API_URL } = variablesOf(route);
      return [TELEGRAM_API_URL, SLACK_API_URL, DISCORD_API_URL];
    };
    expect(ofStage({})).toEqual([undefined, undefined, undefined]);
    const [telegram, discord] = ["https://bots.example.com", "https://discord.example.com/api"];
    const platformUrls = { telegram, discord };
    expect(ofStage({ platformUrls })).toEqual([telegram, undefined, discord]);
  });

  it("wait for their role before they are fed", () => {
    for (const { id } of ofType(area(prod), "AWS::Lambda::Function")) {
      const fn = area(prod).resources[id];
      expect(fn?.DependsOn).toContain(idIn(fn?.Properties["Role"]));
    }
  });
});

const aRoute = (route: Partial<Route>): Route => ({
  operationId: "getThing",
  method: "GET",
  path: "/v1/things/{id}",
  tag: "Bots",
  summary: "Get a thing",
  auth: { scope: "bots:read" },
  answers: "one",
  data: v.object({}),
  status: 200,
  errors: [],
  grants: {},
  ...route,
});

const anInbound: Worker = {
  name: "inbound",
  summary: "Answers",
  impact: "Nobody is answered",
  trigger: {
    queue: "inbound",
    message: v.object({}),
    batchSize: 5,
    maxReceives: 4,
    maxConcurrency: 1,
  },
  timeoutSeconds: 300,
  grants: { table: ["GetItem"], key: ["open"] },
};
const aSweep: Worker = {
  name: "sweep",
  summary: "Sweeps",
  impact: "What is lost stays lost",
  trigger: { everyMinutes: 1 },
  timeoutSeconds: 55,
  grants: { table: ["Query due"], sends: ["inbound"] },
};

const deploying = (routes: readonly Route[], workers: readonly Worker[]) => {
  const sample: Manifest = {
    routes: routes.map((route) => ({ folder: `things/${route.operationId}`, route })),
    workers: workers.map((worker) => ({ folder: `workers/${worker.name}`, worker })),
  };
  return synthesise(sample, "dev");
};

describe("the rights of a function", () => {
  const { areas } = deploying(
    [
      aRoute({ operationId: "getHealth", path: "/v1/health", auth: { public: "probes" } }),
      aRoute({ grants: { table: ["GetItem", "Query listed"] } }),
      aRoute({
        operationId: "createThing",
        method: "POST",
        path: "/v1/things",
        status: 201,
        answersSecret: true,
        grants: { table: ["GetItem"], sends: ["inbound"] },
      }),
      aRoute({ operationId: "updateThing", method: "PATCH", grants: { key: ["seal"] } }),
    ],
    [anInbound, aSweep],
  );
  const logs = ["logs:CreateLogStream log", "logs:PutLogEvents log"];
  const always = ["LEASE_SECONDS"];
  const ofRoute = (routeKey: string) => {
    const found = functionOfRoute(areas, routeKey);
    return { rights: short(statementsOf(found.stack, found.id)), variables: variablesOf(found) };
  };
  const workersArea = areas.find(({ name }) => name === "Workers")!;
  const ofWorker = (name: string) => {
    const [found] = ofType(workersArea, "AWS::Lambda::Function").filter(({ id }) =>
      id.startsWith(name),
    );
    return {
      rights: short(statementsOf(workersArea, found!.id)),
      variables: variablesOf({ stack: workersArea, id: found!.id }),
    };
  };

  it("are none but its log when it is public and has no grants", () => {
    const { rights, variables } = ofRoute("GET /v1/health");
    expect(rights).toEqual(logs);
    expect(variables).toEqual({ LEASE_SECONDS: "20" });
  });

  it("reach an index only by a Query of it, and the key's minute by UpdateItem", () => {
    const { rights, variables } = ofRoute("GET /v1/things/{p1}");
    expect(rights).toEqual([
      "dynamodb:GetItem table",
      "dynamodb:Query table/index/listed",
      "dynamodb:UpdateItem table",
      ...logs,
    ]);
    expect(Object.keys(variables)).toEqual(["TABLE_NAME", ...always]);
  });

  it("let a POST keep its answer, sealed when it holds a secret", () => {
    const { rights, variables } = ofRoute("POST /v1/things");
    expect(rights).toEqual([
      "dynamodb:GetItem table",
      "dynamodb:PutItem table",
      "dynamodb:UpdateItem table",
      "kms:Decrypt key",
      "kms:GenerateDataKey key",
      ...logs,
      "sqs:SendMessage inbound",
    ]);
    expect(Object.keys(variables)).toEqual([
      "TABLE_NAME",
      "KMS_KEY_ID",
      "QUEUE_URL_INBOUND",
      ...always,
    ]);
  });

  it("let one that seals make and read data keys", () => {
    expect(ofRoute("PATCH /v1/things/{p1}").rights).toEqual([
      "dynamodb:UpdateItem table",
      "kms:Decrypt key",
      "kms:GenerateDataKey key",
      ...logs,
    ]);
  });

  it("let a worker lease its work and handle its own queue, and open secrets without making keys", () => {
    const { rights, variables } = ofWorker("Inbound");
    expect(rights).toEqual([
      "dynamodb:GetItem table",
      "dynamodb:UpdateItem table",
      "kms:Decrypt key",
      ...logs,
      "sqs:ChangeMessageVisibility inbound",
      "sqs:DeleteMessage inbound",
      "sqs:GetQueueAttributes inbound",
      "sqs:ReceiveMessage inbound",
    ]);
    expect(variables).toHaveProperty("QUEUE_URL_INBOUND");
  });

  it("let a clock's worker send and not receive", () => {
    expect(ofWorker("Sweep").rights).toEqual([
      "dynamodb:Query table/index/due",
      ...logs,
      "sqs:SendMessage inbound",
    ]);
    const [rule] = ofType(workersArea, "AWS::Events::Rule");
    expect(rule?.Properties).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
      State: "ENABLED",
    });
    const [invoke] = ofType(workersArea, "AWS::Lambda::EventInvokeConfig");
    expect(invoke?.Properties["MaximumRetryAttempts"]).toBe(0);
  });

  it("never run fewer than the two that AWS asks for", () => {
    const [mapping] = ofType(workersArea, "AWS::Lambda::EventSourceMapping");
    expect(mapping?.Properties["ScalingConfig"]).toEqual({ MaximumConcurrency: 2 });
  });
});

describe("the flags of the CDK", () => {
  it("are all decided, so that those of a later version change nothing unseen", () => {
    const flagsIn = (file: string) => JSON.parse(readFileSync(file, "utf8")) as object;
    const recommended = flagsIn("node_modules/aws-cdk-lib/recommended-feature-flags.json");
    const { context } = flagsIn("cdk.json") as { context: object };
    expect(context).toEqual({
      ...recommended,
      // Weak ones are deployed in two steps.
      "@aws-cdk/core:defaultCrossStackReferences": "strong",
    });
  });
});

describe("a deployment that cannot be", () => {
  it("is refused when something sends to a queue that no worker reads", () => {
    const sending = aRoute({ grants: { sends: ["jobs"] } });
    expect(() => deploying([sending], [])).toThrow(
      "sends to the queue jobs, which no worker reads",
    );
  });
});
