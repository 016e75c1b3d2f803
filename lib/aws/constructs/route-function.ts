import { HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { Function } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { gatewayPath } from "#shared/http/route-path";
import { heldFunctions } from "#shared/runtime/held-functions";
import { needsOfRoute } from "../../grants.ts";
import { answersHead, catchAllPath, type ManifestRoute } from "../../manifest.ts";
import { memoryKindOf } from "../../memory.ts";
import { pascal } from "../../openapi/words.ts";
import { addFunction, addPlaces, type FunctionContext } from "./small-function.ts";

/** The HTTP API waits 30 s; a function that ends before that still answers. */
const timeoutSeconds = 29;

/** One route: its function, its place in the API, and no right that it does not ask for. */
export class RouteFunction extends Construct {
  readonly lambda: Function;

  constructor(
    scope: Construct,
    { folder, route }: ManifestRoute,
    httpApi: IHttpApi,
    context: FunctionContext,
  ) {
    super(scope, pascal(route.operationId));
    this.lambda = addFunction(
      this,
      {
        folder,
        description: `${route.method} ${route.path}: ${route.summary}`,
        timeoutSeconds,
        memory: memoryKindOf(route),
        needs: needsOfRoute(route),
      },
      context,
    );
    if (route.mayBeHeld) {
      addPlaces(this.lambda, context.stage, { maxConcurrency: heldFunctions });
    }
    const integration = new HttpLambdaIntegration("Integration", this.lambda);
    // Not the API's own method for routes, which would put these into the API's own stack.
    const add = (id: string, method: HttpMethod) => {
      const isDefault = route.path === catchAllPath;
      const path = gatewayPath(route.path);
      const routeKey = isDefault ? HttpRouteKey.DEFAULT : HttpRouteKey.with(path, method);
      new HttpRoute(this, id, { httpApi, routeKey, integration });
    };
    add("Route", HttpMethod[route.method]);
    if (answersHead(route)) add("Head", HttpMethod.HEAD);
    if (context.preflights.has(route)) add("Preflight", HttpMethod.OPTIONS);
  }
}
