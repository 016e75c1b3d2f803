import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { idParams, omittable, text } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "testIntegration",
  method: "POST",
  path: "/v1/integrations/{id}/test",
  tag: "Integrations",
  summary: "Call a backend once, outside any conversation",
  description:
    "A backend that fails is still 200, with `ok: false`. At most 28 seconds, whatever its `timeout_seconds`.",
  auth: { scope: "integrations:write" },
  params: idParams("int"),
  body: v.strictObject({
    message: v.pipe(omittable(text(1, 4_000), "Hello!"), v.description("What the user says.")),
  }),
  bodyOptional: true,
  answers: "one",
  data: v.object({
    ok: v.boolean(),
    latency_ms: v.pipe(v.number(), v.integer()),
    status: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer())),
      v.description("The HTTP status; null when there was none."),
    ),
    content: v.nullable(v.string()),
    error: v.nullable(v.object({ code: v.string(), message: v.string() })),
  }),
  status: 200,
  waits: true,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"], key: ["open"], models: true },
  example: {
    body: { message: "Hello!" },
    data: { ok: true, latency_ms: 412, status: 200, content: "Hello!", error: null },
  },
});
