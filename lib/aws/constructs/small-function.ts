import { join } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function,
  LoggingFormat,
  type RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Route } from "#shared/http/define-route";
import { type PlatformName, platforms } from "#shared/platforms/catalogue";
import { metricsNamespaceOf } from "../../deployed-names.ts";
import type { Needs } from "../../grants.ts";
import type { Memory } from "../../memory.ts";
import { environmentFor, type Resources, statementsFor } from "../policy.ts";
import { maxConcurrencyOf, type Stage } from "../stages.ts";

/** What every function is deployed into. */
export interface FunctionContext {
  readonly stage: Stage;
  readonly resources: Resources;
  /** The folder that `npm run build` wrote. */
  readonly bundles: string;
  /** The routes whose functions also answer browsers' preflights. */
  readonly preflights: ReadonlySet<Route>;
}

interface SmallFunctionProps {
  /** The folder of its bundle. */
  readonly folder: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memory: keyof Memory;
  readonly needs: Needs;
  /** What Lambda does with messages of a function that go back to it more than 16 times: it drops them unless given. */
  readonly recursiveLoop?: RecursiveLoop;
}

/** Seconds for which a worker holds its work without renewing. */
const leaseSeconds = 20;

/** Adds a function with its log and a role of its own that allows what it needs and nothing else: 3 resources. */
export function addFunction(
  scope: Construct,
  { folder, description, timeoutSeconds, memory, needs, recursiveLoop }: SmallFunctionProps,
  { stage, resources, bundles }: FunctionContext,
): Function {
  const logGroup = new LogGroup(scope, "Log", {
    retention: stage.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    // Inline, so that the rights are there before anything uses the function.
    inlinePolicies: {
      Needs: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [logGroup.logGroupArn],
          }),
          ...statementsFor(needs, resources),
        ],
      }),
    },
  });
  return new Function(scope, "Function", {
    // Lambda takes no more.
    description: description.slice(0, 256),
    code: Code.fromAsset(join(bundles, folder)),
    handler: "handler.handler",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: stage.memoryMb[memory],
    timeout: Duration.seconds(timeoutSeconds),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    // Lambda's lines of invocations that ended well say what our own line says; those of others are still written.
    systemLogLevelV2: SystemLogLevel.WARN,
    ...(recursiveLoop !== undefined && { recursiveLoop }),
    environment: {
      ...environmentFor(needs, resources),
      LEASE_SECONDS: String(leaseSeconds),
      ...(stage.monitoring !== "none" && { METRICS_NAMESPACE: metricsNamespaceOf(stage.name) }),
      ...(stage.allowsPrivateUrls && { ALLOW_PRIVATE_URLS: "true" }),
      ...platformVariables(stage),
    },
  });
}

/** What has adapters call platforms where the stage says. */
const platformVariables = ({ platformUrls = {} }: Stage) =>
  Object.fromEntries(
    Object.entries({ ...platformUrls }).flatMap(([name, url]) =>
      // `Stage` has no other keys.
      url === undefined ? [] : [[platforms[name as PlatformName].base_url.variable, url]],
    ),
  );

/** Tells a function how many functions share its places, and how much of them one team may have. */
export function addPlaces(
  lambda: Function,
  stage: Stage,
  pool: { readonly maxConcurrency: number },
): void {
  lambda.addEnvironment("MAX_CONCURRENCY", String(maxConcurrencyOf(pool, stage)));
  const { teamSharePercent } = stage;
  if (teamSharePercent !== undefined) {
    lambda.addEnvironment("TEAM_SHARE_PERCENT", String(teamSharePercent));
  }
}
