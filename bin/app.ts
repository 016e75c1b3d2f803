// The CDK app: `cdk deploy --all -c stage=prod`.
import { App } from "aws-cdk-lib";
import { addDeployment } from "#lib/aws/deployment";
import { stageOrExit } from "#lib/aws/stages-file";
import { defaultOutput } from "#lib/build-output";
import { loadManifest } from "#lib/manifest";

const app = new App({ analyticsReporting: false });
const name: unknown = app.node.tryGetContext("stage");
addDeployment(app, {
  stage: stageOrExit(typeof name === "string" ? name : "dev"),
  manifest: await loadManifest(),
  bundles: defaultOutput,
});
app.synth();
