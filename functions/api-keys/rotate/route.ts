import { ApiKeyWithValue, RotateInput } from "#shared/api-keys/api-key";
import { apiKeyWithValueExample } from "#shared/api-keys/api-key-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "rotateApiKey",
  method: "POST",
  path: "/v1/api-keys/{id}/rotate",
  tag: "Team",
  summary: "Rotate an API key",
  description:
    "Answers with the key's new value, which is shown only here; id, scopes and end stay. The present value works until the grace ends, without one until now. A key has two values at most: rotated again, one that is in its grace ends at once. A value that ends before the key does, such as one in its grace, cannot rotate it. Who rotates the key it uses gives a grace and an `Idempotency-Key`, so that a lost answer can be asked for again.",
  auth: { scope: "admin" },
  params: idParams("key"),
  body: RotateInput,
  bodyOptional: true,
  answers: "one",
  data: ApiKeyWithValue,
  status: 200,
  answersSecret: true,
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"],
    key: ["seal", "open"],
  },
  example: { body: { grace_seconds: 3_600 }, data: apiKeyWithValueExample },
});
