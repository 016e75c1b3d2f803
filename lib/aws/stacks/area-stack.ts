import { NestedStack } from "aws-cdk-lib";
import type { IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Construct } from "constructs";
import type { Manifest } from "../../manifest.ts";
import { pascal } from "../../openapi/words.ts";
import { RouteFunction } from "../constructs/route-function.ts";
import type { FunctionContext } from "../constructs/small-function.ts";
import { WorkerFunction } from "../constructs/worker-function.ts";

/** The functions of one area, in a stack of their own because a stack holds 500 resources and each takes six. */
export class AreaStack extends NestedStack {
  constructor(
    scope: Construct,
    area: string,
    { routes, workers }: Manifest,
    httpApi: IHttpApi,
    context: FunctionContext,
  ) {
    super(scope, pascal(area), { description: `Chatbot Platform: ${area}` });
    for (const route of routes) new RouteFunction(this, route, httpApi, context);
    for (const worker of workers) new WorkerFunction(this, worker, context);
  }
}

/** Splits a manifest by the first part of its folders: `bots`, `channels`, `workers`. */
export function areasOf(manifest: Manifest): ReadonlyMap<string, Manifest> {
  const areaOf = ({ folder }: { folder: string }) => folder.split("/")[0] ?? folder;
  const names = new Set([...manifest.routes, ...manifest.workers].map(areaOf));
  return new Map(
    [...names].sort().map((name) => [
      name,
      {
        routes: manifest.routes.filter((entry) => areaOf(entry) === name),
        workers: manifest.workers.filter((entry) => areaOf(entry) === name),
      },
    ]),
  );
}
