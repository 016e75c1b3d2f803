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
  const prefix = `ChatbotPlatform-${stage.name}`;
  const data = new DataStack(app, `${prefix}-Data`, {
    stage,
    env: stage.home,
    description: "Chatbot Platform: the table and the key",
  });
  const compute = new ComputeStack(app, `${prefix}-Api`, {
    stage,
    env: stage.home,
    data,
    manifest,
    bundles,
    description: "Chatbot Platform: the API, the queues and the workers",
  });
  Tags.of(app).add("product", "chatbot-platform");
  Tags.of(app).add("stage", stage.name);
  return { data, compute };
}
