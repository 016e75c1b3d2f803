import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { BackendErrorCode } from "#shared/integrations/backend-error-code";
import { idParams, omittable, text } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "testIntegration",
  method: "POST",
  path: "/v1/integrations/{id}/test",
  tag: "Integrations",
  summary: "Call a backend once, outside any conversation",
  description:
    "A backend that fails is still 200, with `ok: false`. At most 28 seconds, whatever its `timeout_seconds`. Where many requests of the team wait at once, one whose backend has not answered within a second is 429, with `Retry-After`.",
  auth: { scope: "integrations:write" },
  params: idParams("int"),
  body: v.pipe(
    v.strictObject({
      message: v.pipe(
        omittable(text(1, 4_000), "Hello!"),
        v.description("What a user says to the bot in this test."),
      ),
    }),
    v.description("What a backend is tested with; nothing of it has to be given."),
  ),
  bodyOptional: true,
  answers: "one",
  data: v.pipe(
    v.object({
      ok: v.pipe(v.boolean(), v.description("Whether the backend gave an answer that is one.")),
      latency_ms: v.pipe(
        v.number(),
        v.integer(),
        v.description("How long the backend took, in milliseconds."),
      ),
      status: v.pipe(
        v.nullable(v.pipe(v.number(), v.integer())),
        v.description("The HTTP status; null when no whole answer came."),
      ),
      content: v.pipe(
        v.nullable(v.string()),
        v.description("What the backend answered; null when it failed."),
      ),
      error: v.nullable(
        v.pipe(
          v.object({
            code: BackendErrorCode,
            message: v.pipe(v.string(), v.description("What went wrong, in a sentence.")),
          }),
          v.title("BackendTestError"),
          v.description("Why the backend gave no answer; null when it did."),
        ),
      ),
    }),
    v.title("IntegrationTestResult"),
    v.description("What the backend answered, or why it did not."),
  ),
  status: 200,
  waits: true,
  mayBeHeld: true,
  errors: [],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
    key: ["open"],
    models: true,
  },
  example: {
    body: { message: "Hello!" },
    data: { ok: true, latency_ms: 412, status: 200, content: "Hello!", error: null },
  },
});
