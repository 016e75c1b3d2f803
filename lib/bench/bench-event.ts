import { httpEvent } from "#lib/local/http-event";
import { apiKeyFrom } from "#shared/auth/api-key";
import type { HttpEvent } from "#shared/http/edge";

const key = apiKeyFrom(new Uint8Array(32).fill(7));

/** A request as the HTTP API gives it to a function: a well-formed key that no table holds, the id of a path, a body. */
export const benchEvent = (id: string, body: string): HttpEvent =>
  httpEvent(
    {
      method: "GET",
      url: "/",
      httpVersion: "1.1",
      rawHeaders: ["authorization", `Bearer ${key}`, "content-type", "application/json"],
      socket: {},
    },
    Buffer.from(body),
    {
      requestId: "req_01jd7zq3c8e9v5r2k4m6n8p0ab",
      now: Date.now(),
      routeKey: "GET /v1/bots/{id}",
      pathParameters: { id },
    },
  );
