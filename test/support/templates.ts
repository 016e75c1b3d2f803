import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { addDeployment } from "#lib/aws/deployment";
import { type Stage, stageNamed } from "#lib/aws/stages";
import type { Manifest } from "#lib/manifest";

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** One synthesised stack. */
export interface Synthesised {
  readonly name: string;
  /** The account and region that it can go to, or placeholders for those of the credentials. */
  readonly home: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>
  >;
}

/** The stacks of a stage, synthesised from a manifest with bundles that hold nothing. */
export interface Deployment {
  readonly data: Synthesised;
  readonly compute: Synthesised;
  readonly areas: readonly Synthesised[];
  readonly monitoring: Synthesised;
}

/**
 * The CDK's flags, which its command line reads from here; but warnings are not printed among the tests, nobody reads where
 * a construct was made, and bundles are not copied.
 */
const { context } = JSON.parse(readFileSync("cdk.json", "utf8")) as {
  context: Record<string, unknown>;
};
const flags = {
  ...context,
  "@aws-cdk/core:annotationsInValidationReport": false,
  "aws:cdk:disable-creation-stack-traces": true,
  "aws:cdk:disable-asset-staging": true,
};

/** Synthesises a deployment of a stage, with settings of its own if they are given. Throws what the stacks throw. */
export function synthesise(
  manifest: Manifest,
  stage: string,
  settings: Partial<Stage> = {},
): Deployment {
  return synthesisedIn(manifest, { ...stageNamed(stage), ...settings }, ({ data, compute }) => ({
    data: read(data),
    compute: read(compute),
    areas: compute.areas.map(read),
    monitoring: compute.monitoring ? read(compute.monitoring) : noStack,
  }));
}

/** Looks at the app of a stage while its bundles, which hold nothing, are there. */
export const synthesisedIn = <T>(
  manifest: Manifest,
  stage: Stage,
  look: (made: ReturnType<typeof addDeployment> & { readonly app: App }) => T,
): T => synthesisedTogether(manifest, [stage], (app, [made]) => look({ ...made!, app }));

/** As `synthesisedIn`, with several stages in one app. */
export function synthesisedTogether<T>(
  manifest: Manifest,
  stages: readonly Stage[],
  look: (app: App, made: readonly ReturnType<typeof addDeployment>[]) => T,
): T {
  const bundles = mkdtempSync(join(tmpdir(), "templates-"));
  try {
    for (const { folder } of [...manifest.routes, ...manifest.workers]) {
      mkdirSync(join(bundles, folder), { recursive: true });
      writeFileSync(join(bundles, folder, "handler.js"), `exports.folder = "${folder}";\n`);
    }
    const app = new App({
      analyticsReporting: false,
      // Takes 4 s to start. `infra/rules-of-aws` has it look at every stage at once.
      builtinCloudFormationValidation: false,
      outdir: join(bundles, "cdk.out"),
      context: flags,
    });
    const made = stages.map((stage) => addDeployment(app, { stage, manifest, bundles }));
    return look(app, made);
  } finally {
    rmSync(bundles, { recursive: true, force: true });
  }
}

const noStack: Synthesised = { name: "None", home: "", resources: {}, outputs: {} };

const read = (stack: Stack): Synthesised => {
  // A template is JSON; its resources and outputs have these shapes.
  const { Resources, Outputs = {} } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, Resource>;
    Outputs?: Record<string, { Value: unknown }>;
  };
  return { name: stack.node.id, home: stack.environment, resources: Resources, outputs: Outputs };
};

/** The resources of one type, with their logical ids. */
export const ofType = ({ resources }: Synthesised, type: string) =>
  Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, ...resource }));

/** The logical id that `Ref` or `Fn::GetAtt` means. */
export function idIn(value: unknown): string {
  const { Ref, "Fn::GetAtt": attribute } = value as { Ref?: string; "Fn::GetAtt"?: string[] };
  const id = Ref ?? attribute?.[0];
  if (id === undefined) throw new Error(`${JSON.stringify(value)} refers to nothing.`);
  return id;
}

/** One statement of a role. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What a function's role allows; a role has no other policies. */
export function statementsOf(stack: Synthesised, functionId: string): readonly Statement[] {
  const role = stack.resources[idIn(stack.resources[functionId]?.Properties["Role"])];
  const { Policies, ManagedPolicyArns } = (role?.Properties ?? {}) as {
    Policies?: readonly { PolicyDocument: { Statement: readonly Statement[] } }[];
    ManagedPolicyArns?: unknown;
  };
  if (ManagedPolicyArns !== undefined) throw new Error(`${functionId} has managed policies.`);
  return (Policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** A function of a deployment, found by what leads to it. */
export interface Found {
  readonly stack: Synthesised;
  readonly id: string;
}

/** Finds the function that a route of the API calls. Throws when it is not exactly one. */
export function functionOfRoute(areas: readonly Synthesised[], routeKey: string): Found {
  const found = areas.flatMap((stack) =>
    ofType(stack, "AWS::ApiGatewayV2::Route")
      .filter(({ Properties }) => Properties["RouteKey"] === routeKey)
      .map(({ Properties }) => {
        const target = Properties["Target"] as { "Fn::Join": [string, [string, unknown]] };
        const integration = stack.resources[idIn(target["Fn::Join"][1][1])];
        return { stack, id: idIn(integration?.Properties["IntegrationUri"]) };
      }),
  );
  const [first, second] = found;
  if (!first || second) throw new Error(`${routeKey} leads to ${found.length} functions.`);
  return first;
}

/** What policies allow, short and sorted: `dynamodb:GetItem table`. */
export const short = (statements: readonly Statement[]) =>
  statements
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) => [Resource].flat().map((one) => `${action} ${kindOf(one)}`)),
    )
    .sort((a, b) => (a < b ? -1 : 1));

function kindOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  const index = /\/index\/\w+/.exec(text)?.[0] ?? "";
  const queue = /([A-Z][a-z]+)Queue[0-9A-F]{8}/.exec(text)?.[1]?.toLowerCase();
  if (queue) return queue;
  if (/Log[0-9A-F]{8}/.test(text)) return "log";
  if (/Table[0-9A-F]{8}/.test(text)) return `table${index}`;
  if (/Key[0-9A-F]{8}/.test(text)) return "key";
  return text;
}

/** The environment of a function. */
export function variablesOf({ stack, id }: Found): Readonly<Record<string, unknown>> {
  const properties = stack.resources[id]?.Properties as
    { Environment?: { Variables?: Record<string, unknown> } } | undefined;
  return properties?.Environment?.Variables ?? {};
}
