import { apiKeyFrom } from "#shared/auth/api-key";
import type { HttpEvent } from "#shared/http/edge";

const key = apiKeyFrom(new Uint8Array(32).fill(7));

/** A request as the HTTP API gives it to a function: a well-formed key that no table holds, the id of a path, a body. */
export const httpEvent = (id: string, body: string): HttpEvent => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: "/",
  rawQueryString: "",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  pathParameters: { id },
  requestContext: {
    accountId: "000000000000",
    apiId: "local",
    domainName: "127.0.0.1",
    domainPrefix: "127",
    http: {
      method: "GET",
      path: "/",
      protocol: "HTTP/1.1",
      sourceIp: "127.0.0.1",
      userAgent: "bench",
    },
    requestId: "req_01jd7zq3c8e9v5r2k4m6n8p0ab",
    routeKey: "$default",
    stage: "$default",
    time: "22/Nov/2026:18:00:00 +0000",
    timeEpoch: 0,
  },
  body,
  isBase64Encoded: false,
});
