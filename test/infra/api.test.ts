import { describe, expect, it } from "@jest/globals";
import { loadManifest, type Manifest, type ManifestRoute } from "#lib/manifest";
import { openApiDocument } from "#lib/openapi/document";
import type { Route } from "#shared/http/define-route";
import { functionOfRoute, idIn, ofType, synthesise } from "../support/templates.ts";

const all = await loadManifest();
// Its settings are the same however many routes it has.
const manifest = { routes: all.routes.slice(0, 1), workers: all.workers };
const prod = synthesise(manifest, "prod");

describe("the API", () => {
  const stage = ofType(prod.compute, "AWS::ApiGatewayV2::Stage")[0]!;

  it("has one stage, throttled, deployed by itself, with an access log", () => {
    expect(ofType(prod.compute, "AWS::ApiGatewayV2::Stage")).toHaveLength(1);
    expect(stage.Properties).toMatchObject({
      StageName: "$default",
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 2000, ThrottlingBurstLimit: 4000 },
    });
    const { DestinationArn, Format } = stage.Properties["AccessLogSettings"] as {
      DestinationArn: unknown;
      Format: string;
    };
    const log = prod.compute.resources[idIn(DestinationArn)];
    expect(log?.Type).toBe("AWS::Logs::LogGroup");
    expect(log?.Properties).toMatchObject({
      LogGroupName: "/aws/vendedlogs/chatbot-platform-prod",
      RetentionInDays: 90,
    });
    // By the id the function's own line is found; each byte of both is paid for with each request.
    expect(JSON.parse(Format)).toHaveProperty("request_id", "$context.requestId");
    expect(Format.length).toBeLessThan(280);
  });

  it("has the stage's domain as its address, beside that of AWS, and says where its record must point", () => {
    const domain = {
      name: "api.example.com",
      certificateArn: "arn:aws:acm:eu-central-1:111122223333:certificate/0b1c",
    };
    const { compute } = synthesise(manifest, "prod", { domain });
    const [own] = ofType(compute, "AWS::ApiGatewayV2::DomainName");
    expect(own?.Properties).toMatchObject({
      DomainName: domain.name,
      DomainNameConfigurations: [
        { CertificateArn: domain.certificateArn, EndpointType: "REGIONAL" },
      ],
    });
    const [api] = ofType(compute, "AWS::ApiGatewayV2::Api");
    expect(api?.Properties).not.toHaveProperty("DisableExecuteApiEndpoint");
    const [mapping] = ofType(compute, "AWS::ApiGatewayV2::ApiMapping");
    expect(mapping?.Properties).toEqual({
      ApiId: { Ref: api?.id },
      DomainName: { Ref: own?.id },
      Stage: stage.Properties["StageName"],
    });
    expect(mapping?.DependsOn).toContain(stage.id);
    const attribute = (name: string) => ({ "Fn::GetAtt": [own?.id, name] });
    expect(compute.outputs).toMatchObject({
      ApiUrl: { Value: "https://api.example.com" },
      DomainTarget: { Value: attribute("RegionalDomainName") },
      DomainTargetZone: { Value: attribute("RegionalHostedZoneId") },
    });
    expect(ofType(prod.compute, "AWS::ApiGatewayV2::DomainName")).toEqual([]);
  });

  it("answers browsers of no origin unless the stage names some", () => {
    const [api] = ofType(prod.compute, "AWS::ApiGatewayV2::Api");
    expect(api?.Properties).not.toHaveProperty("CorsConfiguration");
  });

  it("lets browsers of the stage's origins send all that routes read, and read all that they answer", () => {
    const origins = ["https://app.example.com", "http://localhost:5173"];
    const { compute } = synthesise(manifest, "prod", { corsOrigins: origins });
    const [api] = ofType(compute, "AWS::ApiGatewayV2::Api");
    const cors = api?.Properties["CorsConfiguration"] as Record<string, unknown>;
    // What the document has of each header is checked by its own tests.
    const { components } = openApiDocument(all, { version: "1.0.0" }) as unknown as {
      components: { headers: object; parameters: Record<string, { in: string; name: string }> };
    };
    const sent = Object.values(components.parameters).filter((one) => one.in === "header");
    const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
    expect(cors).toMatchObject({
      AllowOrigins: origins,
      AllowMethods: expect.arrayContaining([
        ...new Set(all.routes.map(({ route }) => route.method)),
      ]),
      AllowHeaders: expect.arrayContaining([
        "authorization",
        "content-type",
        ...lower(sent.map(({ name }) => name)),
      ]),
      ExposeHeaders: expect.arrayContaining(lower(Object.keys(components.headers))),
    });
    expect(cors).not.toHaveProperty("AllowCredentials");
  });

  describe("with routes for pages of every origin", () => {
    const [first] = all.routes;
    const open = (folder: string, method: Route["method"], path: Route["path"]): ManifestRoute => ({
      folder,
      route: { ...first!.route, operationId: camel(folder), method, path, cors: "any" },
    });
    const camel = (folder: string) => folder.replace(/\/(.)/, (_, letter) => letter.toUpperCase());
    const pages: Manifest = {
      routes: [
        open("pages/list", "GET", "/v1/pages/{id}/messages"),
        open("pages/send", "POST", "/v1/pages/{page_id}/messages"),
        open("other/get", "GET", "/v1/pages/{id}"),
        all.routes[1]!,
      ],
      workers: all.workers,
    };

    it("gives each of their paths one function that answers preflights, which it may be called for", () => {
      const { areas } = synthesise(pages, "prod");
      const keys = areas.flatMap((stack) =>
        ofType(stack, "AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties["RouteKey"]),
      );
      expect(keys.filter((key) => String(key).startsWith("OPTIONS"))).toEqual([
        "OPTIONS /v1/pages/{p1}",
        "OPTIONS /v1/pages/{p1}/messages",
      ]);
      const { stack, id } = functionOfRoute(areas, "OPTIONS /v1/pages/{p1}/messages");
      expect(id).toBe(functionOfRoute(areas, "GET /v1/pages/{p1}/messages").id);
      const callers = ofType(stack, "AWS::Lambda::Permission").filter(
        ({ Properties }) => idIn(Properties["FunctionName"]) === id,
      );
      const sources = callers.map(({ Properties }) => JSON.stringify(Properties["SourceArn"]));
      expect(sources).toHaveLength(2);
      expect(new Set(sources)).toHaveProperty("size", 1);
      expect(sources[0]).toContain("/*/*/v1/pages/{p1}/messages");
    });

    it("refuses a stage whose own origins would overrule them", () => {
      expect(() => synthesise(pages, "prod", { corsOrigins: ["https://a.example"] })).toThrow(
        "The stage prod has corsOrigins, which would overrule the cors of pagesList.",
      );
    });
  });
});
