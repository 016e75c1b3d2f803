import { readFileSync } from "node:fs";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { sqsEvent, startEventSource } from "#lib/local/event-source";
import { startGateway } from "#lib/local/gateway";
import { loadHandler } from "#lib/manifest";
import { gatewayPath } from "#shared/http/route-path";
import { allRows } from "#test/support/all-rows";
import { openTestEngine } from "#test/support/embedded-clients";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { anExecution } from "#test/support/make";
import { contextOf, eventOf, usePlatform } from "#test/support/test-platform";

const documented = (file: string) =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/aws/${file}.json`, import.meta.url), "utf8"),
  ) as Record<string, unknown>;

/** Under these anything may stand that a sender has chosen. */
const chosen = new Set(["headers", "queryStringParameters", "pathParameters", "messageAttributes"]);

/** The fields of a value and their types, however often they come. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = value.map((one) => JSON.stringify(shapeOf(one)));
    return [...new Set(shapes)].map((shape): unknown => JSON.parse(shape));
  }
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const fields = Object.entries(value).map(([name, inner]) => [
    name,
    chosen.has(name) ? shapeOf(Object.values(inner as object)) : shapeOf(inner),
  ]);
  return Object.fromEntries(fields);
}

describe("an event of an HTTP API", () => {
  const route = { method: "POST", path: "/v1/things/{id}" } as const;
  const { stageVariables: _, requestContext, ...event } = documented("http-api");
  // Our API has no authorizer, asks for no client certificate, and its stage has no variables.
  const {
    authentication: _cert,
    authorizer: _authorizer,
    ...context
  } = requestContext as Record<string, unknown>;
  const ours = shapeOf({ ...event, requestContext: context });

  it("has the documented fields where the gateway of one machine makes it", async () => {
    const gateway = await startGateway({ port: 0 });
    const events: unknown[] = [];
    const handler = async (given: unknown) => {
      events.push(given);
      return { statusCode: 200 };
    };
    gateway.serve([
      { route: { ...route, operationId: "changeThing", auth: { scope: "any" } }, handler },
    ]);
    await fetch(`http://127.0.0.1:${gateway.port}/v1/things/7?tag=a&tag=b&dry_run=true`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: "theme=dark; seen=1" },
      body: '{"name":"Lamp"}',
    });
    await gateway.close();
    expect(events.map(shapeOf)).toEqual([ours]);
  });

  it("has the documented fields where tests make it", () => {
    const made = eventOf(route, {
      as: "sk_live_1",
      params: { id: "7" },
      query: "tag=a&tag=b&dry_run=true",
      headers: { cookie: "theme=dark; seen=1" },
      body: { name: "Lamp" },
    });
    expect(shapeOf(made)).toEqual(ours);
    expect(made).toMatchObject({
      // Ours names variables by their place.
      routeKey: gatewayPath(String(event["routeKey"])),
      rawPath: event["rawPath"],
      rawQueryString: event["rawQueryString"],
      cookies: event["cookies"],
      queryStringParameters: event["queryStringParameters"],
      pathParameters: { p1: "7" },
      body: event["body"],
      isBase64Encoded: event["isBase64Encoded"],
    });
  });
});

describe("an event of a queue", () => {
  const ours = shapeOf(documented("sqs"));

  it("has the documented fields where the event source of one machine makes it", async () => {
    const { engine, sqs } = openTestEngine();
    const QueueUrl = engine.createQueue({ name: "work", visibility_timeout_seconds: 30 });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const source = startEventSource(
      {
        name: "worker",
        queue: "work",
        batchSize: 1,
        maxConcurrency: 1,
        timeoutSeconds: 30,
        handler: async (event) => resolve(event),
      },
      engine.queues,
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"number":1}' }));
    expect(shapeOf(await promise)).toEqual(ours);
    source.refuse();
    await source.idle();
    await engine.close();
  });

  it("has the documented fields where tests make it", () => {
    const message = {
      messageId: "m",
      receiptHandle: "h",
      body: "{}",
      md5OfBody: "",
      attributes: {},
    };
    expect(shapeOf(sqsEvent("work", [message]))).toEqual(ours);
  });
});

describe("an event of a schedule", () => {
  const platform = usePlatform();
  const model = useFakeBackend(answers.hang());

  it("starts a sweep, and not the one of a start, which takes every lease away", async () => {
    const { id, key } = await platform.team();
    const base_url = `${model.url}/v1`;
    await anExecution(platform, key, {
      model: { provider: "openai", name: "m", base_url, api_key: "sk-fake-1234" },
    });
    await model.received(1);
    const leases = async () =>
      (await allRows(`TEAM#${id}`)).filter((row) => "lease_token" in row).length;
    const sweep = await loadHandler("workers/sweep");
    const scheduled = documented("schedule");
    await sweep(scheduled, contextOf("sweep", platform.clock));
    expect(await leases()).toBe(1);
    await sweep({ ...scheduled, start: "send" }, contextOf("sweep", platform.clock));
    expect(await leases()).toBe(1);
    await sweep({ ...scheduled, start: "free leases" }, contextOf("sweep", platform.clock));
    expect(await leases()).toBe(0);
  });
});
