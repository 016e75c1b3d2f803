// Bundles the handlers of folders of `functions` as `NodejsFunction` does when it is told nothing but entry and runtime,
// and prints where each is: a program of its own, because that construct writes what it does to the standard error.
import { join } from "node:path";
import { App, CfnResource, Stack } from "aws-cdk-lib";
import { Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { functionsFolder } from "../manifest.ts";

const [outdir, ...folders] = process.argv.slice(2);
// It looks for the lock file, and with it for the project's root, from here.
process.chdir(join(functionsFolder, ".."));
const app = new App({
  analyticsReporting: false,
  ...(outdir !== undefined && { outdir }),
  // Tells where an asset has been put.
  context: { "aws:cdk:enable-asset-metadata": true },
});
const stack = new Stack(app, "Defaults");
const built = folders.map((folder) => {
  const { node } = new NodejsFunction(stack, folder.replaceAll("/", "-"), {
    entry: join(functionsFolder, folder, "handler.ts"),
    runtime: Runtime.NODEJS_24_X,
  });
  const path: unknown =
    node.defaultChild instanceof CfnResource && node.defaultChild.getMetadata("aws:asset:path");
  if (typeof path !== "string") throw new Error(`${folder} was not bundled.`);
  return join(app.outdir, path, "index.js");
});
process.stdout.write(JSON.stringify(built));
