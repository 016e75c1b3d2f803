import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "getOpenapiDocument",
  method: "GET",
  path: "/v1/openapi.json",
  tag: "System",
  summary: "Get this reference as OpenAPI 3.1",
  auth: { public: "the reference holds nothing of any team." },
  answers: "raw",
  data: v.pipe(
    v.looseObject({
      openapi: v.string(),
      info: v.looseObject({ title: v.string(), version: v.string() }),
      paths: v.looseObject({}),
    }),
    v.description("The document itself, without an envelope."),
  ),
  status: 200,
  errors: [],
  grants: {},
});
