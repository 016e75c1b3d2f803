import * as v from "valibot";
import { Execution } from "#shared/executions/execution";
import { queuedExecutionExample } from "#shared/executions/execution-example";
import { defineRoute } from "#shared/http/define-route";
import { boundedRecord, idParams, omittable, text } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "runAgentLoop",
  method: "POST",
  path: "/v1/agent-loops/{id}/run",
  tag: "Agent loops",
  summary: "Run an agent loop",
  description:
    "Queues an execution and answers at once; its progress is at `GET /v1/executions/{id}`. `{{name}}` in the prompts is replaced from `variables`, and one that is missing there is 422. 409 for a loop that is paused.",
  auth: { scope: "agent-loops:write" },
  params: idParams("loop"),
  body: v.pipe(
    v.strictObject({
      user_message: v.pipe(
        omittable(text(1, 20_000)),
        v.description("The task of this run; the loop's own when left out."),
      ),
      variables: v.pipe(
        omittable(boundedRecord(16 * 1024), {}),
        v.description(
          "Values for `{{name}}` in the prompts; JSON where they are no strings. A name is a letter or `_`, then at most 63 of A-Z, a-z, 0-9, `_` and `-`; other braces stay as they are. They have at most 16 KiB as JSON, and a prompt at most 100,000 characters when they are filled in.",
        ),
      ),
      metadata: v.pipe(
        omittable(boundedRecord(16 * 1024), {}),
        v.description(
          "Yours, shown in the execution's metadata beside its own times and figures; a field of yours that is called like one of them, such as `model`, is not shown. At most 16 KiB as JSON.",
        ),
      ),
    }),
    v.description("What one run is given; nothing of it has to be."),
  ),
  bodyOptional: true,
  answers: "one",
  data: Execution,
  status: 201,
  location: "/v1/executions/{id}",
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"],
    sends: ["executions"],
  },
  example: { body: { variables: { day: "2026-01-01" } }, data: queuedExecutionExample },
});
