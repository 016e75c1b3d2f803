import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { sentByPages, shownToPages } from "#shared/http/cors";
import type { Route } from "#shared/http/define-route";
import type { QueueName } from "#shared/runtime/grants";
import { answeringPreflights, type Manifest } from "../../manifest.ts";
import type { FunctionContext } from "../constructs/small-function.ts";
import { WorkQueue } from "../constructs/work-queue.ts";
import type { Stage } from "../stages.ts";
import { areasOf, AreaStack } from "./area-stack.ts";
import type { DataStack } from "./data-stack.ts";
import { MonitoringStack } from "./monitoring-stack.ts";

interface ComputeStackProps extends StackProps {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly manifest: Manifest;
  readonly bundles: string;
}

/** Everything that can be made again from the code: the HTTP API, the queues, and a nested stack for each area. */
export class ComputeStack extends Stack {
  readonly queues: ReadonlyMap<QueueName, WorkQueue>;
  readonly areas: readonly AreaStack[];
  readonly monitoring: MonitoringStack | undefined;

  constructor(
    scope: Construct,
    id: string,
    { stage, data, manifest, bundles, ...props }: ComputeStackProps,
  ) {
    super(scope, id, props);
    const preflights = answeringPreflights(manifest.routes);
    refuseTwoKindsOfCors(stage, preflights);
    const httpApi = addHttpApi(this, stage);
    this.queues = addQueues(this, manifest, stage);
    const context: FunctionContext = {
      stage,
      bundles,
      preflights,
      resources: {
        table: data.table,
        key: data.key,
        bucket: data.bucket,
        publicUrl: publicUrlOf(stage, httpApi),
        queue: (name) => {
          const found = this.queues.get(name);
          if (!found) {
            throw new Error(`A function sends to the queue ${name}, which no worker reads.`);
          }
          return found.queue;
        },
      },
    };
    this.areas = [...areasOf(manifest)].map(
      ([name, entries]) => new AreaStack(this, name, entries, httpApi, context),
    );
    chain(this.areas);
    const { table } = data;
    const { queues } = this;
    if (stage.monitoring !== "none") {
      this.monitoring = new MonitoringStack(this, { stage, manifest, queues, table, httpApi });
      // An alarm that misses the sweeper's sign of life goes off before there is a sweeper.
      const last = this.areas.at(-1);
      if (last) this.monitoring.addStackDependency(last);
    }
  }
}

/** One after another, because API Gateway takes few changes of an API at once. */
function chain(areas: readonly AreaStack[]): void {
  for (const [index, area] of areas.slice(1).entries()) {
    const before = areas[index];
    if (before) area.addStackDependency(before);
  }
}

function addQueues(
  scope: Construct,
  { workers }: Manifest,
  stage: Stage,
): ReadonlyMap<QueueName, WorkQueue> {
  const queues = new Map<QueueName, WorkQueue>();
  for (const { worker } of workers) {
    const { trigger, timeoutSeconds } = worker;
    if (!("queue" in trigger)) continue;
    const { queue, maxReceives } = trigger;
    queues.set(
      queue,
      new WorkQueue(scope, queue, {
        stage: stage.name,
        visibilitySeconds: timeoutSeconds,
        maxReceives,
      }),
    );
  }
  return queues;
}

function addHttpApi(scope: ComputeStack, stage: Stage): HttpApi {
  const httpApi = new HttpApi(scope, "Api", {
    apiName: `chatbot-platform-${stage.name}`,
    createDefaultStage: false,
    ...(stage.corsOrigins.length > 0 && { corsPreflight: cors(stage.corsOrigins) }),
  });
  const log = new LogGroup(scope, "AccessLog", {
    // Names that begin so share one line of the account's policy for logs, which holds 5,120 characters.
    logGroupName: `/aws/vendedlogs/chatbot-platform-${stage.name}`,
    retention: stage.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const domainName = stage.domain && addDomain(scope, stage.domain);
  new HttpStage(scope, "Stage", {
    httpApi,
    ...(domainName && { domainMapping: { domainName } }),
    stageName: "$default",
    autoDeploy: true,
    throttle: {
      rateLimit: stage.throttle.requestsPerSecond,
      burstLimit: stage.throttle.burst,
    },
    accessLogSettings: {
      destination: new LogGroupLogDestination(log),
      format: AccessLogFormat.custom(accessLogLine),
    },
  });
  new CfnOutput(scope, "ApiUrl", { value: publicUrlOf(stage, httpApi) });
  // Emulators do not resolve the URL's host name; they know the API by its id.
  new CfnOutput(scope, "ApiId", { value: httpApi.apiId });
  new CfnOutput(scope, "MakeATeam", {
    value: `npm run team -- --stage ${stage.name} create --name "Acme" --plan pro`,
    description: "The operator's command that makes a team and prints its first API key",
  });
  return httpApi;
}

const publicUrlOf = ({ domain }: Stage, { apiEndpoint }: HttpApi) =>
  domain ? `https://${domain.name}` : apiEndpoint;

/** AWS's own address of the API answers beside it, so that callers can move from one to the other. */
function addDomain(scope: ComputeStack, { name, certificateArn }: NonNullable<Stage["domain"]>) {
  const domain = new DomainName(scope, "Domain", {
    domainName: name,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
  });
  new CfnOutput(scope, "DomainTarget", {
    value: domain.regionalDomainName,
    description: `Where the DNS record of ${name} must point`,
  });
  new CfnOutput(scope, "DomainTargetZone", {
    value: domain.regionalHostedZoneId,
    description: "The hosted zone of that target, for an alias record of Route 53",
  });
  return domain;
}

/** What the gateway alone knows of a request; the rest stands in the function's own line, under the same id. */
const accessLogLine = JSON.stringify({
  request_id: "$context.requestId",
  route: "$context.routeKey",
  status: "$context.status",
  ms: "$context.responseLatency",
  integration_ms: "$context.integrationLatency",
  integration_error: "$context.integrationErrorMessage",
  ip: "$context.identity.sourceIp",
});

/**
 * An API with CORS settings answers every preflight itself and drops what functions say about origins.
 * Source: "Configure CORS for HTTP APIs" of the API Gateway Developer Guide.
 */
function refuseTwoKindsOfCors({ name, corsOrigins }: Stage, preflights: ReadonlySet<Route>): void {
  const [route] = preflights;
  if (!route || corsOrigins.length === 0) return;
  throw new Error(
    `The stage ${name} has corsOrigins, which would overrule the cors of ${route.operationId}. Leave them empty, or take cors from every route.`,
  );
}

const cors = (origins: readonly string[]) => ({
  allowOrigins: [...origins],
  allowMethods: [
    CorsHttpMethod.GET,
    CorsHttpMethod.POST,
    CorsHttpMethod.PATCH,
    CorsHttpMethod.DELETE,
  ],
  allowHeaders: sentByPages,
  exposeHeaders: shownToPages,
  maxAge: Duration.hours(1),
});
