import { type App, Tags } from "aws-cdk-lib";
import type { Manifest } from "../manifest.ts";
import { ComputeStack } from "./stacks/compute-stack.ts";
import { DataStack } from "./stacks/data-stack.ts";
import type { Stage } from "./stages.ts";

interface DeploymentProps {
  readonly stage: Stage;
  readonly manifest: Manifest;
  /** The folder that `npm run build` wrote. */
  readonly bundles: string;
}

/** Adds the stacks of one stage to an app. */
export function addDeployment(app: App, { stage, manifest, bundles }: DeploymentProps) {
  const tags = { product: "chatbot-platform", stage: stage.name };
  const prefix = `ChatbotPlatform-${stage.name}`;
  const data = new DataStack(app, `${prefix}-Data`, {
    stage,
    env: stage.home,
    tags,
    description: "Chatbot Platform: the table, the key and the files",
  });
  const compute = new ComputeStack(app, `${prefix}-Api`, {
    stage,
    env: stage.home,
    tags,
    data,
    manifest,
    bundles,
    description: "Chatbot Platform: the API, the queues and the workers",
  });
  for (const [name, value] of Object.entries(tags)) Tags.of(app).add(name, value);
  return { data, compute };
}
